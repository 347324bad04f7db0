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

void PutCode(json& document, const Prepared& prepared) {
  document["code_dir"] = prepared.code_dir;
  document["scoring_script"] = prepared.scoring_script;
  document["language"] = prepared.language;
  if (!prepared.program.empty()) document["program"] = prepared.program;
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
      {"app_insights_enabled", deployment.app_insights_enabled},
      {"collections", json::object()}};
  if (has_script) PutCode(document, prepared);
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
