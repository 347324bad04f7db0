// ai.onnx operators over whole axes: reductions, orders, products.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "slipway/scoring/reference/tensor_tools.h"

namespace slipway::scoring::reference {
namespace {

// --- reductions ---

// Folds the numbers of one group in the type they have.
template <typename T>
using Reducer = T (*)(const std::vector<T>& group);

template <typename T>
T SumOf(const std::vector<T>& group) {
  T sum = 0;
  for (const T value : group) sum = WrapAdd(sum, value);
  return sum;
}
template <typename T>
T MeanOf(const std::vector<T>& group) {
  return SumOf(group) / static_cast<T>(group.size());
}
template <typename T>
T MaxOf(const std::vector<T>& group) {
  return *std::max_element(group.begin(), group.end());
}
template <typename T>
T MinOf(const std::vector<T>& group) {
  return *std::min_element(group.begin(), group.end());
}
template <typename T>
T ProductOf(const std::vector<T>& group) {
  T product = 1;
  for (const T value : group) product = WrapMultiply(product, value);
  return product;
}
template <typename T>
T L1Of(const std::vector<T>& group) {
  T sum = 0;
  for (const T value : group) sum = WrapAdd(sum, value < 0 ? WrapSubtract<T>(0, value) : value);
  return sum;
}
template <typename T>
T SumSquareOf(const std::vector<T>& group) {
  T sum = 0;
  for (const T value : group) sum = WrapAdd(sum, WrapMultiply(value, value));
  return sum;
}
template <typename T>
T L2Of(const std::vector<T>& group) {
  return static_cast<T>(std::sqrt(static_cast<double>(SumSquareOf(group))));
}
template <typename T>
T LogSumExpOf(const std::vector<T>& group) {
  const T top = MaxOf(group);
  double sum = 0;
  for (const T value : group) sum += std::exp(static_cast<double>(value) - static_cast<double>(top));
  return static_cast<T>(std::log(sum)) + top;
}

// Axes: an attribute, or from `input_since` on an input. None: all, unless noop_with_empty_axes.
Result<std::vector<bool>> ReducedAxes(const Context& context, Inputs inputs) {
  const size_t rank = inputs[0].tensor.dims.size();
  std::vector<int64_t> axes = IntsAttribute(context, "axes");
  if (inputs.size() > 1 && inputs[1].is_present) axes = inputs[1].tensor.ints;
  std::vector<bool> reduced(rank, axes.empty() && IntAttribute(context, "noop_with_empty_axes", 0) == 0);
  for (const int64_t axis : axes) {
    SLIPWAY_ASSIGN_OR_RETURN(const size_t index, NormalizeAxis(axis, rank));
    reduced[index] = true;
  }
  return reduced;
}

// For each element of the input, the group it belongs to.
std::vector<size_t> GroupsOf(const Dims& dims, const std::vector<bool>& reduced, Dims& kept) {
  kept = dims;
  for (size_t i = 0; i < dims.size(); ++i)
    if (reduced[i]) kept[i] = 1;
  return BroadcastIndices(kept, dims);
}

template <template <typename> class Fold>
Result<Values> Reduce(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  if (input.type == ElementType::kString) return InvalidArgument("texts cannot be reckoned with");
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<bool> reduced, ReducedAxes(context, inputs));
  Dims kept;
  const std::vector<size_t> groups = GroupsOf(input.dims, reduced, kept);
  Tensor output = MakeTensor(input.type, kept);
  if (input.size() == 0 && output.size() != 0) return InvalidArgument("nothing to reduce");
  VisitType(input.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (!std::is_same_v<T, std::string>) {
      std::vector<std::vector<T>> members(output.size());
      for (size_t i = 0; i < groups.size(); ++i) members[groups[i]].push_back(Data<T>(input)[i]);
      for (size_t i = 0; i < members.size(); ++i) Data<T>(output)[i] = Fold<T>::kRun(members[i]);
    }
  });
  if (IntAttribute(context, "keepdims", 1) == 0) {
    output.dims.clear();
    for (size_t i = 0; i < reduced.size(); ++i)
      if (!reduced[i]) output.dims.push_back(input.dims[i]);
  }
  return One(std::move(output));
}

#define SLIPWAY_FOLD(name)                          \
  template <typename T>                             \
  struct name##Fold {                               \
    static constexpr Reducer<T> kRun = name##Of<T>; \
  };
