// Who acts, for commands whose decisions are kept with a name.
#pragma once

#include <string>
#include <string_view>

#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/connection.h"

namespace slipway::cli {

// Who acts: --as, else $SLIPWAY_USER, else the user of this process.
std::string ActorOf(Context& context, const Arguments& arguments);
Flag ActorFlag();

// One exchange in that name; the answer's JSON (null for none). A status of 400 and up is an Error.
Result<Json> SendAs(const std::string& actor, client::Connection& connection, std::string_view method,
                    const std::string& path, const Json* body = nullptr);

}  // namespace slipway::cli
