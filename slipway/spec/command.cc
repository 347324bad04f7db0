#include "slipway/spec/command.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "slipway/base/shell.h"
#include "slipway/base/text.h"
#include "slipway/domain/job_properties.h"
#include "slipway/spec/document.h"
#include "slipway/spec/inputs.h"

namespace slipway::spec {
namespace {

const std::vector<std::string> kInputTypes = {"number",     "integer", "boolean",      "string",       "uri_file",
                                              "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model"};

bool IsLiteralType(std::string_view type) {
  return type == "number" || type == "integer" || type == "boolean" || type == "string";
}

domain::InputPort ReadInputPort(const Value& value) {
  domain::InputPort port;
  if (value.node().IsScalar()) {  // short form: `inputs: {x: uri_folder}`
    if (auto type = value.Choice(kInputTypes)) port.type = *type;
    return port;
  }
  ObjectReader reader(value, "an input");
  if (reader.Require("type")) reader.Choice("type", kInputTypes, port.type);
  reader.Text("description", port.description);
  reader.Boolean("optional", port.optional);
  reader.Number("min", port.min);
  reader.Number("max", port.max);
  reader.Text("mode", port.mode);
  if (auto choices = reader.Find("enum")) port.choices = choices->TextList();
  if (auto fallback = reader.Find("default")) {
    if (!IsLiteralType(port.type))
      fallback->Complain(fmt::format("an input of type {} cannot have a default", port.type));
    else if (fallback->Text())
      port.default_value = LiteralOf(fallback->node(), port.type);
  }
  reader.Finish();
  return port;
}

domain::OutputPort ReadOutputPort(const Value& value) {
  domain::OutputPort port;
  if (value.node().IsNull()) return port;
  if (value.node().IsScalar()) {
    if (auto type = value.Choice(DataTypes())) port.type = *type;
    return port;
  }
  ObjectReader reader(value, "an output");
  reader.Choice("type", DataTypes(), port.type);
  reader.Text("description", port.description);
  reader.Text("mode", port.mode);
  reader.Finish();
  return port;
}

void CheckPortName(const Value& value, const std::string& name) {
  if (auto good = domain::CheckName(domain::NameKind::kPortKey, name); !good) value.Complain(good.error().message());
}

void ReadPorts(ObjectReader& reader, domain::CommandComponent& into) {
  if (auto inputs = reader.Find("inputs"))
    inputs->ForEachMember([&](const std::string& name, const Value& value) {
      CheckPortName(value, name);
      into.inputs[name] = ReadInputPort(value);
    });
  if (auto outputs = reader.Find("outputs"))
    outputs->ForEachMember([&](const std::string& name, const Value& value) {
      CheckPortName(value, name);
      into.outputs[name] = ReadOutputPort(value);
    });
}

void CheckComponentType(ObjectReader& reader) {
  auto type = reader.Find("type");
  auto text = type ? type->Text() : std::nullopt;
  if (!text || EqualsIgnoreCase(*text, "command")) return;
  for (std::string_view known : {"pipeline", "parallel", "automl", "spark", "import", "sweep", "data_transfer"})
    if (EqualsIgnoreCase(*text, known)) {
      type->Complain(fmt::format("a component of type '{}' is not supported yet", known), Code::kUnimplemented);
      return;
    }
  type->Complain(fmt::format("'{}' is not a type of component: command is", *text));
}

// One "${{ context.name }}" of a command.
struct Placeholder {
  std::string context, name;
};

std::vector<Placeholder> FindPlaceholders(std::string_view command) {
  std::vector<Placeholder> found;
  size_t at = 0;
  while ((at = command.find("${{", at)) != std::string_view::npos) {
    const size_t end = command.find("}}", at);
    if (end == std::string_view::npos) break;
    const std::string_view inside = Trim(command.substr(at + 3, end - at - 3));
    const size_t dot = inside.find('.');
    if (dot != std::string_view::npos)
      found.push_back({std::string(inside.substr(0, dot)), std::string(inside.substr(dot + 1))});
    else
      found.push_back({std::string(inside), ""});
    at = end;
  }
  return found;
}

// "512m": a number of bytes, or of what the unit says.
void CheckSize(ObjectReader& reader, std::string_view key, const std::string& size) {
  const size_t digits = size.find_first_not_of("0123456789");
  const std::string_view unit = digits == std::string::npos ? "" : std::string_view(size).substr(digits);
  const bool is_good = digits != 0 && (unit.empty() || unit == "b" || unit == "k" || unit == "m" || unit == "g");
  if (size.empty() || is_good) return;
  reader.Find(key)->Complain(fmt::format("'{}' is not a size: a number with b, k, m or g, such as 2g", size));
}

// One text, or a list of words, those with blanks quoted as for a shell.
std::string ReadEngineOptions(const Value& value) {
  std::vector<std::string> words = value.TextList();
  if (words.size() == 1) return words[0];
  for (std::string& word : words) {
    if (word.find_first_of(" \t\"'") != std::string::npos) word = ShellQuoted(word);
  }
  return Join(words, " ");
}

}  // namespace

domain::Resources ReadResources(const Value& value) {
  domain::Resources resources;
  ObjectReader reader(value, "'resources'");
  reader.Integer("instance_count", resources.instance_count, 1);
  reader.Text("instance_type", resources.instance_type);
  reader.Text("shm_size", resources.shm_size);
  reader.TextMap("properties", resources.properties);
  CheckSize(reader, "shm_size", resources.shm_size);
  if (auto options = reader.Find(domain::kEngineOptionsProperty)) {
    resources.properties[std::string(domain::kEngineOptionsProperty)] = ReadEngineOptions(*options);
  }
  reader.Ignore({"locations", "max_instance_count"});
  reader.Finish();
  if (resources.instance_count > 1)
    value.Complain("more than one instance for a command is not supported yet", Code::kUnimplemented);
  return resources;
}

void ReadCommandFields(ObjectReader& reader, domain::CommandComponent& into, AnonymousAssets& anonymous) {
  reader.RequireText("command", into.command);
  if (auto code = reader.Find("code")) into.code = ReadCode(*code);
  if (auto environment = reader.Require("environment"))
    into.environment = ReadEnvironmentReference(*environment, anonymous);
  reader.TextMap("environment_variables", into.environment_variables);
  if (auto resources = reader.Find("resources")) into.resources = ReadResources(*resources);
  reader.Refuse({"distribution", "additional_includes"});
}

domain::CommandComponent ReadCommandComponent(const Value& value, AnonymousAssets& anonymous) {
  domain::CommandComponent component;
  ObjectReader reader(value, "a command component");
  CheckComponentType(reader);
  if (auto name = reader.Find("name")) {
    if (auto text = name->Text()) component.name = *text;
    if (auto good = domain::CheckName(domain::NameKind::kComponent, component.name); !good)
      name->Complain(good.error().message());
  }
  reader.Text("version", component.version);
  reader.Text("display_name", component.display_name);
  reader.Text("description", component.description);
  reader.TextMap("tags", component.tags);
  reader.Boolean("is_deterministic", component.is_deterministic);
  ReadPorts(reader, component);
  ReadCommandFields(reader, component, anonymous);
  reader.Ignore({"id", "creation_context", "limits", "properties"});
  reader.Finish();
  if (auto command = reader.Find("command"))
    CheckPlaceholders(*command, {KeysOf(component.inputs), KeysOf(component.outputs), {}});
  return component;
}

ComponentOrReference ReadComponentOrReference(const Value& value, AnonymousAssets& anonymous) {
  if (value.node().IsMap()) return {ReadCommandComponent(value, anonymous), ""};
  const std::string reference =
      ReadReference(value, {.kind = domain::AssetKind::kComponent, .allow_local = true, .version_optional = true});
  if (reference.empty() || !std::filesystem::path(reference).is_absolute() || reference.starts_with("/subscriptions/"))
    return {std::nullopt, reference};
  auto document = LoadDocument(reference);
  if (!document) {
    value.complaints().Add(std::move(document.error()));
    return {};
  }
  // Complaints about the file carry its own positions, hence its own dotted paths.
  return {ReadCommandComponent(Value(document->root, "", value.complaints()), anonymous), ""};
}

void CheckPlaceholders(const Value& command, const DeclaredNames& declared) {
  for (const Placeholder& placeholder : FindPlaceholders(command.node().text)) {
    const std::vector<std::string>* names = nullptr;
    if (placeholder.context == "inputs") names = &declared.inputs;
    if (placeholder.context == "outputs") names = &declared.outputs;
    if (placeholder.context == "search_space") names = &declared.search_space;
    if (!names) {
      command.Complain(fmt::format("'${{{{{}{}{}}}}}' means nothing in a command: inputs, outputs and search_space do",
                                   placeholder.context, placeholder.name.empty() ? "" : ".", placeholder.name));
    } else if (std::find(names->begin(), names->end(), placeholder.name) == names->end()) {
      command.Complain(fmt::format("'${{{{{}.{}}}}}' is not declared under '{}'{}", placeholder.context,
                                   placeholder.name, placeholder.context, DidYouMean(placeholder.name, *names)));
    }
  }
}

}  // namespace slipway::spec
