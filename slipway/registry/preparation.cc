#include "slipway/registry/preparation.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/model/model_directory.h"
#include "slipway/registry/model_flavors.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;
using domain::AssetKind;
using domain::AssetVersion;

constexpr size_t kVersionLengthMax = 255;
constexpr std::string_view kModelTypes[] = {"custom_model", "mlflow_model", "triton_model"};

// What a definition names and is not there makes the definition wrong; "not found" would be the version itself.
template <typename T>
Result<T> AsArgument(Result<T> result) {
  if (result || result.error().code() != Code::kNotFound) return result;
  return InvalidArgument(result.error().ToString());
}

domain::NameKind NameRule(AssetKind kind) {
  if (kind == AssetKind::kComponent) return domain::NameKind::kComponent;
  return kind == AssetKind::kModel || kind == AssetKind::kEnvironment ? domain::NameKind::kModelOrEnvironment
                                                                      : domain::NameKind::kAsset;
}

std::string_view DataTypeName(domain::DataType type) {
  if (type == domain::DataType::kUriFile) return "uri_file";
  return type == domain::DataType::kMltable ? "mltable" : "uri_folder";
}

// "; its folder 'x' is one" when there is one directly below.
std::string ModelFolderHint(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (fs::exists(entry.path() / model::kModelFileName, ignored))
      return fmt::format("; its folder '{}' is one", entry.path().filename().string());
  }
  return "";
}

}  // namespace

Status CheckAssetName(AssetKind kind, std::string_view name) {
  return domain::CheckName(NameRule(kind), name);
}

// Versions stand in references, URLs and folder names.
Status CheckVersion(std::string_view version) {
  const bool is_good = version.size() <= kVersionLengthMax && version != "." && version != ".." &&
                       std::all_of(version.begin(), version.end(), [](unsigned char c) {
                         return c > ' ' && c != 0x7f && std::string_view("@:/\\?#%").find(c) == std::string_view::npos;
                       });
  if (is_good && !EqualsIgnoreCase(version, "latest")) return {};
  return InvalidArgument(
      fmt::format("'{}' cannot be a version: versions have up to {} characters, no blanks and none of @ : / \\ ? # %, "
                  "and 'latest' is a label",
                  version, kVersionLengthMax));
}

Status CheckDataAt(const domain::DataBody& body, const fs::path& path) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(path, ignored);
  if (body.type == domain::DataType::kUriFile) {
    if (!is_folder) return {};
    return InvalidArgument(fmt::format("type uri_file needs a file, '{}' is a folder (type uri_folder)", body.path));
  }
  if (fs::is_regular_file(path, ignored)) {
    return InvalidArgument(fmt::format("type {} needs a folder, '{}' is a file", DataTypeName(body.type), body.path));
  }
  const bool is_complete = !is_folder || fs::is_regular_file(path / "MLTable", ignored);
  if (body.type != domain::DataType::kMltable || is_complete) return {};
  return InvalidArgument(fmt::format("type mltable needs a folder with the file 'MLTable', '{}' has none", body.path));
}

Status Preparation::Normalize(AssetVersion& version) {
  return std::visit([&](auto& body) { return Normalize(version, body); }, version.body);
}

Status Preparation::Check(AssetVersion& version) {
  return std::visit([&](auto& body) { return Check(version, body); }, version.body);
}

Status Preparation::CheckDatastore(const std::string& name) {
  auto found = dependencies_.workspaces.GetDatastore(scope_, name);
  if (found) return {};
  if (found.error().code() != Code::kNotFound) return std::move(found.error());
  std::vector<std::string> names;
  if (const auto datastores = dependencies_.workspaces.ListDatastores(scope_)) {
    for (const auto& datastore : *datastores) names.push_back(datastore.name);
  }
  return InvalidArgument(fmt::format("there is no datastore '{}'{}", name, DidYouMean(name, names)));
}

Result<std::string> Preparation::StoragePath(const std::string& path, AssetKind kind) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto reference, domain::ParseReference(path, kind));
  if (const auto* stored = std::get_if<domain::DatastorePath>(&reference)) {
    SLIPWAY_RETURN_IF_ERROR(CheckDatastore(stored->datastore));
    return path;
  }
  if (std::holds_alternative<domain::JobOutputPath>(reference)) {
    return AsArgument(catalog_.UriOf(scope_, path, kind == AssetKind::kModel ? "custom_model" : "uri_folder"));
  }
  if (std::holds_alternative<domain::Url>(reference)) return path;
  if (const auto* asset = std::get_if<domain::AssetReference>(&reference)) {
    if (!asset->registry.empty() && kind == AssetKind::kModel) return AsArgument(catalog_.Pin(scope_, path, kind));
    return InvalidArgument(
        fmt::format("'{}' is an asset: the path of another has to be storage, such as "
                    "azureml://datastores/<datastore>/paths/<path>",
                    path));
  }
  return InvalidArgument(fmt::format("'{}' is a path on the client: it has to be uploaded first", path));
}

