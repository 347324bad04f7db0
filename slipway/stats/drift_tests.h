// The statistical tests that drift detection chooses from, by name, with Evidently's thresholds and directions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/stats/column_pair.h"

namespace slipway::stats {

struct DriftTest {
  std::string_view name;
  std::string_view title;  // as reports show it
  bool takes_numbers;
  bool takes_categories;
  double threshold;
  enum class DriftWhen { kBelow, kAtMost, kAbove, kAtLeast } drift_when;
  // A p-value or a distance; NaN when there is no answer. Fails when the data do not fit the test.
  Result<double> (*score)(const ColumnPair& pair, uint64_t seed);

  // A NaN score is never drift.
  bool IsDrift(double score, double limit) const;
};

// kInvalidArgument names the nearest test.
Result<const DriftTest*> FindDriftTest(std::string_view name);
std::vector<std::string> DriftTestNames();

// The test for a column that nothing was said about. `reference_rows` and `distinct` after cleaning.
const DriftTest& DefaultDriftTest(const ColumnPair& pair);

}  // namespace slipway::stats
