#include "slipway/cli/endpoint/endpoint_view.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/spec/print.h"
#include "slipway/wire/endpoint.h"

namespace slipway::cli {
namespace {

void CopyText(const Json& from, const char* key, Json& into, const char* printed_key) {
  if (from.contains(key) && from[key].is_string()) into[printed_key] = from[key];
}

}  // namespace

Result<Json> PrintedEndpoint(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::OnlineEndpoint endpoint, wire::EndpointFromArm(arm));
  Json printed = WithId(spec::ToJson(endpoint), arm);
  CopyText(arm, "location", printed, "location");
  CopyText(arm["properties"], "scoringUri", printed, "scoring_uri");
  CopyText(arm["properties"], "swaggerUri", printed, "openapi_uri");
  return printed;
}

Result<Json> PrintedDeployment(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::OnlineDeployment deployment, wire::DeploymentFromArm(arm));
  return WithId(spec::ToJson(deployment), arm);
}

std::string DeploymentCollection(const std::string& endpoint) {
  return fmt::format("onlineEndpoints/{}/deployments", client::Workspace::Segment(endpoint));
}

Result<std::map<std::string, int>> ParseTraffic(const std::vector<std::string>& words, std::string_view flag) {
  std::map<std::string, int> traffic;
  const std::string text = ReplaceAll(Join(words, " "), ",", " ");
  for (std::string_view part : Split(text, ' ')) {
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    const auto percent = equals == std::string_view::npos ? std::nullopt : ParseInt(part.substr(equals + 1));
    if (!percent || equals == 0 || *percent < 0 || *percent > 100)
      return InvalidArgument(
          fmt::format("--{} takes <deployment>=<percent> pairs, such as \"blue=90 green=10\", not '{}'", flag, part));
    traffic[std::string(part.substr(0, equals))] = static_cast<int>(*percent);
  }
  return traffic;
}

Result<Json> SetTraffic(client::Workspace& server, const std::string& endpoint,
                        const std::map<std::string, int>& traffic) {
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, server.Get("onlineEndpoints", endpoint));
  arm["properties"]["traffic"] = traffic;
  return server.Put("onlineEndpoints", endpoint, arm);
}

}  // namespace slipway::cli
