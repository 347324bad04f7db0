// All that a drift run may say of two tables: the tests of the columns, what else changed, and, where it was asked for,
// all columns together, windows over time and the performance that is to be expected.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "slipway/stats/data_shift.h"
#include "slipway/stats/domain_drift.h"
#include "slipway/stats/drift.h"
#include "slipway/stats/performance_estimate.h"
#include "slipway/stats/windowed_drift.h"

namespace slipway::stats {

struct DriftStudy {
  DriftReport report = {};
  std::vector<ShiftFinding> findings = {};
  std::optional<DomainDrift> together = std::nullopt;
  std::optional<WindowedDrift> over_time = std::nullopt;
  std::optional<PerformanceEstimate> performance = std::nullopt;
};

// What a gate goes by. Errors: findings that are, drift of the data set, of all columns together, an alarm over time or
// of the performance. Warnings: findings that are, a single column that drifted, a column to watch. Notes: the rest.
Severity WorstOf(const DriftStudy& study);

// {"findings": […], "domain_classifier": …, "windows": …, "performance": …}; the parts that there are.
nlohmann::ordered_json StudyToJson(const DriftStudy& study);

}  // namespace slipway::stats