SLIPWAY_FOLD(Sum)
SLIPWAY_FOLD(Mean)
SLIPWAY_FOLD(Max)
SLIPWAY_FOLD(Min)
SLIPWAY_FOLD(Product)
SLIPWAY_FOLD(L1)
SLIPWAY_FOLD(L2)
SLIPWAY_FOLD(SumSquare)
SLIPWAY_FOLD(LogSumExp)
#undef SLIPWAY_FOLD

// --- lines along one axis ---

struct Line {
  size_t start = 0, step = 1, length = 1;
  size_t at(size_t i) const { return start + i * step; }
};

std::vector<Line> LinesAlong(const Dims& dims, size_t axis) {
  size_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= static_cast<size_t>(dims[i]);
  for (size_t i = axis + 1; i < dims.size(); ++i) inner *= static_cast<size_t>(dims[i]);
  const auto length = static_cast<size_t>(dims[axis]);
  std::vector<Line> lines;
  for (size_t o = 0; o < outer; ++o)
    for (size_t i = 0; i < inner; ++i) lines.push_back({o * length * inner + i, inner, length});
  return lines;
}

// The first of the best; a leading NaN is never displaced, because comparisons with it fail.
template <bool kMax>
Result<Values> ArgBest(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  SLIPWAY_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(IntAttribute(context, "axis", 0), input.dims.size()));
  const bool takes_last = IntAttribute(context, "select_last_index", 0) != 0;
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> values, AsDoubles(input));
  if (input.dims[axis] == 0) return InvalidArgument("nothing to choose from");
  std::vector<int64_t> best;
  for (const Line& line : LinesAlong(input.dims, axis)) {
    size_t chosen = 0;
    for (size_t i = 1; i < line.length; ++i) {
      const double value = values[line.at(i)], top = values[line.at(chosen)];
      if ((kMax ? value > top : value < top) || (takes_last && value == top)) chosen = i;
    }
    best.push_back(static_cast<int64_t>(chosen));
  }
  Dims dims = input.dims;
  dims[axis] = 1;
  if (IntAttribute(context, "keepdims", 1) == 0) dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
  return One(IntTensor(std::move(dims), std::move(best)));
}

template <typename T, bool kLog>
void SoftmaxLine(std::vector<T>& values, const Line& line) {
  T top = values[line.start];
  for (size_t i = 1; i < line.length; ++i) top = std::max(top, values[line.at(i)]);
  T sum = 0;
  for (size_t i = 0; i < line.length; ++i) sum += std::exp(values[line.at(i)] - top);
  for (size_t i = 0; i < line.length; ++i) {
    T& value = values[line.at(i)];
    value = kLog ? value - top - std::log(sum) : std::exp(value - top) / sum;
  }
}

// Before version 13 over everything from the axis on, from then on along the axis.
template <bool kLog>
Result<Values> Softmax(const Context& context, Inputs inputs) {
  Tensor output = inputs[0].tensor;
  const bool is_flat = context.version < 13;
  SLIPWAY_ASSIGN_OR_RETURN(const size_t axis,
                           NormalizeAxis(IntAttribute(context, "axis", is_flat ? 1 : -1), output.dims.size()));
  Dims dims = output.dims;
  if (is_flat) {
    const size_t rows = ElementCount(Dims(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(axis)));
    dims = {static_cast<int64_t>(rows), rows == 0 ? 0 : static_cast<int64_t>(output.size() / rows)};
  }
  if (output.size() == 0) return One(std::move(output));
  for (const Line& line : LinesAlong(dims, is_flat ? 1 : axis)) {
    if (!output.floats.empty()) SoftmaxLine<float, kLog>(output.floats, line);
    if (!output.doubles.empty()) SoftmaxLine<double, kLog>(output.doubles, line);
  }
  return One(std::move(output));
}

// k: an attribute before version 10, an input from then on. Ties: the lower index first.
Result<Values> TopK(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  SLIPWAY_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(IntAttribute(context, "axis", -1), input.dims.size()));
  const int64_t k = inputs.size() > 1 && inputs[1].tensor.ints.size() == 1 ? inputs[1].tensor.ints[0]
                                                                           : IntAttribute(context, "k", -1);
  if (k < 0 || k > input.dims[axis]) return InvalidArgument(fmt::format("{} of {} elements", k, input.dims[axis]));
  const bool largest = IntAttribute(context, "largest", 1) != 0;
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> values, AsDoubles(input));
  Dims dims = input.dims;
  dims[axis] = k;
  std::vector<size_t> sources(ElementCount(dims));
  Tensor places = MakeTensor(ElementType::kInt64, dims);
  const std::vector<Line> from = LinesAlong(input.dims, axis), to = LinesAlong(dims, axis);
  for (size_t l = 0; l < from.size(); ++l) {
    std::vector<size_t> order(from[l].length);
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const double x = values[from[l].at(a)], y = values[from[l].at(b)];
      return largest ? x > y : x < y;
    });
    for (size_t i = 0; i < static_cast<size_t>(k); ++i) {
      sources[to[l].at(i)] = from[l].at(order[i]);
      places.ints[to[l].at(i)] = static_cast<int64_t>(order[i]);
    }
  }
  Values outputs = One(Take(input, dims, sources));
  outputs.push_back({std::move(places)});
  return outputs;
}

