#include "slipway/client/connection.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/net/client.h"

namespace slipway::client {
namespace {

using nlohmann::json;

constexpr std::string_view kApiVersion = "2024-04-01";
constexpr int kExchangeTimeoutMs = 600'000;  // uploads and long queries included

// Waits between polls: short at first, since most operations of a local server take milliseconds.
class Backoff {
 public:
  void Wait() {
    std::this_thread::sleep_for(next_);
    next_ = std::min(next_ * 3 / 2, std::chrono::milliseconds(1000));
  }

 private:
  std::chrono::milliseconds next_{20};
};

Code CodeOf(int status) {
  switch (status) {
    case 400:
    case 405:
    case 415:
    case 422:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kConflict;
    case 412:
      return Code::kFailedPrecondition;
    case 408:
    case 504:
      return Code::kDeadlineExceeded;
    case 413:
    case 429:
    case 507:
      return Code::kResourceExhausted;
    case 501:
      return Code::kUnimplemented;
    case 502:
    case 503:
      return Code::kUnavailable;
    default:
      return status < 500 ? Code::kInvalidArgument : Code::kInternal;
  }
}

std::string Text(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

// The innermost message of nested `innererror`s: it is the one that says what is wrong.
std::string InnerMessage(const json& error) {
  const json* at = &error;
  while (at->contains("innererror") && (*at)["innererror"].is_object()) at = &(*at)["innererror"];
  return at == &error ? "" : Text(*at, "message");
}

std::string MessageOf(const json& error) {
  std::string message = Text(error, "message");
  if (const std::string inner = InnerMessage(error); !inner.empty()) message = inner;
  if (error.contains("details") && error["details"].is_array())
    for (const json& detail : error["details"])
      if (const std::string more = Text(detail, "message"); !more.empty() && more != message) message += "\n" + more;
  return message;
}

json BodyOf(const net::Response& response) {
  if (response.body.empty()) return nullptr;
  return json::parse(response.body, nullptr, false);
}

std::string WithApiVersion(std::string_view path) {
  if (path.find("api-version=") != std::string_view::npos || path.starts_with("/v1/")) return std::string(path);
  return fmt::format("{}{}api-version={}", path, path.find('?') == std::string_view::npos ? '?' : '&', kApiVersion);
}

// Links of the server are followed on its own address only: the token goes nowhere else.
std::string PathOf(const std::string& link) {
  const size_t scheme = link.find("://");
  if (scheme == std::string::npos) return link;
  const size_t slash = link.find('/', scheme + 3);
  return slash == std::string::npos ? "/" : link.substr(slash);
}

bool IsTerminalState(std::string_view state) {
  for (std::string_view terminal : {"Succeeded", "Failed", "Canceled", "Cancelled"})
    if (EqualsIgnoreCase(state, terminal)) return true;
  return false;
}

std::string ProvisioningStateOf(const json& resource) {
  return resource.is_object() && resource.contains("properties") ? Text(resource["properties"], "provisioningState")
                                                                 : "";
}

Error OperationFailed(std::string_view state, const json& error) {
  std::string message = error.is_object() ? MessageOf(error) : "";
  if (message.empty()) message = fmt::format("the operation ended {}", state);
  return FailedPrecondition(std::move(message));
}

}  // namespace

Error ErrorOf(const net::Response& response) {
  const json body = BodyOf(response);
  std::string message;
  if (body.is_object()) {
    if (body.contains("error") && body["error"].is_object())
      message = MessageOf(body["error"]);
    else
      message = Text(body, "message");
  }
  if (message.empty())
    message = fmt::format("the server answered {} {}", response.status, net::ReasonPhrase(response.status));
  if (response.status == 401)
    message += "\nThe token comes from SLIPWAY_TOKEN, or from the file 'credentials' in SLIPWAY_HOME.";
  return Error(CodeOf(response.status), std::move(message));
}

Connection::Connection(ServerAddress address, Trace trace) : address_(std::move(address)), trace_(std::move(trace)) {
  net::ClientOptions options;
  options.timeout_ms = kExchangeTimeoutMs;
  options.ca_file = address_.ca_file;
  http_ = std::make_unique<net::Client>(std::move(options));
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<net::Response> Connection::Send(std::string_view method, std::string_view path, std::string_view body,
                                       std::string_view content_type, const net::Headers& extra) {
  net::Headers headers = extra;
  if (!address_.token.empty()) headers.Set("Authorization", "Bearer " + address_.token);
  if (!body.empty()) headers.Set("Content-Type", std::string(content_type));
  headers.Set("Accept", "application/json, */*");
  const std::string target = WithApiVersion(path);
  auto response = http_->Send(method, address_.url + target, headers, body);
  if (trace_)
    trace_(fmt::format("{} {}{} -> {}", method, address_.url, target,
                       response ? std::to_string(response->status) : response.error().ToString()));
  if (!response && response.error().code() == Code::kUnavailable)
    return Unavailable(fmt::format("no Slipway server answers at {}: start one with `slipway serve`", address_.url));
  return response;
}

Result<net::Response> Connection::Checked(std::string_view method, std::string_view path, const json* body) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, Send(method, path, body ? body->dump() : std::string()));
  if (response.status >= 400) return ErrorOf(response);
  if (!response.body.empty() && BodyOf(response).is_discarded())
    return Internal(fmt::format("{} {} answered something that is not JSON", method, path));
  return response;
}

Result<json> Connection::Get(std::string_view path) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, Checked("GET", path, nullptr));
  return BodyOf(response);
}

