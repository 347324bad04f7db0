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

using domain::Datastore;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

bool IsListed(const std::string& name, std::string_view list) {
  for (const std::string_view entry : Split(list, ',')) {
    if (EqualsIgnoreCase(Trim(entry), name)) return true;
  }
  return false;
}

bool IsWanted(const Datastore& datastore, const Request& request) {
  const auto wants = [&](std::string_view parameter) { return request.Parameter(parameter).value_or(""); };
  if (const auto text = wants("isDefault"); !text.empty() && datastore.is_default != EqualsIgnoreCase(text, "true"))
    return false;
  if (const auto names = wants("names"); !names.empty() && !IsListed(datastore.name, names)) return false;
  return ToLower(datastore.name).find(ToLower(wants("searchText"))) != std::string::npos;
}

class Datastores {
 public:
  explicit Datastores(WorkspacesDependencies dependencies) : dependencies_(std::move(dependencies)) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(auto datastores, dependencies_.workspaces.ListDatastores(scope));
    std::erase_if(datastores, [&](const Datastore& datastore) { return !IsWanted(datastore, request); });
    return PageAnswer(request, page, datastores.size(), [&](size_t i) { return Shape(scope, datastores[i]); });
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Datastore datastore,
                             dependencies_.workspaces.GetDatastore(scope, parameters.at("name")));
    return JsonAnswer(200, Shape(scope, datastore));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(Datastore datastore, wire::DatastoreFromArm(body));
    datastore.name = parameters.at("name");
    SLIPWAY_ASSIGN_OR_RETURN(const auto put, dependencies_.service.PutDatastore(scope, std::move(datastore)));
    return JsonAnswer(put.is_new ? 201 : 200, Shape(scope, put.value));
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const bool was_there, dependencies_.service.DeleteDatastore(scope, parameters.at("name")));
    return Response{.status = was_there ? 200 : 204, .headers = {}, .body = ""};
  }

  Result<Response> ListSecrets(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Datastore datastore,
                             dependencies_.workspaces.GetDatastore(scope, parameters.at("name")));
    const json shape = wire::DatastoreToArm(scope, datastore, wire::Secrets::kInclude);
    const json& credentials = shape["properties"]["credentials"];
    if (credentials.contains("secrets")) return JsonAnswer(200, credentials["secrets"]);
    return FailedPrecondition(fmt::format("the datastore '{}' has no secrets{}", datastore.name,
                                          datastore.type == "local" ? ": it is a folder of the server" : ""));
  }

 private:
  static json Shape(const Scope& scope, const Datastore& datastore) {
    return wire::DatastoreToArm(scope, datastore, wire::Secrets::kOmit);
  }

  const WorkspacesDependencies dependencies_;
};

}  // namespace

void MountDatastores(net::Router& router, const WorkspacesDependencies& dependencies) {
  Routes<Datastores> routes(router, std::make_shared<const Datastores>(dependencies));
  const std::string all = fmt::format("{}/datastores", kWorkspacePattern);
  routes.Add("GET", all, &Datastores::List);
  routes.Add("GET", all + "/{name}", &Datastores::Get);
  routes.Add("PUT", all + "/{name}", &Datastores::Put);
  routes.Add("DELETE", all + "/{name}", &Datastores::Delete);
  routes.Add("POST", all + "/{name}/listSecrets", &Datastores::ListSecrets);
}

}  // namespace slipway::api
