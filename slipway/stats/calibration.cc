#include "slipway/stats/calibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace slipway::stats {
namespace {

std::vector<uint32_t> OrderBy(std::span<const double> values) {
  std::vector<uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return values[a] < values[b]; });
  return order;
}

// Scores that are pooled to one probability.
struct Pool {
  double first_score = 0, last_score = 0, positives = 0, rows = 0;
  double probability() const { return positives / rows; }
};

// One pool for each distinct score.
std::vector<Pool> PoolsByScore(std::span<const double> scores, std::span<const uint8_t> truth) {
  std::vector<Pool> pools;
  for (const uint32_t row : OrderBy(scores)) {
    if (pools.empty() || pools.back().last_score != scores[row]) pools.push_back({scores[row], scores[row], 0, 0});
    pools.back().positives += truth[row];
    pools.back().rows += 1;
  }
  return pools;
}

}  // namespace

IsotonicCalibration IsotonicCalibration::Fit(std::span<const double> scores, std::span<const uint8_t> truth) {
  std::vector<Pool> rising;
  for (Pool pool : PoolsByScore(scores, truth)) {
    while (!rising.empty() && rising.back().probability() >= pool.probability()) {
      const Pool& before = rising.back();
      pool = {before.first_score, pool.last_score, before.positives + pool.positives, before.rows + pool.rows};
      rising.pop_back();
    }
    rising.push_back(pool);
  }
  IsotonicCalibration fitted;
  for (const Pool& pool : rising) {
    fitted.scores_.push_back(pool.first_score);
    fitted.probabilities_.push_back(pool.probability());
    if (pool.last_score == pool.first_score) continue;
    fitted.scores_.push_back(pool.last_score);
    fitted.probabilities_.push_back(pool.probability());
  }
  return fitted;
}

double IsotonicCalibration::At(double score) const {
  const auto above = std::lower_bound(scores_.begin(), scores_.end(), score);
  if (above == scores_.end()) return probabilities_.back();
  const auto i = static_cast<size_t>(above - scores_.begin());
  if (i == 0 || *above == score) return probabilities_[i];
  const double part = (score - scores_[i - 1]) / (scores_[i] - scores_[i - 1]);
  return probabilities_[i - 1] + part * (probabilities_[i] - probabilities_[i - 1]);
}

double ExpectedCalibrationError(std::span<const double> probabilities, std::span<const uint8_t> truth) {
  constexpr size_t kBins = 10;
  const auto order = OrderBy(probabilities);
  double error = 0;
  for (size_t bin = 0; bin < kBins; ++bin) {
    double sum = 0;
    for (size_t i = order.size() * bin / kBins; i < order.size() * (bin + 1) / kBins; ++i)
      sum += probabilities[order[i]] - truth[order[i]];
    error += std::abs(sum);
  }
  return error / static_cast<double>(order.size());
}

}  // namespace slipway::stats
