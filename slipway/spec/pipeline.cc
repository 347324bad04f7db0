#include "slipway/spec/pipeline.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/spec/command.h"
#include "slipway/spec/inputs.h"
#include "slipway/spec/sweep.h"

namespace slipway::spec {
namespace {

using domain::PipelineStep;

void ReadSettings(const Value& value, domain::PipelineSettings& into) {
  ObjectReader reader(value, "'settings'");
  if (auto store = reader.Find("default_datastore")) into.default_datastore = ReadBareName(*store);
  if (auto compute = reader.Find("default_compute")) into.default_compute = ReadBareName(*compute);
  reader.Boolean("continue_on_step_failure", into.continue_on_step_failure);
  reader.Boolean("force_rerun", into.force_rerun);
  for (const auto& [key, other] : reader.TakeRest())
    if (other.node().IsScalar()) into.other[key] = other.node().text;
}

void ReadStepCommon(ObjectReader& reader, PipelineStep& step) {
  reader.Text("display_name", step.display_name);
  reader.Text("description", step.description);
  reader.TextMap("tags", step.tags);
  if (auto inputs = reader.Find("inputs")) step.inputs = ReadInputs(*inputs, InputPlace::kStep);
  if (auto outputs = reader.Find("outputs")) step.outputs = ReadOutputs(*outputs, InputPlace::kStep);
  if (auto compute = reader.Find("compute")) step.compute = ReadBareName(*compute);
  // The step's key is its name; a `name` inside is overwritten by it.
  reader.Ignore({"name", "experiment_name", "identity", "services", "queue_settings", "properties", "status", "id"});
}

void ReadStepLimits(ObjectReader& reader, PipelineStep& step) {
  auto value = reader.Find("limits");
  if (!value) return;
  ObjectReader limits(*value, "'limits' of a command step");
  limits.Integer("timeout", step.timeout_seconds, 1);
  limits.Integer("retries", step.retries_max, 0, 100);
  limits.Finish();
}

void CheckInputsOfComponent(const Value& value, const PipelineStep& step) {
  for (const auto& [key, input] : step.inputs)
    if (!step.component.inputs.count(key))
      value.Complain(
          fmt::format("the component has no input '{}'{}", key, DidYouMean(key, KeysOf(step.component.inputs))));
  for (const auto& [key, output] : step.outputs)
    if (!step.component.outputs.count(key))
      value.Complain(
          fmt::format("the component has no output '{}'{}", key, DidYouMean(key, KeysOf(step.component.outputs))));
  for (const auto& [key, port] : step.component.inputs)
    if (!port.optional && !port.default_value && !step.inputs.count(key))
      value.Complain(fmt::format("the component's input '{}' gets no value", key));
}

void ReadComponentStep(ObjectReader& reader, PipelineStep& step, AnonymousAssets& anonymous) {
  const Value component = *reader.Find("component");
  ComponentOrReference found = ReadComponentOrReference(component, anonymous);
  step.component_id = found.reference;
  reader.TextMap("environment_variables", step.environment_variables);
  if (auto resources = reader.Find("resources")) step.resources = ReadResources(*resources);
  ReadStepLimits(reader, step);
  if (found.component) {
    step.component = std::move(*found.component);
    for (auto& [key, output] : step.outputs)
      if (auto port = step.component.outputs.find(key); port != step.component.outputs.end())
        output.type = port->second.type;
    for (const auto& [key, port] : step.component.outputs)
      if (!step.outputs.count(key)) step.outputs[key].type = port.type;
    CheckInputsOfComponent(reader.value(), step);
  }
  (void)reader.TakeRest();  // the dialect keeps unknown keys of such steps
}

void ReadInlineStep(ObjectReader& reader, PipelineStep& step, AnonymousAssets& anonymous) {
  ReadCommandFields(reader, step.component, anonymous);
  reader.Boolean("is_deterministic", step.component.is_deterministic);
  ReadStepLimits(reader, step);
  reader.Ignore({"version"});
  if (auto command = reader.Find("command"))
    CheckPlaceholders(*command, {KeysOf(step.inputs), KeysOf(step.outputs), {}});
}

void ReadSweepStep(ObjectReader& reader, PipelineStep& step, AnonymousAssets& anonymous) {
  step.type = PipelineStep::Type::kSweep;
  step.sweep.emplace();
  step.sweep->inputs = step.inputs;
  step.sweep->outputs = step.outputs;
  ReadSweepFields(reader, *step.sweep, anonymous);
  reader.Ignore({"resources", "environment_variables"});
}

std::string ReadStepType(ObjectReader& reader) {
  auto value = reader.Find("type");
  if (!value) return reader.Has("trial") ? "sweep" : "command";
  for (std::string_view known :
       {"pipeline", "parallel", "automl", "spark", "data_transfer", "import", "do_while", "parallel_for"})
    if (EqualsIgnoreCase(value->node().text, known)) {
      value->Complain(fmt::format("a step of type '{}' is not supported yet", known), Code::kUnimplemented);
      return {};
    }
  return value->Choice({"command", "sweep"}).value_or("");
}

PipelineStep ReadStep(const Value& value, AnonymousAssets& anonymous) {
  PipelineStep step;
  ObjectReader untyped(value, "a step");
  const std::string type = ReadStepType(untyped);
  if (type.empty() || !value.node().IsMap()) return step;
  ObjectReader reader(value, fmt::format("a {} step", type));
  reader.Ignore({"type"});
  ReadStepCommon(reader, step);
  if (type == "sweep")
    ReadSweepStep(reader, step, anonymous);
  else if (reader.Find("component"))
    ReadComponentStep(reader, step, anonymous);
  else
    ReadInlineStep(reader, step, anonymous);
  reader.Finish();
  return step;
}

std::string LiteralType(const domain::Literal& literal) {
  switch (literal.kind) {
    case domain::Literal::Kind::kInteger:
      return "integer";
    case domain::Literal::Kind::kNumber:
      return "number";
    case domain::Literal::Kind::kBoolean:
      return "boolean";
    case domain::Literal::Kind::kString:
      break;
  }
  return "string";
}

std::string TypeOfInput(const domain::PipelineSpec& pipeline, const domain::JobInput& input, int depth = 0) {
  if (auto* literal = std::get_if<domain::Literal>(&input)) return LiteralType(*literal);
  if (auto* data = std::get_if<domain::DataInput>(&input)) return data->type;
  const auto& binding = std::get<domain::Binding>(input);
  constexpr int kDepthMax = 32;  // bindings may run in circles before the graph is checked
  if (depth > kDepthMax) return "uri_folder";
  if (binding.kind == domain::Binding::Kind::kParentInput) {
    auto found = pipeline.inputs.find(binding.port);
    return found == pipeline.inputs.end() ? "uri_folder" : TypeOfInput(pipeline, found->second, depth + 1);
  }
  auto step = pipeline.jobs.find(binding.step);
  if (step == pipeline.jobs.end()) return "uri_folder";
  if (binding.kind == domain::Binding::Kind::kStepInput) {
    auto found = step->second.inputs.find(binding.port);
    return found == step->second.inputs.end() ? "uri_folder" : TypeOfInput(pipeline, found->second, depth + 1);
  }
  auto found = step->second.outputs.find(binding.port);
  return found == step->second.outputs.end() ? "uri_folder" : found->second.type;
}

// An output bound to the pipeline's has the type of whichever side states one.
void SettleOutputTypes(domain::PipelineSpec& pipeline) {
  for (auto& [name, step] : pipeline.jobs)
    for (auto& [key, output] : step.outputs) {
      if (!output.binding) continue;
      auto parent = pipeline.outputs.find(output.binding->port);
      if (parent != pipeline.outputs.end() && output.type == "uri_folder") output.type = parent->second.type;
    }
}

// Inline commands declare no ports: theirs follow from what they are given.
void DeclarePorts(domain::PipelineSpec& pipeline) {
  for (auto& [name, step] : pipeline.jobs) {
    const bool is_inline = step.type == PipelineStep::Type::kCommand && step.component_id.empty() &&
                           step.component.inputs.empty() && step.component.outputs.empty();
    const bool is_inline_trial = step.sweep && step.sweep->trial_component.empty() && step.sweep->trial.inputs.empty();
    if (!is_inline && !is_inline_trial) continue;
    domain::CommandComponent& component = is_inline ? step.component : step.sweep->trial;
    for (const auto& [key, input] : step.inputs) component.inputs[key].type = TypeOfInput(pipeline, input);
    for (const auto& [key, output] : step.outputs) component.outputs[key].type = output.type;
  }
}

void ReadSteps(const Value& jobs, domain::PipelineSpec& pipeline, AnonymousAssets& anonymous) {
  jobs.ForEachMember([&](const std::string& key, const Value& value) {
    if (auto good = domain::CheckName(domain::NameKind::kStepKey, key); !good) value.Complain(good.error().message());
    pipeline.jobs[key] = ReadStep(value, anonymous);
  });
  if (jobs.node().IsMap() && jobs.node().members.empty()) jobs.Complain("must not be empty");
}

}  // namespace

domain::PipelineSpec ReadPipeline(ObjectReader& reader, AnonymousAssets& anonymous) {
  domain::PipelineSpec pipeline;
  if (auto inputs = reader.Find("inputs")) pipeline.inputs = ReadInputs(*inputs, InputPlace::kJob);
  if (auto outputs = reader.Find("outputs")) pipeline.outputs = ReadOutputs(*outputs, InputPlace::kJob);
  if (auto settings = reader.Find("settings")) ReadSettings(*settings, pipeline.settings);
  if (auto compute = reader.Find("compute")) pipeline.compute = ReadBareName(*compute);
  if (auto jobs = reader.Require("jobs")) {
    ReadSteps(*jobs, pipeline, anonymous);
    SettleOutputTypes(pipeline);
    DeclarePorts(pipeline);
    CheckPipeline(pipeline, *jobs);
  }
  return pipeline;
}

}  // namespace slipway::spec
