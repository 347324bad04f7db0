// online-endpoint create, show, list, update, delete, get-credentials, regenerate-keys, invoke.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/endpoint/endpoint_view.h"
#include "slipway/cli/endpoint/invoke.h"
#include "slipway/spec/endpoint.h"
#include "slipway/wire/endpoint.h"

namespace slipway::cli {
namespace {

std::string EndpointPath(client::Workspace& server, const Arguments& arguments, std::string_view rest = "") {
  return server.Path(fmt::format("/onlineEndpoints/{}{}", client::Workspace::Segment(*arguments.Get("name")), rest));
}

Status RefuseLocal(const Arguments& arguments) {
  if (arguments.Has("local"))
    return Unimplemented("--local is not supported yet: the server runs endpoints on this machine anyway");
  return {};
}

Result<Output> CreateEndpoint(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseLocal(arguments));
  const KeyFlag keys[] = {{"name", "name"}, {"auth-mode", "auth_mode"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::OnlineEndpoint endpoint, spec::ReadEndpoint(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  auto existing = server->Get("onlineEndpoints", endpoint.name);
  if (existing)
    return Error(Code::kAlreadyExists,
                 fmt::format("the endpoint '{}' exists already; change it with `{} online-endpoint update`",
                             endpoint.name, context.program()));
  if (existing.error().code() != Code::kNotFound) return std::move(existing.error());
  const std::string path = server->Path(fmt::format("/onlineEndpoints/{}", client::Workspace::Segment(endpoint.name)));
  const Json body = wire::EndpointToArm(server->scope(), endpoint);
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, arguments.Has("no-wait") ? server->connection().StartPut(path, body)
                                                                    : server->connection().Put(path, body));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedEndpoint(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ShowEndpoint(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseLocal(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Get(EndpointPath(*server, arguments)));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedEndpoint(arm));
  return Output::Of(std::move(printed));
}

// The dialect's own layout of lists: no id, no scoring_uri.
Json ListItem(const Json& printed) {
  Json item = Json::object();
  for (const char* key : {"name", "location", "traffic", "mirror_traffic", "provisioning_state", "kind", "tags"})
    item[key] = printed.contains(key) ? printed[key] : Json(nullptr);
  return item;
}

Result<Output> ListEndpoints(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseLocal(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const auto endpoints, server->connection().List(server->Path("/onlineEndpoints")));
  Json list = Json::array();
  for (const Json& arm : endpoints) {
    SLIPWAY_ASSIGN_OR_RETURN(const Json printed, PrintedEndpoint(arm));
    list.push_back(ListItem(printed));
  }
  return Output::Of(std::move(list));
}

// The stored endpoint with the file's keys, the generic updates and the traffic flags over it.
Result<domain::OnlineEndpoint> UpdatedEndpoint(const Arguments& arguments, Json printed, const spec::Document* file) {
  if (!file) SLIPWAY_RETURN_IF_ERROR(ApplyUpdate(arguments, printed));
  for (const char* key : {"traffic", "mirror-traffic"}) {
    if (!arguments.Has(key)) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const auto traffic, ParseTraffic(arguments.All(key), key));
    printed[ReplaceAll(key, "-", "_")] = traffic;
  }
  SLIPWAY_ASSIGN_OR_RETURN(spec::Document document, DocumentOf(printed, "the stored endpoint"));
  if (file) SLIPWAY_RETURN_IF_ERROR(MergeFile(arguments, *file, document));
  return spec::ReadEndpoint(document);
}

Result<Output> UpdateEndpoint(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseLocal(arguments));
  std::optional<spec::Document> file;
  std::string name = arguments.GetOr("name", "");
  if (auto path = arguments.Get("file")) {
    SLIPWAY_ASSIGN_OR_RETURN(file, spec::LoadDocument(*path));
    if (name.empty() && file->root.Find("name")) name = file->root.Find("name")->text;
  }
  if (name.empty()) return InvalidArgument("the endpoint needs a name: --name, or the key 'name' in the file");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, server->Get("onlineEndpoints", name));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedEndpoint(arm));
  SLIPWAY_ASSIGN_OR_RETURN(domain::OnlineEndpoint endpoint,
                           UpdatedEndpoint(arguments, printed, file ? &*file : nullptr));
  endpoint.name = printed["name"].get<std::string>();
  const Json body = wire::EndpointToArm(server->scope(), endpoint);
  const std::string path = server->Path(fmt::format("/onlineEndpoints/{}", client::Workspace::Segment(name)));
  SLIPWAY_ASSIGN_OR_RETURN(
      arm, arguments.Has("no-wait") ? server->connection().StartPut(path, body) : server->connection().Put(path, body));
  SLIPWAY_ASSIGN_OR_RETURN(printed, PrintedEndpoint(arm));
  return Output::Of(std::move(printed));
}

