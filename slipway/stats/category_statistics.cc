#include "slipway/stats/category_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/stats/special_functions.h"

namespace slipway::stats {
namespace {

double Total(const std::vector<size_t>& counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), size_t{0}));
}

Status CheckEqualRows(const CategoryCounts& counts, std::string_view test) {
  const double n = Total(counts.reference), m = Total(counts.current);
  if (n == m) return {};
  return InvalidArgument(fmt::format(
      "{} needs equally many rows on both sides; the reference has {} and the current data {}", test, n, m));
}

// |reference share - current share| summed over categories, times n m: in whole numbers, so that ties are ties.
int64_t ScaledVariation(const std::vector<int64_t>& reference, const std::vector<int64_t>& current, int64_t n,
                        int64_t m) {
  int64_t sum = 0;
  for (size_t k = 0; k < reference.size(); ++k) sum += std::llabs(reference[k] * m - current[k] * n);
  return sum;
}

}  // namespace

double ChiSquareGoodnessOfFit(const CategoryCounts& counts) {
  const double scale = Total(counts.current) / Total(counts.reference);
  double statistic = 0;
  for (size_t k = 0; k < counts.size(); ++k) {
    const double expected = static_cast<double>(counts.reference[k]) * scale;
    const double difference = static_cast<double>(counts.current[k]) - expected;
    if (expected == 0) return 0;
    statistic += difference * difference / expected;
  }
  return ChiSquareUpperTail(statistic, static_cast<double>(counts.size()) - 1);
}

double ProportionZTest(const CategoryCounts& counts) {
  if (counts.size() == 1) return 1;
  const double n = Total(counts.reference), m = Total(counts.current);
  const double a = 1 - static_cast<double>(counts.reference[0]) / n;
  const double b = 1 - static_cast<double>(counts.current[0]) / m;
  const double pooled = (a * n + b * m) / (n + m);
  const double z = (a - b) / std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  return 2 * NormalUpperTail(std::abs(z));
}

Result<double> FisherExact(const CategoryCounts& counts) {
  if (counts.size() > 2)
    return InvalidArgument(fmt::format("fisher_exact needs at most two categories; there are {}", counts.size()));
  SLIPWAY_RETURN_IF_ERROR(CheckEqualRows(counts, "fisher_exact"));
  if (counts.size() == 1) return 1.0;
  const double n = Total(counts.reference), m = Total(counts.current);
  const double first = static_cast<double>(counts.reference[0] + counts.current[0]);
  const auto log_probability = [&](double x) {
    return LogChoose(n, x) + LogChoose(m, first - x) - LogChoose(n + m, first);
  };
  // Tables as likely as the observed one count, whatever rounding says.
  const double limit = log_probability(static_cast<double>(counts.reference[0])) + 1e-9;
  double p = 0;
  for (double x = std::max(0.0, first - m); x <= std::min(n, first); ++x)
    if (const double log_p = log_probability(x); log_p <= limit) p += std::exp(log_p);
  return std::min(1.0, p);
}

Result<double> GTest(const CategoryCounts& counts) {
  SLIPWAY_RETURN_IF_ERROR(CheckEqualRows(counts, "g_test"));
  double statistic = 0;
  for (size_t k = 0; k < counts.size(); ++k) {
    const double r = static_cast<double>(counts.reference[k]), c = static_cast<double>(counts.current[k]);
    if (c > 0 && r == 0) return 0.0;
    if (c > 0) statistic += 2 * c * std::log(c / r);
  }
  return ChiSquareUpperTail(statistic, static_cast<double>(counts.size()) - 1);
}

double TotalVariationPValue(const CategoryCounts& counts, uint64_t seed) {
  constexpr int kRelabelings = 1000;
  std::vector<int64_t> reference(counts.reference.begin(), counts.reference.end());
  std::vector<int64_t> current(counts.current.begin(), counts.current.end());
  const int64_t n = std::accumulate(reference.begin(), reference.end(), int64_t{0});
  const int64_t m = std::accumulate(current.begin(), current.end(), int64_t{0});
  const int64_t observed = ScaledVariation(reference, current, n, m);
  std::vector<uint32_t> pool;
  for (size_t k = 0; k < counts.size(); ++k)
    pool.insert(pool.end(), counts.reference[k] + counts.current[k], static_cast<uint32_t>(k));
  std::vector<int64_t> totals(counts.size());
  for (uint32_t k : pool) ++totals[k];

  // Drawing the smaller side settles the larger one.
  const auto draws = static_cast<size_t>(std::min(n, m));
  SplitMix64 random(seed);
  int as_far = 0;
  for (int round = 0; round < kRelabelings; ++round) {
    std::vector<int64_t> drawn(counts.size()), rest = totals;
    for (size_t i = 0; i < draws; ++i) {
      std::swap(pool[i], pool[i + random.NextBelow(pool.size() - i)]);
      ++drawn[pool[i]];
      --rest[pool[i]];
    }
    as_far += (n <= m ? ScaledVariation(drawn, rest, n, m) : ScaledVariation(rest, drawn, n, m)) >= observed;
  }
  return static_cast<double>(as_far) / kRelabelings;
}

}  // namespace slipway::stats
