// Sends a request to an online endpoint.
#pragma once

#include "slipway/cli/command.h"
#include "slipway/cli/context.h"

namespace slipway::cli {

// --name, --request-file, --deployment-name. The result is the response's body as a string.
Result<Output> InvokeEndpoint(Context& context, const Arguments& arguments);

}  // namespace slipway::cli
