// Linear and logistic regression with the objectives of scikit-learn's LinearRegression, Ridge, Lasso, ElasticNet and
// LogisticRegression (1.2). The intercept is never penalised. The answer is the same for any number of threads.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/learn/binning.h"
#include "slipway/learn/forest.h"
#include "slipway/model/linear_graph.h"

namespace slipway::learn {

enum class Penalty { kNone, kL1, kL2, kElasticNet };
Result<Penalty> ParsePenalty(std::string_view name);  // none, l1, l2, elasticnet

// Of logistic regression: strength 1/C on the sum of the rows' losses; l2 is half the square, as there. Of linear
// regression: l2 is Ridge(alpha), l1 Lasso(alpha), elasticnet ElasticNet(alpha, l1_ratio), none LinearRegression.
struct LinearOptions {
  Penalty penalty = Penalty::kL2;
  double c = 1;
  double alpha = 1;
  double l1_ratio = 0.5;  // elasticnet: L1's share
  int max_iterations = 1000;
  double tolerance = 1e-7;
  int threads = 0;  // 0: every core
};
// Names the option that is out of its range.
Status CheckOptions(const LinearOptions& options);

struct FittedLinear {
  model::LinearModel model;
  bool converged = true;
  int iterations = 0;
};

// Classes or values, by targets.class_count. Features that say the same thing share their weight: of all least-squares
// solutions it is the one of least norm in standardised features. Memory: 8 bytes a row and class; features² × 8 bytes
// for values. kInvalidArgument for options, columns or targets that do not fit; kResourceExhausted for a regression
// on more than kLinearFeaturesMax features.
inline constexpr size_t kLinearFeaturesMax = 5000;
Result<FittedLinear> FitLinear(std::span<const FeatureColumn> columns, const Targets& targets,
                               const LinearOptions& options);

}  // namespace slipway::learn
