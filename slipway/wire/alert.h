// Alert rules in the shape of Azure Monitor's scheduled query rules (Microsoft.Insights/scheduledQueryRules), both
// ways.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/schedule.h"

namespace slipway::wire {

// The whole resource: one condition in `criteria.allOf`; the job that the action starts in
// `properties.slipway.createJob` (a job's properties as job.h has them), state beside it:
// {"lastEvaluatedAt","isFired","lastError","jobName"}.
nlohmann::json AlertRuleToArm(const domain::Scope& scope, const domain::AlertRule& rule);
// The name is the resource's `name` ("" in a client's PUT). More than one condition, and dimensions, are refused with
// kUnimplemented.
Result<domain::AlertRule> AlertRuleFromArm(const nlohmann::json& resource);

// One element of GET {W}/slipway/alerts: {"id","rule","firedAt","resolvedAt","value","threshold","job","error"}.
nlohmann::json AlertEventToJson(const domain::AlertEvent& event);
Result<domain::AlertEvent> AlertEventFromJson(const nlohmann::json& event);

}  // namespace slipway::wire
