#include "slipway/api/alert_routes.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/audit_trail.h"
#include "slipway/api/routes.h"
#include "slipway/base/text.h"
#include "slipway/wire/action_group.h"
#include "slipway/wire/alert.h"

namespace slipway::api {
namespace {

using domain::AlertKind;
using domain::AlertRule;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::string_view kInsightsPattern = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Insights";
constexpr std::string_view kSubscriptionPattern = "/subscriptions/{sub}/providers/Microsoft.Insights";
constexpr size_t kEventsMax = 1000;

// The collection that a path ends in tells the kind.
AlertKind KindOf(const Request& request) {
  return ToLower(request.path).find("/metricalerts") != std::string::npos ? AlertKind::kMetric : AlertKind::kLog;
}

// In the path's resource group, or in its subscription when it names no group.
bool IsInGroup(const Scope& scope, const PathParameters& parameters) {
  const auto group = parameters.find("rg");
  return EqualsIgnoreCase(scope.subscription, parameters.at("sub")) &&
         (group == parameters.end() || EqualsIgnoreCase(scope.resource_group, group->second));
}

// The workspace that `properties.scopes` names: by its own id, its Log Analytics workspace's or its Application
// Insights component's; a metric rule names a resource in it.
Result<Scope> ScopeOfRule(const json& body, const PathParameters& parameters, AlertKind kind) {
  const json scopes = body.contains("properties") && body["properties"].is_object()
                          ? body["properties"].value("scopes", json::array())
                          : json::array();
  if (!scopes.is_array() || scopes.size() != 1 || !scopes[0].is_string())
    return InvalidArgument(fmt::format("'properties.scopes' must be a list with the id of one {}",
                                       kind == AlertKind::kMetric ? "endpoint or deployment" : "workspace"));
  const std::string id = scopes[0].get<std::string>();
  const auto segments = Split(id, '/');
  // "", subscriptions, s, resourceGroups, g, providers, p, workspaces, w[, onlineEndpoints, e[, deployments, d]]
  const bool is_id = (kind == AlertKind::kMetric ? segments.size() >= 9 : segments.size() == 9) &&
                     EqualsIgnoreCase(segments[1], "subscriptions") &&
                     EqualsIgnoreCase(segments[3], "resourceGroups") &&
                     (EqualsIgnoreCase(segments[7], "workspaces") || EqualsIgnoreCase(segments[7], "components"));
  if (!is_id) return InvalidArgument(fmt::format("'properties.scopes': '{}' is not the id of a workspace", id));
  Scope scope{std::string(segments[2]), std::string(segments[4]), std::string(segments[8])};
  if (IsInGroup(scope, parameters)) return scope;
  return InvalidArgument(fmt::format("'properties.scopes': '{}' is not in the resource group of the rule", id));
}

class Alerts {
 public:
  explicit Alerts(const AlertsDependencies& dependencies) : dependencies_(dependencies) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto scopes, ScopesOf(parameters));
    json values = json::array();
    for (const Scope& scope : scopes) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto rules, dependencies_.alerts.ListAlertRules(scope));
      for (const AlertRule& rule : rules)
        if (rule.kind == KindOf(request)) values.push_back(wire::AlertRuleToArm(scope, rule));
    }
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Find(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const AlertRule rule, dependencies_.alerts.GetAlertRule(scope, parameters.at("name")));
    if (rule.kind != KindOf(request)) return NoSuchRule(parameters);
    return JsonAnswer(200, wire::AlertRuleToArm(scope, rule));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    return Store(request, parameters, body);
  }

  // What the body leaves out stays.
  Result<Response> Patch(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Find(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const AlertRule rule, dependencies_.alerts.GetAlertRule(scope, parameters.at("name")));
    if (rule.kind != KindOf(request)) return NoSuchRule(parameters);
    json merged = wire::AlertRuleToArm(scope, rule);
    merged.merge_patch(body);
    return Store(request, parameters, merged);
  }

  Result<Response> Store(const Request& request, const PathParameters& parameters, const json& body) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ScopeOfRule(body, parameters, KindOf(request)));
    SLIPWAY_ASSIGN_OR_RETURN(AlertRule rule, wire::AlertRuleFromArm(body));
    if (rule.kind != KindOf(request))
      return InvalidArgument("'properties.criteria' is of the other kind of rule (log, metric)");
    rule.name = parameters.at("name");
    const auto known = Find(parameters);
    if (known && !(*known == scope)) {
      return AlreadyExists(
          fmt::format("the workspace '{}' has an alert rule '{}' already: names are unique in a "
                      "resource group",
                      known->workspace, rule.name));
    }
    SLIPWAY_ASSIGN_OR_RETURN(rule, dependencies_.service.Put(scope, std::move(rule)));
    return JsonAnswer(known ? 200 : 201, wire::AlertRuleToArm(scope, rule));
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    const auto scope = Find(parameters);
    if (!scope && scope.error().code() == Code::kNotFound) return Response{.status = 204, .headers = {}, .body = ""};
    SLIPWAY_RETURN_IF_ERROR(scope);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.service.Delete(*scope, parameters.at("name")));
    return Response{};
  }

  Result<Response> Events(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    const std::string rule = request.Parameter("rule").value_or("");
    SLIPWAY_ASSIGN_OR_RETURN(const auto events, dependencies_.alerts.ListAlertEvents(scope, rule, kEventsMax));
    json values = json::array();
    for (const auto& event : events) values.push_back(wire::AlertEventToJson(event));
    return ListAnswer(std::move(values));
  }

  // {"begin","end"} or {"last": an ISO 8601 duration}.
  Result<Response> Test(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const AlertRule rule, dependencies_.alerts.GetAlertRule(scope, parameters.at("name")));
    SLIPWAY_ASSIGN_OR_RETURN(const Duration last, ParseIsoDuration(body.value("last", "P1D")));
    const Timestamp end = dependencies_.clock.Now();
    SLIPWAY_ASSIGN_OR_RETURN(const monitor::Replay replay, dependencies_.service.Test(scope, rule, end - last, end));
    return JsonAnswer(200, ReplayToJson(rule, replay));
  }

  Result<Response> GetFreeze(const Request&, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    SLIPWAY_ASSIGN_OR_RETURN(const auto freeze, dependencies_.groups.GetFreeze(scope));
    return JsonAnswer(200, {{"frozen", freeze.has_value()}, {"freeze", freeze ? wire::FreezeToJson(*freeze) : json()}});
  }
  Result<Response> PutFreeze(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(domain::AlertFreeze freeze, wire::FreezeFromJson(body));
    freeze.by = ActorOf(request);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.service.Freeze(ScopeOf(parameters), freeze));
    SLIPWAY_RETURN_IF_ERROR(Record(request, parameters, "alert.freeze", freeze.reason));
    return GetFreeze(request, parameters);
  }
  Result<Response> DeleteFreeze(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(dependencies_.service.Freeze(ScopeOf(parameters), std::nullopt));
    SLIPWAY_RETURN_IF_ERROR(Record(request, parameters, "alert.unfreeze", ""));
    return GetFreeze(request, parameters);
  }

 private:
  Status Record(const Request& request, const PathParameters& parameters, std::string action,
                std::string reason) const {
    domain::AuditEntry entry;
    entry.action = std::move(action);
    entry.scope = ScopeOf(parameters).ArmId();
    entry.subject = "alerts";
    entry.reason = std::move(reason);
    return AuditTrail(dependencies_.audit, dependencies_.clock).Record(request, std::move(entry));
  }

  static json ReplayToJson(const AlertRule& rule, const monitor::Replay& replay) {
    json events = json::array();
    for (const auto& event : replay.events)
      events.push_back({{"dimensions", event.dimensions},
                        {"firedAt", FormatTimestamp(event.fired_at)},
                        {"resolvedAt", event.resolved_at ? json(FormatTimestamp(*event.resolved_at)) : json()},
                        {"value", event.value}});
    return {{"rule", rule.name},
            {"threshold", rule.conditions.at(0).threshold},
            {"begin", FormatTimestamp(replay.begin)},
            {"end", FormatTimestamp(replay.end)},
            {"evaluations", replay.evaluations},
            {"smallestValue", replay.smallest ? json(*replay.smallest) : json()},
            {"largestValue", replay.largest ? json(*replay.largest) : json()},
            {"events", std::move(events)}};
  }

  Result<std::vector<Scope>> ScopesOf(const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto workspaces, dependencies_.workspaces.ListWorkspaces());
    std::vector<Scope> scopes;
    for (const auto& workspace : workspaces)
      if (IsInGroup(workspace.scope, parameters)) scopes.push_back(workspace.scope);
    return scopes;
  }

  // The workspace of the resource group that has the rule.
  Result<Scope> Find(const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto scopes, ScopesOf(parameters));
    for (const Scope& scope : scopes)
      if (dependencies_.alerts.GetAlertRule(scope, parameters.at("name"))) return scope;
    return NoSuchRule(parameters);
  }

  static Error NoSuchRule(const PathParameters& parameters) {
    return NotFound(fmt::format("there is no alert rule '{}' in the resource group '{}'", parameters.at("name"),
                                parameters.at("rg")));
  }

  const AlertsDependencies dependencies_;
};

}  // namespace

