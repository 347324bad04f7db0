#include "slipway/stats/performance_estimate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/stats/calibration.h"

namespace slipway::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double Ratio(double above, double below) {
  return below > 0 ? above / below : kNaN;
}

// Rows of the highest score first; those of one score stand together.
std::vector<uint32_t> FallingOrder(std::span<const double> scores) {
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  return order;
}

// The chance that a positive row stands before a negative one, each row being positive by its probability.
double ExpectedRocAuc(std::span<const double> probabilities, std::span<const double> scores,
                      std::span<const uint32_t> order) {
  double before = 0, negatives = 0, area = 0;
  for (size_t i = 0; i < order.size();) {
    double positive = 0, negative = 0;
    const double score = scores[order[i]];
    for (; i < order.size() && scores[order[i]] == score; ++i) {
      positive += probabilities[order[i]];
      negative += 1 - probabilities[order[i]];
    }
    area += negative * (before + positive / 2);
    before += positive;
    negatives += negative;
  }
  return Ratio(area, before * negatives);
}

BinaryPerformance PerformanceOf(std::span<const double> probabilities, const ScoredRows& rows,
                                std::span<const uint32_t> order) {
  double tp = 0, fp = 0, fn = 0, tn = 0;
  for (size_t row = 0; row < rows.size(); ++row) {
    const double p = probabilities[row];
    (rows.predicted[row] ? tp : fn) += p;
    (rows.predicted[row] ? fp : tn) += 1 - p;
  }
  BinaryPerformance performance;
  performance.accuracy = Ratio(tp + tn, tp + tn + fp + fn);
  performance.precision = Ratio(tp, tp + fp);
  performance.recall = Ratio(tp, tp + fn);
  performance.specificity = Ratio(tn, tn + fp);
  performance.f1 = Ratio(2 * tp, 2 * tp + fp + fn);
  performance.roc_auc = ExpectedRocAuc(probabilities, rows.scores, order);
  return performance;
}

ScoredRows Part(const ScoredRows& rows, size_t first, size_t count) {
  const auto cut = [&](const auto& values) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    return std::decay_t<decltype(values)>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  return {cut(rows.scores), cut(rows.predicted)};
}

std::vector<double> AsProbabilities(std::span<const uint8_t> truth) {
  return {truth.begin(), truth.end()};
}

// --- calibration ---

// Which of ten folds each row is in, each with its share of either class.
std::vector<uint8_t> Folds(std::span<const uint8_t> truth, uint64_t seed) {
  constexpr size_t kFolds = 10;
  std::vector<uint32_t> order(truth.size());
  std::iota(order.begin(), order.end(), 0);
  SplitMix64 random(seed);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.NextBelow(i)]);
  std::vector<uint8_t> folds(truth.size());
  size_t next[2] = {0, 0};
  for (const uint32_t row : order) folds[row] = static_cast<uint8_t>(next[truth[row]]++ % kFolds);
  return folds;
}

// Each row's probability by a calibration that did not see it.
std::vector<double> CrossCalibrated(const ScoredRows& reference, std::span<const uint8_t> truth, uint64_t seed) {
  const auto folds = Folds(truth, seed);
  const uint8_t count = static_cast<uint8_t>(*std::max_element(folds.begin(), folds.end()) + 1);
  std::vector<double> calibrated(truth.size());
  for (uint8_t fold = 0; fold < count; ++fold) {
    std::vector<double> scores;
    std::vector<uint8_t> labels;
    for (size_t row = 0; row < truth.size(); ++row) {
      if (folds[row] == fold) continue;
      scores.push_back(reference.scores[row]);
      labels.push_back(truth[row]);
    }
    const auto calibration = IsotonicCalibration::Fit(scores, labels);
    for (size_t row = 0; row < truth.size(); ++row)
      if (folds[row] == fold) calibrated[row] = calibration.At(reference.scores[row]);
  }
  return calibrated;
}

bool AreShares(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value >= 0 && value <= 1; });
}

// Turns scores into probabilities.
struct Calibrator {
  std::optional<IsotonicCalibration> isotonic;
  double error = 0;

  std::vector<double> operator()(std::span<const double> scores) const {
    std::vector<double> probabilities(scores.begin(), scores.end());
    for (double& p : probabilities) p = isotonic ? isotonic->At(p) : std::clamp(p, 0.0, 1.0);
    return probabilities;
  }
};

