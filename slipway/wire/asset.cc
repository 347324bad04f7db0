#include "slipway/wire/asset.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/reference.h"
#include "slipway/wire/component.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {
namespace {

using domain::AssetKind;
using nlohmann::json;

std::string_view DataTypeName(domain::DataType type) {
  if (type == domain::DataType::kUriFile) return "uri_file";
  return type == domain::DataType::kMltable ? "mltable" : "uri_folder";
}

domain::DataType ReadDataType(const JsonView& properties) {
  const std::string text = properties.Text("dataType", "uri_folder");
  if (EqualsIgnoreCase(text, "uri_file") || EqualsIgnoreCase(text, "UriFile")) return domain::DataType::kUriFile;
  if (EqualsIgnoreCase(text, "mltable")) return domain::DataType::kMltable;
  if (!EqualsIgnoreCase(text, "uri_folder") && !EqualsIgnoreCase(text, "UriFolder"))
    properties.Complain(fmt::format("dataType must be uri_file, uri_folder or mltable, not '{}'", text));
  return domain::DataType::kUriFolder;
}

void PutBody(json& into, const domain::DataBody& body) {
  into["dataType"] = DataTypeName(body.type);
  into["dataUri"] = body.path;
}

void PutBody(json& into, const domain::ModelBody& body) {
  into["modelType"] = body.type;
  into["modelUri"] = body.path;
  PutText(into, "stage", body.stage);
  PutText(into, "jobName", body.job_name);
  into["flavors"] = json::object();
  for (const auto& [name, data] : body.flavors) into["flavors"][name] = {{"data", data}};
}

void PutRoute(json& into, const char* key, const std::optional<domain::Route>& route) {
  if (route) into[key] = {{"path", route->path}, {"port", route->port}};
}

json NativeToArm(const domain::NativeProvider& native) {
  json result = {{"packages", native.packages}, {"programs", native.programs}};
  PutText(result, "provider", native.provider);
  PutText(result, "buildCommand", native.build_command);
  PutMap(result, "environmentVariables", native.environment_variables);
  return result;
}

void PutBody(json& into, const domain::EnvironmentBody& body) {
  PutText(into, "image", body.image);
  PutText(into, "condaFile", body.conda_file);
  into["osType"] = EqualsIgnoreCase(body.os_type, "windows") ? "Windows" : "Linux";
  into["environmentType"] = "UserCreated";
  if (!body.build_path.empty())
    into["build"] = {{"contextUri", body.build_path}, {"dockerfilePath", body.dockerfile_path}};
  json inference = json::object();
  PutRoute(inference, "livenessRoute", body.liveness_route);
  PutRoute(inference, "readinessRoute", body.readiness_route);
  PutRoute(inference, "scoringRoute", body.scoring_route);
  if (!inference.empty()) into["inferenceConfig"] = std::move(inference);
  if (body.native) into["slipway"] = NativeToArm(*body.native);
}

void PutBody(json& into, const domain::CommandComponent& body) {
  into["componentSpec"] = ComponentToSpec(body);
}

void PutBody(json& into, const domain::CodeBody& body) {
  into["codeUri"] = body.uri;
  if (!body.hash.empty()) into["properties"]["hash_sha256"] = body.hash;
}

domain::ModelBody ReadModel(const JsonView& properties) {
  domain::ModelBody body;
  body.type = properties.Text("modelType", "custom_model");
  body.path = properties.RequireText("modelUri");
  body.stage = properties.Text("stage");
  body.job_name = properties.Text("jobName");
  properties.ForEachMember(
      "flavors", [&](const std::string& name, const JsonView& flavor) { body.flavors[name] = flavor.TextMap("data"); });
  return body;
}

std::optional<domain::Route> ReadRoute(const JsonView& config, std::string_view key) {
  const auto route = config.Find(key);
  if (!route) return std::nullopt;
  return domain::Route{static_cast<int>(route->Integer("port", 0)), route->RequireText("path")};
}

domain::NativeProvider ReadNative(const JsonView& view) {
  domain::NativeProvider native;
  native.provider = view.Text("provider");
  native.build_command = view.Text("buildCommand");
  native.packages = view.TextList("packages");
  native.programs = view.TextList("programs");
  native.environment_variables = view.TextMap("environmentVariables");
  return native;
}

domain::EnvironmentBody ReadEnvironment(const JsonView& properties) {
  domain::EnvironmentBody body;
  body.image = properties.Text("image");
  body.conda_file = properties.Text("condaFile");
  body.os_type = ToLower(properties.Text("osType", "linux"));
  if (const auto build = properties.Find("build")) {
    body.build_path = build->RequireText("contextUri");
    body.dockerfile_path = build->Text("dockerfilePath", "Dockerfile");
  }
  if (const auto config = properties.Find("inferenceConfig")) {
    body.liveness_route = ReadRoute(*config, "livenessRoute");
    body.readiness_route = ReadRoute(*config, "readinessRoute");
    body.scoring_route = ReadRoute(*config, "scoringRoute");
  }
  if (const auto native = properties.Find("slipway")) body.native = ReadNative(*native);
  if (body.image.empty() && body.build_path.empty() && !body.native)
    properties.Complain("an environment needs an image, a build or a native provider");
  return body;
}

Result<domain::AssetBody> ReadBody(AssetKind kind, const JsonView& properties) {
  switch (kind) {
    case AssetKind::kData:
      return domain::AssetBody(domain::DataBody{ReadDataType(properties), properties.RequireText("dataUri")});
    case AssetKind::kModel:
      return domain::AssetBody(ReadModel(properties));
    case AssetKind::kEnvironment:
      return domain::AssetBody(ReadEnvironment(properties));
    case AssetKind::kComponent: {
      const auto spec = properties.Require("componentSpec");
      if (!spec) return domain::AssetBody(domain::CommandComponent{});
      SLIPWAY_ASSIGN_OR_RETURN(auto component, ComponentFromSpec(spec->value()));
      return domain::AssetBody(std::move(component));
    }
    case AssetKind::kCode:
      break;
  }
  const auto more = properties.Find("properties");
  return domain::AssetBody(domain::CodeBody{properties.RequireText("codeUri"), more ? more->Text("hash_sha256") : ""});
}

std::string TypeOf(const domain::Scope& scope, AssetKind kind, bool is_version) {
  return fmt::format("Microsoft.MachineLearningServices/{}/{}{}", scope.registry.empty() ? "workspaces" : "registries",
                     domain::AssetCollection(kind), is_version ? "/versions" : "");
}

}  // namespace

