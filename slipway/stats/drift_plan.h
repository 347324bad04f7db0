// Which columns a drift run looks at, and as what. For drift.cc.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/stats/drift.h"
#include "slipway/tabular/table.h"

namespace slipway::stats {

struct PlannedColumn {
  const tabular::Column* reference;
  ColumnRole role = ColumnRole::kFeature;
  FeatureKind kind = FeatureKind::kNumeric;
};

// Target, prediction, numeric features by name, categorical features as given. Borrows from `reference`.
Result<std::vector<PlannedColumn>> PlanColumns(const tabular::Table& reference, const DriftOptions& options);

}  // namespace slipway::stats
