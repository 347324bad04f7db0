#include "slipway/endpoints/plan/routing.h"

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::endpoints {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

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

json EndpointDocument(const RoutedEndpoint& routed) {
  const domain::Workspace& workspace = *routed.workspace;
  const domain::OnlineEndpoint& endpoint = *routed.endpoint;
  json deployments = json::array();
  for (const Placement* placement : routed.placements) deployments.push_back(placement->document);
  return {{"subscription", workspace.scope.subscription},
          {"resource_group", workspace.scope.resource_group},
          {"workspace", workspace.scope.workspace},
          {"workspace_id", workspace.id},
          {"name", endpoint.name},
          {"location", workspace.location},
          {"arm_id", fmt::format("{}/onlineEndpoints/{}", workspace.scope.ArmId(), endpoint.name)},
          {"auth_mode", AuthModeName(endpoint.auth_mode)},
          {"key_sha256", {Sha256Hex(endpoint.primary_key), Sha256Hex(endpoint.secondary_key)}},
          {"token_secret", TokenSecretOf(endpoint)},
          {"traffic", endpoint.traffic},
          {"mirror_traffic", endpoint.mirror_traffic},
          {"deployments", std::move(deployments)}};
}

std::string Dump(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

Routing MakeRouting(const std::vector<RoutedEndpoint>& endpoints) {
  json list = json::array();
  for (const RoutedEndpoint& routed : endpoints) list.push_back(EndpointDocument(routed));
  json document = {{"version", kVersion}, {"endpoints", std::move(list)}};
  Routing routing;
  routing.etag = Sha256Hex(Dump(document));
  document["etag"] = routing.etag;
  routing.text = Dump(document);
  return routing;
}

std::string TokenSecretOf(const domain::OnlineEndpoint& endpoint) {
  return HmacSha256Hex(endpoint.primary_key, "aml_token " + endpoint.secondary_key);
}

std::string MakeToken(const domain::OnlineEndpoint& endpoint, Timestamp expiry) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(expiry).time_since_epoch().count();
  const std::string signed_part = fmt::format("slp1.{}.{}", ToLower(endpoint.name), seconds);
  return signed_part + "." + HmacSha256Hex(TokenSecretOf(endpoint), signed_part);
}

}  // namespace slipway::endpoints
