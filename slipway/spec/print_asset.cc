
#include "slipway/base/text.h"
#include "slipway/spec/document.h"
#include "slipway/spec/inputs.h"
#include "slipway/spec/print.h"
#include "slipway/spec/print_parts.h"

namespace slipway::spec {
namespace {

using nlohmann::json;

json NodeToJson(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return nullptr;
    case Node::Kind::kScalar:
      return LiteralToJson(LiteralOf(node));
    case Node::Kind::kSequence: {
      json list = json::array();
      for (const Node& item : node.items) list.push_back(NodeToJson(item));
      return list;
    }
    case Node::Kind::kMap:
      break;
  }
  json object = json::object();
  for (const auto& [key, value] : node.members) object[key.text] = NodeToJson(value);
  return object;
}

json RouteToJson(const std::optional<domain::Route>& route) {
  return route ? json{{"port", route->port}, {"path", route->path}} : json(nullptr);
}

void PutBody(json& into, const domain::DataBody& body) {
  into["type"] = DataTypeName(body.type);
  into["path"] = body.path;
}

void PutBody(json& into, const domain::ModelBody& body) {
  into["type"] = body.type;
  into["path"] = body.path;
  PutText(into, "stage", body.stage);
  PutText(into, "job_name", body.job_name);
  into["flavors"] = json::object();
  for (const auto& [name, flavor] : body.flavors) into["flavors"][name] = flavor;
}

void PutBody(json& into, const domain::EnvironmentBody& body) {
  PutText(into, "image", body.image);
  into["os_type"] = body.os_type;
  if (!body.conda_file.empty()) into["conda_file"] = YamlToJson(body.conda_file);
  if (!body.build_path.empty()) into["build"] = {{"path", body.build_path}, {"dockerfile_path", body.dockerfile_path}};
  if (body.liveness_route)
    into["inference_config"] = {{"liveness_route", RouteToJson(body.liveness_route)},
                                {"readiness_route", RouteToJson(body.readiness_route)},
                                {"scoring_route", RouteToJson(body.scoring_route)}};
  if (!body.native) return;
  json& native = into["slipway"];
  native = json::object();
  PutText(native, "provider", body.native->provider);
  PutText(native, "build_command", body.native->build_command);
  if (!body.native->packages.empty()) native["packages"] = body.native->packages;
  if (!body.native->programs.empty()) native["programs"] = body.native->programs;
  if (!body.native->environment_variables.empty())
    PutMap(native, "environment_variables", body.native->environment_variables);
}

void PutBody(json& into, const domain::CommandComponent& body) {
  into.update(ToJson(body));
}

void PutBody(json& into, const domain::CodeBody& body) {
  into["path"] = body.uri;
  PutText(into, "hash", body.hash);
}

json InputPortToJson(const domain::InputPort& port) {
  json result = {{"type", port.type}, {"optional", port.optional}};
  PutText(result, "description", port.description);
  PutText(result, "mode", port.mode);
  if (port.default_value) result["default"] = LiteralToJson(*port.default_value);
  if (port.min) result["min"] = *port.min;
  if (port.max) result["max"] = *port.max;
  if (!port.choices.empty()) result["enum"] = port.choices;
  return result;
}

}  // namespace

std::string_view DataTypeName(domain::DataType type) {
  switch (type) {
    case domain::DataType::kUriFile:
      return "uri_file";
    case domain::DataType::kUriFolder:
      return "uri_folder";
    case domain::DataType::kMltable:
      return "mltable";
  }
  return "uri_folder";
}

json YamlToJson(const std::string& text) {
  auto document = ParseDocument(text, "", "");
  return document ? NodeToJson(document->root) : json(nullptr);
}

json ToJson(const domain::CreationContext& context) {
  json result = {{"created_by", context.created_by},
                 {"created_by_type", "User"},
                 {"last_modified_by", context.last_modified_by},
                 {"last_modified_by_type", "User"}};
  if (context.created_at == Timestamp{}) return result;  // what comes with Slipway has no time
  result["created_at"] = FormatTimestamp(context.created_at);
  result["last_modified_at"] = FormatTimestamp(context.last_modified_at);
  return result;
}

json ToJson(const domain::CommandComponent& component) {
  json result = {{"type", "command"},
                 {"is_deterministic", component.is_deterministic},
                 {"command", component.command},
                 {"inputs", json::object()},
                 {"outputs", json::object()},
                 {"resources", ResourcesToJson(component.resources)}};
  for (const auto& [key, port] : component.inputs) result["inputs"][key] = InputPortToJson(port);
  for (const auto& [key, port] : component.outputs) {
    result["outputs"][key] = {{"type", port.type}};
    PutText(result["outputs"][key], "description", port.description);
    PutText(result["outputs"][key], "mode", port.mode);
  }
  PutText(result, "name", component.name);
  PutText(result, "version", component.version);
  PutText(result, "display_name", component.display_name);
  PutText(result, "description", component.description);
  PutText(result, "environment", component.environment);
  PutText(result, "code", component.code);
  if (!component.environment_variables.empty())
    PutMap(result, "environment_variables", component.environment_variables);
  return result;
}

json ToJson(const domain::AssetVersion& asset) {
  json result = json::object();
  std::visit([&](const auto& body) { PutBody(result, body); }, asset.body);
  PutText(result, "name", asset.name);
  PutText(result, "version", asset.version);
  PutText(result, "description", asset.description);
  PutMap(result, "tags", asset.tags);
  PutMap(result, "properties", asset.properties);
  result["creation_context"] = ToJson(asset.context);
  return result;
}

json ToJson(const domain::AssetContainer& container) {
  json result = {{"name", container.name}, {"creation_context", ToJson(container.context)}};
  PutText(result, "latest_version", container.latest_version);
  PutText(result, "description", container.description);
  PutMap(result, "tags", container.tags);
  PutMap(result, "properties", container.properties);
  if (container.kind == domain::AssetKind::kData) result["type"] = DataTypeName(container.data_type);
  return result;
}

}  // namespace slipway::spec
