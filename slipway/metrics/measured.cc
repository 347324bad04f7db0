#include "slipway/metrics/measured.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/metrics/check.h"
#include "slipway/metrics/classification.h"
#include "slipway/metrics/probability.h"

// Every metric is computed from a count a row: all 1 for the value, a resample's draws for its interval. What does not
// depend on the counts (order of scores, loss of a row) is made once.

namespace slipway::metrics {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
using Counts = std::vector<uint32_t>;

double Ratio(double part, double whole) {
  return whole == 0 ? 0 : part / whole;
}

double Quantile(std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// `evaluate(counts)` gives the values of `names`, in order.
template <typename Evaluate>
std::vector<Resampled> Resample(const std::vector<std::string>& names, size_t rows, const IntervalOptions& options,
                                const Evaluate& evaluate) {
  Counts counts(rows, 1);
  const std::vector<double> values = evaluate(counts);
  std::vector<Resampled> metrics;
  for (size_t k = 0; k < names.size(); ++k) metrics.push_back({names[k], values[k], {}});
  SplitMix64 random(options.seed);
  for (int i = 0; i < options.resamples; ++i) {
    std::fill(counts.begin(), counts.end(), 0);
    for (size_t draw = 0; draw < rows; ++draw) ++counts[random.NextBelow(rows)];
    const std::vector<double> found = evaluate(counts);
    for (size_t k = 0; k < names.size(); ++k) metrics[k].resamples.push_back(found[k]);
  }
  return metrics;
}

// --- classes ---

// Rows by (truth, predicted), counted anew for each resample.
class Confusion {
 public:
  Confusion(std::span<const uint32_t> truth, std::span<const uint32_t> predicted, size_t classes)
      : classes_(classes), cells_(classes * classes) {
    for (size_t row = 0; row < truth.size(); ++row)
      cell_of_row_.push_back(static_cast<uint32_t>(truth[row] * classes + predicted[row]));
  }

  void Count(const Counts& counts) {
    std::fill(cells_.begin(), cells_.end(), 0);
    for (size_t row = 0; row < counts.size(); ++row) cells_[cell_of_row_[row]] += counts[row];
    total_ = std::accumulate(cells_.begin(), cells_.end(), 0.0);
  }

  double cell(size_t truth, size_t predicted) const { return cells_[truth * classes_ + predicted]; }
  double of_truth(size_t k) const {
    double sum = 0;
    for (size_t i = 0; i < classes_; ++i) sum += cell(k, i);
    return sum;
  }
  double of_predicted(size_t k) const {
    double sum = 0;
    for (size_t i = 0; i < classes_; ++i) sum += cell(i, k);
    return sum;
  }
  double Right() const {
    double sum = 0;
    for (size_t k = 0; k < classes_; ++k) sum += cell(k, k);
    return sum;
  }

  double Accuracy() const { return Ratio(Right(), total_); }
  double Precision(size_t k) const { return Ratio(cell(k, k), of_predicted(k)); }
  double Recall(size_t k) const { return Ratio(cell(k, k), of_truth(k)); }
  double F1(size_t k) const { return Ratio(2 * cell(k, k), of_truth(k) + of_predicted(k)); }

  // The mean recall of the classes that occur.
  double BalancedAccuracy() const {
    double sum = 0, present = 0;
    for (size_t k = 0; k < classes_; ++k)
      if (of_truth(k) > 0) sum += Recall(k), present += 1;
    return Ratio(sum, present);
  }

  template <typename Value>
  double Macro(const Value& value) const {
    double sum = 0, present = 0;
    for (size_t k = 0; k < classes_; ++k)
      if (of_truth(k) + of_predicted(k) > 0) sum += value(k), present += 1;
    return Ratio(sum, present);
  }

  double WeightedF1() const {
    double sum = 0;
    for (size_t k = 0; k < classes_; ++k) sum += of_truth(k) * F1(k);
    return Ratio(sum, total_);
  }

  // Gorodkin's form for several classes.
  double Matthews() const {
    double product = 0, truths = 0, said = 0;
    for (size_t k = 0; k < classes_; ++k) {
      product += of_truth(k) * of_predicted(k);
      truths += of_truth(k) * of_truth(k);
      said += of_predicted(k) * of_predicted(k);
    }
    const double square = total_ * total_;
    return Ratio(Right() * total_ - product, std::sqrt((square - truths) * (square - said)));
  }

  double Kappa() const {
    double expected = 0;
    for (size_t k = 0; k < classes_; ++k) expected += of_truth(k) * of_predicted(k) / total_ / total_;
    return expected == 1 ? kNone : (Accuracy() - expected) / (1 - expected);
  }

 private:
  size_t classes_;
  std::vector<uint32_t> cell_of_row_;
  std::vector<double> cells_;
  double total_ = 0;
};

// Rows by falling score, ties known.
class Ranking {
 public:
  Ranking(std::vector<uint8_t> truth, std::span<const double> scores)
      : truth_(std::move(truth)), order_(scores.size()) {
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    for (size_t i = 0; i < order_.size(); ++i)
      ends_tie_.push_back(i + 1 == order_.size() || scores[order_[i]] != scores[order_[i + 1]] ? 1 : 0);
  }

  // The area under the ROC curve, and average precision.
  std::pair<double, double> Evaluate(const Counts& counts) const {
    double positives = 0, negatives = 0, tied_positives = 0, tied_negatives = 0, area = 0, precision_sum = 0;
    for (size_t i = 0; i < order_.size(); ++i) {
      (truth_[order_[i]] != 0 ? tied_positives : tied_negatives) += counts[order_[i]];
      if (ends_tie_[i] == 0) continue;
      area += tied_negatives * (positives + tied_positives / 2);
      positives += tied_positives;
      negatives += tied_negatives;
      if (tied_positives > 0) precision_sum += tied_positives * positives / (positives + negatives);
      tied_positives = tied_negatives = 0;
    }
    return {positives > 0 && negatives > 0 ? area / positives / negatives : kNone, Ratio(precision_sum, positives)};
  }

 private:
  std::vector<uint8_t> truth_;
  std::vector<uint32_t> order_;
  std::vector<uint8_t> ends_tie_;
};

double MeanOf(const std::vector<double>& values, const Counts& counts) {
  double sum = 0, total = 0;
  for (size_t row = 0; row < values.size(); ++row) {
    sum += counts[row] * values[row];
    total += counts[row];
  }
  return sum / total;
}

constexpr double kSmallest = std::numeric_limits<double>::epsilon();

double LossOf(double probability) {
  return -std::log(std::clamp(probability, kSmallest, 1 - kSmallest));
}

std::vector<uint32_t> AsCodes(std::span<const uint8_t> values) {
  std::vector<uint32_t> codes;
  for (const uint8_t value : values) codes.push_back(value != 0 ? 1 : 0);
  return codes;
}

std::vector<Ranking> RankingsOfClasses(std::span<const uint32_t> truth, std::span<const double> probabilities,
                                       size_t classes) {
  std::vector<Ranking> rankings;
  for (size_t k = 0; k < classes; ++k) {
    std::vector<uint8_t> is_class;
    std::vector<double> scores;
    for (size_t row = 0; row < truth.size(); ++row) {
      is_class.push_back(truth[row] == k ? 1 : 0);
      scores.push_back(probabilities[row * classes + k]);
    }
    rankings.emplace_back(std::move(is_class), scores);
  }
  return rankings;
}

// --- values ---

// Errors in order of their size, for the median.
struct Errors {
  std::vector<double> absolute, squared, relative, signed_errors;
  std::vector<uint32_t> by_size;
};

Errors ErrorsOf(std::span<const double> truth, std::span<const double> predicted) {
  Errors errors;
  for (size_t row = 0; row < truth.size(); ++row) {
    const double error = truth[row] - predicted[row];
    errors.signed_errors.push_back(error);
    errors.absolute.push_back(std::abs(error));
    errors.squared.push_back(error * error);
    errors.relative.push_back(std::abs(error) / std::max(kSmallest, std::abs(truth[row])));
  }
  errors.by_size.resize(truth.size());
  std::iota(errors.by_size.begin(), errors.by_size.end(), 0);
  std::sort(errors.by_size.begin(), errors.by_size.end(),
            [&](uint32_t a, uint32_t b) { return errors.absolute[a] < errors.absolute[b]; });
  return errors;
}

// The mean of the middle two when there are two.
double MedianError(const Errors& errors, const Counts& counts) {
  const uint64_t total = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  uint64_t seen = 0;
  double lower = kNone;
  for (const uint32_t row : errors.by_size) {
    if (counts[row] == 0) continue;
    seen += counts[row];
    if (std::isnan(lower) && 2 * seen >= total) lower = errors.absolute[row];
    if (2 * seen > total) return (lower + errors.absolute[row]) / 2;
  }
  return lower;
}

double VarianceOf(std::span<const double> values, const Counts& counts) {
  double sum = 0, total = 0, squares = 0;
  for (size_t row = 0; row < values.size(); ++row) {
    sum += counts[row] * values[row];
    total += counts[row];
  }
  for (size_t row = 0; row < values.size(); ++row)
    squares += counts[row] * (values[row] - sum / total) * (values[row] - sum / total);
  return squares / total;
}

double ShareExplained(double rest, double variance) {
  if (variance > 0) return 1 - rest / variance;
  return rest == 0 ? 1 : 0;
}

}  // namespace

Measured WithInterval(const Resampled& metric, double level) {
  Measured measured = {metric.name, metric.value, kNone, kNone};
  std::vector<double> sorted;
  for (const double value : metric.resamples)
    if (!std::isnan(value)) sorted.push_back(value);
  if (sorted.empty() || std::isnan(metric.value)) return measured;
  std::sort(sorted.begin(), sorted.end());
  measured.low = Quantile(sorted, (1 - level) / 2);
  measured.high = Quantile(sorted, (1 + level) / 2);
  return measured;
}

std::vector<Measured> WithIntervals(const std::vector<Resampled>& metrics, double level) {
  std::vector<Measured> measured;
  for (const Resampled& metric : metrics) measured.push_back(WithInterval(metric, level));
  return measured;
}

Resampled PairedDifference(const Resampled& first, const Resampled& second) {
  Resampled difference = {first.name, second.value - first.value, {}};
  for (size_t i = 0; i < first.resamples.size(); ++i)
    difference.resamples.push_back(second.resamples[i] - first.resamples[i]);
  return difference;
}

bool HigherIsBetter(std::string_view metric) {
  static constexpr std::string_view kLosses[] = {"log_loss", "brier_score", "rmse", "mae", "median_absolute_error",
                                                 "mape",     "max_error"};
  return std::find(std::begin(kLosses), std::end(kLosses), metric) == std::end(kLosses);
}

Result<std::vector<Resampled>> ResampleBinary(std::span<const uint8_t> truth, std::span<const double> positive,
                                              std::span<const uint8_t> predicted, const IntervalOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), positive.size(), "probabilities"));
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), predicted.size(), "predictions"));
  SLIPWAY_RETURN_IF_ERROR(CheckProbabilities(positive));
  Confusion confusion(AsCodes(truth), AsCodes(predicted), 2);
  const Ranking ranking({truth.begin(), truth.end()}, positive);
  std::vector<double> losses, squares;
  for (size_t row = 0; row < truth.size(); ++row) {
    losses.push_back(LossOf(truth[row] != 0 ? positive[row] : 1 - positive[row]));
    const double distance = positive[row] - (truth[row] != 0 ? 1 : 0);
    squares.push_back(distance * distance);
  }
  return Resample({"accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1_score",
                   "matthews_corrcoef", "cohen_kappa", "roc_auc", "average_precision", "log_loss", "brier_score"},
                  truth.size(), options, [&](const Counts& counts) -> std::vector<double> {
                    confusion.Count(counts);
                    const auto [area, precision] = ranking.Evaluate(counts);
                    return {confusion.Accuracy(),
                            confusion.BalancedAccuracy(),
                            confusion.Precision(1),
                            confusion.Recall(1),
                            confusion.Recall(0),
                            confusion.F1(1),
                            confusion.Matthews(),
                            confusion.Kappa(),
                            area,
                            precision,
                            MeanOf(losses, counts),
                            MeanOf(squares, counts)};
                  });
}

