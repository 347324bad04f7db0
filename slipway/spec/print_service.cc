#include "slipway/domain/memory_quantity.h"
#include "slipway/spec/print.h"
#include "slipway/spec/print_parts.h"

namespace slipway::spec {
namespace {

using nlohmann::json;

std::string_view AuthModeName(domain::AuthMode mode) {
  switch (mode) {
    case domain::AuthMode::kKey:
      return "key";
    case domain::AuthMode::kAmlToken:
      return "aml_token";
    case domain::AuthMode::kAadToken:
      return "aad_token";
  }
  return "key";
}

json ProbeToJson(const domain::Probe& probe) {
  return {{"initial_delay", probe.initial_delay_ms / 1000},
          {"period", probe.period_ms / 1000},
          {"timeout", probe.timeout_ms / 1000},
          {"success_threshold", probe.success_threshold},
          {"failure_threshold", probe.failure_threshold}};
}

json ScaleToJson(const domain::ScaleSettings& scale) {
  if (!scale.is_automatic) return {{"type", "default"}};
  return {{"type", "target_utilization"},
          {"min_instances", scale.instances_min},
          {"max_instances", scale.instances_max},
          {"polling_interval", scale.polling_interval_ms / 1000},
          {"target_utilization_percentage", scale.target_utilization_percentage}};
}

json CollectorToJson(const domain::DataCollector& collector) {
  json result = {{"sampling_rate", collector.sampling_rate},
                 {"rolling_rate", collector.rolling_rate},
                 {"collections", json::object()}};
  for (const auto& [name, collection] : collector.collections) {
    json& value = result["collections"][name];
    value = {{"enabled", collection.enabled ? "true" : "false"}};
    json data = json::object();
    PutText(data, "name", collection.data_name);
    PutText(data, "path", collection.data_path);
    PutText(data, "version", collection.data_version);
    if (!data.empty()) value["data"] = data;
    if (collection.sampling_rate) value["sampling_rate"] = *collection.sampling_rate;
  }
  if (!collector.capture_headers.empty()) result["request_logging"] = {{"capture_headers", collector.capture_headers}};
  return result;
}

json TriggerToJson(const domain::Trigger& trigger) {
  json result = {{"time_zone", trigger.time_zone}};
  if (trigger.start_time) result["start_time"] = *trigger.start_time;
  if (trigger.end_time) result["end_time"] = *trigger.end_time;
  if (auto* cron = std::get_if<domain::CronTrigger>(&trigger.rule)) {
    result["type"] = "cron";
    result["expression"] = cron->expression;
    return result;
  }
  const auto& recurrence = std::get<domain::RecurrenceTrigger>(trigger.rule);
  result["type"] = "recurrence";
  result["frequency"] = recurrence.frequency;
  result["interval"] = recurrence.interval;
  if (recurrence.hours.empty() && recurrence.minutes.empty()) return result;
  json& schedule = result["schedule"];
  schedule = {{"hours", recurrence.hours}, {"minutes", recurrence.minutes}};
  if (!recurrence.week_days.empty()) schedule["week_days"] = recurrence.week_days;
  if (!recurrence.month_days.empty()) schedule["month_days"] = recurrence.month_days;
  return result;
}

}  // namespace

json ToJson(const domain::Workspace& workspace) {
  json result = {{"id", workspace.scope.ArmId()},
                 {"name", workspace.scope.workspace},
                 {"resource_group", workspace.scope.resource_group},
                 {"location", workspace.location},
                 {"creation_context", ToJson(workspace.context)}};
  PutText(result, "workspace_id", workspace.id);
  PutText(result, "display_name", workspace.display_name);
  PutText(result, "description", workspace.description);
  PutMap(result, "tags", workspace.tags);
  return result;
}

json ToJson(const domain::Datastore& datastore) {
  json result = {{"name", datastore.name}, {"type", datastore.type}, {"credentials", json::object()}};
  PutText(result, "description", datastore.description);
  PutText(result, "path", datastore.path);
  PutMap(result, "tags", datastore.tags);
  for (const auto& [key, value] : datastore.settings) result[key] = value;
  return result;
}

json ToJson(const domain::Compute& compute) {
  json result = {{"name", compute.name},
                 {"type", compute.type},
                 {"size", compute.size},
                 {"tier", compute.tier},
                 {"min_instances", compute.min_instances},
                 {"max_instances", compute.max_instances},
                 {"idle_time_before_scale_down", compute.idle_seconds_before_scale_down}};
  PutText(result, "description", compute.description);
  PutMap(result, "tags", compute.tags);
  return result;
}

json ToJson(const domain::OnlineEndpoint& endpoint) {
  json result = {{"name", endpoint.name},
                 {"auth_mode", AuthModeName(endpoint.auth_mode)},
                 {"kind", "Managed"},
                 {"traffic", endpoint.traffic},
                 {"mirror_traffic", endpoint.mirror_traffic},
                 {"public_network_access", endpoint.public_network_access},
                 {"provisioning_state", domain::ProvisioningStateName(endpoint.state)},
                 {"creation_context", ToJson(endpoint.context)}};
  PutText(result, "description", endpoint.description);
  PutText(result, "state_message", endpoint.state_message);
  PutMap(result, "tags", endpoint.tags);
  PutMap(result, "properties", endpoint.properties);
  return result;
}

json ToJson(const domain::OnlineDeployment& deployment) {
  const auto& settings = deployment.request_settings;
  json result = {{"name", deployment.name},
                 {"endpoint_name", deployment.endpoint_name},
                 {"type", "managed"},
                 {"instance_type", deployment.instance_type},
                 {"instance_count", deployment.instance_count},
                 {"app_insights_enabled", deployment.app_insights_enabled},
                 {"egress_public_network_access", deployment.egress_public_network_access},
                 {"request_settings",
                  {{"request_timeout_ms", settings.request_timeout_ms},
                   {"max_concurrent_requests_per_instance", settings.max_concurrent_requests_per_instance},
                   {"max_queue_wait_ms", settings.max_queue_wait_ms}}},
                 {"liveness_probe", ProbeToJson(deployment.liveness_probe)},
                 {"readiness_probe", ProbeToJson(deployment.readiness_probe)},
                 {"scale_settings", ScaleToJson(deployment.scale_settings)},
                 {"provisioning_state", domain::ProvisioningStateName(deployment.state)},
                 {"creation_context", ToJson(deployment.context)}};
  PutText(result, "description", deployment.description);
  PutText(result, "model", deployment.model);
  PutText(result, "environment", deployment.environment);
  PutText(result, "model_mount_path", deployment.model_mount_path);
  PutText(result, "state_message", deployment.state_message);
  if (!deployment.code.empty())
    result["code_configuration"] = {{"code", deployment.code}, {"scoring_script", deployment.scoring_script}};
  if (const int64_t idle_ms = deployment.scale_settings.scale_to_zero_after_ms; idle_ms > 0)
    result["slipway"] = {{"scale_to_zero_after", idle_ms / 1000}};
  if (deployment.data_collector) result["data_collector"] = CollectorToJson(*deployment.data_collector);
  if (deployment.startup_probe) result["startup_probe"] = ProbeToJson(*deployment.startup_probe);
  if (deployment.memory_limit_bytes > 0)
    result["resources"] = {{"limits", {{"memory", domain::FormatMemoryQuantity(deployment.memory_limit_bytes)}}}};
  PutMap(result, "environment_variables", deployment.environment_variables);
  PutMap(result, "tags", deployment.tags);
  PutMap(result, "properties", deployment.properties);
  return result;
}

json ToJson(const domain::Schedule& schedule) {
  json result = {{"name", schedule.name},
                 {"is_enabled", schedule.is_enabled},
                 {"provisioning_state", "Succeeded"},
                 {"trigger", TriggerToJson(schedule.trigger)},
                 {"create_job", ToJson(schedule.create_job)},
                 {"creation_context", ToJson(schedule.context)}};
  PutText(result, "display_name", schedule.display_name);
  PutText(result, "description", schedule.description);
  PutMap(result, "tags", schedule.tags);
  PutMap(result, "properties", schedule.properties);
  if (schedule.last_fired_at) result["last_fired_at"] = FormatTimestamp(*schedule.last_fired_at);
  if (schedule.next_fire_at) result["next_fire_at"] = FormatTimestamp(*schedule.next_fire_at);
  return result;
}

}  // namespace slipway::spec
