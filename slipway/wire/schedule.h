// Schedules in ARM's shape (Microsoft.MachineLearningServices/workspaces/schedules), both ways.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/schedule.h"

namespace slipway::wire {

// The whole resource. Firing times stand in `properties.slipway`: {"lastFiredAt","nextFireAt","jobName"}.
nlohmann::json ScheduleToArm(const domain::Scope& scope, const domain::Schedule& schedule);
// The name is the resource's `name` ("" in a client's PUT). Complaints name the field; actions other than CreateJob are
// refused with kUnimplemented.
Result<domain::Schedule> ScheduleFromArm(const nlohmann::json& resource);

}  // namespace slipway::wire
