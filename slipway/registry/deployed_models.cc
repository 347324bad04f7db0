#include "slipway/registry/deployed_models.h"

#include <algorithm>
#include <tuple>

#include <nlohmann/json.hpp>

#include "slipway/base/text.h"

namespace slipway::registry {
namespace {

using domain::OnlineDeployment;
using domain::OnlineEndpoint;
using domain::Scope;
using nlohmann::json;

// The version of the model that a deployment runs; "" when it runs something else.
std::string VersionIn(const OnlineDeployment& deployment, const ModelInUse& model) {
  const auto parsed = domain::ParseReference(deployment.model, domain::AssetKind::kModel);
  const auto* reference = parsed ? std::get_if<domain::AssetReference>(&*parsed) : nullptr;
  if (reference == nullptr || !EqualsIgnoreCase(reference->name, model.name)) return "";
  const bool is_it = reference->registry.empty() || EqualsIgnoreCase(reference->registry, model.registry);
  return is_it ? reference->version : "";
}

int ShareOf(const OnlineEndpoint& endpoint, const std::string& deployment) {
  const auto share = endpoint.traffic.find(deployment);
  return share == endpoint.traffic.end() ? 0 : share->second;
}

Result<std::vector<DeployedVersion>> FindAt(domain::EndpointStore& endpoints, const Scope& scope,
                                            const OnlineEndpoint& endpoint, const ModelInUse& model) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto deployments, endpoints.ListDeployments(scope, endpoint.name));
  std::vector<DeployedVersion> found;
  for (const OnlineDeployment& deployment : deployments) {
    std::string version = VersionIn(deployment, model);
    if (version.empty()) continue;
    found.push_back({endpoint.name, deployment.name, std::move(version), ShareOf(endpoint, deployment.name),
                     deployment.state == domain::ProvisioningState::kSucceeded, deployment.context.created_at});
  }
  return found;
}

const DeployedVersion* FindTaker(const std::vector<DeployedVersion>& deployed, const std::string& version) {
  const DeployedVersion* best = nullptr;
  for (const DeployedVersion& each : deployed) {
    if (!each.is_ready || !EqualsIgnoreCase(each.version, version)) continue;
    if (best == nullptr || std::tie(best->traffic, best->created_at) < std::tie(each.traffic, each.created_at))
      best = &each;
  }
  return best;
}

}  // namespace

json DeployedToJson(const std::vector<DeployedVersion>& deployed) {
  json list = json::array();
  for (const DeployedVersion& each : deployed)
    list.push_back({{"endpoint", each.endpoint},
                    {"deployment", each.deployment},
                    {"version", each.version},
                    {"traffic", each.traffic},
                    {"is_ready", each.is_ready}});
  return list;
}

json MovesToJson(const std::vector<TrafficMove>& moves) {
  json list = json::array();
  for (const TrafficMove& move : moves) {
    json item = {{"endpoint", move.endpoint}, {"from", move.from}, {"traffic", move.share}};
    if (!move.to.empty()) item["to"] = move.to;
    list.push_back(std::move(item));
  }
  return list;
}

Result<std::vector<DeployedVersion>> DeployedModels::Find(const Scope& scope, const ModelInUse& model) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto endpoints, endpoints_.ListEndpoints(scope));
  std::vector<DeployedVersion> all;
  for (const OnlineEndpoint& endpoint : endpoints) {
    SLIPWAY_ASSIGN_OR_RETURN(auto found, FindAt(endpoints_, scope, endpoint, model));
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

Result<std::vector<TrafficMove>> DeployedModels::MoveTraffic(const Scope& scope, const ModelInUse& model,
                                                             const std::string& from, const std::string& to) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto endpoints, endpoints_.ListEndpoints(scope));
  std::vector<TrafficMove> moves;
  for (const OnlineEndpoint& endpoint : endpoints) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto deployed, FindAt(endpoints_, scope, endpoint, model));
    const DeployedVersion* taker = FindTaker(deployed, to);
    auto wanted = endpoint.traffic;
    for (const DeployedVersion& each : deployed) {
      if (each.traffic == 0 || !EqualsIgnoreCase(each.version, from)) continue;
      moves.push_back({endpoint.name, each.deployment, taker == nullptr ? "" : taker->deployment, each.traffic});
      if (taker == nullptr) continue;
      wanted[each.deployment] = 0;
      wanted[taker->deployment] += each.traffic;
    }
    if (wanted != endpoint.traffic)
      SLIPWAY_RETURN_IF_ERROR(set_traffic_(scope, endpoint.name, endpoint.traffic, wanted));
  }
  return moves;
}

}  // namespace slipway::registry
