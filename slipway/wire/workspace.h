// Workspaces, datastores and computes in ARM's shape, both ways. What ARM has no field for stands in
// `properties.slipway`.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/wire/secrets.h"

namespace slipway::wire {

// `tracking_uri` "" leaves mlFlowTrackingUri out.
nlohmann::json WorkspaceToArm(const domain::Workspace& workspace, const std::string& tracking_uri = "");
// Scope and name come from `id`; the defaults stand in a client's PUT.
Result<domain::Workspace> WorkspaceFromArm(const nlohmann::json& resource);

nlohmann::json DatastoreToArm(const domain::Scope& scope, const domain::Datastore& datastore,
                              Secrets secrets = Secrets::kInclude);
Result<domain::Datastore> DatastoreFromArm(const nlohmann::json& resource);

nlohmann::json ComputeToArm(const domain::Scope& scope, const domain::Compute& compute);
Result<domain::Compute> ComputeFromArm(const nlohmann::json& resource);

}  // namespace slipway::wire
