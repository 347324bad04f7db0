// All the usual metrics of a model's predictions at once, each with a confidence interval by the percentile bootstrap
// (Efron 1979): rows are drawn with replacement, and the middle share of the resamples' values is the interval. With
// scikit-learn's semantics (1.2) of each metric.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::metrics {

// A value with its interval. NaN: the metric has no meaning for these rows (one class alone has no ROC curve); NaN
// bounds: no interval was asked for, or no resample gave a value.
struct Measured {
  std::string name;
  double value = 0;
  double low = 0, high = 0;
};

struct IntervalOptions {
  int resamples = 200;  // 0: no intervals
  double level = 0.95;
  uint64_t seed = 0;
};

// A metric with its values over the resamples, NaN where one gives none. Which rows a resample draws follows from the
// seed and the number of rows alone: the resamples of two models' predictions of the same rows are pairs.
struct Resampled {
  std::string name;
  double value = 0;
  std::vector<double> resamples;
};

// The values, each with the middle `level` of its resamples' values.
Measured WithInterval(const Resampled& metric, double level);
std::vector<Measured> WithIntervals(const std::vector<Resampled>& metrics, double level);
// second - first, resample by resample: the paired bootstrap (Efron and Tibshirani 1993), which sees what two models
// share as no difference. Both of as many resamples.
Resampled PairedDifference(const Resampled& first, const Resampled& second);

// accuracy, balanced_accuracy, precision, recall, specificity, f1_score, matthews_corrcoef, cohen_kappa, roc_auc,
// average_precision, log_loss, brier_score. `positive`: each row's probability of class 1; `predicted`: 1 or 0. Time:
// rows × resamples. kInvalidArgument as the single metrics.
Result<std::vector<Resampled>> ResampleBinary(std::span<const uint8_t> truth, std::span<const double> positive,
                                              std::span<const uint8_t> predicted, const IntervalOptions& options);

// accuracy, balanced_accuracy, precision, recall, f1_score (means over the classes), f1_weighted, matthews_corrcoef,
// cohen_kappa, roc_auc (one against the rest, mean), log_loss. `probabilities`: `classes` numbers a row.
Result<std::vector<Resampled>> ResampleClasses(std::span<const uint32_t> truth, std::span<const double> probabilities,
                                               std::span<const uint32_t> predicted, size_t classes,
                                               const IntervalOptions& options);

// rmse, mae, median_absolute_error, mape (as a share; of a truth of 0 relative to 2^-52), max_error, r2_score,
// explained_variance. max_error has no resamples: none ever sees more than the largest.
Result<std::vector<Resampled>> ResampleRegression(std::span<const double> truth, std::span<const double> predicted,
                                                  const IntervalOptions& options);

// Is more of it better? Of log_loss, brier_score and the errors of values less is.
bool HigherIsBetter(std::string_view metric);

}  // namespace slipway::metrics
