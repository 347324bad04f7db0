#include "slipway/api/drift_routes.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/routes.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using domain::Scope;
using monitor::DeploymentDrift;
using monitor::GaugeReading;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

json GaugeJson(const GaugeReading& reading) {
  const stats::DriftGauge& gauge = reading.gauge;
  return {{"feature", reading.feature},
          {"kind", reading.kind},
          {"window", reading.window},
          {"rows", gauge.rows},
          {"psi", gauge.psi},
          {"expectedPsi", gauge.expected_psi},
          {"jensenShannon", gauge.jensen_shannon},
          {"missingShare", gauge.missing_share},
          {"unseenShare", gauge.unseen_share},
          {"verdict", stats::GaugeVerdictName(gauge.verdict)}};
}

json DriftJson(const DeploymentDrift& drift) {
  json gauges = json::array();
  for (const GaugeReading& reading : drift.readings) gauges.push_back(GaugeJson(reading));
  return {{"endpoint", drift.endpoint}, {"deployment", drift.deployment},
          {"model", drift.model},       {"source", drift.source},
          {"note", drift.note},         {"gauges", std::move(gauges)}};
}

bool IsAsked(const Request& request, const char* parameter, const std::string& name) {
  const auto asked = request.Parameter(parameter);
  return !asked || EqualsIgnoreCase(*asked, name);
}

std::string ReferenceOf(const PathParameters& parameters) {
  return fmt::format("azureml:{}:{}", parameters.at("model"), parameters.at("version"));
}

class DriftFace {
 public:
  explicit DriftFace(const DriftDependencies& dependencies) : dependencies_(dependencies) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    json values = json::array();
    for (const DeploymentDrift& drift : dependencies_.live.Read())
      if (EqualsIgnoreCase(drift.scope.ArmId(), scope.ArmId()) && IsAsked(request, "endpoint", drift.endpoint) &&
          IsAsked(request, "deployment", drift.deployment))
        values.push_back(DriftJson(drift));
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const stats::Baseline baseline,
                             dependencies_.baselines.Get(ScopeOf(parameters), ReferenceOf(parameters)));
    return JsonAnswer(200, stats::BaselineToJson(baseline));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const stats::Baseline baseline, stats::BaselineFromJson(request.body));
    SLIPWAY_RETURN_IF_ERROR(dependencies_.baselines.Put(ScopeOf(parameters), ReferenceOf(parameters), baseline));
    return JsonAnswer(200, stats::BaselineToJson(baseline));
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(dependencies_.baselines.Delete(ScopeOf(parameters), ReferenceOf(parameters)));
    return Response{204, {}, ""};
  }

 private:
  const DriftDependencies dependencies_;
};

}  // namespace

void MountDrift(net::Router& router, const DriftDependencies& dependencies) {
  Routes<DriftFace> routes(router, std::make_shared<const DriftFace>(dependencies));
  const std::string base = std::string(kWorkspacePattern) + "/slipway";
  routes.Add("GET", base + "/drift", &DriftFace::List);
  routes.Add("GET", base + "/baselines/{model}/{version}", &DriftFace::Get);
  routes.Add("PUT", base + "/baselines/{model}/{version}", &DriftFace::Put);
  routes.Add("DELETE", base + "/baselines/{model}/{version}", &DriftFace::Delete);
}

}  // namespace slipway::api
