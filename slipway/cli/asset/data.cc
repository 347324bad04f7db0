// data create, show, list, update, archive, restore.
#include <fmt/format.h>

#include "slipway/cli/asset/asset_commands.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/sync.h"
#include "slipway/spec/asset.h"

namespace slipway::cli {
namespace {

Result<Output> CreateData(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {
      {"name", "name"}, {"version", "version"}, {"path", "path"}, {"type", "type"}, {"description", "description"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(domain::AssetVersion data, spec::ReadData(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, OwnerOf(context, arguments));
  client::Uploader uploader = MakeUploader(context, *server);
  SLIPWAY_RETURN_IF_ERROR(uploader.ReplaceData(std::get<domain::DataBody>(data.body).path, domain::AssetKind::kData));
  return StoreAsset(*server, std::move(data));
}

}  // namespace

std::vector<Command> DataCommands() {
  const AssetNoun noun{domain::AssetKind::kData,
                       "data",
                       "data assets",
                       nullptr,
                       {{"Name", "/name"}, {"Latest version", "/latest_version"}, {"Data type", "/type"}},
                       {{"Name", "/name"}, {"Version", "/version"}, {"Data type", "/type"}, {"Path", "/path"}}};
  Command create;
  create.path = "data create";
  create.summary = "Create a data asset from a file, or from a name and a path.";
  create.flags = {FileFlag(false),
                  NameFlag(false),
                  VersionFlag(),
                  {"path", 'p', "Local path, datastore URI or URL of the data."},
                  {"type", 't', "Type of the data.", Flag::Takes::kValue, false, {"mltable", "uri_file", "uri_folder"}},
                  {"description", 'd', "Description of the data asset."},
                  {"tags", 0, "Space-separated key=value pairs.", Flag::Takes::kValues},
                  {"skip-validation", 0, "Accepted: an MLTable file is checked in any case.", Flag::Takes::kNothing},
                  SetFlag(),
                  NoWaitFlag(),
                  RegistryFlag()};
  create.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"file", "name"}); };
  create.run = CreateData;
  std::vector<Command> commands{create};
  for (Command& command : CommonAssetCommands(noun)) commands.push_back(std::move(command));
  return commands;
}

}  // namespace slipway::cli
