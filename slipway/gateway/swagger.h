// The OpenAPI (Swagger 2.0) document of a deployment's scoring route.
#pragma once

#include <string>

#include "slipway/gateway/routing_table.h"

namespace slipway::gateway {

std::string SwaggerDocument(const LiveDeployment& deployment);

}  // namespace slipway::gateway
