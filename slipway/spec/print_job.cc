#include "slipway/domain/job_properties.h"
#include "slipway/spec/print.h"
#include "slipway/spec/print_parts.h"

namespace slipway::spec {
namespace {

using nlohmann::json;

void PutCommon(json& into, const domain::JobSpec& spec) {
  PutText(into, "name", spec.name);
  PutText(into, "display_name", spec.display_name);
  PutText(into, "description", spec.description);
  PutText(into, "experiment_name", spec.experiment_name);
  PutMap(into, "tags", spec.tags);
  PutMap(into, "properties", spec.properties);
  const auto priority = spec.properties.find(std::string(domain::kPriorityProperty));
  if (priority != spec.properties.end()) into["queue_settings"] = {{"priority", priority->second}};
}

json CommandLimits(const std::optional<int64_t>& timeout, int retries) {
  json limits = json::object();
  if (timeout) limits["timeout"] = *timeout;
  if (retries > 0) limits["retries"] = retries;
  return limits;
}

json BodyToJson(const domain::CommandSpec& job) {
  json result = {{"type", "command"},
                 {"command", job.command},
                 {"inputs", InputsToJson(job.inputs)},
                 {"outputs", OutputsToJson(job.outputs)},
                 {"resources", ResourcesToJson(job.resources)}};
  PutText(result, "code", job.code);
  PutText(result, "environment", job.environment);
  PutText(result, "compute", job.compute);
  PutMap(result, "environment_variables", job.environment_variables);
  if (json limits = CommandLimits(job.timeout_seconds, job.retries_max); !limits.empty()) result["limits"] = limits;
  return result;
}

json BodyToJson(const domain::SweepSpec& job) {
  json result = SweepToJson(job);
  result["type"] = "sweep";
  return result;
}

void PutInlineCommand(json& into, const domain::CommandComponent& component) {
  into["command"] = component.command;
  PutText(into, "code", component.code);
  PutText(into, "environment", component.environment);
  if (!component.is_deterministic) into["is_deterministic"] = false;
  if (!component.environment_variables.empty()) PutMap(into, "environment_variables", component.environment_variables);
}

json StepToJson(const domain::PipelineStep& step) {
  json result = json::object();
  if (step.sweep) {
    result = SweepToJson(*step.sweep);
    result["type"] = "sweep";
  } else {
    result["type"] = "command";
    if (step.component_id.empty())
      PutInlineCommand(result, step.component);
    else
      result["component"] = step.component_id;
    if (!step.environment_variables.empty()) PutMap(result, "environment_variables", step.environment_variables);
    if (json limits = CommandLimits(step.timeout_seconds, step.retries_max); !limits.empty()) result["limits"] = limits;
  }
  result["inputs"] = InputsToJson(step.inputs);
  result["outputs"] = OutputsToJson(step.outputs);
  PutText(result, "display_name", step.display_name);
  PutText(result, "description", step.description);
  PutText(result, "compute", step.compute);
  if (!step.tags.empty()) PutMap(result, "tags", step.tags);
  if (step.resources) result["resources"] = ResourcesToJson(*step.resources);
  return result;
}

json SettingsToJson(const domain::PipelineSettings& settings) {
  json result = {{"continue_on_step_failure", settings.continue_on_step_failure},
                 {"force_rerun", settings.force_rerun}};
  PutText(result, "default_compute", settings.default_compute);
  PutText(result, "default_datastore", settings.default_datastore);
  for (const auto& [key, value] : settings.other) result[key] = value;
  return result;
}

json BodyToJson(const domain::PipelineSpec& job) {
  json result = {{"type", "pipeline"},
                 {"inputs", InputsToJson(job.inputs)},
                 {"outputs", OutputsToJson(job.outputs)},
                 {"settings", SettingsToJson(job.settings)},
                 {"jobs", json::object()}};
  PutText(result, "compute", job.compute);
  for (const auto& [key, step] : job.jobs) result["jobs"][key] = StepToJson(step);
  return result;
}

}  // namespace

json ToJson(const domain::JobSpec& spec) {
  json result = std::visit([](const auto& body) { return BodyToJson(body); }, spec.body);
  PutCommon(result, spec);
  return result;
}

json ToJson(const domain::Job& job) {
  json result = ToJson(job.spec);
  result["name"] = job.name;
  result["status"] = domain::JobStatusName(job.status);
  PutText(result, "status_reason", job.status_reason);
  PutText(result, "parent_job_name", job.parent);
  PutText(result, "best_child_run_id", job.best_child);
  PutText(result, "reused_from", job.reused_from);
  PutText(result, "external_id", job.external_id);
  if (job.resources) {
    result["resource_use"] = {{"cpu_seconds", job.resources->cpu_seconds},
                              {"peak_memory_bytes", job.resources->peak_memory_bytes},
                              {"read_bytes", job.resources->read_bytes},
                              {"written_bytes", job.resources->written_bytes}};
  }
  if (job.error) result["error"] = {{"code", job.error->code}, {"message", job.error->message}};
  for (const auto& [key, uri] : job.output_uris)
    if (result["outputs"].contains(key) && result["outputs"][key].is_object()) result["outputs"][key]["path"] = uri;
  domain::CreationContext context;
  context.created_at = job.created_at;
  context.last_modified_at = job.ended_at.value_or(job.started_at.value_or(job.created_at));
  result["creation_context"] = ToJson(context);
  return result;
}

}  // namespace slipway::spec
