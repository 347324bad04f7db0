#include "slipway/wire/job.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/domain/job_properties.h"
#include "slipway/domain/reference.h"
#include "slipway/wire/component.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/json_view.h"

namespace slipway::wire {
namespace {

using domain::CommandSpec;
using domain::JobSpec;
using domain::PipelineSpec;
using domain::PipelineStep;
using domain::SweepSpec;
using nlohmann::json;

void PutLimits(json& into, const std::optional<int64_t>& timeout, int retries) {
  if (json limits = CommandLimitsToArm(timeout, retries); !limits.is_null()) into["limits"] = std::move(limits);
}

void ReadCommandLimits(const JsonView& owner, std::optional<int64_t>& timeout, int& retries) {
  const auto limits = owner.Find("limits");
  if (!limits || !limits->CheckObject()) return;
  timeout = ReadSeconds(*limits, "timeout");
  retries = static_cast<int>(limits->Integer("retries", 0));
  if (retries < 0) limits->Complain("'retries' must not be negative");
}

json BodyToArm(const CommandSpec& command) {
  json result = {{"jobType", "Command"}, {"command", command.command}};
  PutText(result, "codeId", command.code);
  PutText(result, "environmentId", command.environment);
  PutText(result, "computeId", command.compute);
  result["environmentVariables"] = command.environment_variables;
  result["inputs"] = InputsToArm(command.inputs);
  result["outputs"] = OutputsToArm(command.outputs);
  result["resources"] = ResourcesToArm(command.resources);
  PutLimits(result, command.timeout_seconds, command.retries_max);
  return result;
}

json BodyToArm(const SweepSpec& sweep) {
  json result = {{"jobType", "Sweep"}};
  PutSweep(result, sweep);
  PutText(result, "computeId", sweep.compute);
  result["inputs"] = InputsToArm(sweep.inputs);
  result["outputs"] = OutputsToArm(sweep.outputs);
  return result;
}

void PutStepBody(json& into, const PipelineStep& step) {
  if (step.type == PipelineStep::Type::kSweep) {
    into["type"] = "sweep";
    if (step.sweep) PutSweep(into, *step.sweep);
    return;
  }
  into["type"] = "command";
  PutText(into, "componentId", step.component_id);
  if (!step.component.command.empty()) into["component"] = ComponentToSpec(step.component);
  PutLimits(into, step.timeout_seconds, step.retries_max);
}

json StepToArm(const PipelineStep& step) {
  json result = json::object();
  PutStepBody(result, step);
  PutText(result, "displayName", step.display_name);
  PutText(result, "description", step.description);
  if (!step.tags.empty()) result["tags"] = step.tags;
  result["inputs"] = InputsToArm(step.inputs);
  result["outputs"] = OutputsToArm(step.outputs);
  PutText(result, "computeId", step.compute);
  if (!step.environment_variables.empty()) result["environmentVariables"] = step.environment_variables;
  if (step.resources) result["resources"] = ResourcesToArm(*step.resources);
  return result;
}

json SettingsToArm(const domain::PipelineSettings& settings) {
  json result = settings.other;
  if (result.is_null()) result = json::object();
  PutText(result, "default_datastore", settings.default_datastore);
  PutText(result, "default_compute", settings.default_compute);
  result["continue_on_step_failure"] = settings.continue_on_step_failure;
  result["force_rerun"] = settings.force_rerun;
  return result;
}

json BodyToArm(const PipelineSpec& pipeline) {
  json result = {{"jobType", "Pipeline"}};
  result["inputs"] = InputsToArm(pipeline.inputs);
  result["outputs"] = OutputsToArm(pipeline.outputs);
  result["settings"] = SettingsToArm(pipeline.settings);
  PutText(result, "computeId", pipeline.compute);
  result["jobs"] = json::object();
  for (const auto& [key, step] : pipeline.jobs) result["jobs"][key] = StepToArm(step);
  return result;
}

CommandSpec ReadCommand(const JsonView& view) {
  CommandSpec command;
  command.command = view.RequireText("command");
  command.code = view.Text("codeId");
  command.environment = view.RequireText("environmentId");
  command.compute = domain::BareName(view.Text("computeId"));
  command.environment_variables = view.TextMap("environmentVariables");
  command.inputs = ReadInputs(view);
  command.outputs = ReadOutputs(view);
  if (const auto resources = view.Find("resources")) command.resources = ReadResources(*resources);
  if (view.Has("distribution")) view.Complain("'distribution' is not supported yet", Code::kUnimplemented);
  ReadCommandLimits(view, command.timeout_seconds, command.retries_max);
  return command;
}

SweepSpec ReadSweepJob(const JsonView& view) {
  SweepSpec sweep = ReadSweep(view);
  sweep.inputs = ReadInputs(view);
  sweep.outputs = ReadOutputs(view);
  sweep.compute = domain::BareName(view.Text("computeId"));
  return sweep;
}

void ReadCommandStep(const JsonView& view, PipelineStep& step) {
  // az sends the id of a registered component; "component" may hold an id or the component itself.
  step.component_id = view.Text("componentId");
  if (const auto component = view.Find("component")) {
    if (component->value().is_string()) {
      step.component_id = component->value().get<std::string>();
    } else {
      step.component = ReadComponent(*component);
    }
  } else if (step.component_id.empty()) {
    step.component = ReadComponent(view);
    step.component.inputs.clear();  // what stands there are the step's values, not ports
    step.component.outputs.clear();
  }
  ReadCommandLimits(view, step.timeout_seconds, step.retries_max);
}

PipelineStep ReadStep(const JsonView& view) {
  PipelineStep step;
  if (!view.CheckObject()) return step;
  const std::string type = ToLower(view.Text("type", view.Has("trial") ? "sweep" : "command"));
  step.inputs = ReadInputs(view);
  step.outputs = ReadOutputs(view);
  if (type == "sweep") {
    step.type = PipelineStep::Type::kSweep;
    step.sweep = ReadSweep(view);
    step.sweep->inputs = step.inputs;
    step.sweep->outputs = step.outputs;
  } else if (type == "command") {
    ReadCommandStep(view, step);
  } else {
    view.Complain(fmt::format("a step of type '{}' is not supported yet", type), Code::kUnimplemented);
  }
  step.display_name = view.Text("displayName");
  step.description = view.Text("description");
  step.tags = view.TextMap("tags");
  const std::string compute = view.Has("computeId") ? view.Text("computeId") : view.Text("compute");
  step.compute = compute.find("${{") == std::string::npos ? domain::BareName(compute) : compute;
  step.environment_variables = view.TextMap("environmentVariables");
  if (const auto resources = view.Find("resources")) step.resources = ReadResources(*resources);
  return step;
}

domain::PipelineSettings ReadSettings(const JsonView& view) {
  domain::PipelineSettings settings;
  if (!view.CheckObject()) return settings;
  settings.default_datastore = domain::BareName(view.Text("defaultDatastore"));
  settings.default_compute = domain::BareName(view.Text("defaultCompute"));
  settings.continue_on_step_failure = view.Boolean("continueOnStepFailure", true);
  settings.force_rerun = view.Boolean("forceRerun", false);
  const std::vector<std::string> known = {
      "default_datastore",        "defaultDatastore", "default_compute",       "defaultCompute",
      "continue_on_step_failure", "force_rerun",      "continueOnStepFailure", "forceRerun"};
  for (const auto& [key, value] : view.value().items()) {
    if (std::find(known.begin(), known.end(), key) != known.end() || !value.is_primitive() || value.is_null()) continue;
    settings.other[key] = view.At(key, value).AsText().value_or("");
  }
  return settings;
}

PipelineSpec ReadPipeline(const JsonView& view) {
  PipelineSpec pipeline;
  pipeline.inputs = ReadInputs(view);
  pipeline.outputs = ReadOutputs(view);
  pipeline.compute = domain::BareName(view.Text("computeId"));
  if (const auto settings = view.Find("settings")) pipeline.settings = ReadSettings(*settings);
  if (view.Require("jobs")) {
    view.ForEachMember("jobs",
                       [&](const std::string& key, const JsonView& step) { pipeline.jobs[key] = ReadStep(step); });
  }
  return pipeline;
}

void ReadBody(const JsonView& view, JobSpec& spec) {
  const std::string type = view.RequireText("jobType");
  if (EqualsIgnoreCase(type, "command")) {
    spec.body = ReadCommand(view);
  } else if (EqualsIgnoreCase(type, "sweep")) {
    spec.body = ReadSweepJob(view);
  } else if (EqualsIgnoreCase(type, "pipeline")) {
    spec.body = ReadPipeline(view);
  } else if (!type.empty()) {
    view.Complain(fmt::format("a job of type '{}' is not supported yet", type), Code::kUnimplemented);
  }
}

void ReadPriority(const JsonView& queue, JobSpec& spec) {
  const std::string priority = ToLower(queue.Text("priority"));
  if (priority.empty()) return;
  const std::vector<std::string> known = {"low", "medium", "high"};
  if (std::find(known.begin(), known.end(), priority) == known.end()) {
    return queue.Complain(fmt::format("'{}' is not a priority: low, medium and high are", priority));
  }
  spec.properties[std::string(domain::kPriorityProperty)] = priority;
}

}  // namespace

json JobSpecToArm(const JobSpec& spec) {
  json properties = std::visit([](const auto& body) { return BodyToArm(body); }, spec.body);
  PutText(properties, "displayName", spec.display_name);
  PutText(properties, "description", spec.description);
  PutText(properties, "experimentName", spec.experiment_name);
  properties["tags"] = spec.tags;
  properties["properties"] = spec.properties;
  const auto priority = spec.properties.find(std::string(domain::kPriorityProperty));
  if (priority != spec.properties.end()) properties["queueSettings"] = {{"priority", PascalCase(priority->second)}};
  return properties;
}

Result<JobSpec> JobSpecFromArm(const json& properties) {
  std::vector<Error> errors;
  const JsonView view(properties, "properties", errors);
  JobSpec spec;
  if (view.CheckObject()) {
    spec.display_name = view.Text("displayName");
    spec.description = view.Text("description");
    spec.experiment_name = view.Text("experimentName");
    spec.tags = view.TextMap("tags");
    spec.properties = view.TextMap("properties");
    if (const auto queue = view.Find("queueSettings"); queue && queue->CheckObject()) ReadPriority(*queue, spec);
    ReadBody(view, spec);
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return spec;
}

}  // namespace slipway::wire
