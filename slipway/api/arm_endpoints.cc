#include "slipway/api/arm_endpoints.h"

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

using domain::OnlineEndpoint;
using domain::Scope;
using domain::Tags;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

int64_t SecondsOf(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// "a,b=c": every name is there, with the value where one is given.
bool HasAll(const Tags& tags, const std::optional<std::string>& filter) {
  if (!filter) return true;
  for (const std::string_view part : Split(*filter, ',')) {
    if (Trim(part).empty()) continue;
    const size_t equals = part.find('=');
    const auto tag = tags.find(std::string(Trim(part.substr(0, equals))));
    if (tag == tags.end()) return false;
    if (equals != std::string_view::npos && tag->second != Trim(part.substr(equals + 1))) return false;
  }
  return true;
}

bool IsListed(const Request& request, const OnlineEndpoint& endpoint) {
  const auto name = request.Parameter("name");
  const auto compute = request.Parameter("computeType");
  if (name && !name->empty() && !EqualsIgnoreCase(*name, endpoint.name)) return false;
  if (compute && !compute->empty() && !EqualsIgnoreCase(*compute, "Managed")) return false;
  return HasAll(endpoint.tags, request.Parameter("tags")) &&
         HasAll(endpoint.properties, request.Parameter("properties"));
}

void Sort(const Request& request, std::vector<OnlineEndpoint>& endpoints) {
  const std::string order = request.Parameter("orderBy").value_or("CreatedAtDesc");
  const auto key = [&](const OnlineEndpoint& endpoint) {
    return StartsWithIgnoreCase(order, "Updated") ? endpoint.context.last_modified_at : endpoint.context.created_at;
  };
  const bool is_ascending = ToLower(order).ends_with("asc");
  std::stable_sort(endpoints.begin(), endpoints.end(),
                   [&](const auto& a, const auto& b) { return is_ascending ? key(a) < key(b) : key(b) < key(a); });
}

Result<endpoints::KeyKind> ReadKeyKind(const json& body) {
  const auto kind = body.find("keyType");
  const std::string text = kind != body.end() && kind->is_string() ? kind->get<std::string>() : "";
  if (EqualsIgnoreCase(text, "Primary")) return endpoints::KeyKind::kPrimary;
  if (EqualsIgnoreCase(text, "Secondary")) return endpoints::KeyKind::kSecondary;
  return InvalidArgument(fmt::format("'keyType' must be Primary or Secondary, not '{}'", text));
}

class OnlineEndpoints {
 public:
  explicit OnlineEndpoints(EndpointsDependencies dependencies) : dependencies_(std::move(dependencies)) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(auto endpoints, dependencies_.store.ListEndpoints(scope));
    std::erase_if(endpoints, [&](const auto& endpoint) { return !IsListed(request, endpoint); });
    Sort(request, endpoints);
    return PageAnswer(request, page, endpoints.size(), [&](size_t i) { return Shape(request, scope, endpoints[i]); });
  }

  Result<Response> Get(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const OnlineEndpoint endpoint, Find(parameters));
    return JsonAnswer(200, Shape(request, ScopeOf(parameters), endpoint));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(OnlineEndpoint wanted, wire::EndpointFromArm(body));
    wanted.name = parameters.at("endpoint");
    DropShownProperties(wanted.properties);
    SLIPWAY_ASSIGN_OR_RETURN(const auto stored, dependencies_.endpoints.PutEndpoint(scope, std::move(wanted)));
    dependencies_.endpoints.WaitUntilRouted(kRoutedTimeout);
    Response response = JsonAnswer(stored.is_new ? 201 : 200, Shape(request, scope, stored.value));
    SetOperationHeaders(response, Server(request), OperationOf(scope, stored.value), ResultAt::kResource);
    return response;
  }

  // Tags alone; identity is accepted and has no meaning here, everything else is ignored, as ARM's contract has it.
  Result<Response> Patch(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(OnlineEndpoint endpoint, Find(parameters));
    if (body.contains("tags")) {
      SLIPWAY_ASSIGN_OR_RETURN(const OnlineEndpoint read,
                               wire::EndpointFromArm({{"tags", body["tags"]}, {"properties", json::object()}}));
      SLIPWAY_ASSIGN_OR_RETURN(endpoint, dependencies_.endpoints.TagEndpoint(scope, endpoint.name, read.tags));
    }
    return JsonAnswer(200, Shape(request, scope, endpoint));
  }

  Result<Response> Delete(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    const Status deleted = dependencies_.endpoints.DeleteEndpoint(scope, parameters.at("endpoint"));
    if (!deleted && deleted.error().code() == Code::kNotFound) return Response{204, {}, ""};
    SLIPWAY_RETURN_IF_ERROR(deleted);
    dependencies_.endpoints.WaitUntilRouted(kRoutedTimeout);
    return DeletedAnswer(Server(request), scope, parameters.at("endpoint"));
  }

  Result<Response> ListKeys(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const OnlineEndpoint endpoint, Find(parameters));
    if (endpoint.auth_mode != domain::AuthMode::kKey)
      return FailedPrecondition(
          fmt::format("the endpoint '{}' takes tokens, not keys: POST …/token gives one out", endpoint.name));
    return JsonAnswer(200, {{"primaryKey", endpoint.primary_key}, {"secondaryKey", endpoint.secondary_key}});
  }

  Result<Response> RegenerateKeys(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto kind, ReadKeyKind(body));
    const auto value = body.find("keyValue");
    const std::string wanted = value != body.end() && value->is_string() ? value->get<std::string>() : "";
    const std::string& name = parameters.at("endpoint");
    SLIPWAY_RETURN_IF_ERROR(dependencies_.endpoints.RegenerateKey(scope, name, kind, wanted));
    dependencies_.endpoints.WaitUntilRouted(kRoutedTimeout);
    Response response{202, {}, ""};
    SetOperationHeaders(response, Server(request), {Operation::Kind::kRegenerateKey, scope, name, "", 0},
                        ResultAt::kLocation);
    return response;
  }

  Result<Response> Token(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto token,
                             dependencies_.endpoints.IssueToken(ScopeOf(parameters), parameters.at("endpoint")));
    return JsonAnswer(200, {{"accessToken", token.token},
                            {"expiryTimeUtc", SecondsOf(token.expiry)},
                            {"refreshAfterTimeUtc", SecondsOf(token.refresh_after)},
                            {"tokenType", "Bearer"}});
  }

  Result<Response> LocalUrl(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string uri,
                             dependencies_.endpoints.LocalScoringUri(ScopeOf(parameters), parameters.at("endpoint")));
    return JsonAnswer(200, {{"scoringUri", uri}});
  }

 private:
  Result<OnlineEndpoint> Find(const PathParameters& parameters) const {
    return dependencies_.endpoints.GetEndpoint(ScopeOf(parameters), parameters.at("endpoint"));
  }
  std::string Server(const Request& request) const { return ServerOf(dependencies_, request); }
  json Shape(const Request& request, const Scope& scope, const OnlineEndpoint& endpoint) const {
    return EndpointShape(dependencies_, Server(request), scope, endpoint);
  }

  const EndpointsDependencies dependencies_;
};

}  // namespace

