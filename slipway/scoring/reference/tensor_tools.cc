#include "slipway/scoring/reference/tensor_tools.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace slipway::scoring::reference {

using model::Attribute;

int64_t IntAttribute(const Context& context, std::string_view name, int64_t otherwise) {
  const Attribute* attribute = context.node.Find(name);
  return attribute == nullptr ? otherwise : attribute->integer;
}

float FloatAttribute(const Context& context, std::string_view name, float otherwise) {
  const Attribute* attribute = context.node.Find(name);
  return attribute == nullptr ? otherwise : attribute->number;
}

std::string TextAttribute(const Context& context, std::string_view name, std::string_view otherwise) {
  const Attribute* attribute = context.node.Find(name);
  return attribute == nullptr ? std::string(otherwise) : attribute->text;
}

const std::vector<int64_t>& IntsAttribute(const Context& context, std::string_view name) {
  static const std::vector<int64_t> kNone;
  const Attribute* attribute = context.node.Find(name);
  return attribute == nullptr ? kNone : attribute->ints;
}

const std::vector<float>& FloatsAttribute(const Context& context, std::string_view name) {
  static const std::vector<float> kNone;
  const Attribute* attribute = context.node.Find(name);
  return attribute == nullptr ? kNone : attribute->floats;
}

const std::vector<std::string>& TextsAttribute(const Context& context, std::string_view name) {
  static const std::vector<std::string> kNone;
  const Attribute* attribute = context.node.Find(name);
  return attribute == nullptr ? kNone : attribute->strings;
}

bool HasAttribute(const Context& context, std::string_view name) {
  return context.node.Find(name) != nullptr;
}

size_t ElementCount(const Dims& dims) {
  size_t count = 1;
  for (const int64_t dim : dims) count *= static_cast<size_t>(dim);
  return count;
}

bool IsInteger(ElementType type) {
  return type != ElementType::kFloat && type != ElementType::kDouble && type != ElementType::kString;
}

Tensor MakeTensor(ElementType type, Dims dims) {
  Tensor tensor;
  tensor.type = type;
  const size_t count = ElementCount(dims);
  tensor.dims = std::move(dims);
  VisitType(type, [&](auto tag) { Data<typename decltype(tag)::type>(tensor).resize(count); });
  return tensor;
}

Tensor FloatTensor(Dims dims, std::vector<float> values) {
  Tensor tensor;
  tensor.dims = std::move(dims);
  tensor.floats = std::move(values);
  return tensor;
}

Tensor IntTensor(Dims dims, std::vector<int64_t> values, ElementType type) {
  Tensor tensor;
  tensor.type = type;
  tensor.dims = std::move(dims);
  tensor.ints = std::move(values);
  return tensor;
}

Tensor TextTensor(Dims dims, std::vector<std::string> values) {
  Tensor tensor;
  tensor.type = ElementType::kString;
  tensor.dims = std::move(dims);
  tensor.strings = std::move(values);
  return tensor;
}

Values One(Tensor tensor) {
  Values values;
  values.push_back({std::move(tensor)});
  return values;
}

Result<std::vector<float>> AsFloats(const Tensor& tensor) {
  if (tensor.type == ElementType::kString) return InvalidArgument("texts cannot be reckoned with");
  std::vector<float> numbers(tensor.floats);
  numbers.insert(numbers.end(), tensor.doubles.begin(), tensor.doubles.end());
  numbers.insert(numbers.end(), tensor.ints.begin(), tensor.ints.end());
  return numbers;
}

Result<std::vector<double>> AsDoubles(const Tensor& tensor) {
  if (tensor.type == ElementType::kString) return InvalidArgument("texts cannot be reckoned with");
  std::vector<double> numbers(tensor.doubles);
  numbers.insert(numbers.end(), tensor.floats.begin(), tensor.floats.end());
  numbers.insert(numbers.end(), tensor.ints.begin(), tensor.ints.end());
  return numbers;
}

Tensor Take(const Tensor& source, Dims dims, const std::vector<size_t>& indices) {
  Tensor result = MakeTensor(source.type, std::move(dims));
  VisitType(source.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto& from = Data<T>(source);
    auto& to = Data<T>(result);
    for (size_t i = 0; i < indices.size(); ++i) to[i] = from[indices[i]];
  });
  return result;
}

Result<size_t> NormalizeAxis(int64_t axis, size_t rank) {
  const auto signed_rank = static_cast<int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank)
    return InvalidArgument(fmt::format("axis {} of a tensor with {} dimensions", axis, rank));
  return static_cast<size_t>(axis < 0 ? axis + signed_rank : axis);
}

MatrixShape MatrixOf(const Tensor& tensor) {
  if (tensor.dims.empty()) return {1, tensor.size()};
  if (tensor.dims.size() == 1) return {1, static_cast<size_t>(tensor.dims[0])};
  MatrixShape shape{static_cast<size_t>(tensor.dims[0]), 1};
  for (size_t i = 1; i < tensor.dims.size(); ++i) shape.width *= static_cast<size_t>(tensor.dims[i]);
  return shape;
}

Result<Dims> BroadcastDims(const Dims& a, const Dims& b) {
  Dims dims(std::max(a.size(), b.size()));
  for (size_t i = 0; i < dims.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1)
      return InvalidArgument(fmt::format("shapes {} and {} do not fit together", DimsText(a), DimsText(b)));
    dims[dims.size() - 1 - i] = x == 1 ? y : x;
  }
  return dims;
}

std::vector<size_t> BroadcastIndices(const Dims& from, const Dims& to) {
  // The step in `from` for one step along each axis of `to`; 0 where it is repeated.
  std::vector<size_t> steps(to.size());
  size_t step = 1;
  for (size_t i = 0; i < from.size(); ++i) {
    const size_t axis = to.size() - 1 - i;
    const auto dim = static_cast<size_t>(from[from.size() - 1 - i]);
    steps[axis] = dim == 1 ? 0 : step;
    step *= dim;
  }
  std::vector<size_t> indices(ElementCount(to));
  std::vector<size_t> at(to.size());
  size_t index = 0;
  for (size_t& result : indices) {
    result = index;
    for (size_t axis = to.size(); axis-- > 0;) {
      index += steps[axis];
      if (++at[axis] < static_cast<size_t>(to[axis])) break;
      index -= steps[axis] * at[axis];
      at[axis] = 0;
    }
  }
  return indices;
}

std::string DimsText(const Dims& dims) {
  return fmt::format("[{}]", fmt::join(dims, ","));
}

}  // namespace slipway::scoring::reference
