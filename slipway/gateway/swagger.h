// The OpenAPI document of a deployment's scoring route.
#pragma once

#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/gateway/routing_table.h"

namespace slipway::gateway {

// `version`: 2 or 2.0 (Swagger), 3 or 3.0, 3.1. Of a model the input is what its signature says, of a script what its
// decorators say. kNotFound for other versions, or when a script's schema cannot be put in this one.
Result<std::string> SwaggerDocument(const LiveDeployment& deployment, std::string_view version);

}  // namespace slipway::gateway
