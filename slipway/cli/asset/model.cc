// model create, show, list, update, archive, restore, download.
#include <filesystem>

#include <fmt/format.h>

#include "slipway/cli/asset/asset_commands.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/sync.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/spec/asset.h"

namespace slipway::cli {
namespace {

// A file of ONNX that cannot be scored without a script is registered all the same, and what stands in the way said.
void NoteWhatCannotBeScored(Context& context, const domain::ModelBody& body) {
  const std::filesystem::path path = body.path;
  std::error_code ignored;
  if (body.type == "mlflow_model" || path.extension() != ".onnx" || !std::filesystem::is_regular_file(path, ignored))
    return;
  const auto model = scoring::CompiledModel::Load(path);
  if (!model) context.Note(fmt::format("Only a scoring script can use this model: {}", model.error().ToString()));
}

Result<Output> CreateModel(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"}, {"version", "version"}, {"path", "path"},
                          {"type", "type"}, {"stage", "stage"},     {"description", "description"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(domain::AssetVersion model, spec::ReadModel(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, OwnerOf(context, arguments));
  NoteWhatCannotBeScored(context, std::get<domain::ModelBody>(model.body));
  client::Uploader uploader = MakeUploader(context, *server);
  SLIPWAY_RETURN_IF_ERROR(
      uploader.ReplaceData(std::get<domain::ModelBody>(model.body).path, domain::AssetKind::kModel));
  return StoreAsset(*server, std::move(model));
}

Result<Output> DownloadModel(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, FetchAsset(context, domain::AssetKind::kModel, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Json printed, PrintedAsset(domain::AssetKind::kModel, arm));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, OwnerOf(context, arguments));
  const std::filesystem::path target =
      std::filesystem::path(arguments.GetOr("download-path", ".")) / *arguments.Get("name");
  // The model's own file or folder keeps its name below that, as it does below AZUREML_MODEL_DIR.
  size_t count = 0;
  if (const auto address = domain::ParseRegistryAddress(printed.value("path", ""))) {
    SLIPWAY_ASSIGN_OR_RETURN(count, server->DownloadShared(*address, target));
  } else {
    SLIPWAY_ASSIGN_OR_RETURN(const domain::DatastorePath files,
                             LocateFiles(*server, printed.value("path", ""), domain::AssetKind::kModel));
    SLIPWAY_ASSIGN_OR_RETURN(count, server->Download(files, target, client::Workspace::FolderName::kKept));
  }
  context.Note(fmt::format("Downloaded {} {} to {}", count, count == 1 ? "file" : "files", target.string()));
  return Output::Nothing();
}

// The dialect renames `type` in lists, and prints a key with a space; `latest_version` and
// `job_name` are Slipway's additions.
Json ListItem(const Json& printed, bool is_container) {
  Json item = Json::object();
  for (const char* key :
       {"name", "tags", "stage", "id", "properties", "description", "creation_context", "resourceGroup"})
    item[key] = printed.contains(key) ? printed[key] : Json(nullptr);
  if (is_container) {
    item["latest version"] = printed.value("latest_version", "");
    item["latest_version"] = item["latest version"];
    return item;
  }
  item["version"] = printed.value("version", "");
  item["model type"] = printed.value("type", "");
  item["path"] = printed.value("path", "");
  item["job_name"] = printed.contains("job_name") ? printed["job_name"] : Json(nullptr);
  return item;
}

}  // namespace

std::vector<Command> ModelCommands() {
  const AssetNoun noun{
      domain::AssetKind::kModel,
      "model",
      "models",
      ListItem,
      {{"Name", "/name"}, {"Latest version", "/latest_version"}},
      {{"Name", "/name"}, {"Version", "/version"}, {"Model type", "/model type"}, {"Stage", "/stage"}}};
  Command create;
  create.path = "model create";
  create.summary = "Create a model from a file, or from a name and a path.";
  create.flags = {
      FileFlag(false),
      NameFlag(false),
      VersionFlag(),
      {"path", 'p', "Local path, datastore URI or job output of the model."},
      {"type", 't', "Type of the model.", Flag::Takes::kValue, false, {"custom_model", "mlflow_model", "triton_model"}},
      {"stage", 's', "Stage of the model."},
      {"description", 0, "Description of the model."},
      {"tags", 0, "Space-separated key=value pairs.", Flag::Takes::kValues},
      SetFlag(),
      NoWaitFlag(),
      RegistryFlag()};
  create.check = [](const Arguments& arguments) -> Status {
    if (arguments.Has("file") || (arguments.Has("name") && arguments.Has("path"))) return {};
    return InvalidArgument("give --file, or --name and --path");
  };
  create.run = CreateModel;
  Command download;
  download.path = "model download";
  download.summary = "Download all files of a model.";
  download.flags = {NameFlag(true),
                    VersionFlag(),
                    {"download-path", 'p', "Folder to download to. Default: the current one."},
                    RegistryFlag()};
  download.run = DownloadModel;
  std::vector<Command> commands{create, download};
  for (Command& command : CommonAssetCommands(noun)) commands.push_back(std::move(command));
  return commands;
}

}  // namespace slipway::cli
