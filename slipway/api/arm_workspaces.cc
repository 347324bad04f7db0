#include "slipway/api/arm_workspaces.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/arm_workspace_parts.h"
#include "slipway/api/paging.h"
#include "slipway/api/routes.h"
#include "slipway/base/text.h"
#include "slipway/wire/workspace.h"

namespace slipway::api {
namespace {

using domain::Scope;
using domain::Workspace;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr const char* kTenant = "00000000-0000-0000-0000-000000000000";

std::string ResourceId(const Scope& scope, std::string_view type) {
  return fmt::format("/subscriptions/{}/resourceGroups/{}/providers/{}/{}", scope.subscription, scope.resource_group,
                     type, scope.workspace);
}

std::string InsightsId(const Scope& scope) {
  return ResourceId(scope, "Microsoft.Insights/components");
}

std::string LogAnalyticsId(const Scope& scope) {
  return ResourceId(scope, "Microsoft.OperationalInsights/workspaces");
}

// Another workspace's address is no way to change this one.
Status CheckBodyName(const json& body, const Scope& scope) {
  const auto name = body.find("name");
  if (name == body.end() || !name->is_string() || EqualsIgnoreCase(name->get<std::string>(), scope.workspace))
    return {};
  return InvalidArgument(
      fmt::format("the body names the workspace '{}', the address '{}'", name->get<std::string>(), scope.workspace));
}

class WorkspaceFace {
 public:
  explicit WorkspaceFace(WorkspacesDependencies dependencies) : dependencies_(std::move(dependencies)) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(auto workspaces, dependencies_.workspaces.ListWorkspaces());
    const auto group = parameters.find("rg");
    std::erase_if(workspaces, [&](const Workspace& workspace) {
      return !EqualsIgnoreCase(workspace.scope.subscription, parameters.at("sub")) ||
             (group != parameters.end() && !EqualsIgnoreCase(workspace.scope.resource_group, group->second));
    });
    return PageAnswer(request, page, workspaces.size(), [&](size_t i) { return Shape(workspaces[i]); });
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Workspace workspace, Find(parameters));
    return JsonAnswer(200, Shape(workspace));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_RETURN_IF_ERROR(CheckBodyName(body, scope));
    SLIPWAY_ASSIGN_OR_RETURN(Workspace workspace, wire::WorkspaceFromArm(body));
    workspace.scope = scope;
    SLIPWAY_ASSIGN_OR_RETURN(const auto put, dependencies_.service.Put(std::move(workspace)));
    return JsonAnswer(put.is_new ? 201 : 200, Shape(put.value));
  }

  Result<Response> Patch(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const Workspace stored, Find(parameters));
    json merged = wire::WorkspaceToArm(stored);
    if (body.contains("tags")) merged["tags"] = body["tags"];
    if (const auto properties = body.find("properties"); properties != body.end() && properties->is_object()) {
      merged["properties"].merge_patch(*properties);
    }
    SLIPWAY_ASSIGN_OR_RETURN(Workspace workspace, wire::WorkspaceFromArm(merged));
    workspace.scope = stored.scope;
    SLIPWAY_ASSIGN_OR_RETURN(const auto put, dependencies_.service.Put(std::move(workspace)));
    return JsonAnswer(200, Shape(put.value));
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const bool was_there, dependencies_.service.Delete(ScopeOf(parameters)));
    return Response{.status = was_there ? 200 : 204, .headers = {}, .body = ""};
  }

  Result<Response> ListKeys(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Workspace workspace, Find(parameters));
    return JsonAnswer(200, {{"appInsightsInstrumentationKey", workspace.id}});
  }

  Result<Response> ResyncKeys(const Request&, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(Find(parameters));
    return Response{};
  }

  Result<Response> Diagnose(const Request&, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(Find(parameters));
    return JsonAnswer(200, {{"value", json::object()}});
  }

  Result<Response> Nothing(const Request&, const PathParameters& parameters) const {
    if (parameters.contains("ws")) SLIPWAY_RETURN_IF_ERROR(Find(parameters));
    return ListAnswer(json::array());
  }

  Result<Response> Refuse(const Request& request, const PathParameters&) const {
    const size_t slash = request.path.rfind('/');
    return Unimplemented(fmt::format("'{}' of a workspace is not supported yet", request.path.substr(slash + 1)));
  }

  Result<Response> Insights(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Workspace workspace, Find(parameters));
    const std::string& url = dependencies_.control_url;
    return JsonAnswer(
        200, {{"id", InsightsId(workspace.scope)},
              {"name", workspace.scope.workspace},
              {"type", "Microsoft.Insights/components"},
              {"location", workspace.location},
              {"kind", "web"},
              {"properties",
               {{"AppId", workspace.id},
                {"InstrumentationKey", workspace.id},
                {"ConnectionString", fmt::format("InstrumentationKey={};IngestionEndpoint={}/", workspace.id, url)},
                {"WorkspaceResourceId", LogAnalyticsId(workspace.scope)},
                {"provisioningState", "Succeeded"}}}});
  }

  Result<Response> LogAnalytics(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Workspace workspace, Find(parameters));
    return JsonAnswer(200, {{"id", LogAnalyticsId(workspace.scope)},
                            {"name", workspace.scope.workspace},
                            {"type", "Microsoft.OperationalInsights/workspaces"},
                            {"location", workspace.location},
                            {"properties", {{"customerId", workspace.id}, {"provisioningState", "Succeeded"}}}});
  }

  // The services behind a workspace: one server here.
  Result<Response> Discovery(const Request&, const PathParameters&) const {
    const std::string& url = dependencies_.control_url;
    return JsonAnswer(200, {{"api", url}, {"history", url}, {"modelmanagement", url}});
  }

 private:
  Result<Workspace> Find(const PathParameters& parameters) const {
    return dependencies_.workspaces.GetWorkspace(ScopeOf(parameters));
  }

  json Shape(const Workspace& workspace) const {
    const std::string& url = dependencies_.control_url;
    json shape = wire::WorkspaceToArm(workspace, fmt::format("{}/mlflow/v1.0{}", url, workspace.scope.ArmId()));
    shape["properties"]["applicationInsights"] = InsightsId(workspace.scope);
    shape["properties"]["discoveryUrl"] = url + "/discovery";
    shape["properties"]["tenantId"] = kTenant;
    return shape;
  }

  const WorkspacesDependencies dependencies_;
};

