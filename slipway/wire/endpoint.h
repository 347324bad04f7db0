// Online endpoints and deployments in ARM's shape, both ways. What ARM has no field for stands in `properties.slipway`.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/endpoint.h"
#include "slipway/wire/secrets.h"

namespace slipway::wire {

struct EndpointLinks {
  std::string scoring_uri;  // "" leaves scoringUri and swaggerUri out
  std::string swagger_uri;
};

// The whole resource; its keys only with Secrets::kInclude.
nlohmann::json EndpointToArm(const domain::Scope& scope, const domain::OnlineEndpoint& endpoint,
                             const EndpointLinks& links = {}, Secrets secrets = Secrets::kOmit);
// The name is the resource's `name` ("" in a client's PUT). Complaints name the field.
Result<domain::OnlineEndpoint> EndpointFromArm(const nlohmann::json& resource);

nlohmann::json DeploymentToArm(const domain::Scope& scope, const domain::OnlineDeployment& deployment);
// Name and endpoint are taken from `id`; "" in a client's PUT.
Result<domain::OnlineDeployment> DeploymentFromArm(const nlohmann::json& resource);

}  // namespace slipway::wire