json AssetVersionToArm(const domain::Scope& scope, const domain::AssetVersion& asset) {
  json properties = {{"isArchived", asset.is_archived}, {"isAnonymous", asset.is_anonymous}};
  PutText(properties, "description", asset.description);
  PutMap(properties, "tags", asset.tags);
  PutMap(properties, "properties", asset.properties);
  std::visit([&](const auto& body) { PutBody(properties, body); }, asset.body);
  return {{"id", domain::AssetArmId(scope, asset.kind, asset.name, asset.version)},
          {"name", asset.version},
          {"type", TypeOf(scope, asset.kind, true)},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(asset.context)}};
}

Result<domain::AssetVersion> AssetVersionFromArm(AssetKind kind, const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::AssetVersion asset;
  asset.kind = kind;
  asset.name = SegmentOfId(view, domain::AssetCollection(kind));
  asset.version = SegmentOfId(view, "versions");
  asset.context = ReadSystemData(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    asset.description = properties->Text("description");
    asset.tags = properties->TextMap("tags");
    asset.properties = properties->TextMap("properties");
    asset.is_archived = properties->Boolean("isArchived", false);
    asset.is_anonymous = properties->Boolean("isAnonymous", false);
    SLIPWAY_ASSIGN_OR_RETURN(asset.body, With(ReadBody(kind, *properties), "properties"));
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return asset;
}

json AssetContainerToArm(const domain::Scope& scope, const domain::AssetContainer& container) {
  json properties = {{"isArchived", container.is_archived}, {"nextVersion", container.next_version}};
  PutText(properties, "description", container.description);
  PutText(properties, "latestVersion", container.latest_version);
  PutMap(properties, "tags", container.tags);
  PutMap(properties, "properties", container.properties);
  if (container.kind == AssetKind::kData) properties["dataType"] = DataTypeName(container.data_type);
  return {{"id", fmt::format("{}/{}/{}", scope.ArmId(), domain::AssetCollection(container.kind), container.name)},
          {"name", container.name},
          {"type", TypeOf(scope, container.kind, false)},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(container.context)}};
}

Result<domain::AssetContainer> AssetContainerFromArm(AssetKind kind, const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::AssetContainer container;
  container.kind = kind;
  container.name = view.Text("name");
  container.context = ReadSystemData(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    container.description = properties->Text("description");
    container.tags = properties->TextMap("tags");
    container.properties = properties->TextMap("properties");
    container.is_archived = properties->Boolean("isArchived", false);
    container.latest_version = properties->Text("latestVersion");
    container.next_version = properties->Text("nextVersion", "1");
    if (kind == AssetKind::kData) container.data_type = ReadDataType(*properties);
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return container;
}

}  // namespace slipway::wire
