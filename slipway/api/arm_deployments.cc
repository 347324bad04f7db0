// Deployments of online endpoints: one part of MountEndpoints.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/online_shapes.h"
#include "slipway/api/paging.h"
#include "slipway/api/routes.h"
#include "slipway/base/text.h"
#include "slipway/wire/endpoint.h"

namespace slipway::api {
namespace {

using domain::OnlineDeployment;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr size_t kLogLines = 5'000;
constexpr int kInstancesMax = 1'000;

struct LogWish {
  endpoints::LogKind kind = endpoints::LogKind::kConsole;
  size_t lines = kLogLines;
};

// {"containerType": "InferenceServer" | "StorageInitializer", "tail": N}; both may be left out, and so may the body.
Result<LogWish> ReadLogWish(const Request& request) {
  LogWish wish;
  if (request.body.empty()) return wish;
  SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
  if (const auto tail = body.find("tail"); tail != body.end() && !tail->is_null()) {
    if (!tail->is_number_integer() || tail->get<int64_t>() < 1)
      return InvalidArgument("'tail' must be a whole number of lines, at least 1");
    wish.lines = tail->get<size_t>();
  }
  const auto container = body.find("containerType");
  if (container == body.end() || container->is_null()) return wish;
  const std::string text = container->is_string() ? container->get<std::string>() : "";
  if (EqualsIgnoreCase(text, "StorageInitializer"))
    wish.kind = endpoints::LogKind::kPreparation;
  else if (!EqualsIgnoreCase(text, "InferenceServer"))
    return InvalidArgument(
        fmt::format("'containerType' must be InferenceServer or StorageInitializer, not '{}'", text));
  return wish;
}

// What a PATCH changes: tags and sku.capacity. Everything else is ignored, as ARM's contract has it.
Result<endpoints::DeploymentChanges> ReadChanges(const json& body) {
  endpoints::DeploymentChanges changes;
  json resource = {{"properties", json::object()}};
  for (const char* key : {"tags", "sku"}) {
    if (body.contains(key)) resource[key] = body[key];
  }
  SLIPWAY_ASSIGN_OR_RETURN(const OnlineDeployment read, wire::DeploymentFromArm(resource));
  if (body.contains("tags")) changes.tags = read.tags;
  if (body.contains("sku") && body["sku"].is_object() && body["sku"].contains("capacity"))
    changes.instance_count = read.instance_count;
  return changes;
}

class Deployments {
 public:
  explicit Deployments(EndpointsDependencies dependencies) : dependencies_(std::move(dependencies)) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto endpoint,
                             dependencies_.endpoints.GetEndpoint(scope, parameters.at("endpoint")));
    SLIPWAY_ASSIGN_OR_RETURN(const auto deployments, dependencies_.store.ListDeployments(scope, endpoint.name));
    return PageAnswer(request, page, deployments.size(),
                      [&](size_t i) { return DeploymentShape(Server(request), scope, deployments[i]); });
  }

  Result<Response> Get(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const OnlineDeployment deployment, Find(parameters));
    return JsonAnswer(200, DeploymentShape(Server(request), ScopeOf(parameters), deployment));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(OnlineDeployment wanted, wire::DeploymentFromArm(body));
    wanted.endpoint_name = parameters.at("endpoint");
    wanted.name = parameters.at("deployment");
    DropShownProperties(wanted.properties);
    SLIPWAY_ASSIGN_OR_RETURN(const auto stored, dependencies_.endpoints.PutDeployment(scope, std::move(wanted)));
    return Changed(request, scope, stored.value, stored.is_new ? 201 : 200, ResultAt::kResource);
  }

  Result<Response> Patch(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto changes, ReadChanges(body));
    SLIPWAY_ASSIGN_OR_RETURN(const OnlineDeployment changed,
                             dependencies_.endpoints.ChangeDeployment(scope, parameters.at("endpoint"),
                                                                      parameters.at("deployment"), changes));
    // To clients a PATCH answered 200 is over.
    if (endpoints::IsUnderWay(changed.state)) return Changed(request, scope, changed, 202, ResultAt::kLocation);
    return JsonAnswer(200, DeploymentShape(Server(request), scope, changed));
  }

  Result<Response> Delete(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    const std::string& endpoint = parameters.at("endpoint");
    const Status deleted = dependencies_.endpoints.DeleteDeployment(scope, endpoint, parameters.at("deployment"));
    if (!deleted && deleted.error().code() == Code::kNotFound) return Response{204, {}, ""};
    SLIPWAY_RETURN_IF_ERROR(deleted);
    dependencies_.endpoints.WaitUntilRouted(kRoutedTimeout);
    return DeletedAnswer(Server(request), scope, endpoint);
  }

  Result<Response> GetLogs(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const LogWish wish, ReadLogWish(request));
    SLIPWAY_ASSIGN_OR_RETURN(std::string content,
                             dependencies_.endpoints.ReadLogs(ScopeOf(parameters), parameters.at("endpoint"),
                                                              parameters.at("deployment"), wish.kind, wish.lines));
    return JsonAnswer(200, {{"content", std::move(content)}});
  }

  Result<Response> ListSkus(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const OnlineDeployment deployment, Find(parameters));
    return ListAnswer(json::array(
        {{{"resourceType", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"},
          {"sku", {{"name", deployment.instance_type}, {"tier", "Standard"}}},
          {"capacity", {{"minimum", 1}, {"maximum", kInstancesMax}, {"default", 1}, {"scaleType", "Manual"}}}}}));
  }

 private:
  Result<OnlineDeployment> Find(const PathParameters& parameters) const {
    return dependencies_.endpoints.GetDeployment(ScopeOf(parameters), parameters.at("endpoint"),
                                                 parameters.at("deployment"));
  }
  std::string Server(const Request& request) const { return ServerOf(dependencies_, request); }
  Response Changed(const Request& request, const Scope& scope, const OnlineDeployment& deployment, int status,
                   ResultAt at) const {
    Response response = JsonAnswer(status, DeploymentShape(Server(request), scope, deployment));
    SetOperationHeaders(response, Server(request), OperationOf(scope, deployment), at);
    return response;
  }

  const EndpointsDependencies dependencies_;
};

}  // namespace

void MountDeployments(net::Router& router, const EndpointsDependencies& dependencies) {
  Routes<Deployments> routes(router, std::make_shared<const Deployments>(dependencies));
  const auto add = [&](std::string_view method, std::string_view path, Routes<Deployments>::Handler handler) {
    routes.Add(method, fmt::format("{}/onlineEndpoints/{{endpoint}}/deployments{}", kWorkspacePattern, path), handler);
  };
  add("GET", "", &Deployments::List);
  add("GET", "/{deployment}", &Deployments::Get);
  add("PUT", "/{deployment}", &Deployments::Put);
  add("PATCH", "/{deployment}", &Deployments::Patch);
  add("DELETE", "/{deployment}", &Deployments::Delete);
  add("POST", "/{deployment}/getLogs", &Deployments::GetLogs);
  add("GET", "/{deployment}/skus", &Deployments::ListSkus);
}

}  // namespace slipway::api
