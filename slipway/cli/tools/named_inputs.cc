#include "slipway/cli/tools/named_inputs.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/cli/asset/asset_commands.h"
#include "slipway/client/workspace.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/read.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;
using domain::AssetKind;
using tabular::Table;

bool Exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// Paths have a slash or an ending; names of assets may have a version, which has dots too.
bool LooksLikePath(std::string_view text) {
  if (text.find('/') != std::string_view::npos || text.starts_with('.')) return true;
  return text.find_first_of(":@") == std::string_view::npos && fs::path(text).has_extension();
}

// What is no file of this machine, as a reference.
Result<domain::Reference> ReferenceTo(const std::string& text, AssetKind kind) {
  const bool has_prefix = text.starts_with("azureml:");
  if (!has_prefix && LooksLikePath(text))
    return NotFound(fmt::format("there is no file or folder '{}'; for a {} write azureml:NAME", text,
                                kind == AssetKind::kData ? "data asset" : "registered model"));
  return domain::ParseReference(has_prefix ? text : "azureml:" + text, kind);
}

// The version that a reference means, as `show` prints it.
Result<Json> FindAsset(client::Workspace& server, const domain::AssetReference& asset, AssetKind kind) {
  const std::string_view noun = kind == AssetKind::kData ? "data asset" : "model";
  if (!asset.registry.empty())
    return Unimplemented(fmt::format("reading a {} of a registry is not supported yet", noun));
  if (!asset.label.empty() && asset.label != "latest")
    return NotFound(fmt::format("the {} '{}' has no label '{}'; there is 'latest'", noun, asset.name, asset.label));
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server.GetAsset(kind, asset.name, asset.version));
  return PrintedAsset(kind, arm);
}

struct Found {
  std::string name;
  domain::DatastorePath files;
};

Result<Found> Find(client::Workspace& server, const std::string& text, AssetKind kind) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Reference reference, ReferenceTo(text, kind));
  Found found{text, {}};
  std::string path = text;
  if (const auto* asset = std::get_if<domain::AssetReference>(&reference)) {
    SLIPWAY_ASSIGN_OR_RETURN(const Json printed, FindAsset(server, *asset, kind));
    path = printed.value("path", "");
    found.name = fmt::format("azureml:{}:{}", asset->name, printed.value("version", ""));
  }
  SLIPWAY_ASSIGN_OR_RETURN(found.files, LocateFiles(server, path, kind));
  return found;
}

// A file by itself is read whatever its ending says.
Result<Table> ReadDownloaded(const fs::path& folder, const TableReader& read) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<FileEntry> files, ListFiles(folder));
  const bool is_single = files.size() == 1 && files[0].path != "MLTable";
  return read(is_single ? folder / files[0].path : folder);
}

Status Download(Context& context, client::Workspace& server, const Found& found, const fs::path& folder) {
  context.Progress(fmt::format("Downloading {}", found.files.ToString()));
  SLIPWAY_RETURN_IF_ERROR(server.Download(found.files, folder));
  return {};
}

}  // namespace

Result<Table> ReadNamedTable(Context& context, const std::string& text, const TableReader& read) {
  if (Exists(text)) return read(text);
  // What is no reference either needs no server to say so.
  SLIPWAY_RETURN_IF_ERROR(ReferenceTo(text, AssetKind::kData));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Found found, Find(*server, text, AssetKind::kData));
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory folder, TemporaryDirectory::Make());
  SLIPWAY_RETURN_IF_ERROR(Download(context, *server, found, folder.path()));
  return With(ReadDownloaded(folder.path(), read), fmt::format("'{}'", found.name));
}

Result<Table> ReadNamedRows(Context& context, const std::string& text, const model::Signature& signature) {
  return ReadNamedTable(context, text, [&](const fs::path& path) { return ReadRows(path, signature); });
}

Result<Table> ReadRows(const fs::path& path, const model::Signature& signature) {
  const std::string ending = ToLower(path.extension().string());
  if (ending != ".csv" && ending != ".tsv") return tabular::ReadTable(path);
  tabular::CsvOptions options;
  if (ending == ".tsv") options.delimiter = '\t';
  options.types_may_be_missing = true;
  for (const model::ColumnSpec& column : signature.inputs)
    if (column.type == model::DataType::kString) options.types[column.name] = tabular::ColumnType::kString;
  return tabular::ReadCsvFile(path, options);
}

Result<NamedModel> LoadNamedModel(Context& context, const std::string& text) {
  NamedModel named{text, nullptr};
  if (Exists(text)) {
    SLIPWAY_ASSIGN_OR_RETURN(named.model, scoring::CompiledModel::Load(text));
    return named;
  }
  SLIPWAY_RETURN_IF_ERROR(ReferenceTo(text, AssetKind::kModel));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Found found, Find(*server, text, AssetKind::kModel));
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory folder, TemporaryDirectory::Make());
  SLIPWAY_RETURN_IF_ERROR(Download(context, *server, found, folder.path()));
  named.name = found.name;
  SLIPWAY_ASSIGN_OR_RETURN(named.model, With(scoring::CompiledModel::Load(folder.path()), fmt::format("'{}'", text)));
  return named;
}

}  // namespace slipway::cli