void MountAlerts(net::Router& router, const AlertsDependencies& dependencies) {
  Routes<Alerts> routes(router, std::make_shared<const Alerts>(dependencies));
  for (const char* collection : {"/scheduledQueryRules", "/metricAlerts"}) {
    const std::string rules = std::string(kInsightsPattern) + collection, rule = rules + "/{name}";
    routes.Add("GET", rules, &Alerts::List);
    routes.Add("GET", rule, &Alerts::Get);
    routes.Add("GET", std::string(kSubscriptionPattern) + collection, &Alerts::List);
    routes.Add("PUT", rule, &Alerts::Put);
    routes.Add("PATCH", rule, &Alerts::Patch);
    routes.Add("DELETE", rule, &Alerts::Delete);
  }
  const std::string own = std::string(kWorkspacePattern) + "/slipway";
  routes.Add("GET", own + "/alerts", &Alerts::Events);
  routes.Add("POST", own + "/alerts/{name}/test", &Alerts::Test);
  routes.Add("GET", own + "/alertFreeze", &Alerts::GetFreeze);
  routes.Add("PUT", own + "/alertFreeze", &Alerts::PutFreeze);
  routes.Add("DELETE", own + "/alertFreeze", &Alerts::DeleteFreeze);
}

}  // namespace slipway::api
