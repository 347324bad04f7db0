// Online endpoints and deployments as answers show them. For this room's own files.
#pragma once

#include <nlohmann/json.hpp>

#include "slipway/api/arm_endpoints.h"
#include "slipway/api/operations.h"
#include "slipway/domain/endpoint.h"
#include "slipway/net/http.h"
#include "slipway/net/router.h"

namespace slipway::api {

// A PUT, PATCH or DELETE waits this long for the gateway to take the change up, before it answers all the same.
inline constexpr std::chrono::milliseconds kRoutedTimeout{2'000};

// The server's address as links show it.
std::string ServerOf(const EndpointsDependencies& dependencies, const net::Request& request);

Operation OperationOf(const domain::Scope& scope, const domain::OnlineEndpoint& endpoint);
Operation OperationOf(const domain::Scope& scope, const domain::OnlineDeployment& deployment);

// ARM's shape with scoringUri, and in properties.properties what scripts read there: AzureAsyncOperationUri and
// azureml.onlineendpointid.
nlohmann::json EndpointShape(const EndpointsDependencies& dependencies, const std::string& server,
                             const domain::Scope& scope, const domain::OnlineEndpoint& endpoint);
// References as ARM ids.
nlohmann::json DeploymentShape(const std::string& server, const domain::Scope& scope,
                               const domain::OnlineDeployment& deployment);
// What an answer adds to the properties of users, taken away again: clients send back what they were shown.
void DropShownProperties(domain::Tags& properties);

// 202 with the headers of an operation that is over.
net::Response DeletedAnswer(const std::string& server, const domain::Scope& scope, const std::string& endpoint);

// The parts of MountEndpoints.
void MountDeployments(net::Router& router, const EndpointsDependencies& dependencies);
void MountOperations(net::Router& router, const EndpointsDependencies& dependencies);

}  // namespace slipway::api
