// The ONNX graph of a linear model on tabular features, as skl2onnx writes LogisticRegression and LinearRegression.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/column_transform.h"
#include "slipway/model/onnx_graph.h"

namespace slipway::model {

// Row after row: of a regressor one, of a classifier one a class. Of two classes the first row is the negative of the
// second.
struct LinearModel {
  enum class Link { kIdentity, kLogistic, kSoftmax };

  Link link = Link::kIdentity;
  std::vector<float> coefficients;  // outputs × features
  std::vector<float> intercepts;
  // Of each feature over the training rows: what explanations compare a row with. Empty: not known.
  std::vector<float> feature_means = {};

  size_t outputs() const { return intercepts.size(); }
  // The rows' sums, before the link: float32, feature by feature, the intercept last, as LinearRegressor and
  // LinearClassifier add them here. `sums` has outputs() places.
  void Sums(std::span<const float> features, std::span<float> sums) const;
  // The link undone, in place.
  void Finish(std::span<float> sums) const;
};

// The graph's metadata that holds the feature means: numbers with ',' between them.
inline constexpr std::string_view kFeatureMeansKey = "slipway.feature_means";

// Inputs and outputs as in tabular_classifier_graph.h. kInvalidArgument when lengths do not fit together.
Result<OnnxModel> LinearClassifierGraph(const std::vector<ColumnTransform>& columns, const LinearModel& linear,
                                        const std::vector<std::string>& class_labels, bool integer_labels);
Result<OnnxModel> LinearRegressorGraph(const std::vector<ColumnTransform>& columns, const LinearModel& linear);

}  // namespace slipway::model