void MountEndpoints(net::Router& router, const EndpointsDependencies& dependencies) {
  Routes<OnlineEndpoints> routes(router, std::make_shared<const OnlineEndpoints>(dependencies));
  const auto add = [&](std::string_view method, std::string_view path, Routes<OnlineEndpoints>::Handler handler) {
    routes.Add(method, fmt::format("{}{}", kWorkspacePattern, path), handler);
  };
  add("GET", "/onlineEndpoints", &OnlineEndpoints::List);
  add("GET", "/onlineEndpoints/{endpoint}", &OnlineEndpoints::Get);
  add("PUT", "/onlineEndpoints/{endpoint}", &OnlineEndpoints::Put);
  add("PATCH", "/onlineEndpoints/{endpoint}", &OnlineEndpoints::Patch);
  add("DELETE", "/onlineEndpoints/{endpoint}", &OnlineEndpoints::Delete);
  add("POST", "/onlineEndpoints/{endpoint}/listKeys", &OnlineEndpoints::ListKeys);
  add("POST", "/onlineEndpoints/{endpoint}/regenerateKeys", &OnlineEndpoints::RegenerateKeys);
  add("POST", "/onlineEndpoints/{endpoint}/token", &OnlineEndpoints::Token);
  add("GET", "/slipway/endpoints/{endpoint}/url", &OnlineEndpoints::LocalUrl);
  MountDeployments(router, dependencies);
  MountOperations(router, dependencies);
}

}  // namespace slipway::api
