// What az's commands of ARM resources have in common.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/cli/command.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {

// As az prints resources: the members of `properties` beside the name.
Json Flattened(const Json& arm);

// In the resource group of -g, where it is given.
Result<client::Workspace*> ServerOfGroup(Context& context, const Arguments& arguments);

// --name, which is required, and -g.
std::vector<Flag> NamedInGroup(std::string_view help);
Flag ResourceGroupFlag();
// Takes one or more values.
Flag WordsFlag(std::string_view name, char short_name, std::string_view help, bool required = false);

Command AzCommand(const std::string& path, std::string_view summary, std::vector<Flag> flags,
                  std::function<Result<Output>(Context&, const Arguments&)> run);

}  // namespace slipway::cli
