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

// A matrix of confusion of two classes, in expectation.
struct Counts {
  double tp = 0, fp = 0, fn = 0, tn = 0;
};

Counts CountsOf(std::span<const double> probabilities, const ScoredRows& rows) {
  Counts counts;
  for (size_t row = 0; row < rows.size(); ++row) {
    const double p = probabilities[row];
    (rows.predicted[row] ? counts.tp : counts.fn) += p;
    (rows.predicted[row] ? counts.fp : counts.tn) += 1 - p;
  }
  return counts;
}

ClassPerformance PerformanceOf(const Counts& counts, double roc_auc) {
  const auto& [tp, fp, fn, tn] = counts;
  ClassPerformance performance;
  performance.accuracy = Ratio(tp + tn, tp + tn + fp + fn);
  performance.precision = Ratio(tp, tp + fp);
  performance.recall = Ratio(tp, tp + fn);
  performance.specificity = Ratio(tn, tn + fp);
  performance.f1 = Ratio(2 * tp, 2 * tp + fp + fn);
  performance.roc_auc = roc_auc;
  return performance;
}

// A problem as one or more of two classes: the positive class of two, or each class of several against the rest.
// Everything else of a problem is by its sides, then by row.
using Sides = std::vector<ScoredRows>;
using Probabilities = std::vector<std::vector<double>>;  // of each side's positive class
using Truths = std::vector<std::vector<uint8_t>>;        // empty without labels
using Orders = std::vector<std::vector<uint32_t>>;

// Of values that may be NaN, which do not count.
class Mean {
 public:
  void Add(double value) {
    if (std::isnan(value)) return;
    sum_ += value;
    ++count_;
  }
  double value() const { return Ratio(sum_, count_); }

 private:
  double sum_ = 0, count_ = 0;
};

double OrZero(double value) {
  return std::isnan(value) ? 0 : value;
}

ClassPerformance MeanPerformance(const Probabilities& probabilities, const Sides& sides, const Orders& orders) {
  double right = 0;
  Mean precision, recall, specificity, f1, roc_auc;
  for (size_t side = 0; side < sides.size(); ++side) {
    const Counts counts = CountsOf(probabilities[side], sides[side]);
    const auto of_class = PerformanceOf(counts, ExpectedRocAuc(probabilities[side], sides[side].scores, orders[side]));
    right += counts.tp;
    specificity.Add(of_class.specificity);
    roc_auc.Add(of_class.roc_auc);
    if (std::isnan(of_class.f1)) continue;  // the class neither occurs nor is predicted
    precision.Add(OrZero(of_class.precision));
    recall.Add(OrZero(of_class.recall));
    f1.Add(of_class.f1);
  }
  return {.accuracy = Ratio(right, static_cast<double>(sides[0].size())),
          .precision = precision.value(),
          .recall = recall.value(),
          .specificity = specificity.value(),
          .f1 = f1.value(),
          .roc_auc = roc_auc.value()};
}

ClassPerformance PerformanceOf(const Probabilities& probabilities, const Sides& sides, const Orders& orders) {
  if (sides.size() > 1) return MeanPerformance(probabilities, sides, orders);
  return PerformanceOf(CountsOf(probabilities[0], sides[0]),
                       ExpectedRocAuc(probabilities[0], sides[0].scores, orders[0]));
}

Orders FallingOrders(const Sides& sides) {
  Orders orders;
  for (const ScoredRows& side : sides) orders.push_back(FallingOrder(side.scores));
  return orders;
}

template <typename T>
std::vector<T> Part(const std::vector<T>& values, size_t first, size_t count) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

Sides Part(const Sides& sides, size_t first, size_t count) {
  Sides parts;
  for (const ScoredRows& side : sides)
    parts.push_back({Part(side.scores, first, count), Part(side.predicted, first, count)});
  return parts;
}

Truths Part(const Truths& truths, size_t first, size_t count) {
  Truths parts;
  for (const auto& truth : truths) parts.push_back(Part(truth, first, count));
  return parts;
}