void MountEmptyLists(Routes<WorkspaceFace>& routes) {
  for (const char* list : {"connections", "privateEndpointConnections", "privateLinkResources", "features",
                           "outboundNetworkDependenciesEndpoints"}) {
    routes.Add("GET", fmt::format("{}/{}", kWorkspacePattern, list), &WorkspaceFace::Nothing);
  }
  for (const char* list : {"usages", "quotas", "vmSizes"}) {
    routes.Add("GET", fmt::format("/subscriptions/{{sub}}{}/locations/{{location}}/{}", kProvider, list),
               &WorkspaceFace::Nothing);
  }
  routes.Add("GET", fmt::format("{}/operations", kProvider), &WorkspaceFace::Nothing);
}

void MountActions(Routes<WorkspaceFace>& routes) {
  const std::string one(kWorkspacePattern);
  routes.Add("POST", one + "/listKeys", &WorkspaceFace::ListKeys);
  routes.Add("POST", one + "/resyncKeys", &WorkspaceFace::ResyncKeys);
  routes.Add("POST", one + "/diagnose", &WorkspaceFace::Diagnose);
  for (const char* action :
       {"prepareNotebook", "listNotebookAccessToken", "listNotebookKeys", "listStorageAccountKeys"}) {
    routes.Add("POST", fmt::format("{}/{}", one, action), &WorkspaceFace::Refuse);
  }
}

}  // namespace

Result<Scope> ExistingScope(domain::WorkspaceStore& workspaces, const PathParameters& parameters) {
  SLIPWAY_ASSIGN_OR_RETURN(Workspace workspace, workspaces.GetWorkspace(ScopeOf(parameters)));
  return std::move(workspace.scope);
}

void MountWorkspaces(net::Router& router, const WorkspacesDependencies& dependencies) {
  Routes<WorkspaceFace> routes(router, std::make_shared<const WorkspaceFace>(dependencies));
  routes.Add("GET", fmt::format("/subscriptions/{{sub}}{}/workspaces", kProvider), &WorkspaceFace::List);
  routes.Add("GET", fmt::format("{}{}/workspaces", kResourceGroupPattern, kProvider), &WorkspaceFace::List);
  routes.Add("GET", kWorkspacePattern, &WorkspaceFace::Get);
  routes.Add("PUT", kWorkspacePattern, &WorkspaceFace::Put);
  routes.Add("PATCH", kWorkspacePattern, &WorkspaceFace::Patch);
  routes.Add("DELETE", kWorkspacePattern, &WorkspaceFace::Delete);
  MountActions(routes);
  MountEmptyLists(routes);
  const std::string group(kResourceGroupPattern);
  routes.Add("GET", group + "/providers/Microsoft.Insights/components/{ws}", &WorkspaceFace::Insights);
  routes.Add("GET", group + "/providers/Microsoft.OperationalInsights/workspaces/{ws}", &WorkspaceFace::LogAnalytics);
  routes.Add("GET", "/discovery", &WorkspaceFace::Discovery);
  MountSubscriptions(router, dependencies);
  MountDatastores(router, dependencies);
  MountComputes(router, dependencies);
}

}  // namespace slipway::api
