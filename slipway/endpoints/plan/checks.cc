#include "slipway/endpoints/plan/checks.h"

#include <algorithm>
#include <array>
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
// What is collected without a script's help.
constexpr std::array<std::string_view, 5> kOwnCollections = {"model_inputs", "model_outputs", "model_inputs_outputs",
                                                             "request", "response"};

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
  SLIPWAY_RETURN_IF_ERROR(
      CheckRange(fmt::format("successThreshold of the {}", what), probe.success_threshold, 1, 100'000));
  return CheckRange(fmt::format("failureThreshold of the {}", what), probe.failure_threshold, 1, 100'000);
}

Status CheckScale(const OnlineDeployment& deployment) {
  const domain::ScaleSettings& scale = deployment.scale_settings;
  if (scale == domain::ScaleSettings{}) return {};
  if (deployment.scoring_script.empty())
    return InvalidArgument(
        "scale settings need a scoring script: a model alone is scored inside the gateway, on all of its threads, "
        "and has no instances");
  SLIPWAY_RETURN_IF_ERROR(CheckRange("maxInstances", scale.instances_max, 1, kInstancesMax));
  SLIPWAY_RETURN_IF_ERROR(CheckRange("minInstances", scale.instances_min, 1, scale.instances_max));
  SLIPWAY_RETURN_IF_ERROR(CheckRange("targetUtilizationPercentage", scale.target_utilization_percentage, 1, 100));
  SLIPWAY_RETURN_IF_ERROR(CheckRange("pollingInterval (ms)", scale.polling_interval_ms, 100, 3'600'000));
  return CheckRange("scaleToZeroAfter (ms)", scale.scale_to_zero_after_ms, 0, 30 * 86'400'000LL);
}

Status CheckMemoryLimit(const OnlineDeployment& deployment) {
  constexpr uint64_t kLeastBytes = 16 << 20;  // an interpreter alone takes more than half of it
  if (deployment.memory_limit_bytes == 0) return {};
  if (deployment.scoring_script.empty())
    return InvalidArgument(
        "a memory limit needs a scoring script: a model alone is scored inside the gateway, which has one memory");
  if (deployment.memory_limit_bytes < kLeastBytes)
    return InvalidArgument(
        fmt::format("a memory limit of {} bytes is less than any worker needs (16Mi)", deployment.memory_limit_bytes));
  return {};
}

Status CheckSettings(const OnlineDeployment& deployment) {
  const domain::RequestSettings& request = deployment.request_settings;
  SLIPWAY_RETURN_IF_ERROR(CheckRange("the number of instances", deployment.instance_count, 1, kInstancesMax));
  SLIPWAY_RETURN_IF_ERROR(CheckRange("requestTimeout (ms)", request.request_timeout_ms, 1, kRequestTimeoutMsMax));
  SLIPWAY_RETURN_IF_ERROR(
      CheckRange("maxConcurrentRequestsPerInstance", request.max_concurrent_requests_per_instance, 1, 10'000));
  SLIPWAY_RETURN_IF_ERROR(CheckScale(deployment));
  SLIPWAY_RETURN_IF_ERROR(CheckProbe("liveness probe", deployment.liveness_probe));
  SLIPWAY_RETURN_IF_ERROR(CheckProbe("readiness probe", deployment.readiness_probe));
  if (deployment.startup_probe) SLIPWAY_RETURN_IF_ERROR(CheckProbe("startup probe", *deployment.startup_probe));
  return CheckMemoryLimit(deployment);
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

Status CheckSamplingRate(double rate) {
  if (rate >= 0 && rate <= 1) return {};
  return InvalidArgument(fmt::format("the data collector's samplingRate is {}: it has to be from 0 to 1", rate));
}

// The name becomes a folder's, and a part of a data asset's.
Status CheckCollectionName(const std::string& name, bool has_script) {
  SLIPWAY_RETURN_IF_ERROR(
      With(domain::CheckName(domain::NameKind::kAsset, name), "a collection of the data collector"));
  const bool is_known =
      std::find(kOwnCollections.begin(), kOwnCollections.end(), std::string_view(name)) != kOwnCollections.end();
  if (has_script || is_known) return {};
  const std::vector<std::string> known(kOwnCollections.begin(), kOwnCollections.end());
  return InvalidArgument(fmt::format(
      "the data collector's collection '{}' would stay empty: a deployment without a scoring script collects "
      "{}; others need a script with Collector(name='{}'){}",
      name, Join(known, ", "), name, DidYouMean(name, known)));
}

Status CheckCollector(const OnlineDeployment& deployment) {
  if (!deployment.data_collector) return {};
  const domain::DataCollector& collector = *deployment.data_collector;
  SLIPWAY_RETURN_IF_ERROR(CheckSamplingRate(collector.sampling_rate));
  const std::vector<std::string> rates = {"minute", "hour", "day", "month", "year"};
  if (std::find(rates.begin(), rates.end(), collector.rolling_rate) == rates.end())
    return InvalidArgument(fmt::format("the data collector's rollingRate is '{}': it has to be one of {}",
                                       collector.rolling_rate, Join(rates, ", ")));
  for (const std::string& header : collector.capture_headers) {
    if (EqualsIgnoreCase(header, "Authorization"))
      return InvalidArgument("captureHeaders names 'Authorization': credentials are not collected");
  }
  for (const auto& [name, collection] : collector.collections) {
    if (!collection.enabled) continue;
    SLIPWAY_RETURN_IF_ERROR(CheckCollectionName(name, !deployment.scoring_script.empty()));
    SLIPWAY_RETURN_IF_ERROR(CheckSamplingRate(collection.sampling_rate.value_or(1)));
  }
  return {};
}

// What of the data collector matters to the gateway; nothing when no collection is enabled.
std::optional<domain::DataCollector> Collected(const OnlineDeployment& deployment) {
  if (!deployment.data_collector) return std::nullopt;
  domain::DataCollector collector = *deployment.data_collector;
  std::erase_if(collector.collections, [](const auto& entry) { return !entry.second.enabled; });
  if (collector.collections.empty()) return std::nullopt;
  return collector;
}

auto Served(const OnlineDeployment& deployment) {
  const auto probe = [](const domain::Probe& p) {
    return std::tuple(p.initial_delay_ms, p.period_ms, p.timeout_ms, p.success_threshold, p.failure_threshold);
  };
  const auto startup = deployment.startup_probe ? std::optional(probe(*deployment.startup_probe)) : std::nullopt;
  const auto collector = Collected(deployment);
  const domain::RequestSettings& request = deployment.request_settings;
  return std::tuple(deployment.model, deployment.code, deployment.scoring_script, deployment.environment,
                    deployment.environment_variables, deployment.app_insights_enabled, request.request_timeout_ms,
                    request.max_concurrent_requests_per_instance, request.max_queue_wait_ms,
                    probe(deployment.liveness_probe), probe(deployment.readiness_probe), startup,
                    deployment.memory_limit_bytes, collector);
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
  return CheckCollector(deployment);
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
  const bool is_same_scale =
      stored.instance_count == wanted.instance_count && stored.scale_settings == wanted.scale_settings;
  return is_same_scale ? ChangeNeed::kNone : ChangeNeed::kScale;
}

}  // namespace slipway::endpoints
