// Distances between two distributions.
#pragma once

#include <span>
#include <vector>

#include "slipway/stats/column_pair.h"

namespace slipway::stats {

// Between the empirical distributions of two sorted samples, neither empty: the integral of |F - G|, and the square
// root of twice the integral of (F - G)^2.
double WassersteinDistance(std::span<const double> a, std::span<const double> b);
double EnergyDistance(std::span<const double> a, std::span<const double> b);

// The standard deviation with the divisor n.
double PopulationDeviation(std::span<const double> values);

// The shares of each side in common bins, each summing to 1.
struct Shares {
  std::vector<double> reference, current;
};
// Numbers whose reference has more than 20 distinct values: Sturges bins over both sides; all else: one bin a value.
Shares BinnedShares(const ColumnPair& pair);

double JensenShannonDistance(const Shares& shares);  // natural logarithm: at most sqrt(ln 2)
// Empty bins are first filled with a small share (0.0001, or a millionth of the smallest share where that is below
// 0.0001).
double PopulationStabilityIndex(const Shares& shares);
double KullbackLeiblerDivergence(const Shares& shares);
double HellingerDistance(const ColumnPair& pair);

}  // namespace slipway::stats
