// What is refused of a rollout before anything is stored: pure. For this room's own files.
#pragma once

#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/endpoint.h"
#include "slipway/domain/rollout.h"

namespace slipway::endpoints {

// Name, steps, times, guards.
Status CheckRollout(const domain::Rollout& rollout);

// The one deployment that has traffic beside `to`.
Result<std::string> FindFrom(const domain::OnlineEndpoint& endpoint, const std::string& to);

// The share that `to` has now. kFailedPrecondition when the traffic is not between `from` and `to` alone.
Result<int> PresentShare(const domain::OnlineEndpoint& endpoint, const std::string& from, const std::string& to);

// That the rollout can begin with the endpoint as it is, whose `to` has `share` percent.
Status CheckBeginning(const domain::Rollout& rollout, const domain::OnlineEndpoint& endpoint, int share);

Status CheckReady(const domain::OnlineDeployment& to);

}  // namespace slipway::endpoints
