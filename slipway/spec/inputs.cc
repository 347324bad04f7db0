#include "slipway/spec/inputs.h"

#include <cmath>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/spec/document.h"
#include "slipway/spec/references.h"

namespace slipway::spec {
namespace {

using domain::Binding;
using domain::Literal;

// The text inside "${{ … }}" when that is the whole of `text`.
std::optional<std::string_view> WholeExpression(std::string_view text) {
  text = Trim(text);
  if (!text.starts_with("${{") || !text.ends_with("}}")) return std::nullopt;
  const std::string_view inside = text.substr(3, text.size() - 5);
  return inside.find("}}") == std::string_view::npos ? std::optional(Trim(inside)) : std::nullopt;
}

bool IsLegacyBinding(std::string_view expression) {
  return expression.starts_with("inputs.") || expression.starts_with("outputs.") || expression.starts_with("jobs.");
}

// The binding that `value` is; nullopt when it is plain text. Complains about what only looks like one.
std::optional<Binding> ReadBinding(const Value& value, InputPlace place) {
  const std::string& text = value.node().text;
  const auto expression = WholeExpression(text);
  if (!expression) {
    if (text.find("${{parent.") != std::string::npos || text.find("${{ parent.") != std::string::npos)
      value.Complain(fmt::format(
          "a binding has to be the whole value, not a part of '{}': pass folder and sub-path as two inputs", text));
    return std::nullopt;
  }
  if (place == InputPlace::kStep && IsLegacyBinding(*expression)) {
    value.Complain(fmt::format("write '${{{{parent.{}}}}}': bindings of a step start at its parent", *expression));
    return std::nullopt;
  }
  if (!expression->starts_with("parent.")) return std::nullopt;
  if (place == InputPlace::kJob) {
    value.Complain(fmt::format("'{}' binds to a parent, which only the steps of a pipeline have", text));
    return std::nullopt;
  }
  auto binding = Binding::Parse(text);
  if (!binding)
    value.Complain(
        fmt::format("'{}' is not a binding: write ${{{{parent.inputs.<name>}}}}, "
                    "${{{{parent.jobs.<step>.outputs.<name>}}}} or ${{{{parent.outputs.<name>}}}}",
                    text));
  return binding;
}

std::vector<std::string> InputModes(std::string_view type) {
  if (type == "mltable") return {"ro_mount", "download", "direct", "eval_mount", "eval_download"};
  return {"ro_mount", "download", "direct"};
}

// A reference to what the type says: models by model references, everything else by data references.
std::string ReadInputPath(const Value& value, std::string_view type) {
  const bool is_model = type.ends_with("_model");
  auto text = value.Text();
  if (!text) return {};
  for (std::string_view scheme : {"azureml:https://", "azureml:http://", "azureml:wasbs://", "azureml:abfss://"})
    if (text->starts_with(scheme)) return text->substr(8);
  return ReadReference(value, {.kind = is_model ? domain::AssetKind::kModel : domain::AssetKind::kData,
                               .allow_local = true,
                               .allow_uri = true});
}

domain::JobInput ReadInput(const Value& value, InputPlace place) {
  if (value.node().IsScalar()) {
    if (auto binding = ReadBinding(value, place)) return *binding;
    return LiteralOf(value.node());
  }
  domain::DataInput input;
  ObjectReader reader(value, "an input");
  const auto path = reader.Find("path");
  if (path && path->node().IsScalar() && place == InputPlace::kStep)
    if (auto binding = ReadBinding(*path, place)) {
      reader.Ignore({"type", "mode"});
      reader.Finish();
      return *binding;
    }
  reader.Choice("type", DataTypes(), input.type);
  if (reader.Require("path")) input.path = ReadInputPath(*path, input.type);
  reader.Choice("mode", InputModes(input.type), input.mode);
  reader.Ignore({"datastore", "description"});
  reader.Finish();
  return input;
}

domain::JobOutput ReadOutput(const Value& value, InputPlace place) {
  domain::JobOutput output;
  if (value.node().IsNull()) return output;
  if (value.node().IsScalar()) {
    output.binding = ReadBinding(value, place);
    if (!output.binding)
      value.Complain(
          fmt::format("an output is an object or ${{{{parent.outputs.<name>}}}}, not '{}'", value.node().text));
    else if (output.binding->kind != Binding::Kind::kParentOutput)
      value.Complain(
          fmt::format("an output can be bound to ${{{{parent.outputs.<name>}}}} only, not to '{}'", value.node().text));
    return output;
  }
  ObjectReader reader(value, "an output");
  reader.Choice("type", DataTypes(), output.type);
  reader.Choice("mode", {"rw_mount", "upload", "direct"}, output.mode);
  reader.Text("name", output.name);
  reader.Text("version", output.version);
  reader.Ignore({"description"});
  if (auto path = reader.Find("path")) {
    reader.Text("path", output.path);
    if (!output.path.starts_with("azureml://"))
      path->Complain(
          fmt::format("the path of an output is 'azureml://datastores/<name>/paths/<path>', not '{}'", output.path));
  }
  reader.Finish();
  return output;
}

void CheckPortKey(const Value& value, const std::string& key) {
  if (auto good = domain::CheckName(domain::NameKind::kPortKey, key); !good) value.Complain(good.error().message());
}

}  // namespace

const std::vector<std::string>& DataTypes() {
  static const std::vector<std::string> types = {"uri_file",     "uri_folder",   "mltable",
                                                 "mlflow_model", "custom_model", "triton_model"};
  return types;
}

Literal LiteralOf(const Node& scalar, std::string_view type) {
  const std::string& text = scalar.text;
  const bool free = type.empty() && !scalar.quoted;
  if ((free && (EqualsIgnoreCase(text, "true") || EqualsIgnoreCase(text, "false"))) || type == "boolean")
    return {Literal::Kind::kBoolean, EqualsIgnoreCase(text, "true") ? "True" : "False"};
  if (free || type == "integer")
    if (auto integer = ParseInt(text)) return {Literal::Kind::kInteger, std::to_string(*integer)};
  if (type == "integer")
    if (auto number = ParseDouble(text))
      return {Literal::Kind::kInteger, std::to_string(static_cast<int64_t>(std::trunc(*number)))};
  if (free || type == "number")
    if (auto number = ParseDouble(text)) return {Literal::Kind::kNumber, FormatDouble(*number)};
  return {Literal::Kind::kString, text};
}

std::map<std::string, domain::JobInput> ReadInputs(const Value& value, InputPlace place) {
  std::map<std::string, domain::JobInput> inputs;
  value.ForEachMember([&](const std::string& key, const Value& input) {
    CheckPortKey(input, key);
    if (input.node().IsNull())
      input.Complain("needs a value: a literal, an object with 'type' and 'path', or a binding");
    else
      inputs[key] = ReadInput(input, place);
  });
  return inputs;
}

std::map<std::string, domain::JobOutput> ReadOutputs(const Value& value, InputPlace place) {
  std::map<std::string, domain::JobOutput> outputs;
  value.ForEachMember([&](const std::string& key, const Value& output) {
    CheckPortKey(output, key);
    outputs[key] = ReadOutput(output, place);
  });
  return outputs;
}

}  // namespace slipway::spec
