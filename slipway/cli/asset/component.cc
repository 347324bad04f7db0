// component create, show, list, update, archive, restore.
#include "slipway/cli/asset/asset_commands.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/sync.h"
#include "slipway/spec/asset.h"

namespace slipway::cli {
namespace {

Result<Output> CreateComponent(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"}, {"version", "version"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(spec::ComponentDocument component, spec::ReadComponent(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, OwnerOf(context, arguments));
  client::Uploader uploader = MakeUploader(context, *server);
  SLIPWAY_RETURN_IF_ERROR(RegisterAnonymous(*server, uploader, std::move(component.anonymous)));
  SLIPWAY_RETURN_IF_ERROR(uploader.ReplaceCode(std::get<domain::CommandComponent>(component.component.body).code));
  return StoreAsset(*server, std::move(component.component));
}

}  // namespace

std::vector<Command> ComponentCommands() {
  const AssetNoun noun{domain::AssetKind::kComponent,
                       "component",
                       "components",
                       nullptr,
                       {{"Name", "/name"}, {"Latest version", "/latest_version"}},
                       {{"Name", "/name"}, {"Version", "/version"}, {"Component type", "/type"}}};
  Command create;
  create.path = "component create";
  create.summary = "Create a component from a file.";
  create.flags = {FileFlag(true),
                  NameFlag(false),
                  VersionFlag(),
                  SetFlag(),
                  {"skip-validation", 0, "Accepted: what is wrong is told in any case.", Flag::Takes::kNothing},
                  RegistryFlag()};
  create.run = CreateComponent;
  std::vector<Command> commands{create};
  for (Command& command : CommonAssetCommands(noun)) commands.push_back(std::move(command));
  return commands;
}

}  // namespace slipway::cli
