// ai.onnx operators that work element by element, with NumPy's broadcasting.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "slipway/scoring/reference/tensor_tools.h"

namespace slipway::scoring::reference {
namespace {

// --- two inputs ---

struct Pair {
  Dims dims;
  std::vector<size_t> left, right;
};

Result<Pair> Broadcast(const Tensor& a, const Tensor& b) {
  if (a.type != b.type)
    return InvalidArgument(fmt::format("inputs of types {} and {}", ElementTypeName(a.type), ElementTypeName(b.type)));
  SLIPWAY_ASSIGN_OR_RETURN(Dims dims, BroadcastDims(a.dims, b.dims));
  Pair pair{std::move(dims), {}, {}};
  pair.left = BroadcastIndices(a.dims, pair.dims);
  pair.right = BroadcastIndices(b.dims, pair.dims);
  return pair;
}

// Before version 7 the second input's axes were placed by attributes.
Status CheckBroadcast(const Context& context) {
  if (context.version < 7 && IntAttribute(context, "broadcast", 0) != 0)
    return Unimplemented("broadcasting as before version 7 is not supported");
  return {};
}

// `Function` is a struct with Run(a, b) for float, double and int64_t.
template <typename Function>
Result<Values> Arithmetic(const Context& context, Inputs inputs) {
  SLIPWAY_RETURN_IF_ERROR(CheckBroadcast(context));
  const Tensor &a = inputs[0].tensor, &b = inputs[1].tensor;
  if (a.type == ElementType::kString) return InvalidArgument("texts cannot be reckoned with");
  SLIPWAY_ASSIGN_OR_RETURN(const Pair pair, Broadcast(a, b));
  Tensor output = MakeTensor(a.type, pair.dims);
  Status status;
  VisitType(a.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (!std::is_same_v<T, std::string>) {
      for (size_t i = 0; i < pair.left.size(); ++i) {
        const T x = Data<T>(a)[pair.left[i]], y = Data<T>(b)[pair.right[i]];
        if (std::is_integral_v<T> && Function::kDivides && y == 0) {
          status = InvalidArgument("an integer is divided by 0");
          return;
        }
        Data<T>(output)[i] = Function::Run(x, y);
      }
    }
  });
  if (!status) return std::move(status.error());
  return One(std::move(output));
}

struct AddOf {
  static constexpr bool kDivides = false;
  template <typename T>
  static T Run(T a, T b) {
    return WrapAdd(a, b);
  }
};
struct SubOf {
  static constexpr bool kDivides = false;
  template <typename T>
  static T Run(T a, T b) {
    return WrapSubtract(a, b);
  }
};
struct MulOf {
  static constexpr bool kDivides = false;
  template <typename T>
  static T Run(T a, T b) {
    return WrapMultiply(a, b);
  }
};
struct DivOf {
  static constexpr bool kDivides = true;
  template <typename T>
  static T Run(T a, T b) {
    if constexpr (std::is_integral_v<T>)
      if (b == -1) return SubOf::Run<T>(0, a);  // the least integer has no negative
    return a / b;
  }
};
struct MinOf {
  static constexpr bool kDivides = false;
  template <typename T>
  static T Run(T a, T b) {
    return a != a ? a : b != b ? b : std::min(a, b);
  }
};
struct MaxOf {
  static constexpr bool kDivides = false;
  template <typename T>
  static T Run(T a, T b) {
    return a != a ? a : b != b ? b : std::max(a, b);
  }
};

// The exponent may be of another type; the result has the base's.
Result<Values> Pow(const Context&, Inputs inputs) {
  const Tensor& base = inputs[0].tensor;
  SLIPWAY_ASSIGN_OR_RETURN(const Dims dims, BroadcastDims(base.dims, inputs[1].tensor.dims));
  const auto left = BroadcastIndices(base.dims, dims), right = BroadcastIndices(inputs[1].tensor.dims, dims);
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> bases, AsDoubles(base));
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> exponents, AsDoubles(inputs[1].tensor));
  Tensor output = MakeTensor(base.type, dims);
  for (size_t i = 0; i < left.size(); ++i) {
    const double x = bases[left[i]], y = exponents[right[i]];
    if (base.type == ElementType::kFloat)
      output.floats[i] = std::pow(static_cast<float>(x), static_cast<float>(y));
    else if (base.type == ElementType::kDouble)
      output.doubles[i] = std::pow(x, y);
    else
      output.ints[i] = static_cast<int64_t>(std::clamp(std::pow(x, y), -0x1p62, 0x1p62));
  }
  return One(std::move(output));
}

// Sum, Min, Max, Mean over any number of inputs.
template <typename Function>
Result<Values> Fold(const Context& context, Inputs inputs) {
  Values result = One(inputs[0].tensor);
  for (size_t i = 1; i < inputs.size(); ++i) {
    const Value* const pair[] = {&result[0], &inputs[i]};
    SLIPWAY_ASSIGN_OR_RETURN(Values next, Arithmetic<Function>(context, Inputs(pair)));
    result = std::move(next);
  }
  return result;
}

