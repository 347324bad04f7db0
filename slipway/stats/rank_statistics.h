// Two-sample tests on sorted numbers. All give a p-value, and choose exact and asymptotic methods as scipy 1.10 does.
#pragma once

#include <cstdint>
#include <span>

#include "slipway/base/result.h"

namespace slipway::stats {

// Student's test of equal means, equal variances assumed. NaN when a side has one row or both are constant and equal.
double StudentTTest(std::span<const double> a, std::span<const double> b);

// Two-sided. Exact without ties while a side has at most 8 rows; else normal with tie and continuity correction.
double MannWhitneyUTest(std::span<const double> a, std::span<const double> b);

// The mid-rank version for two samples (Scholz and Stephens, 1987); the p-value is interpolated between tabled levels,
// so it lies in [0.001, 0.25]. Needs two distinct values.
Result<double> AndersonDarlingTest(std::span<const double> a, std::span<const double> b);

// Exact while both sides have at most 10 rows. Needs two rows a side.
Result<double> CramerVonMisesTest(std::span<const double> a, std::span<const double> b);

// Compares empirical characteristic functions at 0.4 and 0.8 (Epps and Singleton, 1986). Needs five rows a side and a
// pooled interquartile range above zero.
Result<double> EppsSingletonTest(std::span<const double> a, std::span<const double> b);

// Maximum mean discrepancy under a Gaussian kernel, against 100 permutations drawn from `seed`. Its memory grows with
// the square of the rows: kUnimplemented above 3,000 rows of both sides together.
Result<double> MaximumMeanDiscrepancyTest(std::span<const double> a, std::span<const double> b, uint64_t seed);

}  // namespace slipway::stats
