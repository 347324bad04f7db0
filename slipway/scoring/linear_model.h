// A LinearClassifier or LinearRegressor node as plain values, with its scores: what linear graphs are fused to. Facts:
// Operators-ml of ONNX; where that is silent, what ONNX Runtime 1.30 does.
#pragma once

#include <span>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/onnx_graph.h"
#include "slipway/scoring/tree_ensemble.h"

namespace slipway::scoring {

// Immutable.
struct LinearModel {
  std::vector<float> weights;     // machines × features
  std::vector<float> intercepts;  // a machine
  size_t features = 0;
  PostTransform post_transform = PostTransform::kNone;
  bool is_classifier = false;
  ClassLabels labels;
  std::vector<float> feature_means;  // over the training rows; empty: not known
  bool sums_to_one = false;          // scores are divided by the sum of their magnitudes (a Normalizer after the node)

  // `features`: columns of its input. kInvalidArgument says which rule the attributes break.
  static Result<LinearModel> Read(const model::Node& node, size_t features);

  size_t machines() const { return intercepts.size(); }
  // Scores a row: one a class, or one a target.
  size_t outputs() const { return is_classifier ? labels.size() : machines(); }
  // `row` holds `features` numbers, `scores` outputs() places. Returns the label's index (0 for a regressor).
  uint32_t Score(const float* row, std::span<float> scores) const noexcept;
  // Whether two machines without a link tell two classes apart, one the other's negative.
  bool is_mirrored() const noexcept;
  float Weight(size_t machine, size_t feature) const { return weights[machine * features + feature]; }

 private:
  float Margin(const float* row, size_t machine) const noexcept;
  uint32_t ClassifyBySign(float margin, std::span<float> scores) const noexcept;
};

}  // namespace slipway::scoring
