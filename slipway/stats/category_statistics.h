// Tests on counts of categories. All give a p-value.
#pragma once

#include <cstdint>

#include "slipway/base/result.h"
#include "slipway/stats/column_pair.h"

namespace slipway::stats {

// Goodness of fit of the current counts to the reference's shares, which are taken as exact: 0 as soon as a category is
// new. NaN for one category.
double ChiSquareGoodnessOfFit(const CategoryCounts& counts);

// Two proportions: rows that are not the smallest key. 1 for one category.
double ProportionZTest(const CategoryCounts& counts);

// Two-sided, of a 2 x 2 table. Needs at most two categories and equally many rows on both sides.
Result<double> FisherExact(const CategoryCounts& counts);

// The G test of current against raw reference counts. Needs equally many rows on both sides.
Result<double> GTest(const CategoryCounts& counts);

// Total variation distance; its p-value over 1000 random relabelings drawn from `seed`.
double TotalVariationPValue(const CategoryCounts& counts, uint64_t seed);

}  // namespace slipway::stats
