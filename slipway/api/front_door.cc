#include "slipway/api/front_door.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/operations.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using net::Request;
using net::Response;

constexpr std::array<std::string_view, 3> kLoopbackNames = {"localhost", "127.0.0.1", "[::1]"};

// Telemetry is sent by programs that know an instrumentation key and nothing else, as in Azure. Kusto's clients ask how
// to authenticate before they do.
constexpr std::string_view kOpenPaths[] = {"/healthz",
                                           "/v2/track",
                                           "/v2.1/track",
                                           "/QuickPulseService.svc/ping",
                                           "/QuickPulseService.svc/post",
                                           "/v1/rest/auth/metadata"};
constexpr std::string_view kOpenFolders[] = {"/otlp/", "/uploads/"};  // the latter: by a secret name, as signed URLs

std::string_view WithoutPort(std::string_view host) {
  const size_t bracket = host.rfind(']');
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return host;
  return host.substr(0, colon);
}

// "https://name:port" → "name:port".
std::string_view HostOfOrigin(std::string_view origin) {
  const size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? origin : origin.substr(scheme + 3);
}

Response Refusal(int status, std::string_view code, std::string message) {
  return JsonAnswer(status, {{"error", {{"code", code}, {"message", std::move(message)}}}});
}

Response Unauthorized() {
  Response response =
      Refusal(401, "InvalidAuthenticationToken",
              "the request carries no valid token: send 'Authorization: Bearer <token>' with the token of "
              "the file 'credentials' in the server's home");
  response.headers.Set("WWW-Authenticate", "Bearer realm=\"slipway\"");
  return response;
}

// Reading and creating assets of a registry; not the registry itself, and nothing of its own routes that changes it.
bool IsInRegistry(const Request& request, const std::string& decoded, const std::string& group) {
  const std::string registries = group + "/providers/Microsoft.MachineLearningServices/registries/";
  if (!StartsWithIgnoreCase(decoded, registries)) return false;
  const size_t name = decoded.find('/', registries.size());
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (name == std::string::npos) return is_read;
  return is_read || (request.method != "DELETE" && !StartsWithIgnoreCase(decoded.substr(name), "/slipway/"));
}

bool IsOpen(const Request& request) {
  return std::any_of(std::begin(kOpenFolders), std::end(kOpenFolders),
                     [&](std::string_view folder) { return StartsWithIgnoreCase(request.path, folder); }) ||
         std::any_of(std::begin(kOpenPaths), std::end(kOpenPaths),
                     [&](std::string_view path) { return EqualsIgnoreCase(request.path, path); });
}

// Status and result of a long-running operation stand beside the workspaces; the id says whose it is.
bool IsOperationOf(const domain::Scope& scope, std::string_view path) {
  const std::string root =
      fmt::format("/subscriptions/{}/providers/Microsoft.MachineLearningServices/locations/", scope.subscription);
  if (!StartsWithIgnoreCase(path, root)) return false;
  const auto operation = ParseOperationId(scope.subscription, path.substr(path.rfind('/') + 1));
  return operation && EqualsIgnoreCase(operation->scope.ArmId(), scope.ArmId());
}

// As a bearer, or as the password of anybody: clients that know names and passwords alone (MLFLOW_TRACKING_USERNAME).
std::optional<std::string> TokenOf(const Request& request) {
  const std::string* header = request.headers.Find("Authorization");
  if (header == nullptr) return std::nullopt;
  if (StartsWithIgnoreCase(*header, "Bearer ")) return std::string(Trim(std::string_view(*header).substr(7)));
  if (!StartsWithIgnoreCase(*header, "Basic ")) return std::nullopt;
  const auto pair = Base64Decode(Trim(std::string_view(*header).substr(6)));
  const size_t colon = pair ? pair->find(':') : std::string::npos;
  return colon == std::string::npos ? std::nullopt : std::optional(pair->substr(colon + 1));
}

}  // namespace

FrontDoor::FrontDoor(const net::Router& router, FrontDoorOptions options)
    : router_(router), options_(std::move(options)) {}