// Isotonic regression where it brings the scores nearer to probabilities.
Calibrator MakeCalibrator(const ScoredRows& reference, std::span<const uint8_t> truth, uint64_t seed) {
  Calibrator calibrator;
  const double calibrated = ExpectedCalibrationError(CrossCalibrated(reference, truth, seed), truth);
  const bool are_shares = AreShares(reference.scores);
  calibrator.error = are_shares ? ExpectedCalibrationError(reference.scores, truth) : 1;
  if (are_shares && calibrator.error <= calibrated) return calibrator;
  calibrator.isotonic = IsotonicCalibration::Fit(reference.scores, truth);
  calibrator.error = calibrated;
  return calibrator;
}

// --- chunks ---

struct ChunkRange {
  size_t first, rows;
};

// Of `size` rows each, what is left over being part of the last one.
std::vector<ChunkRange> ChunksOf(size_t rows, size_t size) {
  const size_t count = std::max<size_t>(1, rows / std::max<size_t>(1, size));
  std::vector<ChunkRange> chunks;
  for (size_t i = 0; i < count; ++i) chunks.push_back({i * size, i + 1 == count ? rows - i * size : size});
  return chunks;
}

size_t ChunkRows(const EstimateOptions& options, size_t rows) {
  return options.chunk_rows > 0 ? options.chunk_rows : std::max<size_t>(1, rows / std::max<size_t>(1, options.chunks));
}

std::vector<MetricLimits> FindLimits(const ScoredRows& reference, std::span<const uint8_t> truth, size_t chunk_rows) {
  std::vector<BinaryPerformance> realised;
  for (const ChunkRange& chunk : ChunksOf(reference.size(), chunk_rows))
    realised.push_back(ExpectedPerformance(AsProbabilities(truth.subspan(chunk.first, chunk.rows)),
                                           Part(reference, chunk.first, chunk.rows)));
  std::vector<MetricLimits> limits;
  for (const BinaryMetric& metric : BinaryMetrics()) {
    double sum = 0, squares = 0, count = 0;
    for (const BinaryPerformance& one : realised)
      if (const double value = one.*metric.value; !std::isnan(value)) {
        sum += value;
        squares += value * value;
        ++count;
      }
    const double mean = Ratio(sum, count);
    const double spread = 3 * std::sqrt(std::max(0.0, squares / count - mean * mean));
    limits.push_back({mean, std::max(0.0, mean - spread), std::min(1.0, mean + spread)});
  }
  return limits;
}

double Quantile(std::vector<double> values, double share) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return kNaN;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Metrics of the chunk under labels that are drawn by their probabilities, again and again.
std::vector<BinaryPerformance> DrawPerformances(std::span<const double> probabilities, const ScoredRows& rows,
                                                std::span<const uint32_t> order, size_t draws, SplitMix64& random) {
  std::vector<BinaryPerformance> drawn;
  std::vector<double> labels(rows.size());
  for (size_t draw = 0; draw < draws; ++draw) {
    for (size_t row = 0; row < rows.size(); ++row) labels[row] = random.NextUnit() < probabilities[row] ? 1 : 0;
    drawn.push_back(PerformanceOf(labels, rows, order));
  }
  return drawn;
}

std::vector<MetricEstimate> EstimateChunk(std::span<const double> probabilities, const ScoredRows& rows,
                                          std::span<const uint8_t> truth, const std::vector<MetricLimits>& limits,
                                          size_t draws, SplitMix64& random) {
  const auto order = FallingOrder(rows.scores);
  const BinaryPerformance expected = PerformanceOf(probabilities, rows, order);
  const auto drawn = DrawPerformances(probabilities, rows, order, draws, random);
  const auto realised =
      truth.empty() ? std::nullopt : std::optional(PerformanceOf(AsProbabilities(truth), rows, order));
  std::vector<MetricEstimate> estimates;
  for (size_t i = 0; i < BinaryMetrics().size(); ++i) {
    const auto member = BinaryMetrics()[i].value;
    std::vector<double> values;
    for (const BinaryPerformance& one : drawn) values.push_back(one.*member);
    MetricEstimate estimate{expected.*member, Quantile(values, 0.025), Quantile(values, 0.975),
                            realised ? (*realised).*member : kNaN, false};
    estimate.is_alarming = estimate.estimated < limits[i].low || estimate.estimated > limits[i].high;
    estimates.push_back(estimate);
  }
  return estimates;
}

