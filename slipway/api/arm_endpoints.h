// Online endpoints and deployments in ARM's dialect, and Slipway's own route to them:
//   {W}/onlineEndpoints                       GET (name, tags, properties, computeType, orderBy, count, $skip)
//   {W}/onlineEndpoints/{endpoint}            PUT, PATCH (tags), GET, DELETE
//   {W}/onlineEndpoints/{endpoint}/listKeys | regenerateKeys | token                     POST
//   {W}/onlineEndpoints/{endpoint}/deployments                GET ($orderBy, $top, $skip)
//   {W}/onlineEndpoints/{endpoint}/deployments/{deployment}   PUT, PATCH (tags, sku), GET, DELETE
//   {W}/onlineEndpoints/{endpoint}/deployments/{deployment}/getLogs POST | skus GET
//   {W}/slipway/endpoints/{endpoint}/url      GET
//   /subscriptions/{sub}/providers/Microsoft.MachineLearningServices/locations/{location}/mfeOperationsStatus/{id}  GET
//   …/mfeOperationResults/{id}                                                                                      GET
#pragma once

#include <string>

#include "slipway/domain/stores.h"
#include "slipway/endpoints/endpoints.h"
#include "slipway/net/router.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct EndpointsDependencies {
  endpoints::Endpoints& endpoints;
  domain::EndpointStore& store;
  domain::WorkspaceStore& workspaces;
  std::string control_url;  // for links where a request has no Host, e.g. "http://127.0.0.1:7300"
};

void MountEndpoints(net::Router& router, const EndpointsDependencies& dependencies);

}  // namespace slipway::api