Probabilities AsProbabilities(const Truths& truths) {
  Probabilities probabilities;
  for (const auto& truth : truths) probabilities.emplace_back(truth.begin(), truth.end());
  return probabilities;
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

// Isotonic regression does not keep a row's probabilities at a sum of 1. They are divided by it, as NannyML does; a row
// that no class is left for may be of any.
void Normalise(Probabilities& probabilities) {
  for (size_t row = 0; row < probabilities[0].size(); ++row) {
    double sum = 0;
    for (const auto& of_class : probabilities) sum += of_class[row];
    for (auto& of_class : probabilities)
      of_class[row] = sum > 0 ? of_class[row] / sum : 1 / static_cast<double>(probabilities.size());
  }
}

std::vector<Calibrator> MakeCalibrators(const Sides& reference, const Truths& truths, uint64_t seed) {
  std::vector<Calibrator> calibrators;
  for (size_t side = 0; side < reference.size(); ++side)
    calibrators.push_back(MakeCalibrator(reference[side], truths[side], seed));
  return calibrators;
}

Probabilities Calibrated(const std::vector<Calibrator>& calibrators, const Sides& sides) {
  Probabilities probabilities;
  for (size_t side = 0; side < sides.size(); ++side) probabilities.push_back(calibrators[side](sides[side].scores));
  if (sides.size() > 1) Normalise(probabilities);
  return probabilities;
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

std::vector<MetricLimits> FindLimits(const Sides& reference, const Truths& truths, size_t chunk_rows) {
  std::vector<ClassPerformance> realised;
  for (const ChunkRange& chunk : ChunksOf(reference[0].size(), chunk_rows)) {
    const Sides part = Part(reference, chunk.first, chunk.rows);
    realised.push_back(
        PerformanceOf(AsProbabilities(Part(truths, chunk.first, chunk.rows)), part, FallingOrders(part)));
  }
  std::vector<MetricLimits> limits;
  for (const PerformanceMetric& metric : PerformanceMetrics()) {
    double sum = 0, squares = 0, count = 0;
    for (const ClassPerformance& one : realised)
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

// Sets the row's label: 1 on one side at most, by chance.
void DrawLabel(const Probabilities& probabilities, size_t row, SplitMix64& random, Probabilities& labels) {
  double left = random.NextUnit();
  bool is_drawn = false;
  for (size_t side = 0; side < labels.size(); ++side) {
    const bool is_this = !is_drawn && left < probabilities[side][row];
    labels[side][row] = is_this ? 1 : 0;
    is_drawn = is_drawn || is_this;
    left -= probabilities[side][row];
  }
  // Several classes leave no rest; rounding may.
  if (labels.size() > 1 && !is_drawn) labels.back()[row] = 1;
}

// Metrics of the chunk under labels that are drawn by their probabilities, again and again.
std::vector<ClassPerformance> DrawPerformances(const Probabilities& probabilities, const Sides& sides,
                                               const Orders& orders, size_t draws, SplitMix64& random) {
  std::vector<ClassPerformance> drawn;
  Probabilities labels = probabilities;
  for (size_t draw = 0; draw < draws; ++draw) {
    for (size_t row = 0; row < sides[0].size(); ++row) DrawLabel(probabilities, row, random, labels);
    drawn.push_back(PerformanceOf(labels, sides, orders));
  }
  return drawn;
}

std::vector<MetricEstimate> EstimateChunk(const Probabilities& probabilities, const Sides& sides, const Truths& truths,
                                          const std::vector<MetricLimits>& limits, size_t draws, SplitMix64& random) {
  const Orders orders = FallingOrders(sides);
  const ClassPerformance expected = PerformanceOf(probabilities, sides, orders);
  const auto drawn = DrawPerformances(probabilities, sides, orders, draws, random);
  const auto realised =
      truths.empty() ? std::nullopt : std::optional(PerformanceOf(AsProbabilities(truths), sides, orders));
  std::vector<MetricEstimate> estimates;
  for (size_t i = 0; i < PerformanceMetrics().size(); ++i) {
    const auto member = PerformanceMetrics()[i].value;
    std::vector<double> values;
    for (const ClassPerformance& one : drawn) values.push_back(one.*member);
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
                    PerformanceMetrics()[i].name, chunk->rows, metric.estimated, limits.mean, limits.low, limits.high);
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

Status CheckClassRows(const ScoredClassRows& rows, std::span<const uint32_t> truth,
                      const std::vector<std::string>& classes, std::string_view side) {
  if (classes.size() < 2 || rows.scores.size() != classes.size())
    return InvalidArgument(
        fmt::format("the {} has scores of {} classes for {} classes: it takes one list a class, two "
                    "at least",
                    side, rows.scores.size(), classes.size()));
  for (size_t i = 0; i < classes.size(); ++i)
    SLIPWAY_RETURN_IF_ERROR(With(CheckRows({rows.scores[i], std::vector<uint8_t>(rows.size())}, truth.size(), side),
                                 fmt::format("class '{}'", classes[i])));
  const auto is_known = [&](uint32_t label) { return label < classes.size(); };
  if (!std::all_of(rows.predicted.begin(), rows.predicted.end(), is_known) ||
      !std::all_of(truth.begin(), truth.end(), is_known))
    return InvalidArgument(
        fmt::format("a prediction or label of the {} is none of the {} classes", side, classes.size()));
  return {};
}

Status CheckCounts(size_t reference_rows, size_t current_rows, const EstimateOptions& options) {
  if (reference_rows >= options.rows_min && current_rows > 0) return {};
  return InvalidArgument(fmt::format("{} labelled reference rows and {} current rows are not enough data: {} and 1 are",
                                     reference_rows, current_rows, options.rows_min));
}

// Each class against the rest.
Truths TruthsOf(std::span<const uint32_t> labels, size_t classes) {
  if (labels.empty()) return {};
  Truths truths(classes, std::vector<uint8_t>(labels.size()));
  for (size_t row = 0; row < labels.size(); ++row) truths[labels[row]][row] = 1;
  return truths;
}

Sides SidesOf(const ScoredClassRows& rows) {
  const size_t classes = rows.scores.size();
  Truths predicted = TruthsOf(rows.predicted, classes);
  Sides sides(classes);
  for (size_t i = 0; i < classes && rows.size() > 0; ++i) sides[i] = {rows.scores[i], std::move(predicted[i])};
  return sides;
}

PerformanceEstimate EstimateSides(const Sides& reference, const Truths& reference_truths, const Sides& current,
                                  const Truths& current_truths, const EstimateOptions& options) {
  const auto calibrators = MakeCalibrators(reference, reference_truths, options.seed);
  const size_t current_rows = current[0].size(), chunk_rows = ChunkRows(options, current_rows);
  PerformanceEstimate estimate;
  for (const Calibrator& calibrator : calibrators) {
    estimate.is_calibrated = estimate.is_calibrated || calibrator.isotonic;
    estimate.calibration_error = std::max(estimate.calibration_error, calibrator.error);
  }
  estimate.limits = FindLimits(reference, reference_truths, std::min(chunk_rows, reference[0].size()));
  SplitMix64 random(options.seed);
  for (const ChunkRange& range : ChunksOf(current_rows, chunk_rows)) {
    EstimatedChunk chunk{range.first, range.rows, {}};
    if (range.rows >= options.rows_min) {
      const Sides sides = Part(current, range.first, range.rows);
      chunk.metrics =
          EstimateChunk(Calibrated(calibrators, sides), sides, Part(current_truths, range.first, range.rows),
                        estimate.limits, options.draws, random);
    }
    estimate.chunks.push_back(std::move(chunk));
  }
  estimate.alarm = AlarmOf(estimate);
  return estimate;
}

}  // namespace

std::span<const PerformanceMetric> PerformanceMetrics() {
  static constexpr PerformanceMetric kMetrics[] = {{"accuracy", &ClassPerformance::accuracy},
                                                   {"precision", &ClassPerformance::precision},
                                                   {"recall", &ClassPerformance::recall},
                                                   {"specificity", &ClassPerformance::specificity},
                                                   {"f1", &ClassPerformance::f1},
                                                   {"roc_auc", &ClassPerformance::roc_auc}};
  return kMetrics;
}

ClassPerformance ExpectedPerformance(std::span<const double> probabilities, const ScoredRows& rows) {
  const Sides sides = {rows};
  return PerformanceOf({{probabilities.begin(), probabilities.end()}}, sides, FallingOrders(sides));
}

ClassPerformance ExpectedPerformance(const std::vector<std::vector<double>>& probabilities,
                                     const ScoredClassRows& rows) {
  const Sides sides = SidesOf(rows);
  return PerformanceOf(probabilities, sides, FallingOrders(sides));
}

Result<PerformanceEstimate> EstimatePerformance(const ScoredRows& reference, std::span<const uint8_t> reference_truth,
                                                const ScoredRows& current, std::span<const uint8_t> current_truth,
                                                const EstimateOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckRows(reference, reference_truth.size(), "reference"));
  SLIPWAY_RETURN_IF_ERROR(CheckRows(current, current_truth.size(), "current data"));
  SLIPWAY_RETURN_IF_ERROR(CheckCounts(reference_truth.size(), current.size(), options));
  const auto positives = std::count(reference_truth.begin(), reference_truth.end(), 1);
  if (positives == 0 || static_cast<size_t>(positives) == reference_truth.size())
    return InvalidArgument("all reference rows have one label: nothing can be estimated from them");
  const auto truths_of = [](std::span<const uint8_t> truth) {
    return truth.empty() ? Truths() : Truths{{truth.begin(), truth.end()}};
  };
  return EstimateSides({reference}, truths_of(reference_truth), {current}, truths_of(current_truth), options);
}

Result<PerformanceEstimate> EstimatePerformance(std::vector<std::string> classes, const ScoredClassRows& reference,
                                                std::span<const uint32_t> reference_truth,
                                                const ScoredClassRows& current, std::span<const uint32_t> current_truth,
                                                const EstimateOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckClassRows(reference, reference_truth, classes, "reference"));
  SLIPWAY_RETURN_IF_ERROR(CheckClassRows(current, current_truth, classes, "current data"));
  SLIPWAY_RETURN_IF_ERROR(CheckCounts(reference_truth.size(), current.size(), options));
  for (size_t i = 0; i < classes.size(); ++i)
    if (std::find(reference_truth.begin(), reference_truth.end(), i) == reference_truth.end())
      return InvalidArgument(
          fmt::format("no reference row has the label '{}': its scores cannot be calibrated", classes[i]));
  PerformanceEstimate estimate = EstimateSides(SidesOf(reference), TruthsOf(reference_truth, classes.size()),
                                               SidesOf(current), TruthsOf(current_truth, classes.size()), options);
  estimate.classes = std::move(classes);
  return estimate;
}

}  // namespace slipway::stats