Result<json> Connection::Post(std::string_view path, const json& body) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, Checked("POST", path, &body));
  return BodyOf(response);
}

Result<json> Connection::StartPut(std::string_view path, const json& body) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, Checked("PUT", path, &body));
  return BodyOf(response);
}

Result<json> Connection::Put(std::string_view path, const json& body) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, Checked("PUT", path, &body));
  return Await(response, path);
}

Result<json> Connection::Patch(std::string_view path, const json& body) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, Checked("PATCH", path, &body));
  return Await(response, path);
}

Result<json> Connection::PostAndWait(std::string_view path, const json& body) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, Checked("POST", path, &body));
  if (response.status != 202) return BodyOf(response);
  const std::string* location = response.headers.Find("Location");
  return location ? AwaitLocation(PathOf(*location)) : Result<json>(json(nullptr));
}

Status Connection::StartDelete(std::string_view path) {
  SLIPWAY_RETURN_IF_ERROR(Checked("DELETE", path, nullptr));
  return {};
}

Status Connection::Delete(std::string_view path) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, Checked("DELETE", path, nullptr));
  if (response.status != 202) return {};
  if (const std::string* operation = response.headers.Find("Azure-AsyncOperation")) {
    SLIPWAY_RETURN_IF_ERROR(AwaitOperation(PathOf(*operation), ""));
  } else if (const std::string* location = response.headers.Find("Location")) {
    SLIPWAY_RETURN_IF_ERROR(AwaitLocation(PathOf(*location)));
  }
  return {};
}

Result<json> Connection::Await(const net::Response& start, std::string_view resource_path) {
  json body = BodyOf(start);
  const std::string state = ProvisioningStateOf(body);
  if (IsTerminalState(state) && !EqualsIgnoreCase(state, "Succeeded") && start.status < 202)
    return AwaitResource(std::move(body), resource_path);
  if (const std::string* operation = start.headers.Find("Azure-AsyncOperation"))
    return AwaitOperation(PathOf(*operation), resource_path);
  if (start.status == 202)
    if (const std::string* location = start.headers.Find("Location")) return AwaitLocation(PathOf(*location));
  return AwaitResource(std::move(body), resource_path);
}

Result<json> Connection::AwaitOperation(const std::string& path, std::string_view resource_path) {
  for (Backoff backoff;; backoff.Wait()) {
    SLIPWAY_ASSIGN_OR_RETURN(json operation, Get(path));
    const std::string status = Text(operation, "status");
    if (!status.empty() && !IsTerminalState(status)) continue;
    if (!status.empty() && !EqualsIgnoreCase(status, "Succeeded"))
      return OperationFailed(status, operation.contains("error") ? operation["error"] : json(nullptr));
    return resource_path.empty() ? Result<json>(json(nullptr)) : Get(resource_path);
  }
}

Result<json> Connection::AwaitLocation(const std::string& path) {
  for (Backoff backoff;; backoff.Wait()) {
    SLIPWAY_ASSIGN_OR_RETURN(net::Response response, Checked("GET", path, nullptr));
    if (response.status != 202) return BodyOf(response);
  }
}

Result<json> Connection::AwaitResource(json resource, std::string_view path) {
  for (Backoff backoff;; backoff.Wait()) {
    const std::string state = ProvisioningStateOf(resource);
    if (state.empty() || EqualsIgnoreCase(state, "Succeeded")) return resource;
    if (IsTerminalState(state)) {
      const json& properties = resource["properties"];
      return OperationFailed(state, properties.contains("error") ? properties["error"] : json(nullptr));
    }
    SLIPWAY_ASSIGN_OR_RETURN(resource, Get(path));
  }
}

Result<std::vector<json>> Connection::List(std::string_view path, size_t limit) {
  std::vector<json> items;
  std::string next(path);
  while (!next.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(json page, Get(next));
    if (!page.is_object() || !page.contains("value") || !page["value"].is_array())
      return Internal(fmt::format("GET {} did not answer a list", next));
    for (json& item : page["value"]) {
      items.push_back(std::move(item));
      if (limit != 0 && items.size() >= limit) return items;
    }
    next = PathOf(Text(page, "nextLink"));
  }
  return items;
}

}  // namespace slipway::client