Result<Values> Mean(const Context& context, Inputs inputs) {
  SLIPWAY_ASSIGN_OR_RETURN(Values sum, Fold<AddOf>(context, inputs));
  for (float& value : sum[0].tensor.floats) value /= static_cast<float>(inputs.size());
  for (double& value : sum[0].tensor.doubles) value /= static_cast<double>(inputs.size());
  return sum;
}

// --- comparisons and logic ---

template <typename Function>
Result<Values> Compare(const Context& context, Inputs inputs) {
  SLIPWAY_RETURN_IF_ERROR(CheckBroadcast(context));
  const Tensor &a = inputs[0].tensor, &b = inputs[1].tensor;
  SLIPWAY_ASSIGN_OR_RETURN(const Pair pair, Broadcast(a, b));
  Tensor output = MakeTensor(ElementType::kBool, pair.dims);
  VisitType(a.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (size_t i = 0; i < pair.left.size(); ++i)
      output.ints[i] = Function()(Data<T>(a)[pair.left[i]], Data<T>(b)[pair.right[i]]) ? 1 : 0;
  });
  return One(std::move(output));
}

template <auto kFunction>
Result<Values> Logic(const Context& context, Inputs inputs) {
  SLIPWAY_RETURN_IF_ERROR(CheckBroadcast(context));
  const Tensor &a = inputs[0].tensor, &b = inputs[1].tensor;
  if (a.type != ElementType::kBool) return InvalidArgument("inputs are not boolean");
  SLIPWAY_ASSIGN_OR_RETURN(const Pair pair, Broadcast(a, b));
  Tensor output = MakeTensor(ElementType::kBool, pair.dims);
  for (size_t i = 0; i < pair.left.size(); ++i)
    output.ints[i] = kFunction(a.ints[pair.left[i]] != 0, b.ints[pair.right[i]] != 0) ? 1 : 0;
  return One(std::move(output));
}

Result<Values> Not(const Context&, Inputs inputs) {
  Tensor output = inputs[0].tensor;
  for (int64_t& value : output.ints) value = value == 0 ? 1 : 0;
  return One(std::move(output));
}

Result<Values> IsNaN(const Context&, Inputs inputs) {
  Tensor output = MakeTensor(ElementType::kBool, inputs[0].tensor.dims);
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> values, AsDoubles(inputs[0].tensor));
  for (size_t i = 0; i < values.size(); ++i) output.ints[i] = std::isnan(values[i]) ? 1 : 0;
  return One(std::move(output));
}

Result<Values> Where(const Context&, Inputs inputs) {
  const Tensor &condition = inputs[0].tensor, &yes = inputs[1].tensor, &no = inputs[2].tensor;
  if (yes.type != no.type || !IsInteger(condition.type)) return InvalidArgument("inputs of types that do not fit");
  SLIPWAY_ASSIGN_OR_RETURN(const Dims both, BroadcastDims(yes.dims, no.dims));
  SLIPWAY_ASSIGN_OR_RETURN(const Dims dims, BroadcastDims(condition.dims, both));
  const auto choose = BroadcastIndices(condition.dims, dims);
  const auto from_yes = BroadcastIndices(yes.dims, dims), from_no = BroadcastIndices(no.dims, dims);
  Tensor output = MakeTensor(yes.type, dims);
  VisitType(yes.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (size_t i = 0; i < choose.size(); ++i)
      Data<T>(output)[i] = condition.ints[choose[i]] != 0 ? Data<T>(yes)[from_yes[i]] : Data<T>(no)[from_no[i]];
  });
  return One(std::move(output));
}

// --- one input ---

template <typename Function>
Result<Values> Unary(const Context&, Inputs inputs) {
  Tensor output = inputs[0].tensor;
  if (output.type == ElementType::kString) return InvalidArgument("texts cannot be reckoned with");
  for (float& value : output.floats) value = Function::Run(value);
  for (double& value : output.doubles) value = Function::Run(value);
  if constexpr (Function::kOnIntegers) {
    for (int64_t& value : output.ints) value = Function::Run(value);
  } else if (IsInteger(output.type)) {
    return InvalidArgument(fmt::format("an input of type {}", ElementTypeName(output.type)));
  }
  return One(std::move(output));
}

struct AbsOf {
  static constexpr bool kOnIntegers = true;
  template <typename T>
  static T Run(T x) {
    if constexpr (std::is_integral_v<T>) return x < 0 ? SubOf::Run<T>(0, x) : x;
    return std::abs(x);
  }
};
struct NegOf {
  static constexpr bool kOnIntegers = true;
  template <typename T>
  static T Run(T x) {
    if constexpr (std::is_integral_v<T>) return SubOf::Run<T>(0, x);
    return -x;
  }
};
struct SignOf {
  static constexpr bool kOnIntegers = true;
  template <typename T>
  static T Run(T x) {
    return x != x ? x : static_cast<T>((x > 0) - (x < 0));
  }
};
struct ReluOf {
  static constexpr bool kOnIntegers = true;
  template <typename T>
  static T Run(T x) {
    return x < 0 ? 0 : x;
  }
};
#define SLIPWAY_FLOAT_FUNCTION(name, expression) \
  struct name {                                  \
    static constexpr bool kOnIntegers = false;   \
    template <typename T>                        \
    static T Run(T x) {                          \
      return expression;                         \
    }                                            \
  };
