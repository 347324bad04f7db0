#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/arm_workspace_parts.h"
#include "slipway/api/paging.h"
#include "slipway/api/routes.h"
#include "slipway/wire/workspace.h"

namespace slipway::api {
namespace {

using domain::Compute;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

class Computes {
 public:
  explicit Computes(WorkspacesDependencies dependencies) : dependencies_(std::move(dependencies)) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto computes, dependencies_.workspaces.ListComputes(scope));
    return PageAnswer(request, page, computes.size(), [&](size_t i) { return wire::ComputeToArm(scope, computes[i]); });
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Compute compute, Find(scope, parameters));
    return JsonAnswer(200, wire::ComputeToArm(scope, compute));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    return Store(scope, parameters.at("name"), body);
  }

  Result<Response> Patch(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const Compute stored, Find(scope, parameters));
    json merged = wire::ComputeToArm(scope, stored);
    merged.merge_patch(body);
    return Store(scope, stored.name, merged);
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const bool was_there, dependencies_.service.DeleteCompute(scope, parameters.at("name")));
    return Response{.status = was_there ? 200 : 204, .headers = {}, .body = ""};
  }

  // Jobs are processes of this server's machine: there are no nodes to tell of.
  Result<Response> ListNodes(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_RETURN_IF_ERROR(Find(scope, parameters));
    return JsonAnswer(200, {{"nodes", json::array()}});
  }

  Result<Response> Refuse(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Compute compute, Find(scope, parameters));
    return Unimplemented(fmt::format(
        "'{}' of the compute '{}' is not supported yet: a cluster starts and stops by itself and has no keys",
        parameters.at("action"), compute.name));
  }

 private:
  Result<Compute> Find(const Scope& scope, const PathParameters& parameters) const {
    return dependencies_.workspaces.GetCompute(scope, parameters.at("name"));
  }

  Result<Response> Store(const Scope& scope, const std::string& name, const json& body) const {
    SLIPWAY_ASSIGN_OR_RETURN(Compute compute, wire::ComputeFromArm(body));
    compute.name = name;
    SLIPWAY_ASSIGN_OR_RETURN(const auto put, dependencies_.service.PutCompute(scope, std::move(compute)));
    return JsonAnswer(put.is_new ? 201 : 200, wire::ComputeToArm(scope, put.value));
  }

  const WorkspacesDependencies dependencies_;
};

}  // namespace

void MountComputes(net::Router& router, const WorkspacesDependencies& dependencies) {
  Routes<Computes> routes(router, std::make_shared<const Computes>(dependencies));
  const std::string all = fmt::format("{}/computes", kWorkspacePattern);
  routes.Add("GET", all, &Computes::List);
  routes.Add("GET", all + "/{name}", &Computes::Get);
  routes.Add("PUT", all + "/{name}", &Computes::Put);
  routes.Add("PATCH", all + "/{name}", &Computes::Patch);
  routes.Add("DELETE", all + "/{name}", &Computes::Delete);
  routes.Add("POST", all + "/{name}/listNodes", &Computes::ListNodes);
  routes.Add("POST", all + "/{name}/{action}", &Computes::Refuse);
}

}  // namespace slipway::api
