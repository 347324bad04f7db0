// One column of two tables, cleaned for testing: missing and infinite values removed, numbers sorted, texts counted.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "slipway/stats/drift.h"
#include "slipway/tabular/table.h"

namespace slipway::stats {

// Evidently calls booleans categorical; `is_numeric` of a column counts them as numbers.
inline bool HoldsNumbers(tabular::ColumnType type) {
  return type == tabular::ColumnType::kInt64 || type == tabular::ColumnType::kFloat64;
}

// How often each value occurs on either side, over the union of values. Keys are in order: numbers by value, texts by
// code point, false before true.
struct CategoryCounts {
  std::vector<std::string> keys;
  std::vector<size_t> reference, current;
  size_t size() const { return keys.size(); }
};

struct ColumnPair {
  FeatureKind kind = FeatureKind::kNumeric;
  std::vector<double> reference, current;  // kNumeric: sorted
  CategoryCounts counts;                   // kCategorical
  size_t reference_rows = 0, current_rows = 0;
  size_t distinct = 0;  // of both sides together; counted up to kDistinctMax + 1 for numbers

  static constexpr size_t kDistinctMax = 5;
};

// For kNumeric both columns must be numeric.
ColumnPair MakeColumnPair(const tabular::Column& reference, const tabular::Column& current, FeatureKind kind);

// The finite, present numbers of a numeric column, sorted.
std::vector<double> SortedNumbers(const tabular::Column& column);
void SortNumbers(std::vector<double>& numbers);

// Both sides over common bins (Doane's rule) or categories. Empty when neither side has a value.
PairedHistogram DistributionOf(const ColumnPair& pair);

// By value, whatever the kind.
CategoryCounts CountsByValue(const ColumnPair& pair);
// Distinct values in a sorted list, counting no further than `limit`.
size_t CountDistinct(std::span<const double> sorted, size_t limit);

}  // namespace slipway::stats
