// A drift report as JSON: Evidently's profile, and the two log records that dashboards and alert queries read.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/time.h"
#include "slipway/stats/drift.h"

namespace slipway::stats {

// {"data_drift": {"name", "datetime", "data": {…, "metrics": {…}}}, "cat_target_drift": …, "timestamp"} as Evidently
// 0.2.7 and later write it; NaN is null. Columns that could not be tested are left out of `metrics` and listed under
// `data_drift.data.not_tested` as {name: why}.
nlohmann::ordered_json DriftProfile(const DriftReport& report, Timestamp now);

// {"name": <name>, "type": "OverallDriftMetrics", "data": {"n_features", "n_drifted_features",
//  "share_drifted_features", "dataset_drift"}}.
nlohmann::ordered_json OverallDriftRecord(const DriftReport& report, std::string_view name);

// {"name": <name>, "type": "FeatureDriftMetrics", "data": [{"feature", "feature_type", "stattest_name", "drift_score",
//  "drift_detected"}, …]}.
nlohmann::ordered_json FeatureDriftRecord(const DriftReport& report, std::string_view name);

}  // namespace slipway::stats