// exclusive: without the element itself. reverse: from the end.
Result<Values> CumSum(const Context& context, Inputs inputs) {
  Tensor output = inputs[0].tensor;
  if (inputs[1].tensor.ints.size() != 1) return InvalidArgument("the axis is not one number");
  SLIPWAY_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(inputs[1].tensor.ints[0], output.dims.size()));
  const bool is_exclusive = IntAttribute(context, "exclusive", 0) != 0;
  const bool is_reverse = IntAttribute(context, "reverse", 0) != 0;
  for (const Line& line : LinesAlong(output.dims, axis)) {
    const auto add = [&](auto& values) {
      if (values.empty()) return;
      std::remove_reference_t<decltype(values[0])> sum = 0;
      for (size_t i = 0; i < line.length; ++i) {
        auto& value = values[line.at(is_reverse ? line.length - 1 - i : i)];
        const auto before = sum;
        sum = WrapAdd(sum, value);
        value = is_exclusive ? before : sum;
      }
    };
    add(output.floats);
    add(output.doubles);
    add(output.ints);
  }
  return One(std::move(output));
}

// Each line along the axis divided by its norm, L1 or L2; zeros stay.
Result<Values> LpNormalization(const Context& context, Inputs inputs) {
  Tensor output = inputs[0].tensor;
  SLIPWAY_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(IntAttribute(context, "axis", -1), output.dims.size()));
  const int64_t p = IntAttribute(context, "p", 2);
  if (p != 1 && p != 2) return Unimplemented(fmt::format("p = {} is not supported: 1 and 2 are", p));
  if (output.floats.empty() && output.doubles.empty() && output.size() > 0)
    return InvalidArgument(fmt::format("an input of type {}", ElementTypeName(output.type)));
  for (const Line& line : LinesAlong(output.dims, axis)) {
    const auto divide = [&](auto& values) {
      if (values.empty()) return;
      std::remove_reference_t<decltype(values[0])> norm = 0;
      for (size_t i = 0; i < line.length; ++i) {
        const auto value = values[line.at(i)];
        norm += p == 1 ? std::abs(value) : value * value;
      }
      if (p == 2) norm = std::sqrt(norm);
      if (norm == 0) return;
      for (size_t i = 0; i < line.length; ++i) values[line.at(i)] /= norm;
    };
    divide(output.floats);
    divide(output.doubles);
  }
  return One(std::move(output));
}

// --- products ---

// rows × inner times inner × columns.
template <typename T>
std::vector<T> Multiply(const std::vector<T>& a, const std::vector<T>& b, size_t rows, size_t inner, size_t columns) {
  std::vector<T> product(rows * columns);
  for (size_t r = 0; r < rows; ++r)
    for (size_t i = 0; i < inner; ++i)
      for (size_t c = 0; c < columns; ++c) {
        T& sum = product[r * columns + c];
        sum = WrapAdd(sum, WrapMultiply(a[r * inner + i], b[i * columns + c]));
      }
  return product;
}

// [N,K] × [K,M]; a list counts as a row on the left and as a column on the right.
Result<Values> MatMul(const Context&, Inputs inputs) {
  const Tensor &a = inputs[0].tensor, &b = inputs[1].tensor;
  if (a.dims.size() > 2 || b.dims.size() > 2 || a.dims.empty() || b.dims.empty())
    return Unimplemented(fmt::format("shapes {} and {} are not supported", DimsText(a.dims), DimsText(b.dims)));
  const bool a_list = a.dims.size() == 1, b_list = b.dims.size() == 1;
  const int64_t rows = a_list ? 1 : a.dims[0], inner = a.dims.back();
  const int64_t columns = b_list ? 1 : b.dims[1];
  if (inner != b.dims[0] || a.type != b.type || a.type == ElementType::kString)
    return InvalidArgument(fmt::format("{} times {}", DimsText(a.dims), DimsText(b.dims)));
  Dims dims;
  if (!a_list) dims.push_back(rows);
  if (!b_list) dims.push_back(columns);
  Tensor output = MakeTensor(a.type, dims);
  VisitType(a.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (!std::is_same_v<T, std::string>)
      Data<T>(output) = Multiply(Data<T>(a), Data<T>(b), static_cast<size_t>(rows), static_cast<size_t>(inner),
                                 static_cast<size_t>(columns));
  });
  return One(std::move(output));
}

