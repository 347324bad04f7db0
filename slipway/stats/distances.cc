#include "slipway/stats/distances.h"

#include <algorithm>
#include <cmath>

#include "slipway/stats/histogram.h"
#include "slipway/stats/pooled.h"

namespace slipway::stats {
namespace {

// Sums term(F - G) times the length of each stretch between neighbouring pooled values.
template <typename Term>
double IntegrateDifference(std::span<const double> a, std::span<const double> b, const Term& term) {
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  size_t in_a = 0, in_b = 0;
  double previous = 0, sum = 0;
  ForEachPooledValue(a, b, [&](double value, size_t times_a, size_t times_b) {
    if (in_a + in_b > 0)
      sum += term(static_cast<double>(in_a) / n - static_cast<double>(in_b) / m) * (value - previous);
    previous = value;
    in_a += times_a;
    in_b += times_b;
  });
  return sum;
}

std::vector<double> AsShares(const std::vector<size_t>& counts, size_t rows) {
  std::vector<double> shares;
  shares.reserve(counts.size());
  for (size_t count : counts) shares.push_back(static_cast<double>(count) / static_cast<double>(rows));
  return shares;
}

void FillEmptyBins(std::vector<double>& shares) {
  double smallest = 1;
  for (double share : shares)
    if (share > 0) smallest = std::min(smallest, share);
  const double filling = smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
  for (double& share : shares)
    if (share == 0) share = filling;
}

void ScaleToOne(std::vector<double>& shares) {
  double sum = 0;
  for (double share : shares) sum += share;
  for (double& share : shares) share /= sum;
}

Shares Filled(Shares shares) {
  FillEmptyBins(shares.reference);
  FillEmptyBins(shares.current);
  return shares;
}

double Range(const ColumnPair& pair, double* first) {
  *first = std::min(pair.reference.front(), pair.current.front());
  return std::max(pair.reference.back(), pair.current.back());
}

// sqrt(1 - overlap), the overlap being a sum of square roots of products that rounding may push past 1.
double FromOverlap(double overlap) {
  return std::sqrt(1 - std::clamp(overlap, 0.0, 1.0));
}

}  // namespace

double WassersteinDistance(std::span<const double> a, std::span<const double> b) {
  return IntegrateDifference(a, b, [](double difference) { return std::abs(difference); });
}

double EnergyDistance(std::span<const double> a, std::span<const double> b) {
  return std::sqrt(2 * IntegrateDifference(a, b, [](double difference) { return difference * difference; }));
}

double PopulationDeviation(std::span<const double> values) {
  const double n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (double value : values) mean += value;
  mean /= n;
  for (double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / n);
}

Shares BinnedShares(const ColumnPair& pair) {
  constexpr size_t kBinsByValueMax = 20;
  const bool is_binned =
      pair.kind == FeatureKind::kNumeric && CountDistinct(pair.reference, kBinsByValueMax + 1) > kBinsByValueMax;
  if (!is_binned) {
    const CategoryCounts counts = CountsByValue(pair);
    return {AsShares(counts.reference, pair.reference_rows), AsShares(counts.current, pair.current_rows)};
  }
  double first = 0;
  const double last = Range(pair, &first);
  const auto edges = SturgesEdges(first, last, pair.reference_rows + pair.current_rows);
  return {AsShares(CountInBins(pair.reference, edges), pair.reference_rows),
          AsShares(CountInBins(pair.current, edges), pair.current_rows)};
}

double JensenShannonDistance(const Shares& shares) {
  Shares scaled = shares;
  ScaleToOne(scaled.reference);
  ScaleToOne(scaled.current);
  double sum = 0;
  for (size_t k = 0; k < scaled.reference.size(); ++k) {
    const double p = scaled.reference[k], q = scaled.current[k], middle = (p + q) / 2;
    if (p > 0) sum += p * std::log(p / middle);
    if (q > 0) sum += q * std::log(q / middle);
  }
  return std::sqrt(std::max(0.0, sum / 2));
}

double PopulationStabilityIndex(const Shares& shares) {
  const Shares filled = Filled(shares);
  double sum = 0;
  for (size_t k = 0; k < filled.reference.size(); ++k)
    sum += (filled.reference[k] - filled.current[k]) * std::log(filled.reference[k] / filled.current[k]);
  return sum;
}

double KullbackLeiblerDivergence(const Shares& shares) {
  Shares filled = Filled(shares);
  ScaleToOne(filled.reference);
  ScaleToOne(filled.current);
  double sum = 0;
  for (size_t k = 0; k < filled.reference.size(); ++k)
    sum += filled.reference[k] * std::log(filled.reference[k] / filled.current[k]);
  return sum;
}

double HellingerDistance(const ColumnPair& pair) {
  double overlap = 0;
  if (pair.kind == FeatureKind::kCategorical) {
    const Shares shares = BinnedShares(pair);
    for (size_t k = 0; k < shares.reference.size(); ++k) overlap += std::sqrt(shares.reference[k] * shares.current[k]);
    return FromOverlap(overlap);
  }
  size_t distinct = 0;
  ForEachPooledValue(pair.reference, pair.current, [&](double, size_t, size_t) { ++distinct; });
  double first = 0;
  const double last = Range(pair, &first);
  // Sturges' rule over the distinct values, not over the rows.
  const auto edges = SturgesEdges(first, last, distinct);
  const auto reference = CountInBins(pair.reference, edges), current = CountInBins(pair.current, edges);
  const double rows = static_cast<double>(pair.reference_rows) * static_cast<double>(pair.current_rows);
  for (size_t k = 0; k < reference.size(); ++k)
    overlap += std::sqrt(static_cast<double>(reference[k]) * static_cast<double>(current[k]) / rows);
  return FromOverlap(overlap);
}

}  // namespace slipway::stats
