#include "slipway/wire/job_parts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/domain/job_properties.h"
#include "slipway/wire/component.h"

namespace slipway::wire {
namespace {

using domain::Binding;
using domain::DataInput;
using domain::JobInput;
using domain::JobOutput;
using domain::Literal;
using nlohmann::json;

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kModes = {{{"ro_mount", "ReadOnlyMount"},
                                                                                  {"rw_mount", "ReadWriteMount"},
                                                                                  {"download", "Download"},
                                                                                  {"upload", "Upload"},
                                                                                  {"direct", "Direct"},
                                                                                  {"eval_mount", "EvalMount"},
                                                                                  {"eval_download", "EvalDownload"}}};

const std::vector<std::string> kDataTypes = {"uri_file",     "uri_folder",   "mltable",
                                             "mlflow_model", "custom_model", "triton_model"};

bool IsDataType(const std::string& type) {
  return std::find(kDataTypes.begin(), kDataTypes.end(), type) != kDataTypes.end();
}

json InputToArm(const JobInput& input) {
  if (const auto* literal = std::get_if<Literal>(&input)) {
    return {{"jobInputType", "literal"}, {"value", LiteralToJson(*literal)}};
  }
  if (const auto* binding = std::get_if<Binding>(&input)) {
    return {{"jobInputType", "literal"}, {"value", binding->ToString()}};
  }
  const auto& data = std::get<DataInput>(input);
  json result = {{"jobInputType", data.type}, {"uri", data.path}};
  PutText(result, "mode", ModeToArm(data.mode));
  return result;
}

std::optional<JobInput> ReadScalarInput(const JsonView& view) {
  auto literal = LiteralFromJson(view.value());
  if (!literal) {
    view.Complain(literal.error().message());
    return std::nullopt;
  }
  if (auto binding = Binding::Parse(literal->text)) return *binding;
  return *literal;
}

std::optional<JobInput> ReadInput(const JsonView& view) {
  if (!view.value().is_object()) return ReadScalarInput(view);
  const std::string type = view.Has("jobInputType") ? view.Text("jobInputType") : view.Text("type", "uri_folder");
  if (EqualsIgnoreCase(type, "literal")) {
    const auto value = view.Require("value");
    return value ? ReadScalarInput(*value) : std::nullopt;
  }
  if (!IsDataType(type)) {
    view.Complain(fmt::format("'{}' is not a type of input{}", type, DidYouMean(type, kDataTypes)));
    return std::nullopt;
  }
  DataInput data;
  data.type = type;
  data.path = view.Has("uri") ? view.Text("uri") : view.Text("path");
  data.mode = ModeFromArm(view.Text("mode"));
  if (data.path.empty()) view.Complain("'uri' is missing");
  if (auto binding = Binding::Parse(data.path)) return *binding;
  return data;
}

json OutputToArm(const JobOutput& output) {
  // A bound output as az sends it, with its type kept: {"type": "literal", "value": "${{parent.outputs.x}}"}.
  json result = {{"jobOutputType", output.type}};
  if (output.binding) {
    result["type"] = "literal";
    result["value"] = output.binding->ToString();
  }
  PutText(result, "mode", ModeToArm(output.mode));
  PutText(result, "uri", output.path);
  PutText(result, "assetName", output.name);
  PutText(result, "assetVersion", output.version);
  return result;
}

JobOutput ReadOutput(const JsonView& view) {
  JobOutput output;
  if (view.value().is_null()) return output;
  std::string bound;
  if (view.value().is_string()) {
    bound = view.value().get<std::string>();
  } else if (view.CheckObject()) {
    bound = view.Text("value");
    const std::string type = view.Text("type", output.type);
    output.type = view.Text("jobOutputType", type == "literal" ? output.type : type);
    if (!IsDataType(output.type)) {
      view.Complain(fmt::format("'{}' is not a type of output{}", output.type, DidYouMean(output.type, kDataTypes)));
    }
    output.mode = ModeFromArm(view.Text("mode"));
    output.path = view.Has("uri") ? view.Text("uri") : view.Text("path");
    output.name = view.Has("assetName") ? view.Text("assetName") : view.Text("name");
    output.version = view.Has("assetVersion") ? view.Text("assetVersion") : view.Text("version");
  }
  if (bound.empty()) return output;
  output.binding = Binding::Parse(bound);
  if (!output.binding || output.binding->kind != Binding::Kind::kParentOutput) {
    view.Complain(fmt::format("an output can be bound to ${{{{parent.outputs.<name>}}}} only, not to '{}'", bound));
  }
  return output;
}

}  // namespace

void PutText(json& into, std::string_view key, const std::string& value) {
  if (!value.empty()) into[std::string(key)] = value;
}

std::string ModeToArm(std::string_view mode) {
  for (const auto& [ours, arm] : kModes) {
    if (ours == mode) return std::string(arm);
  }
  return std::string(mode);
}

std::string ModeFromArm(std::string_view mode) {
  for (const auto& [ours, arm] : kModes) {
    if (EqualsIgnoreCase(arm, mode)) return std::string(ours);
  }
  return std::string(mode);
}

std::string PascalCase(std::string_view snake) {
  std::string pascal;
  for (const std::string_view word : Split(snake, '_')) {
    if (word.empty()) continue;
    pascal += static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
    pascal += word.substr(1);
  }
  return pascal;
}

std::string SnakeOfPascal(std::string_view pascal) {
  std::string snake;
  for (const char c : pascal) {
    const bool is_upper = std::isupper(static_cast<unsigned char>(c));
    if (is_upper && !snake.empty()) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return snake;
}

Literal LiteralOfType(std::string_view type, Literal literal) {
  if (type == "integer") {
    if (const auto number = ParseDouble(literal.text)) {
      return {Literal::Kind::kInteger, std::to_string(static_cast<int64_t>(std::trunc(*number)))};
    }
  }
  if (type == "number") {
    if (const auto number = ParseDouble(literal.text)) return {Literal::Kind::kNumber, FormatDouble(*number)};
  }
  if (type == "boolean") return {Literal::Kind::kBoolean, EqualsIgnoreCase(literal.text, "true") ? "True" : "False"};
  return literal;
}

json InputsToArm(const std::map<std::string, JobInput>& inputs) {
  json result = json::object();
  for (const auto& [key, input] : inputs) result[key] = InputToArm(input);
  return result;
}

std::map<std::string, JobInput> ReadInputs(const JsonView& owner) {
  std::map<std::string, JobInput> inputs;
  owner.ForEachMember("inputs", [&](const std::string& key, const JsonView& view) {
    if (view.value().is_null()) return;
    if (auto input = ReadInput(view)) inputs[key] = std::move(*input);
  });
  return inputs;
}

json OutputsToArm(const std::map<std::string, JobOutput>& outputs) {
  json result = json::object();
  for (const auto& [key, output] : outputs) result[key] = OutputToArm(output);
  return result;
}

std::map<std::string, JobOutput> ReadOutputs(const JsonView& owner) {
  std::map<std::string, JobOutput> outputs;
  owner.ForEachMember("outputs", [&](const std::string& key, const JsonView& view) {
    // "default" is what the official SDK adds for the artifact store; it is not an output the command can name.
    if (key != "default") outputs[key] = ReadOutput(view);
  });
  return outputs;
}

json ResourcesToArm(const domain::Resources& resources) {
  json result = json::object();
  if (resources.instance_count != 1) result["instanceCount"] = resources.instance_count;
  PutText(result, "instanceType", resources.instance_type);
  PutText(result, "shmSize", resources.shm_size);
  if (!resources.properties.empty()) result["properties"] = resources.properties;
  return result;
}

domain::Resources ReadResources(const JsonView& view) {
  domain::Resources resources;
  if (!view.CheckObject()) return resources;
  resources.instance_count = static_cast<int>(view.Integer("instanceCount", 1));
  if (resources.instance_count > 1) {
    view.Complain("more than one instance for a command is not supported yet", Code::kUnimplemented);
  }
  resources.instance_type = view.Text("instanceType");
  resources.shm_size = view.Text("shmSize");
  if (std::string options = view.Text("dockerArgs"); !options.empty()) {
    resources.properties[std::string(domain::kEngineOptionsProperty)] = std::move(options);
  }
  if (const auto properties = view.Find("properties"); properties && properties->value().is_object()) {
    for (const auto& [key, value] : properties->value().items()) {
      if (value.is_primitive() && !value.is_null()) resources.properties[key] = *properties->At(key, value).AsText();
    }
  }
  return resources;
}

void PutSeconds(json& into, std::string_view key, const std::optional<int64_t>& seconds) {
  if (seconds) into[std::string(key)] = FormatIsoDuration(std::chrono::seconds(*seconds));
}

std::optional<int64_t> ReadSeconds(const JsonView& owner, std::string_view key) {
  const auto view = owner.Find(key);
  if (!view) return std::nullopt;
  if (view->value().is_number()) return owner.Integer(key, 0);
  const auto text = view->AsText();
  if (!text) return std::nullopt;
  if (const auto seconds = ParseInt(*text)) return *seconds;
  const auto duration = ParseIsoDuration(*text);
  if (!duration) {
    view->Complain(duration.error().message());
    return std::nullopt;
  }
  return std::chrono::duration_cast<std::chrono::seconds>(*duration).count();
}

json CommandLimitsToArm(const std::optional<int64_t>& timeout, int retries) {
  if (!timeout && retries == 0) return nullptr;
  json limits = {{"jobLimitsType", "Command"}};
  PutSeconds(limits, "timeout", timeout);
  if (retries > 0) limits["retries"] = retries;
  return limits;
}

}  // namespace slipway::wire