Result<std::vector<Resampled>> ResampleClasses(std::span<const uint32_t> truth, std::span<const double> probabilities,
                                               std::span<const uint32_t> predicted, size_t classes,
                                               const IntervalOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size() * classes, probabilities.size(), "probabilities"));
  SLIPWAY_RETURN_IF_ERROR(CheckProbabilities(probabilities));
  SLIPWAY_RETURN_IF_ERROR(ConfusionMatrix::Make(truth, predicted, classes));  // checks lengths and classes
  Confusion confusion(truth, predicted, classes);
  const std::vector<Ranking> rankings = RankingsOfClasses(truth, probabilities, classes);
  std::vector<double> losses;
  for (size_t row = 0; row < truth.size(); ++row) {
    const auto first = probabilities.begin() + static_cast<ptrdiff_t>(row * classes);
    const double sum = std::accumulate(first, first + static_cast<ptrdiff_t>(classes), 0.0);
    losses.push_back(LossOf(sum > 0 ? first[truth[row]] / sum : 0));
  }
  return Resample({"accuracy", "balanced_accuracy", "precision", "recall", "f1_score", "f1_weighted",
                   "matthews_corrcoef", "cohen_kappa", "roc_auc", "log_loss"},
                  truth.size(), options, [&](const Counts& counts) -> std::vector<double> {
                    confusion.Count(counts);
                    double area = 0;
                    for (const Ranking& ranking : rankings)
                      area += ranking.Evaluate(counts).first / static_cast<double>(classes);
                    return {confusion.Accuracy(),
                            confusion.BalancedAccuracy(),
                            confusion.Macro([&](size_t k) { return confusion.Precision(k); }),
                            confusion.Macro([&](size_t k) { return confusion.Recall(k); }),
                            confusion.Macro([&](size_t k) { return confusion.F1(k); }),
                            confusion.WeightedF1(),
                            confusion.Matthews(),
                            confusion.Kappa(),
                            area,
                            MeanOf(losses, counts)};
                  });
}

Result<std::vector<Resampled>> ResampleRegression(std::span<const double> truth, std::span<const double> predicted,
                                                  const IntervalOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), predicted.size(), "predictions"));
  SLIPWAY_RETURN_IF_ERROR(CheckFinite(truth, "true value"));
  SLIPWAY_RETURN_IF_ERROR(CheckFinite(predicted, "prediction"));
  const Errors errors = ErrorsOf(truth, predicted);
  std::vector<Resampled> metrics =
      Resample({"rmse", "mae", "median_absolute_error", "mape", "r2_score", "explained_variance"}, truth.size(),
               options, [&](const Counts& counts) -> std::vector<double> {
                 const double mean_square = MeanOf(errors.squared, counts), variance = VarianceOf(truth, counts);
                 return {std::sqrt(mean_square),
                         MeanOf(errors.absolute, counts),
                         MedianError(errors, counts),
                         MeanOf(errors.relative, counts),
                         ShareExplained(mean_square, variance),
                         ShareExplained(VarianceOf(errors.signed_errors, counts), variance)};
               });
  metrics.push_back({"max_error", errors.absolute[errors.by_size.back()], {}});
  return metrics;
}

}  // namespace slipway::metrics
