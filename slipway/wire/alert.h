// Alert rules in the shapes of Azure Monitor's scheduled query rules (Microsoft.Insights/scheduledQueryRules) and
// metric alerts (Microsoft.Insights/metricAlerts), both ways, and what rules did.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/alert.h"

namespace slipway::wire {

// The whole resource. Slipway's own in `properties.slipway`: {"createJob","jobName": the job that firing starts;
// "coolDown","budget":{"runs","per"}; state: "lastEvaluatedAt","isFired","lastError","starts":[{"at","kind","name"}]}.
nlohmann::json AlertRuleToArm(const domain::Scope& scope, const domain::AlertRule& rule);
// Of either kind, told apart by `type`, or by the criteria's odata.type. The name is the resource's `name` ("" in a
// client's PUT). What is not supported is refused with kUnimplemented by its name.
Result<domain::AlertRule> AlertRuleFromArm(const nlohmann::json& resource);

// One element of GET {W}/slipway/alerts: {"id","rule","dimensions","firedAt","resolvedAt","value","threshold","job",
// "error","deliveries":[{"group","receiver","kind","isResolution","state","attempts","nextAttemptAt","result"}]}, and
// where it applies "goodSince" (while it waits to be resolved) and "furtherValues" (of the conditions after the first).
nlohmann::json AlertEventToJson(const domain::AlertEvent& event);
Result<domain::AlertEvent> AlertEventFromJson(const nlohmann::json& event);

std::string AlertRuleId(const domain::Scope& scope, domain::AlertKind kind, const std::string& name);

}  // namespace slipway::wire
