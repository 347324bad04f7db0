// ai.onnx operators that move elements and change shapes and types.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/scoring/reference/tensor_tools.h"

namespace slipway::scoring::reference {
namespace {

Result<Values> Identity(const Context&, Inputs inputs) {
  Values output;
  output.push_back(inputs[0]);
  return output;
}

// --- Cast ---

// Eight significant digits, without a trailing ".0".
std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-INF" : "INF";
  return fmt::format("{:.8g}", value);
}

Result<double> TextNumber(const std::string& text) {
  const std::string lower = ToLower(Trim(text));
  if (lower == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (lower == "inf" || lower == "+inf") return std::numeric_limits<double>::infinity();
  if (lower == "-inf") return -std::numeric_limits<double>::infinity();
  if (const auto number = ParseDouble(lower)) return *number;
  return InvalidArgument(fmt::format("'{}' is not a number", text));
}

Result<std::vector<double>> TextNumbers(const std::vector<std::string>& texts) {
  std::vector<double> numbers;
  for (const std::string& text : texts) {
    SLIPWAY_ASSIGN_OR_RETURN(const double number, TextNumber(text));
    numbers.push_back(number);
  }
  return numbers;
}

int64_t ToInteger(double value, ElementType type) {
  if (type == ElementType::kBool) return value != 0;
  if (!(std::abs(value) < 0x1p63)) return std::numeric_limits<int64_t>::min();
  const auto integer = static_cast<int64_t>(value);
  return type == ElementType::kInt32 ? static_cast<int32_t>(integer) : integer;
}

Result<Tensor> CastNumbers(const std::vector<double>& numbers, const Tensor& input, ElementType to) {
  Tensor output = MakeTensor(to, input.dims);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (to == ElementType::kFloat) output.floats[i] = static_cast<float>(numbers[i]);
    if (to == ElementType::kDouble) output.doubles[i] = numbers[i];
    if (IsInteger(to)) output.ints[i] = ToInteger(numbers[i], to);
  }
  return output;
}

Tensor CastIntegers(const Tensor& input, ElementType to) {
  Tensor output = MakeTensor(to, input.dims);
  for (size_t i = 0; i < input.ints.size(); ++i) {
    const int64_t value = input.ints[i];
    if (to == ElementType::kFloat) output.floats[i] = static_cast<float>(value);
    if (to == ElementType::kDouble) output.doubles[i] = static_cast<double>(value);
    if (to == ElementType::kString) output.strings[i] = std::to_string(value);
    if (to == ElementType::kBool) output.ints[i] = value != 0;
    if (to == ElementType::kInt32) output.ints[i] = static_cast<int32_t>(value);
    if (IsInteger(to) && to != ElementType::kBool && to != ElementType::kInt32) output.ints[i] = value;
  }
  return output;
}

bool IsCastable(ElementType type) {
  return type == ElementType::kFloat || type == ElementType::kDouble || type == ElementType::kString ||
         type == ElementType::kBool || type == ElementType::kInt32 || type == ElementType::kInt64;
}

Result<Values> Cast(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  const auto to = static_cast<ElementType>(IntAttribute(context, "to", 0));
  if (!IsCastable(to)) return Unimplemented(fmt::format("a cast to {} is not supported", ElementTypeName(to)));
  if (to == input.type) return One(input);
  if (IsInteger(input.type)) return One(CastIntegers(input, to));
  if (to == ElementType::kString) {
    Tensor output = MakeTensor(to, input.dims);
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> numbers, AsDoubles(input));
    for (size_t i = 0; i < numbers.size(); ++i) output.strings[i] = NumberText(numbers[i]);
    return One(std::move(output));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> numbers,
                           input.type == ElementType::kString ? TextNumbers(input.strings) : AsDoubles(input));
  SLIPWAY_ASSIGN_OR_RETURN(Tensor output, CastNumbers(numbers, input, to));
  return One(std::move(output));
}

