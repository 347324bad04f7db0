// Versioned assets in ARM's shape (…/workspaces/{data,models,environments,components,codes}/<name>[/versions/<v>]),
// both ways. What of a domain value ARM has no field for stands in `properties.slipway`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"

namespace slipway::wire {

// The whole resource: id, name (the version), type, systemData, properties.
nlohmann::json AssetVersionToArm(const domain::Scope& scope, const domain::AssetVersion& asset);
// Name and version are taken from `id`; "" when the resource has none, as in a client's PUT. Complaints name the field.
Result<domain::AssetVersion> AssetVersionFromArm(domain::AssetKind kind, const nlohmann::json& resource);

nlohmann::json AssetContainerToArm(const domain::Scope& scope, const domain::AssetContainer& container);
Result<domain::AssetContainer> AssetContainerFromArm(domain::AssetKind kind, const nlohmann::json& resource);

}  // namespace slipway::wire