SLIPWAY_FLOAT_FUNCTION(SqrtOf, std::sqrt(x))
SLIPWAY_FLOAT_FUNCTION(ExpOf, std::exp(x))
SLIPWAY_FLOAT_FUNCTION(LogOf, std::log(x))
SLIPWAY_FLOAT_FUNCTION(FloorOf, std::floor(x))
SLIPWAY_FLOAT_FUNCTION(CeilOf, std::ceil(x))
SLIPWAY_FLOAT_FUNCTION(TanhOf, std::tanh(x))
SLIPWAY_FLOAT_FUNCTION(ReciprocalOf, 1 / x)
SLIPWAY_FLOAT_FUNCTION(SigmoidOf, x < 0 ? 1 - 1 / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)))
#undef SLIPWAY_FLOAT_FUNCTION

// Bounds: attributes before version 11, inputs from then on. NaN stays.
Result<Values> Clip(const Context& context, Inputs inputs) {
  double low = FloatAttribute(context, "min", -std::numeric_limits<float>::infinity());
  double high = FloatAttribute(context, "max", std::numeric_limits<float>::infinity());
  const auto take_bound = [&](size_t i, double& bound) -> Status {
    if (inputs.size() <= i || !inputs[i].is_present) return {};
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> given, AsDoubles(inputs[i].tensor));
    if (given.size() == 1) bound = given[0];
    return {};
  };
  SLIPWAY_RETURN_IF_ERROR(take_bound(1, low));
  SLIPWAY_RETURN_IF_ERROR(take_bound(2, high));
  Tensor output = inputs[0].tensor;
  const auto clip = [&](auto& values) {
    for (auto& value : values) {
      using T = std::remove_reference_t<decltype(value)>;
      if (static_cast<double>(value) < low) value = static_cast<T>(low);
      if (static_cast<double>(value) > high) value = static_cast<T>(high);
    }
  };
  clip(output.floats);
  clip(output.doubles);
  clip(output.ints);
  return One(std::move(output));
}

}  // namespace

void AddElementwiseOperators(Registry& registry) {
  registry.Add(kMainDomain, "Add", 2, Arithmetic<AddOf>);
  registry.Add(kMainDomain, "Sub", 2, Arithmetic<SubOf>);
  registry.Add(kMainDomain, "Mul", 2, Arithmetic<MulOf>);
  registry.Add(kMainDomain, "Div", 2, Arithmetic<DivOf>);
  registry.Add(kMainDomain, "Pow", 2, Pow);
  registry.Add(kMainDomain, "Sum", 1, Fold<AddOf>);
  registry.Add(kMainDomain, "Min", 1, Fold<MinOf>);
  registry.Add(kMainDomain, "Max", 1, Fold<MaxOf>);
  registry.Add(kMainDomain, "Mean", 1, Mean);
  registry.Add(kMainDomain, "Equal", 2, Compare<std::equal_to<>>);
  registry.Add(kMainDomain, "Less", 2, Compare<std::less<>>);
  registry.Add(kMainDomain, "LessOrEqual", 2, Compare<std::less_equal<>>);
  registry.Add(kMainDomain, "Greater", 2, Compare<std::greater<>>);
  registry.Add(kMainDomain, "GreaterOrEqual", 2, Compare<std::greater_equal<>>);
  registry.Add(kMainDomain, "And", 2, Logic<[](bool a, bool b) { return a && b; }>);
  registry.Add(kMainDomain, "Or", 2, Logic<[](bool a, bool b) { return a || b; }>);
  registry.Add(kMainDomain, "Xor", 2, Logic<[](bool a, bool b) { return a != b; }>);
  registry.Add(kMainDomain, "Not", 1, Not);
  registry.Add(kMainDomain, "IsNaN", 1, IsNaN);
  registry.Add(kMainDomain, "Where", 3, Where);
  registry.Add(kMainDomain, "Abs", 1, Unary<AbsOf>);
  registry.Add(kMainDomain, "Neg", 1, Unary<NegOf>);
  registry.Add(kMainDomain, "Sign", 1, Unary<SignOf>);
  registry.Add(kMainDomain, "Relu", 1, Unary<ReluOf>);
  registry.Add(kMainDomain, "Sqrt", 1, Unary<SqrtOf>);
  registry.Add(kMainDomain, "Exp", 1, Unary<ExpOf>);
  registry.Add(kMainDomain, "Log", 1, Unary<LogOf>);
  registry.Add(kMainDomain, "Floor", 1, Unary<FloorOf>);
  registry.Add(kMainDomain, "Ceil", 1, Unary<CeilOf>);
  registry.Add(kMainDomain, "Tanh", 1, Unary<TanhOf>);
  registry.Add(kMainDomain, "Reciprocal", 1, Unary<ReciprocalOf>);
  registry.Add(kMainDomain, "Sigmoid", 1, Unary<SigmoidOf>);
  registry.Add(kMainDomain, "Clip", 1, Clip);
}

}  // namespace slipway::scoring::reference
