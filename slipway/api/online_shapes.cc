#include "slipway/api/online_shapes.h"

#include "slipway/api/paging.h"
#include "slipway/domain/reference.h"
#include "slipway/wire/endpoint.h"

namespace slipway::api {
namespace {

using domain::AssetKind;
using domain::Scope;
using nlohmann::json;

constexpr const char* kOperationKey = "AzureAsyncOperationUri";
constexpr const char* kEndpointIdKey = "azureml.onlineendpointid";

void Expand(const Scope& scope, json& owner, const char* key, AssetKind kind) {
  if (!owner.contains(key) || !owner[key].is_string()) return;
  const auto parsed = domain::ParseReference(owner[key].get<std::string>(), kind);
  const auto* asset = parsed ? std::get_if<domain::AssetReference>(&*parsed) : nullptr;
  if (asset && asset->registry.empty() && !asset->version.empty())
    owner[key] = domain::AssetArmId(scope, kind, asset->name, asset->version);
}

void ExpandReferences(const Scope& scope, json& properties) {
  Expand(scope, properties, "model", AssetKind::kModel);
  Expand(scope, properties, "environmentId", AssetKind::kEnvironment);
  if (properties.contains("codeConfiguration"))
    Expand(scope, properties["codeConfiguration"], "codeId", AssetKind::kCode);
}

}  // namespace

std::string ServerOf(const EndpointsDependencies& dependencies, const net::Request& request) {
  const std::string own = OwnUrl(request);
  return own.empty() ? dependencies.control_url : own;
}

Operation OperationOf(const Scope& scope, const domain::OnlineEndpoint& endpoint) {
  return {Operation::Kind::kPutEndpoint, scope, endpoint.name, "", 0};
}

Operation OperationOf(const Scope& scope, const domain::OnlineDeployment& deployment) {
  return {Operation::Kind::kPutDeployment, scope, deployment.endpoint_name, deployment.name, deployment.revision};
}

json EndpointShape(const EndpointsDependencies& dependencies, const std::string& server, const Scope& scope,
                   const domain::OnlineEndpoint& endpoint) {
  const auto links = dependencies.endpoints.LinksOf(scope, endpoint.name);
  json shape = wire::EndpointToArm(scope, endpoint, links.value_or(wire::EndpointLinks{}));
  json& shown = shape["properties"]["properties"];
  shown[kOperationKey] = StatusUrl(server, OperationOf(scope, endpoint));
  shown[kEndpointIdKey] = shape["id"];
  return shape;
}

json DeploymentShape(const std::string& server, const Scope& scope, const domain::OnlineDeployment& deployment) {
  json shape = wire::DeploymentToArm(scope, deployment);
  ExpandReferences(scope, shape["properties"]);
  shape["properties"]["properties"][kOperationKey] = StatusUrl(server, OperationOf(scope, deployment));
  return shape;
}

void DropShownProperties(domain::Tags& properties) {
  properties.erase(kOperationKey);
  properties.erase(kEndpointIdKey);
}

net::Response DeletedAnswer(const std::string& server, const Scope& scope, const std::string& endpoint) {
  net::Response response{.status = 202, .headers = {}, .body = ""};
  SetOperationHeaders(response, server, {Operation::Kind::kDelete, scope, endpoint, "", 0}, ResultAt::kLocation);
  return response;
}

}  // namespace slipway::api
