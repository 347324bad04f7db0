#include "slipway/store/endpoint_store.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/store/document_table.h"
#include "slipway/wire/endpoint.h"

namespace slipway::store {
namespace {

using domain::OnlineDeployment;
using domain::OnlineEndpoint;
using domain::Scope;
using sql::Connection;

const DocumentTable& Endpoints() {
  static const DocumentTable table("online_endpoints", "online endpoint", {"workspace", "name_key"});
  return table;
}

const DocumentTable& Deployments() {
  static const DocumentTable table("online_deployments", "deployment", {"workspace", "endpoint_key", "name_key"});
  return table;
}

std::vector<std::string> Keys(const Scope& scope, const std::string& endpoint) {
  return {WorkspaceKey(scope), ToLower(endpoint)};
}

std::vector<std::string> Keys(const Scope& scope, const std::string& endpoint, const std::string& deployment) {
  return {WorkspaceKey(scope), ToLower(endpoint), ToLower(deployment)};
}

Result<OnlineEndpoint> ReadEndpoint(const Document& document) {
  SLIPWAY_ASSIGN_OR_RETURN(OnlineEndpoint endpoint, AsStored(wire::EndpointFromArm(document.body),
                                                             fmt::format("the online endpoint '{}'", document.name)));
  endpoint.name = document.name;
  return endpoint;
}

Result<OnlineDeployment> ReadDeployment(const Document& document) {
  SLIPWAY_ASSIGN_OR_RETURN(OnlineDeployment deployment, AsStored(wire::DeploymentFromArm(document.body),
                                                                 fmt::format("the deployment '{}'", document.name)));
  deployment.name = document.name;
  return deployment;
}

}  // namespace

std::vector<std::string> EndpointTableStatements() {
  return {Endpoints().CreateStatement(), Deployments().CreateStatement()};
}

Status SqlEndpointStore::PutEndpoint(const Scope& scope, const OnlineEndpoint& endpoint) {
  const auto body = wire::EndpointToArm(scope, endpoint, {}, wire::Secrets::kInclude);
  return database_.Write([&](Connection& connection) {
    return Endpoints().Put(connection, Keys(scope, endpoint.name), endpoint.name, body);
  });
}

Result<OnlineEndpoint> SqlEndpointStore::GetEndpoint(const Scope& scope, const std::string& name) {
  Document document;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(document, Endpoints().Get(connection, Keys(scope, name), name));
    return {};
  }));
  return ReadEndpoint(document);
}

Result<std::vector<OnlineEndpoint>> SqlEndpointStore::ListEndpoints(const Scope& scope) {
  std::vector<Document> documents;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(documents, Endpoints().List(connection, {WorkspaceKey(scope)}));
    return {};
  }));
  return ReadAll<OnlineEndpoint>(documents, ReadEndpoint);
}

Status SqlEndpointStore::DeleteEndpoint(const Scope& scope, const std::string& name) {
  return database_.Write([&](Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(Deployments().Delete(connection, Keys(scope, name)));
    return Endpoints().Delete(connection, Keys(scope, name));
  });
}

Status SqlEndpointStore::PutDeployment(const Scope& scope, const OnlineDeployment& deployment) {
  return database_.Write([&](Connection& connection) -> Status {
    const std::string& endpoint = deployment.endpoint_name;
    SLIPWAY_ASSIGN_OR_RETURN(const Document owner, Endpoints().Get(connection, Keys(scope, endpoint), endpoint));
    OnlineDeployment named = deployment;
    named.endpoint_name = owner.name;
    return Deployments().Put(connection, Keys(scope, endpoint, deployment.name), deployment.name,
                             wire::DeploymentToArm(scope, named));
  });
}

Result<OnlineDeployment> SqlEndpointStore::GetDeployment(const Scope& scope, const std::string& endpoint,
                                                         const std::string& name) {
  Document document;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(document, Deployments().Get(connection, Keys(scope, endpoint, name), name));
    return {};
  }));
  return ReadDeployment(document);
}

Result<std::vector<OnlineDeployment>> SqlEndpointStore::ListDeployments(const Scope& scope,
                                                                        const std::string& endpoint) {
  std::vector<Document> documents;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(documents, Deployments().List(connection, Keys(scope, endpoint)));
    return {};
  }));
  return ReadAll<OnlineDeployment>(documents, ReadDeployment);
}

Status SqlEndpointStore::DeleteDeployment(const Scope& scope, const std::string& endpoint, const std::string& name) {
  return database_.Write(
      [&](Connection& connection) { return Deployments().Delete(connection, Keys(scope, endpoint, name)); });
}

}  // namespace slipway::store
