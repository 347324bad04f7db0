#include "slipway/metrics/regression.h"

#include <cmath>
#include <limits>

#include "slipway/metrics/check.h"

namespace slipway::metrics {
namespace {

double Mean(std::span<const double> values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double R2(double squared_errors, double squared_distances, size_t rows) {
  if (rows < 2) return std::numeric_limits<double>::quiet_NaN();
  if (squared_distances == 0) return squared_errors == 0 ? 1 : 0;
  return 1 - squared_errors / squared_distances;
}

}  // namespace

Result<RegressionScores> ScoreRegression(std::span<const double> truth, std::span<const double> predicted) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), predicted.size(), "predictions"));
  SLIPWAY_RETURN_IF_ERROR(CheckFinite(truth, "true value"));
  SLIPWAY_RETURN_IF_ERROR(CheckFinite(predicted, "prediction"));
  const double mean = Mean(truth);
  double squared_errors = 0, absolute_errors = 0, squared_distances = 0;
  for (size_t row = 0; row < truth.size(); ++row) {
    const double error = truth[row] - predicted[row];
    squared_errors += error * error;
    absolute_errors += std::abs(error);
    squared_distances += (truth[row] - mean) * (truth[row] - mean);
  }
  const auto rows = static_cast<double>(truth.size());
  return RegressionScores{std::sqrt(squared_errors / rows), absolute_errors / rows,
                          R2(squared_errors, squared_distances, truth.size())};
}

}  // namespace slipway::metrics
