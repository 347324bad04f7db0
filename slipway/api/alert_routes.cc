#include "slipway/api/alert_routes.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/base/text.h"
#include "slipway/wire/alert.h"

namespace slipway::api {
namespace {

using domain::AlertRule;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::string_view kRulesPattern =
    "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Insights/scheduledQueryRules";
constexpr size_t kEventsMax = 1000;

bool IsInGroup(const Scope& scope, const PathParameters& parameters) {
  return EqualsIgnoreCase(scope.subscription, parameters.at("sub")) &&
         EqualsIgnoreCase(scope.resource_group, parameters.at("rg"));
}

// The workspace that `properties.scopes` names: by its own id, its Log Analytics workspace's or its Application
// Insights component's.
Result<Scope> ScopeOfRule(const json& body, const PathParameters& parameters) {
  const json scopes = body.contains("properties") && body["properties"].is_object()
                          ? body["properties"].value("scopes", json::array())
                          : json::array();
  if (!scopes.is_array() || scopes.size() != 1 || !scopes[0].is_string())
    return InvalidArgument("'properties.scopes' must be a list with the id of one workspace");
  const std::string id = scopes[0].get<std::string>();
  const auto segments = Split(id, '/');
  // "", subscriptions, s, resourceGroups, g, providers, p, workspaces, w
  const bool is_id = segments.size() == 9 && EqualsIgnoreCase(segments[1], "subscriptions") &&
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

  Result<Response> List(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto scopes, ScopesOf(parameters));
    json values = json::array();
    for (const Scope& scope : scopes) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto rules, dependencies_.alerts.ListAlertRules(scope));
      for (const AlertRule& rule : rules) values.push_back(wire::AlertRuleToArm(scope, rule));
    }
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Find(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const AlertRule rule, dependencies_.alerts.GetAlertRule(scope, parameters.at("name")));
    return JsonAnswer(200, wire::AlertRuleToArm(scope, rule));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ScopeOfRule(body, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(AlertRule rule, wire::AlertRuleFromArm(body));
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

 private:
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
    return NotFound(fmt::format("there is no alert rule '{}' in the resource group '{}'", parameters.at("name"),
                                parameters.at("rg")));
  }

  const AlertsDependencies dependencies_;
};

}  // namespace

void MountAlerts(net::Router& router, const AlertsDependencies& dependencies) {
  const auto alerts = std::make_shared<const Alerts>(dependencies);
  using Handler = Result<Response> (Alerts::*)(const Request&, const PathParameters&) const;
  const auto add = [&](std::string_view method, const std::string& pattern, Handler handler) {
    router.Add(method, pattern, [alerts, handler](const Request& request, const PathParameters& parameters) {
      auto answer = ((*alerts).*handler)(request, parameters);
      return answer ? std::move(*answer) : ErrorAnswer(answer.error());
    });
  };
  const std::string rules(kRulesPattern), rule = rules + "/{name}";
  add("GET", rules, &Alerts::List);
  add("GET", rule, &Alerts::Get);
  add("PUT", rule, &Alerts::Put);
  add("DELETE", rule, &Alerts::Delete);
  add("GET", std::string(kWorkspacePattern) + "/slipway/alerts", &Alerts::Events);
}

}  // namespace slipway::api
