// What the commands of alert rules and action groups have in common: `slipway alert` and `az monitor`.
#pragma once

#include <string>
#include <string_view>

#include "slipway/client/workspace.h"
#include "slipway/domain/alert.h"

namespace slipway::cli {

// Of the collection of a kind of rules, or of one rule; below the resource group.
std::string RulePath(client::Workspace& server, domain::AlertKind kind, std::string_view name);
// Likewise; "" names the collection.
std::string ActionGroupPath(client::Workspace& server, std::string_view name);

}  // namespace slipway::cli