Result<Output> DeleteEndpoint(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseLocal(arguments));
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  auto existing = server->Get("onlineEndpoints", name);
  if (!existing && existing.error().code() == Code::kNotFound)
    return FailedPrecondition(fmt::format("the endpoint '{}' does not exist", name));
  if (!existing) return std::move(existing.error());
  SLIPWAY_ASSIGN_OR_RETURN(
      const bool confirmed,
      context.Confirm(fmt::format("Delete the endpoint '{}' and its deployments?", name), arguments.Has("yes")));
  if (!confirmed) return Error(Code::kCancelled, "nothing was deleted");
  if (arguments.Has("no-wait"))
    SLIPWAY_RETURN_IF_ERROR(server->connection().StartDelete(EndpointPath(*server, arguments)));
  else
    SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(EndpointPath(*server, arguments)));
  return Output::Nothing();
}

Result<Output> GetCredentials(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Get(EndpointPath(*server, arguments)));
  const bool has_keys = EqualsIgnoreCase(arm["properties"].value("authMode", "Key"), "Key");
  SLIPWAY_ASSIGN_OR_RETURN(
      Json secret,
      server->connection().Post(EndpointPath(*server, arguments, has_keys ? "/listKeys" : "/token"), Json::object()));
  return Output::Of(std::move(secret));
}

Result<Output> RegenerateKeys(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const bool is_secondary = arguments.GetOr("key-type", "primary") == "secondary";
  SLIPWAY_RETURN_IF_ERROR(server->connection().PostAndWait(EndpointPath(*server, arguments, "/regenerateKeys"),
                                                           {{"keyType", is_secondary ? "Secondary" : "Primary"}}));
  return Output::Nothing();
}

Flag LocalFlag() {
  return {"local", 0, "Endpoints in Docker on the caller's machine. Not supported yet.", Flag::Takes::kNothing};
}
Flag WebFlag() {
  return {"web", 'e', "Accepted for compatibility.", Flag::Takes::kNothing};
}

}  // namespace

std::vector<Command> OnlineEndpointCommands() {
  const Flag name = NameFlag(true, "Name of the online endpoint.");
  Command create = MakeCommand(
      "online-endpoint create", "Create an endpoint.",
      {FileFlag(false),
       NameFlag(false),
       SetFlag(),
       NoWaitFlag(),
       LocalFlag(),
       WebFlag(),
       {"auth-mode", 0, "How callers authenticate.", Flag::Takes::kValue, false, {"key", "aml_token", "aad_token"}}},
      CreateEndpoint);
  create.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"file", "name"}); };
  Command update = MakeCommand(
      "online-endpoint update", "Update an endpoint.",
      std::vector<Flag>{
          NameFlag(false),
          FileFlag(false),
          {"traffic", 'r', "Shares of the deployments: \"blue=90 green=10\".", Flag::Takes::kValues},
          {"mirror-traffic", 0, "Share that is copied to a deployment: \"green=10\".", Flag::Takes::kValues},
          LocalFlag(),
          WebFlag(),
          NoWaitFlag()} +
          UpdateFlags(),
      UpdateEndpoint);
  update.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"name", "file"}); };
  return {
      create,
      update,
      MakeCommand("online-endpoint show", "Show details of an endpoint.", {name, LocalFlag(), WebFlag()}, ShowEndpoint),
      MakeCommand("online-endpoint list", "List the workspace's endpoints.", {LocalFlag()}, ListEndpoints),
      MakeCommand("online-endpoint delete", "Delete an endpoint and its deployments.",
                  {name, YesFlag(), NoWaitFlag(), LocalFlag()}, DeleteEndpoint),
      MakeCommand("online-endpoint get-credentials", "Show an endpoint's keys, or a token.", {name}, GetCredentials),
      MakeCommand(
          "online-endpoint regenerate-keys", "Replace one of an endpoint's keys.",
          {name,
           NoWaitFlag(),
           {"key-type", 0, "Which key. Default: primary.", Flag::Takes::kValue, false, {"primary", "secondary"}}},
          RegenerateKeys),
      MakeCommand("online-endpoint invoke", "Send a request to an endpoint.",
                  {name,
                   {"request-file", 'r', "File with the request's JSON."},
                   {"deployment-name", 'd', "Deployment to call, whatever the traffic."},
                   LocalFlag()},
                  InvokeEndpoint),
  };
}

}  // namespace slipway::cli
