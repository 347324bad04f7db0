#include "slipway/cli/endpoint/invoke.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"
#include "slipway/net/client.h"

namespace slipway::cli {
namespace {

constexpr int kInvokeTimeoutMs = 185'000;  // a deployment's own limit is at most 180 s

// The key, or for token endpoints a fresh token.
Result<std::string> Credential(client::Workspace& server, const std::string& endpoint, const Json& arm) {
  const bool has_keys = EqualsIgnoreCase(arm["properties"].value("authMode", "Key"), "Key");
  const std::string path = server.Path(
      fmt::format("/onlineEndpoints/{}/{}", client::Workspace::Segment(endpoint), has_keys ? "listKeys" : "token"));
  SLIPWAY_ASSIGN_OR_RETURN(const Json secret, server.connection().Post(path, Json::object()));
  return secret.value(has_keys ? "primaryKey" : "accessToken", "");
}

// The body's own message, whichever shape it has.
std::string FailureText(const net::Response& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  if (body.is_object()) {
    if (body.contains("error") && body["error"].is_object()) return body["error"].value("message", response.body);
    if (body.contains("message") && body["message"].is_string()) return body["message"].get<std::string>();
  }
  return response.body;
}

}  // namespace

Result<Output> InvokeEndpoint(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = *arguments.Get("name");
  std::string body;
  if (auto file = arguments.Get("request-file")) {
    auto text = ReadFile(*file);
    if (!text) return InvalidArgument(fmt::format("no file '{}'", *file));
    body = std::move(*text);
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Get("onlineEndpoints", name));
  SLIPWAY_ASSIGN_OR_RETURN(const std::string credential, Credential(*server, name, arm));
  SLIPWAY_ASSIGN_OR_RETURN(const Json where, server->connection().Get(server->Path(fmt::format(
                                                 "/slipway/endpoints/{}/url", client::Workspace::Segment(name)))));
  net::Headers headers;
  headers.Set("Content-Type", "application/json");
  headers.Set("Authorization", "Bearer " + credential);
  if (auto deployment = arguments.Get("deployment-name")) headers.Set("azureml-model-deployment", *deployment);
  net::ClientOptions options;
  options.timeout_ms = kInvokeTimeoutMs;
  options.ca_file = server->connection().address().ca_file;
  net::Client gateway(options);
  const std::string url = where.value("scoringUri", "");
  auto response = gateway.Send("POST", url, headers, body);
  if (!response) return std::move(response.error()).With(fmt::format("calling {}", url));
  if (response->status >= 400)
    return FailedPrecondition(fmt::format("the endpoint '{}' answered {} {}: {}", name, response->status,
                                          net::ReasonPhrase(response->status), FailureText(*response)));
  return Output::Of(response->body);
}

}  // namespace slipway::cli