// --- shapes ---

Result<Values> Reshaped(const Tensor& input, Dims dims) {
  if (ElementCount(dims) != input.size())
    return InvalidArgument(fmt::format("{} elements do not fill {}", input.size(), DimsText(dims)));
  Tensor output = input;
  output.dims = std::move(dims);
  return One(std::move(output));
}

// -1 takes what is left.
Result<Values> Reshape(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  Dims dims = inputs.size() > 1 ? inputs[1].tensor.ints : IntsAttribute(context, "shape");
  const bool allows_zero = IntAttribute(context, "allowzero", 0) != 0;
  int64_t known = 1, open = -1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && !allows_zero) {
      if (i >= input.dims.size()) return InvalidArgument("a dimension to copy that is not there");
      dims[i] = input.dims[i];
    }
    if (dims[i] < -1 || (dims[i] == -1 && open >= 0))
      return InvalidArgument(fmt::format("the shape {} is not possible", DimsText(dims)));
    if (dims[i] == -1)
      open = static_cast<int64_t>(i);
    else if (__builtin_mul_overflow(known, dims[i], &known))
      return InvalidArgument(fmt::format("the shape {} is not possible", DimsText(dims)));
  }
  if (open >= 0) dims[static_cast<size_t>(open)] = known == 0 ? 0 : static_cast<int64_t>(input.size()) / known;
  return Reshaped(input, std::move(dims));
}

Result<Values> Flatten(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  const auto rank = static_cast<int64_t>(input.dims.size());
  int64_t axis = IntAttribute(context, "axis", 1);
  if (axis < 0) axis += rank;
  if (axis < 0 || axis > rank) return InvalidArgument(fmt::format("axis {} of {} dimensions", axis, rank));
  const Dims head(input.dims.begin(), input.dims.begin() + axis);
  const auto rows = static_cast<int64_t>(ElementCount(head));
  const Dims tail(input.dims.begin() + axis, input.dims.end());
  return Reshaped(input, {rows, static_cast<int64_t>(ElementCount(tail))});
}

// Axes: an attribute before version 13, an input from then on.
std::vector<int64_t> AxesOf(const Context& context, Inputs inputs) {
  if (inputs.size() > 1 && inputs[1].is_present) return inputs[1].tensor.ints;
  return IntsAttribute(context, "axes");
}

Result<Values> Squeeze(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  std::vector<bool> drops(input.dims.size());
  const std::vector<int64_t> axes = AxesOf(context, inputs);
  for (const int64_t axis : axes) {
    SLIPWAY_ASSIGN_OR_RETURN(const size_t index, NormalizeAxis(axis, input.dims.size()));
    if (input.dims[index] != 1) return InvalidArgument(fmt::format("axis {} has {} elements", axis, input.dims[index]));
    drops[index] = true;
  }
  Dims dims;
  for (size_t i = 0; i < input.dims.size(); ++i)
    if (!(axes.empty() ? input.dims[i] == 1 : drops[i])) dims.push_back(input.dims[i]);
  return Reshaped(input, std::move(dims));
}

Result<Values> Unsqueeze(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  const std::vector<int64_t> axes = AxesOf(context, inputs);
  Dims dims(input.dims.size() + axes.size(), 0);
  for (const int64_t axis : axes) {
    SLIPWAY_ASSIGN_OR_RETURN(const size_t index, NormalizeAxis(axis, dims.size()));
    dims[index] = 1;
  }
  auto next = input.dims.begin();
  for (int64_t& dim : dims)
    if (dim == 0 && next != input.dims.end()) dim = *next++;
  return Reshaped(input, std::move(dims));
}

Result<Values> Expand(const Context&, Inputs inputs) {
  SLIPWAY_ASSIGN_OR_RETURN(const Dims dims, BroadcastDims(inputs[0].tensor.dims, inputs[1].tensor.ints));
  return One(Take(inputs[0].tensor, dims, BroadcastIndices(inputs[0].tensor.dims, dims)));
}