// The metric furthest outside of its limits in the newest chunk that has an estimate.
std::optional<std::string> AlarmOf(const PerformanceEstimate& estimate) {
  const auto chunk = std::find_if(estimate.chunks.rbegin(), estimate.chunks.rend(),
                                  [](const EstimatedChunk& one) { return !one.metrics.empty(); });
  if (chunk == estimate.chunks.rend()) return std::nullopt;
  std::optional<std::string> alarm;
  double worst = 0;
  for (size_t i = 0; i < chunk->metrics.size(); ++i) {
    const MetricEstimate& metric = chunk->metrics[i];
    const MetricLimits& limits = estimate.limits[i];
    const double distance = std::max(limits.low - metric.estimated, metric.estimated - limits.high);
    if (!metric.is_alarming || distance <= worst) continue;
    worst = distance;
    alarm =
        fmt::format("the estimated {} of the newest {} rows is {:.3f}; it was {:.3f}, usually from {:.3f} to {:.3f}",
                    BinaryMetrics()[i].name, chunk->rows, metric.estimated, limits.mean, limits.low, limits.high);
  }
  return alarm;
}

Status CheckRows(const ScoredRows& rows, size_t truth, std::string_view side) {
  if (rows.predicted.size() != rows.size() || (truth != 0 && truth != rows.size()))
    return InvalidArgument(
        fmt::format("the {} has {} scores, {} predictions and {} labels: they have to be equally many", side,
                    rows.size(), rows.predicted.size(), truth));
  if (!std::all_of(rows.scores.begin(), rows.scores.end(), [](double score) { return std::isfinite(score); }))
    return InvalidArgument(fmt::format("a score of the {} is missing or not finite", side));
  return {};
}

}  // namespace

std::span<const BinaryMetric> BinaryMetrics() {
  static constexpr BinaryMetric kMetrics[] = {{"accuracy", &BinaryPerformance::accuracy},
                                              {"precision", &BinaryPerformance::precision},
                                              {"recall", &BinaryPerformance::recall},
                                              {"specificity", &BinaryPerformance::specificity},
                                              {"f1", &BinaryPerformance::f1},
                                              {"roc_auc", &BinaryPerformance::roc_auc}};
  return kMetrics;
}

BinaryPerformance ExpectedPerformance(std::span<const double> probabilities, const ScoredRows& rows) {
  return PerformanceOf(probabilities, rows, FallingOrder(rows.scores));
}

Result<PerformanceEstimate> EstimatePerformance(const ScoredRows& reference, std::span<const uint8_t> reference_truth,
                                                const ScoredRows& current, std::span<const uint8_t> current_truth,
                                                const EstimateOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckRows(reference, reference_truth.size(), "reference"));
  SLIPWAY_RETURN_IF_ERROR(CheckRows(current, current_truth.size(), "current data"));
  if (reference_truth.size() < options.rows_min || current.size() == 0)
    return InvalidArgument(
        fmt::format("{} labelled reference rows and {} current rows are not enough data: {} and 1 are",
                    reference_truth.size(), current.size(), options.rows_min));
  const auto positives = std::count(reference_truth.begin(), reference_truth.end(), 1);
  if (positives == 0 || static_cast<size_t>(positives) == reference_truth.size())
    return InvalidArgument("all reference rows have one label: nothing can be estimated from them");
  const Calibrator calibrate = MakeCalibrator(reference, reference_truth, options.seed);
  const size_t chunk_rows = ChunkRows(options, current.size());
  PerformanceEstimate estimate;
  estimate.is_calibrated = calibrate.isotonic.has_value();
  estimate.calibration_error = calibrate.error;
  estimate.limits = FindLimits(reference, reference_truth, std::min(chunk_rows, reference.size()));
  SplitMix64 random(options.seed);
  for (const ChunkRange& range : ChunksOf(current.size(), chunk_rows)) {
    EstimatedChunk chunk{range.first, range.rows, {}};
    if (range.rows >= options.rows_min) {
      const ScoredRows rows = Part(current, range.first, range.rows);
      const auto truth = current_truth.empty() ? current_truth : current_truth.subspan(range.first, range.rows);
      chunk.metrics = EstimateChunk(calibrate(rows.scores), rows, truth, estimate.limits, options.draws, random);
    }
    estimate.chunks.push_back(std::move(chunk));
  }
  estimate.alarm = AlarmOf(estimate);
  return estimate;
}

}  // namespace slipway::stats
