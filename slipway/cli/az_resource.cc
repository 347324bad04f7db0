#include "slipway/cli/az_resource.h"

namespace slipway::cli {

Json Flattened(const Json& arm) {
  Json flat = WithId(arm, arm);
  flat.erase("properties");
  flat.update(arm.at("properties"));
  return flat;
}

Result<client::Workspace*> ServerOfGroup(Context& context, const Arguments& arguments) {
  if (const auto group = arguments.Get("resource-group")) context.options().scope.resource_group = *group;
  return context.Server();
}

std::vector<Flag> NamedInGroup(std::string_view help) {
  return {NameFlag(true, help), ResourceGroupFlag()};
}

Flag ResourceGroupFlag() {
  return {"resource-group", 'g', "Name of resource group."};
}

Flag WordsFlag(std::string_view name, char short_name, std::string_view help, bool required) {
  return {name, short_name, help, Flag::Takes::kValues, required};
}

Command AzCommand(const std::string& path, std::string_view summary, std::vector<Flag> flags,
                  std::function<Result<Output>(Context&, const Arguments&)> run) {
  Command command = MakeCommand(path, summary, std::move(flags), std::move(run));
  command.needs_workspace = false;
  return command;
}

}  // namespace slipway::cli
