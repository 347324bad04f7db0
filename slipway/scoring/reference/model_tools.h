// What operators that score have in common.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "slipway/scoring/reference/tensor_tools.h"

namespace slipway::scoring::reference {

inline Result<MatrixShape> CheckFeatures(const Tensor& input, size_t features) {
  const MatrixShape shape = MatrixOf(input);
  if (input.type == ElementType::kString) return InvalidArgument("the input holds texts");
  if (shape.width < features) return InvalidArgument(fmt::format("{} columns instead of {}", shape.width, features));
  return shape;
}

// The labels of rows, by their index in the list.
inline Tensor LabelTensor(const ClassLabels& labels, const std::vector<uint32_t>& rows) {
  const Dims dims = {static_cast<int64_t>(rows.size())};
  Tensor tensor = MakeTensor(labels.strings.empty() ? ElementType::kInt64 : ElementType::kString, dims);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (labels.strings.empty())
      tensor.ints[i] = labels.ints[rows[i]];
    else
      tensor.strings[i] = labels.strings[rows[i]];
  }
  return tensor;
}

inline Values LabelsAndScores(Tensor labels, size_t rows, size_t width, std::vector<float> scores) {
  Values outputs = One(std::move(labels));
  outputs.push_back({FloatTensor({static_cast<int64_t>(rows), static_cast<int64_t>(width)}, std::move(scores))});
  return outputs;
}

inline float Dot(std::span<const float> a, const float* b) {
  float sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

inline uint32_t FirstBest(std::span<const float> scores) {
  return static_cast<uint32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

inline Status OneInput(const Context& context, Inputs inputs) {
  if (inputs.empty() || !inputs[0].is_present)
    return InvalidArgument(fmt::format("{}: input 0 is missing", context.node.Describe()));
  return {};
}

}  // namespace slipway::scoring::reference
