// A quality report as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/stats/quality/quality.h"

namespace slipway::stats {

// {"suite", "passed", "passed_if_warnings_ignored", "rows", "test_rows"?, "counts": {"passed", "warned", "failed",
//  "not_run"}, "checks": [{"check", "title", "status": "ran" or "did not run", "reason"?, "verdict"?, "value"?,
//  "conditions"?: [{"name", "verdict", "details"}], "advice"?, "sampling"?}]}, checks in the report's order. Members
//  with a
// question mark are left out when they have nothing to say.
nlohmann::ordered_json QualityJson(const QualityReport& report);

}  // namespace slipway::stats
