// Subscriptions and resource groups: the names that workspaces stand under, and nothing more.
#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/arm_workspace_parts.h"
#include "slipway/api/routes.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using domain::Workspace;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr const char* kTenant = "00000000-0000-0000-0000-000000000000";

json SubscriptionShape(const std::string& id) {
  return {{"id", "/subscriptions/" + id},
          {"subscriptionId", id},
          {"displayName", "Slipway"},
          {"state", "Enabled"},
          {"tenantId", kTenant}};
}

json GroupShape(const std::string& subscription, const std::string& name) {
  return {{"id", fmt::format("/subscriptions/{}/resourceGroups/{}", subscription, name)},
          {"name", name},
          {"type", "Microsoft.Resources/resourceGroups"},
          {"location", "local"},
          {"properties", {{"provisioningState", "Succeeded"}}}};
}

json ProviderShape(const std::string& subscription) {
  return {{"id", fmt::format("/subscriptions/{}{}", subscription, kProvider)},
          {"namespace", "Microsoft.MachineLearningServices"},
          {"registrationState", "Registered"},
          {"resourceTypes", json::array({{{"resourceType", "workspaces"}, {"locations", {"local"}}}})}};
}

class Subscriptions {
 public:
  explicit Subscriptions(domain::WorkspaceStore& workspaces) : workspaces_(workspaces) {}

  Result<Response> List(const Request&, const PathParameters&) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto names, Names());
    json values = json::array();
    for (const auto& [key, found] : names) values.push_back(SubscriptionShape(found.name));
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Subscription found, Find(parameters));
    return JsonAnswer(200, SubscriptionShape(found.name));
  }

  Result<Response> ListGroups(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Subscription found, Find(parameters));
    json values = json::array();
    for (const auto& [key, group] : found.groups) values.push_back(GroupShape(found.name, group));
    return ListAnswer(std::move(values));
  }

  Result<Response> GetGroup(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Subscription found, Find(parameters));
    const auto group = found.groups.find(ToLower(parameters.at("rg")));
    if (group != found.groups.end()) return JsonAnswer(200, GroupShape(found.name, group->second));
    return NotFound(
        fmt::format("there is no resource group '{}': it appears with its first workspace", parameters.at("rg")));
  }

  Result<Response> Provider(const Request&, const PathParameters& parameters) const {
    return JsonAnswer(200, ProviderShape(parameters.at("sub")));
  }

  Result<Response> Tenants(const Request&, const PathParameters&) const {
    return ListAnswer(json::array({{{"id", fmt::format("/tenants/{}", kTenant)}, {"tenantId", kTenant}}}));
  }

 private:
  struct Subscription {
    std::string name;
    std::map<std::string, std::string> groups;  // lower case → as written
  };

  // By lower-case names.
  Result<std::map<std::string, Subscription>> Names() const {
    SLIPWAY_ASSIGN_OR_RETURN(auto workspaces, workspaces_.ListWorkspaces());
    workspaces.push_back(Workspace{});  // the default names are always there
    std::map<std::string, Subscription> names;
    for (const Workspace& workspace : workspaces) {
      Subscription& subscription = names[ToLower(workspace.scope.subscription)];
      if (subscription.name.empty()) subscription.name = workspace.scope.subscription;
      subscription.groups.emplace(ToLower(workspace.scope.resource_group), workspace.scope.resource_group);
    }
    return names;
  }

  Result<Subscription> Find(const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(auto names, Names());
    const auto found = names.find(ToLower(parameters.at("sub")));
    if (found != names.end()) return std::move(found->second);
    return NotFound(fmt::format("there is no subscription '{}'", parameters.at("sub")));
  }

  domain::WorkspaceStore& workspaces_;
};

}  // namespace

void MountSubscriptions(net::Router& router, const WorkspacesDependencies& dependencies) {
  Routes<Subscriptions> routes(router, std::make_shared<const Subscriptions>(dependencies.workspaces));
  const std::string provider = fmt::format("/subscriptions/{{sub}}{}", kProvider);
  routes.Add("GET", "/subscriptions", &Subscriptions::List);
  routes.Add("GET", "/subscriptions/{sub}", &Subscriptions::Get);
  routes.Add("GET", "/subscriptions/{sub}/resourceGroups", &Subscriptions::ListGroups);
  routes.Add("GET", kResourceGroupPattern, &Subscriptions::GetGroup);
  routes.Add("GET", provider, &Subscriptions::Provider);
  routes.Add("POST", provider + "/register", &Subscriptions::Provider);
  routes.Add("GET", "/tenants", &Subscriptions::Tenants);
}

}  // namespace slipway::api
