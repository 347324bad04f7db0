#include "slipway/metrics/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "slipway/metrics/check.h"

namespace slipway::metrics {
namespace {

Status Check(std::span<const uint8_t> truth, std::span<const double> scores) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), scores.size(), "scores"));
  return CheckFinite(scores, "score");
}

double Positives(std::span<const uint8_t> truth) {
  return static_cast<double>(truth.size()) - static_cast<double>(std::count(truth.begin(), truth.end(), uint8_t{0}));
}

// Highest score first; of equals in their order.
std::vector<uint32_t> Ranked(std::span<const double> scores) {
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  return order;
}

}  // namespace

Result<std::vector<ThresholdPoint>> ThresholdCurve(std::span<const uint8_t> truth, std::span<const double> scores) {
  SLIPWAY_RETURN_IF_ERROR(Check(truth, scores));
  const double positives = Positives(truth), negatives = static_cast<double>(truth.size()) - positives;
  if (positives == 0 || negatives == 0)
    return InvalidArgument(fmt::format("a ROC curve needs rows of both classes; all {} rows are {}", truth.size(),
                                       positives == 0 ? "negative" : "positive"));
  const std::vector<uint32_t> order = Ranked(scores);
  std::vector<ThresholdPoint> points = {{std::numeric_limits<double>::infinity(), 0, 0, 1}};
  double hits = 0, misses = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    (truth[order[i]] != 0 ? hits : misses) += 1;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    points.push_back({scores[order[i]], misses / negatives, hits / positives, hits / (hits + misses)});
  }
  return points;
}

std::vector<ThresholdPoint> Thinned(const std::vector<ThresholdPoint>& points, size_t most) {
  if (points.size() <= most || most < 2) return points;
  std::vector<ThresholdPoint> kept;
  for (size_t i = 0; i < most; ++i) kept.push_back(points[i * (points.size() - 1) / (most - 1)]);
  return kept;
}

Result<std::vector<CalibrationBin>> Calibrate(std::span<const uint8_t> truth, std::span<const double> positive,
                                              size_t bins) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), positive.size(), "probabilities"));
  SLIPWAY_RETURN_IF_ERROR(CheckProbabilities(positive));
  std::vector<CalibrationBin> all(bins);
  for (size_t row = 0; row < truth.size(); ++row) {
    const auto place = static_cast<size_t>(positive[row] * static_cast<double>(bins));
    CalibrationBin& bin = all[std::min(bins - 1, place)];
    bin.mean_probability += positive[row];
    bin.share_positive += truth[row] != 0 ? 1 : 0;
    ++bin.rows;
  }
  std::erase_if(all, [](const CalibrationBin& bin) { return bin.rows == 0; });
  for (CalibrationBin& bin : all) {
    bin.mean_probability /= static_cast<double>(bin.rows);
    bin.share_positive /= static_cast<double>(bin.rows);
  }
  return all;
}

double CalibrationError(std::span<const CalibrationBin> bins) {
  double sum = 0, rows = 0;
  for (const CalibrationBin& bin : bins) {
    sum += static_cast<double>(bin.rows) * std::abs(bin.mean_probability - bin.share_positive);
    rows += static_cast<double>(bin.rows);
  }
  return rows == 0 ? 0 : sum / rows;
}

Result<std::vector<LiftPart>> Lift(std::span<const uint8_t> truth, std::span<const double> scores, size_t parts) {
  SLIPWAY_RETURN_IF_ERROR(Check(truth, scores));
  const double positives = Positives(truth);
  if (positives == 0) return InvalidArgument("lift needs a positive row; there is none");
  const std::vector<uint32_t> order = Ranked(scores);
  std::vector<LiftPart> found;
  double before = 0;
  for (size_t part = 0; part < parts; ++part) {
    const size_t begin = part * order.size() / parts, end = (part + 1) * order.size() / parts;
    if (begin == end) continue;
    double hits = 0;
    for (size_t i = begin; i < end; ++i) hits += truth[order[i]] != 0 ? 1 : 0;
    before += hits;
    const double share = hits / static_cast<double>(end - begin);
    found.push_back({end - begin, share, share / (positives / static_cast<double>(truth.size())), before / positives});
  }
  return found;
}

}  // namespace slipway::metrics
