#include "slipway/endpoints/plan/checks.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::endpoints {
namespace {

using domain::OnlineDeployment;
using domain::OnlineEndpoint;

constexpr int kMirrorPercentMax = 50;
constexpr int64_t kRequestTimeoutMsMax = 180'000;
constexpr int kInstancesMax = 1000;

int ShareOf(const std::map<std::string, int>& shares, const std::string& deployment) {
  for (const auto& [name, share] : shares) {
    if (EqualsIgnoreCase(name, deployment)) return share;
  }
  return 0;
}

Status CheckMirror(const OnlineEndpoint& endpoint, const std::vector<std::string>& deployments) {
  if (endpoint.mirror_traffic.size() > 1)
    return InvalidArgument("mirror traffic goes to one deployment, not to several");
  for (const auto& [name, percent] : endpoint.mirror_traffic) {
    if (std::find(deployments.begin(), deployments.end(), name) == deployments.end())
      return InvalidArgument(fmt::format("the endpoint has no deployment '{}' to mirror traffic to{}", name,
                                         DidYouMean(name, deployments)));
    if (percent < 0 || percent > kMirrorPercentMax)
      return InvalidArgument(fmt::format("the mirror traffic of '{}' is {} %: it has to be from 0 to {}", name, percent,
                                         kMirrorPercentMax));
    if (percent > 0 && ShareOf(endpoint.traffic, name) > 0)
      return InvalidArgument(
          fmt::format("'{}' gets live traffic: a deployment gets live or mirrored traffic, not both", name));
  }
  return {};
}

Status CheckRange(std::string_view what, int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return {};
  return InvalidArgument(fmt::format("{} is {}: it has to be from {} to {}", what, value, min, max));
}

Status CheckProbe(std::string_view what, const domain::Probe& probe) {
  constexpr int64_t kDayMs = 86'400'000;
  SLIPWAY_RETURN_IF_ERROR(
      CheckRange(fmt::format("initialDelay of the {} (ms)", what), probe.initial_delay_ms, 1, kDayMs));
  SLIPWAY_RETURN_IF_ERROR(CheckRange(fmt::format("period of the {} (ms)", what), probe.period_ms, 1, kDayMs));
  SLIPWAY_RETURN_IF_ERROR(CheckRange(fmt::format("timeout of the {} (ms)", what), probe.timeout_ms, 1, kDayMs));
  return CheckRange(fmt::format("failureThreshold of the {}", what), probe.failure_threshold, 1, 100'000);
}

Status CheckSettings(const OnlineDeployment& deployment) {
  const domain::RequestSettings& request = deployment.request_settings;
  SLIPWAY_RETURN_IF_ERROR(CheckRange("the number of instances", deployment.instance_count, 1, kInstancesMax));
  SLIPWAY_RETURN_IF_ERROR(CheckRange("requestTimeout (ms)", request.request_timeout_ms, 1, kRequestTimeoutMsMax));
  SLIPWAY_RETURN_IF_ERROR(
      CheckRange("maxConcurrentRequestsPerInstance", request.max_concurrent_requests_per_instance, 1, 10'000));
  SLIPWAY_RETURN_IF_ERROR(CheckProbe("liveness probe", deployment.liveness_probe));
  return CheckProbe("readiness probe", deployment.readiness_probe);
}

Status CheckParts(const OnlineDeployment& deployment) {
  const bool has_script = !deployment.scoring_script.empty();
  if (has_script != !deployment.code.empty())
    return InvalidArgument("codeConfiguration needs both codeId and scoringScript");
  if (has_script && deployment.environment.empty())
    return InvalidArgument("a deployment with a scoring script needs an environment");
  if (!has_script && deployment.model.empty())
    return InvalidArgument("a deployment needs a model, a codeConfiguration or both");
  return {};
}

Status CheckSupported(const OnlineDeployment& deployment) {
  if (!deployment.data_collector) return {};
  for (const auto& [name, collection] : deployment.data_collector->collections) {
    if (collection.enabled)
      return Unimplemented(
          fmt::format("collecting data ('{}') is not supported yet: log what you need from the scoring "
                      "script, it is in AmlOnlineEndpointConsoleLog",
                      name));
  }
  return {};
}

auto Served(const OnlineDeployment& deployment) {
  const auto probe = [](const domain::Probe& p) {
    return std::tuple(p.initial_delay_ms, p.period_ms, p.timeout_ms, p.success_threshold, p.failure_threshold);
  };
  const domain::RequestSettings& request = deployment.request_settings;
  return std::tuple(deployment.model, deployment.code, deployment.scoring_script, deployment.environment,
                    deployment.environment_variables, deployment.app_insights_enabled, request.request_timeout_ms,
                    request.max_concurrent_requests_per_instance, request.max_queue_wait_ms,
                    probe(deployment.liveness_probe), probe(deployment.readiness_probe));
}

}  // namespace

Status CheckEndpoint(const OnlineEndpoint& endpoint, const std::vector<std::string>& deployments) {
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kEndpoint, endpoint.name));
  if (endpoint.auth_mode == domain::AuthMode::kAadToken)
    return Unimplemented("authMode AADToken is not supported yet: use Key or AMLToken");
  SLIPWAY_RETURN_IF_ERROR(domain::CheckTraffic(endpoint.traffic, deployments));
  return CheckMirror(endpoint, deployments);
}

Status CheckDeployment(const OnlineDeployment& deployment) {
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kDeployment, deployment.name));
  SLIPWAY_RETURN_IF_ERROR(CheckParts(deployment));
  SLIPWAY_RETURN_IF_ERROR(CheckSettings(deployment));
  return CheckSupported(deployment);
}

Status CheckEnvironment(const domain::EnvironmentBody& environment) {
  if (environment.scoring_route || environment.liveness_route || environment.readiness_route)
    return Unimplemented("environments with inference_config (custom containers) are not supported yet");
  return {};
}

Status CheckNoTraffic(const OnlineEndpoint& endpoint, const std::string& deployment) {
  const int live = ShareOf(endpoint.traffic, deployment), mirrored = ShareOf(endpoint.mirror_traffic, deployment);
  if (live == 0 && mirrored == 0) return {};
  return FailedPrecondition(
      fmt::format("the deployment '{}' of '{}' gets {} % of the {}traffic: set that to 0 before deleting it",
                  deployment, endpoint.name, live > 0 ? live : mirrored, live > 0 ? "" : "mirrored "));
}

ChangeNeed NeedOf(const OnlineDeployment& stored, const OnlineDeployment& wanted) {
  if (Served(stored) != Served(wanted)) return ChangeNeed::kUpdate;
  return stored.instance_count == wanted.instance_count ? ChangeNeed::kNone : ChangeNeed::kScale;
}

}  // namespace slipway::endpoints
