// registry create, show, list, update, delete; registry keys list, trust, revoke, require, release.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/actor.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"
#include "slipway/spec/registry.h"
#include "slipway/wire/registry.h"

namespace slipway::cli {
namespace {

std::string RegistriesPath(client::Workspace& server, const std::string& rest) {
  return server.ResourceGroupPath("/providers/Microsoft.MachineLearningServices/registries" + rest);
}

std::string RegistryPath(client::Workspace& server, const std::string& name) {
  return RegistriesPath(server, "/" + client::Workspace::Segment(name));
}

Result<Json> PrintedRegistry(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::AssetRegistry registry, wire::RegistryFromArm(arm));
  Json printed = WithId(spec::ToJson(registry), arm);
  const Json& properties = arm["properties"];
  if (properties.contains("discoveryUrl")) printed["discovery_url"] = properties["discoveryUrl"];
  return printed;
}

Result<Output> Print(const Result<Json>& arm) {
  if (!arm) return arm.error();
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedRegistry(*arm));
  return Output::Of(std::move(printed));
}

Result<Output> Store(Context& context, client::Workspace& server, domain::AssetRegistry registry) {
  registry.scope.subscription = context.scope().subscription;
  registry.scope.resource_group = context.scope().resource_group;
  return Print(server.connection().Put(RegistryPath(server, registry.scope.registry), wire::RegistryToArm(registry)));
}

Result<Output> CreateRegistry(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"},
                          {"location", "location"},
                          {"display-name", "display_name"},
                          {"description", "description"},
                          {"public-network-access", "public_network_access"},
                          {"url", "slipway.url"},
                          {"remote-name", "slipway.registry"},
                          {"token-file", "slipway.token_file"},
                          {"ca-file", "slipway.ca_file"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(domain::AssetRegistry registry, spec::ReadRegistry(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  return Store(context, *server, std::move(registry));
}

Result<Output> ShowRegistry(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  return Print(server->connection().Get(RegistryPath(*server, *arguments.Get("name"))));
}

Result<Output> ListRegistries(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const auto registries, server->connection().List(RegistriesPath(*server, "")));
  Json list = Json::array();
  for (const Json& arm : registries) {
    SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedRegistry(arm));
    list.push_back(std::move(printed));
  }
  return WithColumns(std::move(list), {{"Name", "/name"}, {"Location", "/location"}, {"Server", "/slipway/url"}});
}

Result<Output> UpdateRegistry(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Get(RegistryPath(*server, *arguments.Get("name"))));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedRegistry(arm));
  SLIPWAY_RETURN_IF_ERROR(ApplyUpdate(arguments, printed));
  if (const auto text = arguments.Get("description")) printed["description"] = *text;
  if (const auto text = arguments.Get("display-name")) printed["display_name"] = *text;
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, DocumentOf(printed, "the stored registry"));
  SLIPWAY_ASSIGN_OR_RETURN(domain::AssetRegistry registry, spec::ReadRegistry(document));
  return Store(context, *server, std::move(registry));
}

Result<Output> DeleteRegistry(Context& context, const Arguments& arguments) {
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(
      const bool wanted,
      context.Confirm(fmt::format("Delete the registry '{}' with all assets in it?", name), arguments.Has("yes")));
  if (!wanted) return Output::Nothing();
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_RETURN_IF_ERROR(server->connection().Get(RegistryPath(*server, name)));
  SLIPWAY_RETURN_IF_ERROR(
      SendAs(ActorOf(context, arguments), server->connection(), "DELETE", RegistryPath(*server, name)));
  return Output::Nothing();
}

// Keys.

Output Keys(const Json& answer) {
  return WithColumns(answer.value("value", Json::array()),
                     {{"Name", "/name"}, {"Status", "/status"}, {"Key", "/key"}, {"Since", "/since"}});
}

Result<Output> ChangeKeys(Context& context, const Arguments& arguments, std::string_view method,
                          const std::string& path, Json body) {
  body["reason"] = arguments.GetOr("reason", "");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, SendAs(ActorOf(context, arguments), server->connection(), method,
                                                     "/slipway/signing/" + path, &body));
  return Keys(answer);
}

