// Endpoints and deployments as commands print them, and what their commands share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {

Result<Json> PrintedEndpoint(const Json& arm);
Result<Json> PrintedDeployment(const Json& arm);

// "onlineEndpoints/<endpoint>/deployments".
std::string DeploymentCollection(const std::string& endpoint);

// "blue=90 green=10", also with commas; shares are whole percents.
Result<std::map<std::string, int>> ParseTraffic(const std::vector<std::string>& words, std::string_view flag);

// Replaces the endpoint's traffic.
Result<Json> SetTraffic(client::Workspace& server, const std::string& endpoint,
                        const std::map<std::string, int>& traffic);

}  // namespace slipway::cli
