#include "slipway/wire/component.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/json_view.h"

namespace slipway::wire {
namespace {

using domain::CommandComponent;
using domain::InputPort;
using domain::Literal;
using domain::OutputPort;
using nlohmann::json;

json InputPortToJson(const InputPort& port) {
  json result = {{"type", port.type}};
  PutText(result, "description", port.description);
  PutText(result, "mode", port.mode);
  if (port.optional) result["optional"] = true;
  if (port.default_value) result["default"] = LiteralToJson(*port.default_value);
  if (port.min) result["min"] = *port.min;
  if (port.max) result["max"] = *port.max;
  if (!port.choices.empty()) result["enum"] = port.choices;
  return result;
}

InputPort ReadInputPort(const JsonView& view) {
  InputPort port;
  if (view.value().is_string()) {  // the short form "x: uri_folder"
    port.type = view.value().get<std::string>();
    return port;
  }
  if (!view.CheckObject()) return port;
  port.type = view.Text("type", port.type);
  port.description = view.Text("description");
  port.mode = ModeFromArm(view.Text("mode"));
  port.optional = view.Boolean("optional", false);
  port.min = view.Number("min");
  port.max = view.Number("max");
  port.choices = view.TextList("enum");
  if (const auto fallback = view.Find("default")) {
    auto literal = LiteralFromJson(fallback->value());
    if (literal) {
      port.default_value = LiteralOfType(port.type, std::move(*literal));
    } else {
      fallback->Complain(literal.error().message());
    }
  }
  return port;
}

OutputPort ReadOutputPort(const JsonView& view) {
  OutputPort port;
  if (view.value().is_null()) return port;
  if (view.value().is_string()) {
    port.type = view.value().get<std::string>();
    return port;
  }
  if (!view.CheckObject()) return port;
  port.type = view.Text("type", port.type);
  port.description = view.Text("description");
  port.mode = ModeFromArm(view.Text("mode"));
  return port;
}

}  // namespace

json LiteralToJson(const Literal& literal) {
  switch (literal.kind) {
    case Literal::Kind::kInteger:
      if (const auto integer = ParseInt(literal.text)) return *integer;
      break;
    case Literal::Kind::kNumber:
      if (const auto number = ParseDouble(literal.text)) return *number;
      break;
    case Literal::Kind::kBoolean:
      return EqualsIgnoreCase(literal.text, "true");
    case Literal::Kind::kString:
      break;
  }
  return literal.text;
}

Result<Literal> LiteralFromJson(const json& value) {
  if (value.is_string()) return Literal{Literal::Kind::kString, value.get<std::string>()};
  if (value.is_boolean()) return Literal{Literal::Kind::kBoolean, value.get<bool>() ? "True" : "False"};
  if (value.is_number_unsigned()) return Literal{Literal::Kind::kInteger, std::to_string(value.get<uint64_t>())};
  if (value.is_number_integer()) return Literal{Literal::Kind::kInteger, std::to_string(value.get<int64_t>())};
  if (value.is_number_float()) return Literal{Literal::Kind::kNumber, FormatDouble(value.get<double>())};
  return InvalidArgument(fmt::format("must be text, a number or true/false, not {}", value.type_name()));
}

json ComponentToSpec(const CommandComponent& component) {
  json spec = {{"type", "command"}, {"command", component.command}};
  PutText(spec, "name", component.name);
  PutText(spec, "version", component.version);
  PutText(spec, "display_name", component.display_name);
  PutText(spec, "description", component.description);
  PutText(spec, "code", component.code);
  PutText(spec, "environment", component.environment);
  spec["is_deterministic"] = component.is_deterministic;
  if (!component.tags.empty()) spec["tags"] = component.tags;
  if (!component.environment_variables.empty()) spec["environment_variables"] = component.environment_variables;
  spec["inputs"] = json::object();
  for (const auto& [key, port] : component.inputs) spec["inputs"][key] = InputPortToJson(port);
  spec["outputs"] = json::object();
  for (const auto& [key, port] : component.outputs) {
    json& output = spec["outputs"][key] = {{"type", port.type}};
    PutText(output, "description", port.description);
    PutText(output, "mode", port.mode);
  }
  if (json resources = ResourcesToArm(component.resources); !resources.empty()) spec["resources"] = resources;
  return spec;
}

CommandComponent ReadComponent(const JsonView& view) {
  CommandComponent component;
  if (!view.CheckObject()) return component;
  const std::string type = view.Text("type", "command");
  if (type != "command" && type != "CommandComponent") {
    view.Complain(fmt::format("a component of type '{}' is not supported yet", type), Code::kUnimplemented);
    return component;
  }
  component.name = view.Text("name");
  component.version = view.Text("version");
  component.display_name = view.Text("displayName");
  component.description = view.Text("description");
  component.tags = view.TextMap("tags");
  component.is_deterministic = view.Boolean("isDeterministic", true);
  component.command = view.RequireText("command");
  component.code = view.Has("codeId") ? view.Text("codeId") : view.Text("code");
  component.environment = view.Has("environmentId") ? view.Text("environmentId") : view.Text("environment");
  component.environment_variables = view.TextMap("environmentVariables");
  if (const auto resources = view.Find("resources")) component.resources = ReadResources(*resources);
  view.ForEachMember(
      "inputs", [&](const std::string& key, const JsonView& port) { component.inputs[key] = ReadInputPort(port); });
  view.ForEachMember(
      "outputs", [&](const std::string& key, const JsonView& port) { component.outputs[key] = ReadOutputPort(port); });
  return component;
}

Result<CommandComponent> ComponentFromSpec(const json& spec) {
  std::vector<Error> errors;
  CommandComponent component = ReadComponent(JsonView(spec, "componentSpec", errors));
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return component;
}

}  // namespace slipway::wire
