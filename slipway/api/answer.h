// What handlers of every dialect need: scopes out of paths, JSON in and out, errors as answers.
#pragma once

#include <nlohmann/json.hpp>

#include "slipway/base/error.h"
#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/net/http.h"
#include "slipway/net/router.h"

namespace slipway::api {

// "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.MachineLearningServices/workspaces/{ws}": the pattern
// that workspace routes begin with.
inline constexpr std::string_view kWorkspacePattern =
    "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.MachineLearningServices/workspaces/{ws}";
domain::Scope ScopeOf(const net::PathParameters& parameters);

// Who asks, as clients say it (x-slipway-actor): "local" for those who do not.
std::string ActorOf(const net::Request& request);

// The one place that maps codes to HTTP statuses.
int HttpStatusOf(Code code);

net::Response JsonAnswer(int status, const nlohmann::json& body);
// ARM's shape: {"error": {"code", "message", "details": [{"code", "message"}]}}; details are Error::more().
net::Response ErrorAnswer(const Error& error);
// {"value": […]}.
net::Response ListAnswer(nlohmann::json values);

// The request's body as a JSON object; kInvalidArgument telling where it stops being one.
Result<nlohmann::json> ParseBody(const net::Request& request);

}  // namespace slipway::api
