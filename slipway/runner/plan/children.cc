#include "slipway/runner/plan/children.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/domain/job_properties.h"
#include "slipway/domain/search_space.h"
#include "slipway/runner/expressions.h"

namespace slipway::runner {
namespace {

using domain::Binding;
using domain::CommandComponent;
using domain::CommandSpec;
using domain::Job;
using domain::JobInput;
using domain::JobOutput;
using domain::Literal;
using domain::PipelineSpec;
using domain::PipelineStep;
using domain::SweepSpec;

// Follows a step's input through the pipeline's inputs and other steps' inputs; stops at a step's output.
Result<JobInput> Resolve(const PipelineSpec& pipeline, const JobInput& input) {
  const JobInput* at = &input;
  for (size_t hops = 0; hops <= pipeline.jobs.size() + 1; ++hops) {
    const auto* binding = std::get_if<Binding>(at);
    if (!binding || binding->kind == Binding::Kind::kStepOutput) return *at;
    const auto* inputs = &pipeline.inputs;
    if (binding->kind == Binding::Kind::kStepInput) {
      const auto step = pipeline.jobs.find(binding->step);
      inputs = step == pipeline.jobs.end() ? nullptr : &step->second.inputs;
    }
    const auto found = inputs ? inputs->find(binding->port) : pipeline.inputs.end();
    if (!inputs || found == inputs->end()) {
      return InvalidArgument(fmt::format("{} leads nowhere", binding->ToString()));
    }
    at = &found->second;
  }
  return InvalidArgument("inputs of steps are bound to each other in a circle");
}

Literal Coerce(const std::string& type, const Literal& literal) {
  const auto number = ParseDouble(literal.text);
  if (type == "integer" && number) {
    return {Literal::Kind::kInteger, fmt::format("{}", static_cast<int64_t>(std::trunc(*number)))};
  }
  if (type == "number" && number) return {Literal::Kind::kNumber, FormatDouble(*number)};
  if (type == "boolean") return {Literal::Kind::kBoolean, EqualsIgnoreCase(literal.text, "true") ? "True" : "False"};
  return literal;
}

// Values take the types of the ports they fill; ports without a value take their defaults.
void FillPorts(const CommandComponent& component, std::map<std::string, JobInput>& inputs) {
  for (const auto& [key, port] : component.inputs) {
    const auto found = inputs.find(key);
    if (found == inputs.end()) {
      if (port.default_value) inputs[key] = *port.default_value;
    } else if (const auto* literal = std::get_if<Literal>(&found->second)) {
      found->second = Coerce(port.type, *literal);
    }
  }
}

void FillOutputs(const CommandComponent& component, std::map<std::string, JobOutput>& outputs) {
  for (const auto& [key, port] : component.outputs) {
    JobOutput& output = outputs[key];
    output.type = port.type;
    if (output.mode.empty()) output.mode = port.mode;
  }
}

CommandSpec CommandOf(const CommandComponent& component) {
  CommandSpec command;
  command.command = component.command;
  command.code = component.code;
  command.environment = component.environment;
  command.environment_variables = component.environment_variables;
  command.resources = component.resources;
  return command;
}

domain::JobSpecBody BodyOfStep(const PipelineSpec& pipeline, const PipelineStep& step,
                               std::map<std::string, JobInput> inputs) {
  std::map<std::string, JobOutput> outputs = step.outputs;
  const std::string compute = !step.compute.empty()       ? step.compute
                              : !pipeline.compute.empty() ? pipeline.compute
                                                          : pipeline.settings.default_compute;
  if (step.sweep) {
    SweepSpec sweep = *step.sweep;
    FillOutputs(sweep.trial, outputs);
    sweep.inputs = std::move(inputs);
    sweep.outputs = std::move(outputs);
    sweep.compute = compute;
    return sweep;
  }
  FillPorts(step.component, inputs);
  FillOutputs(step.component, outputs);
  CommandSpec command = CommandOf(step.component);
  for (const auto& [name, value] : step.environment_variables) command.environment_variables[name] = value;
  if (step.resources) command.resources = *step.resources;
  command.inputs = std::move(inputs);
  command.outputs = std::move(outputs);
  command.compute = compute;
  command.timeout_seconds = step.timeout_seconds;
  command.retries_max = step.retries_max;
  return command;
}

Job ChildOf(const Job& parent, std::string name) {
  Job child;
  child.name = std::move(name);
  child.parent = parent.name;
  child.root = parent.root.empty() ? parent.name : parent.root;
  child.spec.name = child.name;
  child.spec.experiment_name = parent.spec.experiment_name;
  child.spec.properties = parent.spec.properties;
  child.status = domain::JobStatus::kNotStarted;
  return child;
}

// A step's output that is bound to the pipeline's is written where that one stands.
void PlaceBoundOutputs(const Job& pipeline, Job& child) {
  for (const auto& [key, output] : OutputsOf(child.spec)) {
    if (!output.binding) continue;
    const auto target = pipeline.output_uris.find(output.binding->port);
    if (target != pipeline.output_uris.end()) child.output_uris[key] = target->second;
  }
}

std::string Indent(const std::string& key, bool is_file) {
  return is_file ? key : key + "/";
}

}  // namespace

const std::map<std::string, JobOutput>& OutputsOf(const domain::JobSpec& spec) {
  return std::visit(
      [](const auto& body) -> const auto& { return body.outputs; }, spec.body);
}

const std::map<std::string, JobInput>& InputsOf(const domain::JobSpec& spec) {
  return std::visit(
      [](const auto& body) -> const auto& { return body.inputs; }, spec.body);
}

std::map<std::string, JobInput>& InputsOf(domain::JobSpec& spec) {
  return std::visit(
      [](auto& body) -> auto& { return body.inputs; }, spec.body);
}

Result<std::map<std::string, std::string>> OutputUris(const std::string& job,
                                                      const std::map<std::string, JobOutput>& outputs,
                                                      const std::string& default_datastore,
                                                      const std::string& artifact_root) {
  std::map<std::string, std::string> uris;
  for (const auto& [key, output] : outputs) {
    if (output.path.empty()) {
      uris[key] = fmt::format("azureml://datastores/{}/paths/azureml/{}/{}", default_datastore, job,
                              Indent(key, output.type == "uri_file"));
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(uris[key], ExpandOutputPath(output.path, job, key, default_datastore));
    }
  }
  uris["artifacts"] = fmt::format("{}dcid.{}/", artifact_root, job);
  return uris;
}

std::string StepJobName(const std::string& pipeline, const std::string& step) {
  return pipeline + "_" + step;
}

std::string TrialJobName(const std::string& sweep, int index) {
  return fmt::format("{}_{}", sweep, index);
}

int TrialNumber(std::string_view name) {
  const size_t at = name.rfind('_');
  return at == std::string_view::npos ? 0 : static_cast<int>(ParseInt(name.substr(at + 1)).value_or(0));
}

Result<Job> MakeStepJob(const Snapshot& snapshot, const Job& pipeline_job, const std::string& key) {
  const auto& pipeline = std::get<PipelineSpec>(pipeline_job.spec.body);
  const PipelineStep& step = pipeline.jobs.at(key);
  std::map<std::string, JobInput> inputs;
  for (const auto& [name, input] : step.inputs) {
    SLIPWAY_ASSIGN_OR_RETURN(inputs[name], With(Resolve(pipeline, input), fmt::format("input '{}'", name)));
  }
  Job child = ChildOf(pipeline_job, StepJobName(pipeline_job.name, key));
  child.step = key;
  child.spec.display_name = step.display_name.empty() ? key : step.display_name;
  child.spec.description = step.description;
  child.spec.tags = step.tags;
  child.spec.body = BodyOfStep(pipeline, step, std::move(inputs));
  const std::string& datastore = pipeline.settings.default_datastore;
  SLIPWAY_ASSIGN_OR_RETURN(child.output_uris, OutputUris(child.name, OutputsOf(child.spec),
                                                         datastore.empty() ? snapshot.default_datastore : datastore,
                                                         snapshot.artifact_root));
  PlaceBoundOutputs(pipeline_job, child);
  return child;
}

Result<Job> MakeTrialJob(const Snapshot& snapshot, const Job& sweep_job, int index, const SampledValues& values) {
  const auto& sweep = std::get<SweepSpec>(sweep_job.spec.body);
  Job child = ChildOf(sweep_job, TrialJobName(sweep_job.name, index));
  child.spec.display_name = fmt::format("{} #{}", sweep_job.spec.display_name, index);
  CommandSpec command = CommandOf(sweep.trial);
  command.inputs = sweep.inputs;
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : values) {
    child.spec.properties[std::string(domain::kSearchPrefix) + name] = value.text;
    const Literal shown = ShownValue(values, name);
    texts[domain::SearchPlaceholder(name)] = shown.text;
    if (!domain::ParseNestedName(name)) command.inputs[name] = shown;
  }
  FillPorts(sweep.trial, command.inputs);
  command.command = SubstituteSearchSpace(command.command, texts);
  for (const auto& [key, output] : sweep.outputs) {
    JobOutput trial_output;  // each trial writes its own folder, whatever path and name the sweep's has
    trial_output.type = output.type;
    trial_output.mode = output.mode;
    command.outputs[key] = trial_output;
  }
  FillOutputs(sweep.trial, command.outputs);
  command.compute = sweep.compute;
  command.timeout_seconds = sweep.limits.trial_timeout_seconds;
  child.spec.body = std::move(command);
  SLIPWAY_ASSIGN_OR_RETURN(child.output_uris, OutputUris(child.name, OutputsOf(child.spec), snapshot.default_datastore,
                                                         snapshot.artifact_root));
  return child;
}

