// Exact SHAP values of linear models: with features taken as independent, feature i adds w_i · (x_i - mean_i) to the
// sum (Lundberg and Lee 2017, corollary 1).
#pragma once

#include <span>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/scoring/feature.h"
#include "slipway/scoring/linear_model.h"

namespace slipway::scoring {

// Immutable.
class LinearExplainer {
 public:
  // Values of features of one of the request's `columns` are added up. kFailedPrecondition when the model does not
  // carry the means of its features.
  static Result<LinearExplainer> Make(const LinearModel& linear, const std::vector<Feature>& features, size_t columns);

  // Sums that are explained: one a machine, but of two classes the second's alone.
  size_t outputs() const { return base_values_.size(); }
  std::span<const double> base_values() const { return base_values_; }
  // `row`: the features' values; `values` gets outputs() × columns.
  void Explain(const float* row, std::span<double> values) const noexcept;

 private:
  size_t columns_ = 0, features_ = 0;
  std::vector<double> weights_;  // outputs × features
  std::vector<double> means_;
  std::vector<size_t> column_of_;  // a feature
  std::vector<double> base_values_;
};

}  // namespace slipway::scoring
