// How near predicted numbers are to the true ones, with scikit-learn's semantics (1.2).
#pragma once

#include <span>

#include "slipway/base/result.h"

namespace slipway::metrics {

struct RegressionScores {
  double rmse = 0;  // root of the mean squared error
  double mae = 0;   // mean absolute error
  // 1 - (squared errors / squared distances from the mean). For a constant truth 1 when all is right, else 0; NaN for a
  // single row.
  double r2 = 0;
};

// kInvalidArgument for empty lists, different lengths and values that are no finite numbers.
Result<RegressionScores> ScoreRegression(std::span<const double> truth, std::span<const double> predicted);

}  // namespace slipway::metrics