Literal ShownValue(const SampledValues& values, const std::string& name) {
  nlohmann::ordered_json map = nlohmann::ordered_json::object();
  for (const auto& [key, value] : values) {
    const auto nested = domain::ParseNestedName(key);
    if (!nested || nested->choice != name) continue;
    const Literal shown = ShownValue(values, key);
    const auto parsed = shown.kind == Literal::Kind::kString
                            ? nlohmann::ordered_json()
                            : nlohmann::ordered_json::parse(ToLower(shown.text), nullptr, /*allow_exceptions=*/false);
    map[nested->name] = parsed.is_primitive() && !parsed.is_null() ? parsed : nlohmann::ordered_json(shown.text);
  }
  return map.empty() ? values.at(name) : Literal{Literal::Kind::kString, map.dump()};
}

SampledValues SampledValuesOf(const SweepSpec& sweep, const Job& trial) {
  SampledValues values;
  for (const auto& [name, distribution] : sweep.search_space) {
    const auto found = trial.spec.properties.find(std::string(domain::kSearchPrefix) + name);
    if (found == trial.spec.properties.end()) continue;
    const auto choice = std::find_if(distribution.values.begin(), distribution.values.end(),
                                     [&](const Literal& each) { return each.text == found->second; });
    const auto kind = choice != distribution.values.end() ? choice->kind
                      : distribution.type == "randint"    ? Literal::Kind::kInteger
                                                          : Literal::Kind::kNumber;
    values[name] = {kind, found->second};
  }
  return values;
}

std::vector<std::string> DependenciesOf(const Job& step_job) {
  std::set<std::string> steps;
  for (const auto& [key, input] : InputsOf(step_job.spec)) {
    const auto* binding = std::get_if<Binding>(&input);
    if (binding && binding->kind == Binding::Kind::kStepOutput) steps.insert(binding->step);
  }
  return {steps.begin(), steps.end()};
}

}  // namespace slipway::runner
