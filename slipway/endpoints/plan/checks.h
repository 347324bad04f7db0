// What is refused of endpoints and deployments before anything is stored, and which changes the gateway has to make:
// pure.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/endpoint.h"

namespace slipway::endpoints {

// Name, auth mode, traffic and mirror traffic. `deployments` are the names of those the endpoint has.
Status CheckEndpoint(const domain::OnlineEndpoint& endpoint, const std::vector<std::string>& deployments);

// All that can be said without looking at the machine: names, settings, what is not supported yet.
Status CheckDeployment(const domain::OnlineDeployment& deployment);
Status CheckEnvironment(const domain::EnvironmentBody& environment);

// kFailedPrecondition while the deployment gets live or mirrored traffic.
Status CheckNoTraffic(const domain::OnlineEndpoint& endpoint, const std::string& deployment);

// Nothing to do; the number of instances alone; anything else that a worker or the gateway sees.
enum class ChangeNeed { kNone, kScale, kUpdate };
ChangeNeed NeedOf(const domain::OnlineDeployment& stored, const domain::OnlineDeployment& wanted);

}  // namespace slipway::endpoints