Result<Output> ListKeys(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Get("/slipway/signing/keys"));
  const Json required = answer.value("requireSignatures", Json::array());
  if (!required.empty()) context.Note(fmt::format("Signatures are demanded in: {}", required.dump()));
  return Keys(answer);
}

Command KeyCommand(std::string_view verb, std::string_view summary, std::vector<Flag> flags,
                   std::function<Result<Output>(Context&, const Arguments&)> run) {
  flags.push_back({"reason", 0, "Why; kept in the audit log."});
  flags.push_back(ActorFlag());
  Command command = MakeCommand(fmt::format("registry keys {}", verb), summary, std::move(flags), std::move(run));
  command.needs_workspace = false;
  return command;
}

Command RequireCommand(bool is_required) {
  return KeyCommand(
      is_required ? "require" : "release",
      is_required ? "Use nothing out of a registry that no trusted key has signed."
                  : "Use what is in a registry whether or not it is signed.",
      {NameFlag(true, "Name of the registry.")}, [is_required](Context& context, const Arguments& arguments) {
        return ChangeKeys(context, arguments, "PUT", "required/" + client::Workspace::Segment(*arguments.Get("name")),
                          {{"required", is_required}});
      });
}

}  // namespace

std::vector<Command> RegistryCommands() {
  const std::vector<Flag> texts = {{"display-name", 0, "Display name."}, {"description", 0, "Description."}};
  std::vector<Flag> create =
      std::vector<Flag>{FileFlag(false),
                        NameFlag(false),
                        {"location", 'l', "Where it is; for the record."},
                        {"tags", 0, "Space-separated key=value pairs.", Flag::Takes::kValues},
                        {"public-network-access", 0, "Kept.", Flag::Takes::kValue, false, {"Enabled", "Disabled"}},
                        {"url", 0, "Slipway's own: the server that has the registry, https://…"},
                        {"remote-name", 0, "The registry's name there. Default: the same."},
                        {"token-file", 0, "File on this server with that server's token."},
                        {"ca-file", 0, "File on this server with that server's certificate authority."},
                        SetFlag(),
                        NoWaitFlag()} +
      texts;
  Command creating =
      MakeCommand("registry create", "Create a registry, or a reference to another server's.", create, CreateRegistry);
  creating.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"file", "name"}); };
  return {creating, MakeCommand("registry show", "Show a registry.", {NameFlag(true)}, ShowRegistry),
          MakeCommand("registry list", "List registries.", {}, ListRegistries),
          MakeCommand("registry update", "Update texts and tags of a registry.",
                      std::vector<Flag>{NameFlag(true), NoWaitFlag()} + texts + UpdateFlags(), UpdateRegistry),
          MakeCommand("registry delete", "Delete a registry with all its assets.",
                      {NameFlag(true), YesFlag(), NoWaitFlag(), ActorFlag()}, DeleteRegistry)};
}

std::vector<Command> RegistryKeyCommands() {
  const Flag key{"key", 'k', "Public key: 32 bytes as base64.", Flag::Takes::kValue, true};
  Command list = MakeCommand("registry keys list", "List keys, this server's first.", {}, ListKeys);
  list.needs_workspace = false;
  return {list,
          KeyCommand("trust", "Trust what a key has signed.", {key, NameFlag(false, "A name for the key.")},
                     [](Context& context, const Arguments& arguments) {
                       return ChangeKeys(context, arguments, "PUT", "keys",
                                         {{"key", *arguments.Get("key")}, {"name", arguments.GetOr("name", "")}});
                     }),
          KeyCommand("revoke", "Refuse what a key has signed, in every registry.",
                     {{"key", 'k', "The key, or its name.", Flag::Takes::kValue, true}},
                     [](Context& context, const Arguments& arguments) {
                       return ChangeKeys(context, arguments, "DELETE", "keys", {{"key", *arguments.Get("key")}});
                     }),
          RequireCommand(true), RequireCommand(false)};
}

}  // namespace slipway::cli