Status Preparation::Normalize(AssetVersion&, domain::DataBody& body) {
  SLIPWAY_ASSIGN_OR_RETURN(body.path, With(StoragePath(body.path, AssetKind::kData), "path"));
  return {};
}

Status Preparation::Normalize(AssetVersion&, domain::ModelBody& body) {
  if (std::find(std::begin(kModelTypes), std::end(kModelTypes), body.type) == std::end(kModelTypes)) {
    return InvalidArgument(
        fmt::format("'{}' is no type of a model: custom_model, mlflow_model and triton_model are", body.type));
  }
  const auto reference = domain::ParseReference(body.path, AssetKind::kModel);
  if (reference && body.job_name.empty()) {
    if (const auto* output = std::get_if<domain::JobOutputPath>(&*reference)) body.job_name = output->job;
  }
  SLIPWAY_ASSIGN_OR_RETURN(body.path, With(StoragePath(body.path, AssetKind::kModel), "path"));
  return {};
}

Status Preparation::Normalize(AssetVersion&, domain::EnvironmentBody& body) {
  if (body.build_path.empty()) return {};
  SLIPWAY_ASSIGN_OR_RETURN(body.build_path, With(StoragePath(body.build_path, AssetKind::kData), "build path"));
  return {};
}

Status Preparation::Normalize(AssetVersion& version, domain::CommandComponent& body) {
  body.name = version.name;
  body.version = version.version;
  if (version.description.empty()) version.description = body.description;
  if (body.environment.empty()) return InvalidArgument("a command component needs an environment");
  SLIPWAY_ASSIGN_OR_RETURN(
      body.environment,
      With(AsArgument(catalog_.Pin(scope_, body.environment, AssetKind::kEnvironment)), "environment"));
  if (body.code.empty()) return {};
  SLIPWAY_ASSIGN_OR_RETURN(body.code, With(AsArgument(catalog_.Pin(scope_, body.code, AssetKind::kCode)), "code"));
  return {};
}

Status Preparation::Normalize(AssetVersion&, domain::CodeBody& body) {
  SLIPWAY_ASSIGN_OR_RETURN(body.uri, With(StoragePath(body.uri, AssetKind::kCode), "uri"));
  return {};
}

// What cannot be seen (other kinds of storage, files that are yet to come) is believed.
Status Preparation::Check(AssetVersion&, const domain::DataBody& body) {
  const auto reference = domain::ParseReference(body.path, AssetKind::kData);
  if (!reference || !std::holds_alternative<domain::DatastorePath>(*reference)) return {};
  const auto path = catalog_.LocalPath(scope_, body.path);
  if (!path) return path.error().code() == Code::kUnimplemented ? Status() : path.error();
  return CheckDataAt(body, *path);
}

Status Preparation::Check(AssetVersion&, const domain::EnvironmentBody& body) {
  return dependencies_.check_environment ? dependencies_.check_environment(body) : Status();
}

Status Preparation::Check(AssetVersion&, const domain::CommandComponent&) {
  return {};
}

Status Preparation::Check(AssetVersion&, const domain::CodeBody& body) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path folder, catalog_.LocalPath(scope_, body.uri));
  const auto files = ListFiles(folder);
  if (files && !files->empty()) return {};
  return InvalidArgument(fmt::format("there are no files at '{}': code has to be uploaded first", body.uri));
}

Status Preparation::Check(AssetVersion& version, domain::ModelBody& body) {
  const auto reference = domain::ParseReference(body.path, AssetKind::kModel);
  if (reference && std::holds_alternative<domain::Url>(*reference)) {
    return Unimplemented(fmt::format("fetching a model from '{}' is not supported yet", body.path));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, catalog_.LocalPath(scope_, body.path));
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return InvalidArgument(fmt::format("there is nothing at '{}'", body.path));
  if (body.type == "mlflow_model") SLIPWAY_RETURN_IF_ERROR(CheckMlflowModel(version, body, path));
  SLIPWAY_ASSIGN_OR_RETURN(version.properties[kTreeProperty], dependencies_.model_files.Keep(path));
  return {};
}

Status Preparation::CheckMlflowModel(AssetVersion& version, domain::ModelBody& body, const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_regular_file(folder / model::kModelFileName, ignored)) {
    return InvalidArgument(fmt::format("type mlflow_model needs a folder with the file '{}', '{}' has none{}",
                                       model::kModelFileName, body.path, ModelFolderHint(folder)));
  }
  SLIPWAY_ASSIGN_OR_RETURN(body.flavors, ReadFlavors(folder));
  const bool is_scored =
      body.flavors.contains("onnx") || body.flavors.contains("xgboost") || body.flavors.contains("lightgbm");
  if (!is_scored) return {};
  return With(CheckScorable(version, folder),
              "a model of type mlflow_model is scored without a script (otherwise register it as custom_model)");
}

Status Preparation::CheckScorable(AssetVersion& version, const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const model::ModelDirectory directory, model::ReadModelDirectory(folder));
  if (!directory.signature.empty()) version.properties[kSignatureProperty] = PrintSignature(directory.signature);
  return dependencies_.check_model ? dependencies_.check_model(folder) : Status();
}

}  // namespace slipway::registry
