#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/alert_routes.h"
#include "slipway/api/answer.h"
#include "slipway/api/routes.h"
#include "slipway/wire/action_group.h"

namespace slipway::api {
namespace {

using domain::ActionGroup;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::string_view kPattern =
    "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Insights/actionGroups";

Scope GroupScopeOf(const PathParameters& parameters) {
  return monitor::GroupScope({parameters.at("sub"), parameters.at("rg"), ""});
}

json ResultToJson(const monitor::NotificationResult& result) {
  return {{"mechanismType", result.kind},
          {"name", result.receiver},
          {"status", result.outcome ? "Succeeded" : "Failed"},
          {"detail", result.outcome ? "" : result.outcome.error().ToString()}};
}

class ActionGroups {
 public:
  explicit ActionGroups(const AlertsDependencies& dependencies) : dependencies_(dependencies) {}

  Result<Response> List(const Request&, const PathParameters& parameters) const {
    const Scope scope = GroupScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const auto groups, dependencies_.groups.ListActionGroups(scope));
    json values = json::array();
    for (const ActionGroup& group : groups) values.push_back(wire::ActionGroupToArm(scope, group));
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    const Scope scope = GroupScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const auto group, dependencies_.groups.GetActionGroup(scope, parameters.at("name")));
    return JsonAnswer(200, wire::ActionGroupToArm(scope, group));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    const Scope scope = GroupScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(ActionGroup group, wire::ActionGroupFromArm(body));
    group.name = parameters.at("name");
    const bool is_known = dependencies_.groups.GetActionGroup(scope, group.name).has_value();
    SLIPWAY_ASSIGN_OR_RETURN(group, dependencies_.service.PutGroup(scope, std::move(group)));
    return JsonAnswer(is_known ? 200 : 201, wire::ActionGroupToArm(scope, group));
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    const auto deleted = dependencies_.service.DeleteGroup(GroupScopeOf(parameters), parameters.at("name"));
    if (!deleted && deleted.error().code() == Code::kNotFound)
      return Response{.status = 204, .headers = {}, .body = ""};
    SLIPWAY_RETURN_IF_ERROR(deleted);
    return Response{};
  }

  Result<Response> Notify(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto results,
                             dependencies_.service.TestGroup(GroupScopeOf(parameters), parameters.at("name")));
    json details = json::array();
    for (const auto& result : results) details.push_back(ResultToJson(result));
    return JsonAnswer(200, {{"state", "Completed"}, {"actionDetails", std::move(details)}});
  }

 private:
  const AlertsDependencies dependencies_;
};

}  // namespace

void MountActionGroups(net::Router& router, const AlertsDependencies& dependencies) {
  Routes<ActionGroups> routes(router, std::make_shared<const ActionGroups>(dependencies));
  const std::string all(kPattern), one = all + "/{name}";
  routes.Add("GET", all, &ActionGroups::List);
  routes.Add("GET", one, &ActionGroups::Get);
  routes.Add("PUT", one, &ActionGroups::Put);
  routes.Add("DELETE", one, &ActionGroups::Delete);
  routes.Add("POST", one + "/createNotifications", &ActionGroups::Notify);
}

}  // namespace slipway::api