Result<Values> Shape(const Context&, Inputs inputs) {
  const Dims& dims = inputs[0].tensor.dims;
  return One(IntTensor({static_cast<int64_t>(dims.size())}, dims));
}

Result<Values> Constant(const Context& context, Inputs) {
  if (const auto* value = context.node.Find("value")) return One(value->tensor);
  if (HasAttribute(context, "value_float")) return One(FloatTensor({}, {FloatAttribute(context, "value_float", 0)}));
  if (HasAttribute(context, "value_int")) return One(IntTensor({}, {IntAttribute(context, "value_int", 0)}));
  if (HasAttribute(context, "value_string")) return One(TextTensor({}, {TextAttribute(context, "value_string", "")}));
  const auto size = [](const auto& list) { return Dims{static_cast<int64_t>(list.size())}; };
  if (const auto* list = context.node.Find("value_floats")) return One(FloatTensor(size(list->floats), list->floats));
  if (const auto* list = context.node.Find("value_ints")) return One(IntTensor(size(list->ints), list->ints));
  if (const auto* list = context.node.Find("value_strings")) return One(TextTensor(size(list->strings), list->strings));
  return Unimplemented("a constant of this kind is not supported");
}

Result<Values> ConstantOfShape(const Context& context, Inputs inputs) {
  const auto* value = context.node.Find("value");
  const Tensor single = value == nullptr ? FloatTensor({1}, {0}) : value->tensor;
  const Dims& dims = inputs[0].tensor.ints;
  for (const int64_t dim : dims)
    if (dim < 0) return InvalidArgument(fmt::format("the shape {} is not possible", DimsText(dims)));
  return One(Take(single, dims, std::vector<size_t>(ElementCount(dims), 0)));
}

// --- moving elements ---

// A tensor seen as [outer, axis, inner].
struct AxisView {
  size_t outer = 1, length = 1, inner = 1;
};

AxisView ViewOf(const Dims& dims, size_t axis) {
  AxisView view;
  for (size_t i = 0; i < dims.size(); ++i)
    (i < axis ? view.outer : i == axis ? view.length : view.inner) *= static_cast<size_t>(dims[i]);
  return view;
}

Result<Values> Concat(const Context& context, Inputs inputs) {
  const Tensor& first = inputs[0].tensor;
  SLIPWAY_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(IntAttribute(context, "axis", 1), first.dims.size()));
  Dims dims = first.dims;
  dims[axis] = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Dims part = inputs[i].tensor.dims;
    if (part.size() != dims.size() || inputs[i].tensor.type != first.type)
      return InvalidArgument("inputs differ in dimensions or type");
    dims[axis] += part[axis];
    part[axis] = dims[axis];
    if (part != dims)
      return InvalidArgument(fmt::format("shapes {} and {} do not fit together", DimsText(part), DimsText(dims)));
  }
  Tensor output = MakeTensor(first.type, dims);
  const AxisView whole = ViewOf(dims, axis);
  VisitType(first.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    size_t begin = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const size_t length = ViewOf(inputs[i].tensor.dims, axis).length * whole.inner;
      for (size_t outer = 0; outer < whole.outer; ++outer)
        std::copy_n(Data<T>(inputs[i].tensor).begin() + static_cast<std::ptrdiff_t>(outer * length), length,
                    Data<T>(output).begin() + static_cast<std::ptrdiff_t>(outer * whole.length * whole.inner + begin));
      begin += length;
    }
  });
  return One(std::move(output));
}

// Elements `picked` along one axis.
Tensor TakeAlong(const Tensor& input, size_t axis, const std::vector<size_t>& picked, Dims dims) {
  const AxisView view = ViewOf(input.dims, axis);
  std::vector<size_t> indices;
  for (size_t outer = 0; outer < view.outer; ++outer)
    for (const size_t at : picked)
      for (size_t inner = 0; inner < view.inner; ++inner)
        indices.push_back((outer * view.length + at) * view.inner + inner);
  return Take(input, std::move(dims), indices);
}

