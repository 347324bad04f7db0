#include "slipway/spec/asset.h"

#include <filesystem>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/spec/command.h"
#include "slipway/spec/mltable.h"

namespace slipway::spec {
namespace {

namespace fs = std::filesystem;
using domain::AssetKind;
using domain::AssetVersion;
using domain::NameKind;

AssetVersion NewAsset(AssetKind kind) {
  AssetVersion asset;
  asset.kind = kind;
  return asset;
}

void CheckVersion(const Value& value, const std::string& version) {
  if (version.find_first_of("@:/ ") != std::string::npos)
    value.Complain(
        fmt::format("the version '{}' may hold no '@', ':', '/' or space: references could not name it", version));
}

void ReadNameAndVersion(ObjectReader& reader, NameKind kind, bool name_required, std::string& name,
                        std::string& version) {
  if (auto value = name_required ? reader.Require("name") : reader.Find("name")) {
    if (auto text = value->Text()) name = *text;
    if (auto good = domain::CheckName(kind, name); !good) value->Complain(good.error().message());
  }
  if (auto value = reader.Find("version")) {
    if (auto text = value->Text()) version = *text;
    CheckVersion(*value, version);
  }
}

void ReadAssetCommon(ObjectReader& reader, AssetVersion& asset) {
  reader.Text("description", asset.description);
  reader.TextMap("tags", asset.tags);
  reader.TextMap("properties", asset.properties);
  reader.Ignore({"id", "creation_context", "latest_version", "datastore", "auto_delete_setting", "stage_history"});
}

domain::DataType DataTypeOf(std::string_view name) {
  if (name == "uri_file") return domain::DataType::kUriFile;
  return name == "mltable" ? domain::DataType::kMltable : domain::DataType::kUriFolder;
}

// A local path has to be what the type says.
void CheckLocalData(const Value& path_value, const domain::DataBody& body, Complaints& complaints) {
  const fs::path path = body.path;
  std::error_code ignored;
  if (!path.is_absolute() || !fs::exists(path, ignored)) return;
  const bool is_folder = fs::is_directory(path, ignored);
  if (body.type == domain::DataType::kUriFile && is_folder)
    path_value.Complain(fmt::format("type uri_file needs a file, '{}' is a folder (type uri_folder)", path.string()));
  else if (body.type != domain::DataType::kUriFile && !is_folder)
    path_value.Complain(fmt::format("type {} needs a folder, '{}' is a file (type uri_file)",
                                    body.type == domain::DataType::kMltable ? "mltable" : "uri_folder", path.string()));
  else if (is_folder && fs::is_empty(path, ignored))
    path_value.Complain(fmt::format("the folder '{}' is empty", path.string()));
  else if (body.type == domain::DataType::kMltable)
    CheckMltableFolder(path, path_value, complaints);
}

void ReadRoute(ObjectReader& reader, std::string_view key, std::optional<domain::Route>& into) {
  auto value = reader.Require(key);
  if (!value) return;
  ObjectReader route(*value, "a route");
  into.emplace();
  if (route.Require("port")) route.Integer("port", into->port, 1, 65535);
  route.RequireText("path", into->path);
  route.Finish();
}

void ReadConda(const Value& value, std::string& into) {
  if (value.node().IsMap()) {
    into = EmitYaml(value.node());
    return;
  }
  auto text = value.Text();
  if (!text) return;
  const fs::path path = ResolvePath(value.node(), *text);
  auto content = ReadFile(path);
  if (!content) {
    value.Complain(fmt::format("no file '{}'", path.string()));
    return;
  }
  if (auto parsed = ParseDocument(*content, path.string(), path.parent_path()); !parsed)
    value.complaints().Add(std::move(parsed.error()));
  into = std::move(*content);
}

void ReadNativeProvider(const Value& value, std::optional<domain::NativeProvider>& into) {
  ObjectReader reader(value, "'slipway'");
  domain::NativeProvider native;
  reader.Choice("provider", {"native", "venv", "conda", "mamba", "micromamba", "container"}, native.provider);
  reader.Text("build_command", native.build_command);
  if (auto packages = reader.Find("packages")) native.packages = packages->TextList();
  if (auto programs = reader.Find("programs")) native.programs = programs->TextList();
  reader.TextMap("environment_variables", native.environment_variables);
  reader.Finish();
  into = std::move(native);
}

void ReadBuild(const Value& value, domain::EnvironmentBody& body) {
  ObjectReader build(value, "'build'");
  if (auto path = build.Require("path"))
    body.build_path = ReadReference(*path, {.kind = AssetKind::kCode, .allow_local = true, .allow_uri = true});
  body.dockerfile_path = "Dockerfile";
  build.Text("dockerfile_path", body.dockerfile_path);
  build.Finish();
}

void ReadInferenceConfig(const Value& value, domain::EnvironmentBody& body) {
  ObjectReader config(value, "'inference_config'");
  ReadRoute(config, "liveness_route", body.liveness_route);
  ReadRoute(config, "readiness_route", body.readiness_route);
  ReadRoute(config, "scoring_route", body.scoring_route);
  config.Finish();
}

void ReadEnvironmentBody(ObjectReader& reader, domain::EnvironmentBody& body) {
  reader.Text("image", body.image);
  if (auto build = reader.Find("build")) ReadBuild(*build, body);
  if (auto conda = reader.Find("conda_file")) ReadConda(*conda, body.conda_file);
  reader.Choice("os_type", {"linux", "windows"}, body.os_type);
  if (auto config = reader.Find("inference_config")) ReadInferenceConfig(*config, body);
  if (auto native = reader.Find("slipway")) ReadNativeProvider(*native, body.native);
  const Value& whole = reader.value();
  if (!body.image.empty() && reader.Has("build")) whole.Complain("'image' and 'build' exclude each other");
  if (body.image.empty() && !reader.Has("build") && !body.native)
    whole.Complain("an environment needs 'image', 'build' or 'slipway'");
}

bool LooksLikeCondaFile(const Node& root) {
  return !root.Find("image") && !root.Find("build") && (root.Find("dependencies") || root.Find("channels"));
}

std::map<std::string, std::map<std::string, std::string>> ReadFlavors(const Value& value) {
  std::map<std::string, std::map<std::string, std::string>> flavors;
  value.ForEachMember([&](const std::string& name, const Value& flavor) { flavors[name] = flavor.TextMap(); });
  return flavors;
}

void ReadModelBody(ObjectReader& reader, domain::ModelBody& body) {
  reader.Choice("type", {"custom_model", "mlflow_model", "triton_model"}, body.type);
  auto path = reader.Require("path");
  if (path) body.path = ReadReference(*path, {.kind = AssetKind::kModel, .allow_local = true, .allow_uri = true});
  reader.Text("stage", body.stage);
  reader.Text("job_name", body.job_name);
  if (auto flavors = reader.Find("flavors")) body.flavors = ReadFlavors(*flavors);
  const fs::path local = body.path;
  std::error_code ignored;
  if (path && local.is_absolute() && body.type == "mlflow_model" && fs::exists(local, ignored) &&
      !fs::exists(local / "MLmodel", ignored))
    path->Complain(
        fmt::format("type mlflow_model needs a folder with the file 'MLmodel', '{}' has none", local.string()));
}

}  // namespace

Result<AssetVersion> ReadData(const Document& document) {
  Complaints complaints;
  ObjectReader reader(Value(document.root, "", complaints), "a data asset");
  AssetVersion data = NewAsset(AssetKind::kData);
  ReadNameAndVersion(reader, NameKind::kAsset, true, data.name, data.version);
  ReadAssetCommon(reader, data);
  domain::DataBody body;
  std::string type = "uri_folder";
  reader.Choice("type", {"uri_file", "uri_folder", "mltable"}, type);
  body.type = DataTypeOf(type);
  if (auto path = reader.Require("path")) {
    body.path = ReadReference(*path, {.kind = AssetKind::kData, .allow_local = true, .allow_uri = true});
    CheckLocalData(*path, body, complaints);
  }
  reader.Ignore({"referenced_uris"});
  reader.Finish();
  data.body = std::move(body);
  if (!complaints.empty()) return std::move(complaints).Take();
  return data;
}

Result<AssetVersion> ReadModel(const Document& document) {
  Complaints complaints;
  ObjectReader reader(Value(document.root, "", complaints), "a model");
  AssetVersion model = NewAsset(AssetKind::kModel);
  ReadNameAndVersion(reader, NameKind::kModelOrEnvironment, true, model.name, model.version);
  ReadAssetCommon(reader, model);
  domain::ModelBody body;
  ReadModelBody(reader, body);
  reader.Ignore({"utc_time_created"});
  reader.Finish();
  model.body = std::move(body);
  if (!complaints.empty()) return std::move(complaints).Take();
  return model;
}

AssetVersion ReadInlineModel(const Value& value) {
  ObjectReader reader(value, "a model");
  AssetVersion model = NewAsset(AssetKind::kModel);
  ReadNameAndVersion(reader, NameKind::kModelOrEnvironment, false, model.name, model.version);
  ReadAssetCommon(reader, model);
  domain::ModelBody body;
  ReadModelBody(reader, body);
  reader.Finish();
  model.body = std::move(body);
  return model;
}

Result<AssetVersion> ReadEnvironment(const Document& document) {
  if (LooksLikeCondaFile(document.root))
    return InvalidArgument(
               "this is a conda file, not an environment: give it with --conda-file, or name it with 'conda_file:'")
        .At(document.root.mark.Position());
  Complaints complaints;
  ObjectReader reader(Value(document.root, "", complaints), "an environment");
  AssetVersion environment = NewAsset(AssetKind::kEnvironment);
  ReadNameAndVersion(reader, NameKind::kModelOrEnvironment, true, environment.name, environment.version);
  ReadAssetCommon(reader, environment);
  domain::EnvironmentBody body;
  ReadEnvironmentBody(reader, body);
  reader.Finish();
  environment.body = std::move(body);
  if (!complaints.empty()) return std::move(complaints).Take();
  return environment;
}

AssetVersion ReadInlineEnvironment(const Value& value) {
  ObjectReader reader(value, "an environment");
  AssetVersion environment = NewAsset(AssetKind::kEnvironment);
  reader.Ignore({"name", "version"});
  ReadAssetCommon(reader, environment);
  domain::EnvironmentBody body;
  ReadEnvironmentBody(reader, body);
  reader.Finish();
  environment.body = std::move(body);
  return environment;
}

Result<ComponentDocument> ReadComponent(const Document& document) {
  Complaints complaints;
  ComponentDocument result;
  domain::CommandComponent component = ReadCommandComponent(Value(document.root, "", complaints), result.anonymous);
  AssetVersion& asset = result.component;
  asset.kind = AssetKind::kComponent;
  asset.name = component.name;
  asset.version = component.version;
  asset.description = component.description;
  asset.tags = component.tags;
  if (asset.name.empty() && complaints.empty())
    complaints.Add(document.root.mark, "", "a component needs the key 'name' to be registered");
  asset.body = std::move(component);
  if (!complaints.empty()) return std::move(complaints).Take();
  return result;
}

}  // namespace slipway::spec
