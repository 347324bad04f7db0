#include "slipway/endpoints/plan/placement.h"

#include <fmt/format.h>

namespace slipway::endpoints {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

json ProbeOf(const domain::Probe& probe) {
  return {{"initial_delay_ms", probe.initial_delay_ms},
          {"period_ms", probe.period_ms},
          {"timeout_ms", probe.timeout_ms},
          {"success_threshold", probe.success_threshold},
          {"failure_threshold", probe.failure_threshold}};
}

json ScalingOf(const domain::ScaleSettings& scale) {
  return {{"is_automatic", scale.is_automatic},
          {"instances_min", scale.instances_min},
          {"instances_max", scale.instances_max},
          {"target_utilization_percentage", scale.target_utilization_percentage},
          {"polling_interval_ms", scale.polling_interval_ms},
          {"idle_after_ms", scale.scale_to_zero_after_ms}};
}

void PutCode(json& document, const Prepared& prepared) {
  document["code_dir"] = prepared.code_dir;
  document["scoring_script"] = prepared.scoring_script;
  document["language"] = prepared.language;
  if (!prepared.program.empty()) document["program"] = prepared.program;
}

json FolderOf(const Folder& folder) {
  return {{"folder", folder.path}, {"uri", folder.uri}};
}

json CollectorOf(const domain::DataCollector& collector, const std::map<std::string, Folder>& folders) {
  json collections = json::object();
  for (const auto& [name, folder] : folders) {
    const domain::CollectorSettings& settings = collector.collections.at(name);
    json& collection = collections[name] = FolderOf(folder);
    collection["sampling_rate"] = settings.sampling_rate.value_or(collector.sampling_rate);
  }
  return {{"rolling_rate", collector.rolling_rate},
          {"capture_headers", collector.capture_headers},
          {"collections", std::move(collections)}};
}

// What only workers need to know.
void PutWorkerSettings(json& document, const domain::OnlineDeployment& deployment, const Prepared& prepared) {
  if (!prepared.environment.empty()) document["environment"] = prepared.environment;
  if (deployment.startup_probe) document["startup_probe"] = ProbeOf(*deployment.startup_probe);
  if (deployment.memory_limit_bytes > 0) document["memory_limit_bytes"] = deployment.memory_limit_bytes;
  if (prepared.long_lines) document["long_lines"] = FolderOf(*prepared.long_lines);
}

json PlacementDocument(const std::optional<Placement>& placement) {
  return placement ? placement->document : json(nullptr);
}

std::optional<Placement> ReadPlacement(const json& document) {
  if (document.is_null()) return std::nullopt;
  return Placement{document.at("revision").get<int>(), document};
}

}  // namespace

Placement MakePlacement(const domain::OnlineDeployment& deployment, const Prepared& prepared) {
  const bool has_script = !prepared.scoring_script.empty();
  std::map<std::string, std::string> variables = deployment.environment_variables;
  variables.insert(prepared.variables.begin(), prepared.variables.end());
  json document = {
      {"name", deployment.name},
      {"revision", deployment.revision},
      {"kind", has_script ? "script" : "model"},
      {"model_dir", prepared.model_dir},
      {"model_path", prepared.model_path},
      {"model_name", prepared.model_name},
      {"model_version", prepared.model_version},
      {"environment_variables", has_script ? variables : deployment.environment_variables},
      {"instance_count", deployment.instance_count},
      {"request_timeout_ms", deployment.request_settings.request_timeout_ms},
      {"max_concurrent_requests_per_instance", deployment.request_settings.max_concurrent_requests_per_instance},
      {"max_queue_wait_ms", deployment.request_settings.max_queue_wait_ms},
      {"liveness_probe", ProbeOf(deployment.liveness_probe)},
      {"readiness_probe", ProbeOf(deployment.readiness_probe)},
      {"app_insights_enabled", deployment.app_insights_enabled}};
  if (has_script) {
    PutCode(document, prepared);
    PutWorkerSettings(document, deployment, prepared);
  }
  if (deployment.data_collector && !prepared.collections.empty())
    document["data_collector"] = CollectorOf(*deployment.data_collector, prepared.collections);
  if (const domain::ScaleSettings& scale = deployment.scale_settings; has_script && scale != domain::ScaleSettings{})
    document["scaling"] = ScalingOf(scale);
  return {deployment.revision, std::move(document)};
}

void Reconcile(Placements& placements, const domain::OnlineDeployment* stored) {
  if (!stored) placements.serving.reset();
  const bool is_wanted = stored && placements.candidate && placements.candidate->revision == stored->revision &&
                         stored->state != domain::ProvisioningState::kFailed;
  if (!is_wanted) placements.candidate.reset();
}

std::string PlacementsToText(const std::string& endpoint, const EndpointPlacements& placements) {
  json deployments = json::object();
  for (const auto& [name, known] : placements) {
    deployments[name] = {{"last_revision", known.last_revision},
                         {"prepared_revision", known.prepared_revision},
                         {"serving", PlacementDocument(known.serving)},
                         {"candidate", PlacementDocument(known.candidate)}};
  }
  return json{{"version", kVersion}, {"endpoint", endpoint}, {"deployments", std::move(deployments)}}.dump(
      1, ' ', false, json::error_handler_t::replace);
}

Result<EndpointPlacements> PlacementsFromText(std::string_view text) {
  try {
    const json document = json::parse(text);
    if (const int version = document.at("version").get<int>(); version != kVersion)
      return DataLoss(fmt::format("placements of version {} cannot be read by this version of Slipway", version));
    EndpointPlacements placements;
    for (const auto& [name, stored] : document.at("deployments").items()) {
      placements[name] = {stored.at("last_revision").get<int>(), stored.at("prepared_revision").get<int>(),
                          ReadPlacement(stored.at("serving")), ReadPlacement(stored.at("candidate"))};
    }
    return placements;
  } catch (const json::exception& failure) {
    return DataLoss(fmt::format("damaged placements: {}", failure.what()));
  }
}

}  // namespace slipway::endpoints
