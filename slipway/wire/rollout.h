// Rollouts in the shape of {W}/slipway/rollouts/{name} (docs/rest-extensions.md), both ways.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/rollout.h"

namespace slipway::wire {

nlohmann::json RolloutToJson(const domain::Scope& scope, const domain::Rollout& rollout);
// The name is the resource's `name` ("" in a client's PUT). State is read too: what a client sends of it is the
// caller's to drop.
Result<domain::Rollout> RolloutFromJson(const nlohmann::json& resource);

}  // namespace slipway::wire
