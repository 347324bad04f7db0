// environment create, show, list, update, archive, restore.
#include <fmt/format.h>

#include "slipway/cli/asset/asset_commands.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/sync.h"
#include "slipway/spec/asset.h"

namespace slipway::cli {
namespace {

Result<Output> CreateEnvironment(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"},
                          {"version", "version"},
                          {"image", "image"},
                          {"conda-file", "conda_file"},
                          {"build-context", "build.path"},
                          {"dockerfile-path", "build.dockerfile_path"},
                          {"os-type", "os_type"},
                          {"description", "description"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(domain::AssetVersion environment, spec::ReadEnvironment(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, OwnerOf(context, arguments));
  auto& body = std::get<domain::EnvironmentBody>(environment.body);
  if (!body.build_path.empty()) {
    client::Uploader uploader = MakeUploader(context, *server);
    SLIPWAY_RETURN_IF_ERROR(uploader.ReplaceData(body.build_path, domain::AssetKind::kData));
  }
  return StoreAsset(*server, std::move(environment));
}

// The dialect prints a key with a space; `latest_version` is Slipway's addition.
Json ListItem(const Json& printed, bool is_container) {
  Json item = {{"name", printed.value("name", "")}};
  if (is_container) {
    item["latest version"] = printed.value("latest_version", "");
    item["latest_version"] = item["latest version"];
  } else {
    item["version"] = printed.value("version", "");
  }
  return item;
}

}  // namespace

std::vector<Command> EnvironmentCommands() {
  const AssetNoun noun{domain::AssetKind::kEnvironment,
                       "environment",
                       "environments",
                       ListItem,
                       {{"Name", "/name"}, {"Latest version", "/latest_version"}},
                       {{"Name", "/name"}, {"Version", "/version"}}};
  Command create;
  create.path = "environment create";
  create.summary = "Create an environment from a file, or from an image and a conda file.";
  create.flags = {FileFlag(false),
                  NameFlag(false),
                  VersionFlag(),
                  {"image", 'i', "Docker image."},
                  {"conda-file", 'c', "Path to a conda file."},
                  {"build-context", 'b', "Folder with a Dockerfile."},
                  {"dockerfile-path", 'd', "Dockerfile in the build context."},
                  {"os-type", 0, "Type of operating system.", Flag::Takes::kValue, false, {"linux", "windows"}},
                  {"description", 0, "Description of the environment."},
                  {"tags", 0, "Space-separated key=value pairs.", Flag::Takes::kValues},
                  SetFlag(),
                  NoWaitFlag(),
                  RegistryFlag()};
  create.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"file", "name"}); };
  create.run = CreateEnvironment;
  std::vector<Command> commands{create};
  for (Command& command : CommonAssetCommands(noun)) commands.push_back(std::move(command));
  return commands;
}

}  // namespace slipway::cli
