#include "slipway/monitor/metric_catalog.h"

#include <algorithm>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::monitor {

using domain::AlertCondition;
using domain::AlertDimension;

namespace {

constexpr std::string_view kEndpointType = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints";
constexpr std::string_view kDeploymentType = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments";

struct Metric {
  std::string name;
  std::vector<std::string> dimensions;
};

const std::vector<Metric>& MetricsOf(std::string_view type) {
  static const std::vector<Metric> kOfEndpoints = {
      {"RequestsPerMinute", {"deployment", "statusCode", "statusCodeClass", "modelStatusCode"}},
      {"RequestLatency", {"deployment"}},
      {"RequestLatency_P50", {"deployment"}},
      {"RequestLatency_P90", {"deployment"}},
      {"RequestLatency_P95", {"deployment"}},
      {"RequestLatency_P99", {"deployment"}},
      {"ConnectionsActive", {}},
      {"NewConnectionsPerSecond", {}},
      {"NetworkBytes", {}}};
  static const std::vector<Metric> kOfDeployments = {{"RequestsPerMinute", {"envoy_response_code"}},
                                                     {"RequestLatency_P50", {}},
                                                     {"RequestLatency_P90", {}},
                                                     {"RequestLatency_P95", {}},
                                                     {"RequestLatency_P99", {}},
                                                     {"CpuUtilizationPercentage", {"instanceId"}},
                                                     {"CpuMemoryUtilizationPercentage", {"instanceId"}},
                                                     {"DeploymentCapacity", {"instanceId", "State"}},
                                                     {"RequestQueueTime", {}}};
  return type == kEndpointType ? kOfEndpoints : kOfDeployments;
}

// The known name that `name` is but for case; otherwise the complaint says what `owner` has. `kind`: "metric".
Result<std::string> KnownName(std::string_view owner, std::string_view kind, const std::string& name,
                              const std::vector<std::string>& known) {
  for (const std::string& candidate : known)
    if (EqualsIgnoreCase(candidate, name)) return candidate;
  if (known.empty()) return InvalidArgument(fmt::format("{} has no {}s, so no '{}'", owner, kind, name));
  const std::string hint = DidYouMean(name, known);
  return InvalidArgument(fmt::format("{} has no {} '{}'{}", owner, kind, name,
                                     hint.empty() ? fmt::format("; it has {}", Join(known, ", ")) : hint));
}

}  // namespace

std::string MetricResourceType(const std::string& resource) {
  // "", subscriptions, s, resourceGroups, g, providers, p, workspaces, w, onlineEndpoints, e[, deployments, d]
  const auto segments = Split(resource, '/');
  if (segments.size() < 11 || !EqualsIgnoreCase(segments[9], "onlineEndpoints")) return "";
  if (segments.size() == 11) return std::string(kEndpointType);
  return segments.size() == 13 && EqualsIgnoreCase(segments[11], "deployments") ? std::string(kDeploymentType) : "";
}

Result<AlertCondition> CheckMetric(const std::string& resource, AlertCondition condition) {
  const std::string type = MetricResourceType(resource);
  if (type.empty())
    return InvalidArgument(fmt::format(
        "'{}' has no metrics: a metric alert is of an online endpoint or of one of its deployments", resource));
  if (!condition.metric_namespace.empty() && !EqualsIgnoreCase(condition.metric_namespace, type))
    return Unimplemented(fmt::format("metrics of the namespace '{}' are not supported: the resource's own are ('{}')",
                                     condition.metric_namespace, type));
  const std::vector<Metric>& metrics = MetricsOf(type);
  std::vector<std::string> names;
  for (const Metric& metric : metrics) names.push_back(metric.name);
  const char* what = type == kEndpointType ? "an online endpoint" : "a deployment";
  SLIPWAY_ASSIGN_OR_RETURN(condition.metric_name, KnownName(what, "metric", condition.metric_name, names));
  const auto metric = std::find_if(metrics.begin(), metrics.end(),
                                   [&](const Metric& known) { return known.name == condition.metric_name; });
  for (AlertDimension& dimension : condition.dimensions) {
    SLIPWAY_ASSIGN_OR_RETURN(dimension.name,
                             KnownName("the metric " + metric->name, "dimension", dimension.name, metric->dimensions));
  }
  return condition;
}

}  // namespace slipway::monitor