Result<Values> Gather(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  SLIPWAY_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(IntAttribute(context, "axis", 0), input.dims.size()));
  std::vector<size_t> picked;
  for (const int64_t index : inputs[1].tensor.ints) {
    SLIPWAY_ASSIGN_OR_RETURN(const size_t at, NormalizeAxis(index, static_cast<size_t>(input.dims[axis])));
    picked.push_back(at);
  }
  Dims dims(input.dims.begin(), input.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), inputs[1].tensor.dims.begin(), inputs[1].tensor.dims.end());
  dims.insert(dims.end(), input.dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, input.dims.end());
  return One(TakeAlong(input, axis, picked, std::move(dims)));
}

Result<Values> GatherElements(const Context& context, Inputs inputs) {
  const Tensor &input = inputs[0].tensor, &wanted = inputs[1].tensor;
  SLIPWAY_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(IntAttribute(context, "axis", 0), input.dims.size()));
  Dims expected = wanted.dims;
  if (expected.size() == input.dims.size()) expected[axis] = input.dims[axis];
  if (expected != input.dims)
    return InvalidArgument(fmt::format("indices of shape {} into {}", DimsText(wanted.dims), DimsText(input.dims)));
  const AxisView to = ViewOf(wanted.dims, axis), from = ViewOf(input.dims, axis);
  std::vector<size_t> indices;
  for (size_t i = 0; i < wanted.ints.size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(const size_t at, NormalizeAxis(wanted.ints[i], from.length));
    const size_t outer = i / (to.length * to.inner), inner = i % to.inner;
    indices.push_back((outer * from.length + at) * from.inner + inner);
  }
  return One(Take(input, wanted.dims, indices));
}

struct SliceRange {
  int64_t start = 0, end = 0, step = 1;
};

// Negative places count from the end; what lies outside is cut.
std::vector<size_t> PickRange(SliceRange range, int64_t length) {
  const auto clamp = [length](int64_t at, int64_t low, int64_t high) {
    return std::clamp(at < 0 ? at + length : at, low, high);
  };
  std::vector<size_t> picked;
  if (range.step > 0) {
    const int64_t end = clamp(range.end, 0, length);
    for (int64_t at = clamp(range.start, 0, length); at < end; at += range.step)
      picked.push_back(static_cast<size_t>(at));
  } else {
    const int64_t end = range.end < -length ? -1 : clamp(range.end, -1, length - 1);
    for (int64_t at = clamp(range.start, 0, length - 1); at > end; at += range.step)
      picked.push_back(static_cast<size_t>(at));
  }
  return picked;
}

// Attributes before version 10, inputs from then on.
Result<Values> Slice(const Context& context, Inputs inputs) {
  const auto list = [&](size_t input, std::string_view attribute) {
    if (inputs.size() > input && inputs[input].is_present) return inputs[input].tensor.ints;
    return inputs.size() > 1 ? std::vector<int64_t>() : IntsAttribute(context, attribute);
  };
  const std::vector<int64_t> starts = list(1, "starts"), ends = list(2, "ends"), steps = list(4, "steps");
  std::vector<int64_t> axes = list(3, "axes");
  if (axes.empty())
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  if (ends.size() != starts.size() || axes.size() != starts.size() || (!steps.empty() && steps.size() != starts.size()))
    return InvalidArgument("starts, ends, axes and steps differ in number");
  Tensor output = inputs[0].tensor;
  for (size_t i = 0; i < starts.size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(axes[i], output.dims.size()));
    const SliceRange range{starts[i], ends[i], steps.empty() ? 1 : steps[i]};
    if (range.step == 0) return InvalidArgument("a step of 0");
    const std::vector<size_t> picked = PickRange(range, output.dims[axis]);
    Dims dims = output.dims;
    dims[axis] = static_cast<int64_t>(picked.size());
    output = TakeAlong(output, axis, picked, std::move(dims));
  }
  return One(std::move(output));
}

