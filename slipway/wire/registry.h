// Registries in ARM's shape, both ways. What ARM has no field for stands in `properties.slipway`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/registry.h"

namespace slipway::wire {

nlohmann::json RegistryToArm(const domain::AssetRegistry& registry);
// Scope and name come from `id`; the defaults stand in a client's PUT.
Result<domain::AssetRegistry> RegistryFromArm(const nlohmann::json& resource);

}  // namespace slipway::wire