std::vector<float> Transposed(const std::vector<float>& values, size_t rows, size_t columns) {
  std::vector<float> result(values.size());
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) result[c * rows + r] = values[r * columns + c];
  return result;
}

// alpha · A · B + beta · C, float.
Result<Values> Gemm(const Context& context, Inputs inputs) {
  const Tensor &a = inputs[0].tensor, &b = inputs[1].tensor;
  if (a.type != ElementType::kFloat || b.type != ElementType::kFloat || a.dims.size() != 2 || b.dims.size() != 2)
    return Unimplemented("other inputs than float matrices are not supported");
  const bool turn_a = IntAttribute(context, "transA", 0) != 0, turn_b = IntAttribute(context, "transB", 0) != 0;
  const auto size = [](const Tensor& t, int axis) { return static_cast<size_t>(t.dims[static_cast<size_t>(axis)]); };
  const size_t rows = size(a, turn_a ? 1 : 0), inner = size(a, turn_a ? 0 : 1), columns = size(b, turn_b ? 0 : 1);
  if (inner != size(b, turn_b ? 1 : 0))
    return InvalidArgument(fmt::format("{} times {}", DimsText(a.dims), DimsText(b.dims)));
  std::vector<float> product = Multiply(turn_a ? Transposed(a.floats, inner, rows) : a.floats,
                                        turn_b ? Transposed(b.floats, columns, inner) : b.floats, rows, inner, columns);
  for (float& value : product) value *= FloatAttribute(context, "alpha", 1);
  const Dims dims = {static_cast<int64_t>(rows), static_cast<int64_t>(columns)};
  if (inputs.size() > 2 && inputs[2].is_present) {
    SLIPWAY_ASSIGN_OR_RETURN(const Dims both, BroadcastDims(inputs[2].tensor.dims, dims));
    if (both != dims) return InvalidArgument(fmt::format("C of shape {}", DimsText(inputs[2].tensor.dims)));
    const std::vector<size_t> from = BroadcastIndices(inputs[2].tensor.dims, dims);
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<float> addends, AsFloats(inputs[2].tensor));
    for (size_t i = 0; i < product.size(); ++i) product[i] += FloatAttribute(context, "beta", 1) * addends[from[i]];
  }
  return One(FloatTensor(dims, std::move(product)));
}

}  // namespace

void AddReductionOperators(Registry& registry) {
  registry.Add(kMainDomain, "ReduceSum", 1, Reduce<SumFold>);
  registry.Add(kMainDomain, "ReduceMean", 1, Reduce<MeanFold>);
  registry.Add(kMainDomain, "ReduceMax", 1, Reduce<MaxFold>);
  registry.Add(kMainDomain, "ReduceMin", 1, Reduce<MinFold>);
  registry.Add(kMainDomain, "ReduceProd", 1, Reduce<ProductFold>);
  registry.Add(kMainDomain, "ReduceL1", 1, Reduce<L1Fold>);
  registry.Add(kMainDomain, "ReduceL2", 1, Reduce<L2Fold>);
  registry.Add(kMainDomain, "ReduceSumSquare", 1, Reduce<SumSquareFold>);
  registry.Add(kMainDomain, "ReduceLogSumExp", 1, Reduce<LogSumExpFold>);
  registry.Add(kMainDomain, "ArgMax", 1, ArgBest<true>);
  registry.Add(kMainDomain, "ArgMin", 1, ArgBest<false>);
  registry.Add(kMainDomain, "Softmax", 1, Softmax<false>);
  registry.Add(kMainDomain, "LogSoftmax", 1, Softmax<true>);
  registry.Add(kMainDomain, "TopK", 1, TopK);
  registry.Add(kMainDomain, "CumSum", 2, CumSum);
  registry.Add(kMainDomain, "LpNormalization", 1, LpNormalization);
  registry.Add(kMainDomain, "MatMul", 2, MatMul);
  registry.Add(kMainDomain, "Gemm", 2, Gemm);
}

}  // namespace slipway::scoring::reference