// Sizes: an attribute before version 13, an input from then on; without them equal parts, one an output.
Result<Values> Split(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  SLIPWAY_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(IntAttribute(context, "axis", 0), input.dims.size()));
  std::vector<int64_t> sizes =
      inputs.size() > 1 && inputs[1].is_present ? inputs[1].tensor.ints : IntsAttribute(context, "split");
  const int64_t length = input.dims[axis];
  const auto parts = static_cast<int64_t>(context.node.outputs.size());
  if (sizes.empty()) {
    const int64_t each = (length + parts - 1) / parts;
    for (int64_t left = length; sizes.size() < static_cast<size_t>(parts); left -= each)
      sizes.push_back(std::clamp<int64_t>(left, 0, each));
  }
  Values outputs;
  int64_t begin = 0;
  for (const int64_t size : sizes) {
    if (size < 0 || begin + size > length) return InvalidArgument("the parts are larger than the whole");
    Dims dims = input.dims;
    dims[axis] = size;
    outputs.push_back({TakeAlong(input, axis, PickRange({begin, begin + size, 1}, length), std::move(dims))});
    begin += size;
  }
  if (begin != length) return InvalidArgument("the parts are smaller than the whole");
  return outputs;
}

Result<Values> Transpose(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  std::vector<int64_t> order = IntsAttribute(context, "perm");
  const size_t rank = input.dims.size();
  if (order.empty())
    for (size_t i = rank; i-- > 0;) order.push_back(static_cast<int64_t>(i));
  std::vector<int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted.size() != rank || sorted[i] != static_cast<int64_t>(i))
      return InvalidArgument("perm is no order of axes");
  std::vector<size_t> strides(rank, 1);
  for (size_t i = rank; i-- > 1;) strides[i - 1] = strides[i] * static_cast<size_t>(input.dims[i]);
  Dims dims(rank);
  for (size_t i = 0; i < rank; ++i) dims[i] = input.dims[static_cast<size_t>(order[i])];
  std::vector<size_t> indices(input.size());
  for (size_t element = 0; element < indices.size(); ++element) {
    size_t rest = element;
    for (size_t axis = rank; axis-- > 0;) {
      const auto dim = static_cast<size_t>(dims[axis]);
      indices[element] += rest % dim * strides[static_cast<size_t>(order[axis])];
      rest /= dim;
    }
  }
  return One(Take(input, std::move(dims), indices));
}

}  // namespace

void AddShapeOperators(Registry& registry) {
  registry.Add(kMainDomain, "Identity", 1, Identity);
  registry.Add(kMainDomain, "Cast", 1, Cast);
  registry.Add(kMainDomain, "Reshape", 1, Reshape);
  registry.Add(kMainDomain, "Flatten", 1, Flatten);
  registry.Add(kMainDomain, "Squeeze", 1, Squeeze);
  registry.Add(kMainDomain, "Unsqueeze", 1, Unsqueeze);
  registry.Add(kMainDomain, "Expand", 2, Expand);
  registry.Add(kMainDomain, "Shape", 1, Shape);
  registry.Add(kMainDomain, "Constant", 0, Constant);
  registry.Add(kMainDomain, "ConstantOfShape", 1, ConstantOfShape);
  registry.Add(kMainDomain, "Concat", 1, Concat);
  registry.Add(kMainDomain, "Gather", 2, Gather);
  registry.Add(kMainDomain, "GatherElements", 2, GatherElements);
  registry.Add(kMainDomain, "Slice", 1, Slice);
  registry.Add(kMainDomain, "Split", 1, Split);
  registry.Add(kMainDomain, "Transpose", 1, Transpose);
}

}  // namespace slipway::scoring::reference
