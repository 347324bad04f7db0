// Small tools over model::Tensor that operators share.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "slipway/scoring/reference/operators.h"

namespace slipway::scoring::reference {

using model::ElementType;
using model::Tensor;
using Dims = std::vector<int64_t>;

// --- arithmetic in which integers wrap around, as the hardware does it ---

template <typename T, typename Operation>
T Wrapping(T a, T b, Operation operation) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(operation(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
  } else {
    return operation(a, b);
  }
}
template <typename T>
T WrapAdd(T a, T b) {
  return Wrapping(a, b, [](auto x, auto y) { return x + y; });
}
template <typename T>
T WrapSubtract(T a, T b) {
  return Wrapping(a, b, [](auto x, auto y) { return x - y; });
}
template <typename T>
T WrapMultiply(T a, T b) {
  return Wrapping(a, b, [](auto x, auto y) { return x * y; });
}

// --- attributes ---

int64_t IntAttribute(const Context& context, std::string_view name, int64_t otherwise);
float FloatAttribute(const Context& context, std::string_view name, float otherwise);
std::string TextAttribute(const Context& context, std::string_view name, std::string_view otherwise);
const std::vector<int64_t>& IntsAttribute(const Context& context, std::string_view name);
const std::vector<float>& FloatsAttribute(const Context& context, std::string_view name);
const std::vector<std::string>& TextsAttribute(const Context& context, std::string_view name);
bool HasAttribute(const Context& context, std::string_view name);

// --- tensors ---

size_t ElementCount(const Dims& dims);
bool IsInteger(ElementType type);                // kBool as well
Tensor MakeTensor(ElementType type, Dims dims);  // zeros and empty texts
Tensor FloatTensor(Dims dims, std::vector<float> values);
Tensor IntTensor(Dims dims, std::vector<int64_t> values, ElementType type = ElementType::kInt64);
Tensor TextTensor(Dims dims, std::vector<std::string> values);
Values One(Tensor tensor);

// The list that a tensor of this C++ type fills.
template <typename T>
auto& Data(Tensor& tensor) {
  if constexpr (std::is_same_v<T, float>) return tensor.floats;
  if constexpr (std::is_same_v<T, double>) return tensor.doubles;
  if constexpr (std::is_same_v<T, int64_t>) return tensor.ints;
  if constexpr (std::is_same_v<T, std::string>) return tensor.strings;
}
template <typename T>
const auto& Data(const Tensor& tensor) {
  return Data<T>(const_cast<Tensor&>(tensor));
}

template <typename T>
struct TypeTag {
  using type = T;
};

// Calls `body` with the TypeTag of the list that holds a tensor's elements.
template <typename Body>
auto VisitType(ElementType type, Body&& body) {
  switch (type) {
    case ElementType::kFloat:
      return body(TypeTag<float>());
    case ElementType::kDouble:
      return body(TypeTag<double>());
    case ElementType::kString:
      return body(TypeTag<std::string>());
    default:
      return body(TypeTag<int64_t>());
  }
}

// One for each element, of any type of numbers; kInvalidArgument for texts.
Result<std::vector<float>> AsFloats(const Tensor& tensor);
Result<std::vector<double>> AsDoubles(const Tensor& tensor);

// A new tensor with element i taken from `source[indices[i]]`.
Tensor Take(const Tensor& source, Dims dims, const std::vector<size_t>& indices);

// -1 … -rank count from the end. kInvalidArgument when out of range.
Result<size_t> NormalizeAxis(int64_t axis, size_t rank);

// Rows of a matrix: [N, F] as it is, [F] as one row, others flattened after the first axis.
struct MatrixShape {
  size_t rows = 1, width = 0;
};
MatrixShape MatrixOf(const Tensor& tensor);

// --- broadcasting, as NumPy does it ---

Result<Dims> BroadcastDims(const Dims& a, const Dims& b);
// For each element of a tensor of `to` dims, the index of the element of one of `from` dims that stands for it.
std::vector<size_t> BroadcastIndices(const Dims& from, const Dims& to);

std::string DimsText(const Dims& dims);

}  // namespace slipway::scoring::reference
