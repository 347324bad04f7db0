// Which columns a drift run looks at, and as what. For drift.cc.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/stats/drift.h"
#include "slipway/tabular/column_source.h"

namespace slipway::stats {

struct PlannedColumn {
  size_t index = 0;  // in the reference
  std::string name;
  ColumnRole role = ColumnRole::kFeature;
  FeatureKind kind = FeatureKind::kNumeric;
};

// Target, prediction, numeric features by name, categorical features as given. Reads target and prediction.
Result<std::vector<PlannedColumn>> PlanColumns(const tabular::ColumnSource& reference, const DriftOptions& options);

}  // namespace slipway::stats
