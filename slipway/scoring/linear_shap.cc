#include "slipway/scoring/linear_shap.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/model/linear_graph.h"

namespace slipway::scoring {

Result<LinearExplainer> LinearExplainer::Make(const LinearModel& linear, const std::vector<Feature>& features,
                                              size_t columns) {
  if (linear.feature_means.empty())
    return FailedPrecondition(
        fmt::format("the linear model does not carry the means of its {} features over the training rows, with which "
                    "rows are compared (metadata '{}', which Slipway's training writes)",
                    linear.features, model::kFeatureMeansKey));
  LinearExplainer explainer;
  explainer.columns_ = columns;
  explainer.features_ = linear.features;
  explainer.means_.assign(linear.feature_means.begin(), linear.feature_means.end());
  for (const Feature& feature : features) explainer.column_of_.push_back(feature.column);
  const bool has_two_classes = linear.is_classifier && linear.labels.size() == 2;
  for (size_t machine = has_two_classes ? linear.machines() - 1 : 0; machine < linear.machines(); ++machine) {
    double base = static_cast<double>(linear.intercepts[machine]);
    for (size_t i = 0; i < linear.features; ++i) {
      const auto weight = static_cast<double>(linear.Weight(machine, i));
      explainer.weights_.push_back(weight);
      base += weight * explainer.means_[i];
    }
    explainer.base_values_.push_back(base);
  }
  return explainer;
}

void LinearExplainer::Explain(const float* row, std::span<double> values) const noexcept {
  std::fill(values.begin(), values.end(), 0.0);
  for (size_t output = 0; output < outputs(); ++output) {
    const double* const weights = weights_.data() + output * features_;
    double* const columns = values.data() + output * columns_;
    for (size_t i = 0; i < features_; ++i)
      columns[column_of_[i]] += weights[i] * (static_cast<double>(row[i]) - means_[i]);
  }
}

}  // namespace slipway::scoring
