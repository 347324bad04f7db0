// What the gateway asks of the control plane (docs/rest-extensions.md):
//   /slipway/routing?after={etag}   GET: the routing snapshot once it differs from `after`, 204 after 30 s
//   /slipway/gateway/status         POST: what became of deployments
#pragma once

#include "slipway/endpoints/endpoints.h"
#include "slipway/net/router.h"

namespace slipway::api {

// `endpoints` is borrowed and outlives the router.
void MountRouting(net::Router& router, endpoints::Endpoints& endpoints);

}  // namespace slipway::api