bool FrontDoor::IsOwnHost(std::string_view host) const {
  const auto is_host = [name = WithoutPort(host)](std::string_view own) { return EqualsIgnoreCase(name, own); };
  return std::any_of(kLoopbackNames.begin(), kLoopbackNames.end(), is_host) ||
         std::any_of(options_.host_names.begin(), options_.host_names.end(), is_host);
}

bool FrontDoor::CarriesToken(const Request& request) const {
  const auto token = TokenOf(request);
  return token && EqualConstantTime(*token, options_.token);
}

// Below the workspace itself, what MLflow's clients see of it, and its operations; not its workflows and gates: a job
// must not approve itself.
bool FrontDoor::CarriesTokenOfWorkspace(const Request& request) const {
  const auto token = options_.scope_of_token ? TokenOf(request) : std::nullopt;
  if (!token) return false;
  const auto scope = options_.scope_of_token(*token);
  if (!scope) return false;
  const std::string decoded = UrlDecode(request.path).value_or("");
  const std::string workspace = scope->ArmId();
  const std::string group = workspace.substr(0, workspace.find("/providers/"));
  for (const std::string& root : {workspace, "/mlflow/v1.0" + workspace, "/mlflow/v2.0" + workspace}) {
    if (!StartsWithIgnoreCase(decoded, root)) continue;
    const std::string rest = decoded.substr(root.size());
    if (!rest.empty() && rest[0] != '/') continue;
    if (StartsWithIgnoreCase(rest, "/slipway/environmentGates")) return false;
    const bool is_decision =
        StartsWithIgnoreCase(rest, "/slipway/workflows") || StartsWithIgnoreCase(rest, "/slipway/promotions/");
    return !is_decision || request.method == "GET";
  }
  if (request.method == "GET" && IsOperationOf(*scope, decoded)) return true;
  // What stands beside the workspace can be read: rules and log workspaces of its resource group, and logs, whose
  // address is an id that has to be known.
  const bool is_query = StartsWithIgnoreCase(decoded, "/v1/workspaces/") || StartsWithIgnoreCase(decoded, "/v1/apps/");
  const bool is_beside =
      request.method == "GET" && (StartsWithIgnoreCase(decoded, group + "/providers/Microsoft.Insights/") ||
                                  StartsWithIgnoreCase(decoded, group + "/providers/Microsoft.OperationalInsights/") ||
                                  EqualsIgnoreCase(decoded, "/subscriptions"));
  return is_query || is_beside || IsInRegistry(request, decoded, group);
}

Response FrontDoor::Handle(const Request& request) const {
  const std::string* host = request.headers.Find("Host");
  if (host == nullptr || !IsOwnHost(*host)) {
    return Refusal(
        400, "InvalidHost",
        fmt::format("'{}' is not a name of this server; start it with --dns-name to add one", host ? *host : ""));
  }
  if (const std::string* origin = request.headers.Find("Origin");
      origin && !EqualsIgnoreCase(HostOfOrigin(*origin), *host)) {
    return Refusal(403, "InvalidOrigin", fmt::format("requests of pages of '{}' are not answered", *origin));
  }
  if (!IsOpen(request) && !CarriesToken(request) && !CarriesTokenOfWorkspace(request)) return Unauthorized();
  return Route(request);
}

Response FrontDoor::Route(const Request& request) const {
  const net::Router::Match match = router_.Find(request.method, request.path);
  if (match.handler) {
    Response response = (*match.handler)(request, match.parameters);
    if (const std::string* id = request.headers.Find("x-ms-client-request-id")) {
      response.headers.Set("x-ms-client-request-id", *id);
    }
    return response;
  }
  if (match.allowed.empty()) {
    return Refusal(404, "ResourceNotFound", fmt::format("there is nothing at '{}'", request.path));
  }
  Response response =
      Refusal(405, "MethodNotAllowed",
              fmt::format("'{}' does not take {}, but {}", request.path, request.method, Join(match.allowed, ", ")));
  response.headers.Set("Allow", Join(match.allowed, ", "));
  return response;
}

}  // namespace slipway::api
