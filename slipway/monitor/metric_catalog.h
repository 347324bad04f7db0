// The metrics that online endpoints and deployments have in AzureMetrics (docs/online-endpoints.md), by which a metric
// rule is checked when it is made: a misspelt metric would never have a value and never fire.
#pragma once

#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/alert.h"

namespace slipway::monitor {

// "Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "…/deployments" below it; "" for the id of something
// that has no metrics.
std::string MetricResourceType(const std::string& resource);

// kInvalidArgument when `resource` has no such metric or the metric no such dimension, with the name that was probably
// meant; kUnimplemented for a namespace of other metrics. Gives the condition with the names as they are recorded.
Result<domain::AlertCondition> CheckMetric(const std::string& resource, domain::AlertCondition condition);

}  // namespace slipway::monitor
