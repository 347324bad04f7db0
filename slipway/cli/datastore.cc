// datastore create, show, list, update, delete.
#include <fmt/format.h>

#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"
#include "slipway/spec/print.h"
#include "slipway/spec/workspace.h"
#include "slipway/wire/workspace.h"

namespace slipway::cli {
namespace {

Result<Json> PrintedDatastore(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Datastore datastore, wire::DatastoreFromArm(arm));
  return WithId(spec::ToJson(datastore), arm);
}

Result<Output> StoreDatastore(Context& context, const domain::Datastore& datastore) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm,
                           server->Put("datastores", datastore.name, wire::DatastoreToArm(server->scope(), datastore)));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedDatastore(arm));
  return Output::Of(std::move(printed));
}

Result<Output> CreateDatastore(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Datastore datastore, spec::ReadDatastore(document));
  return StoreDatastore(context, datastore);
}

Result<Output> UpdateDatastore(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Get("datastores", *arguments.Get("name")));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedDatastore(arm));
  SLIPWAY_RETURN_IF_ERROR(ApplyUpdate(arguments, printed));
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, DocumentOf(printed, "the stored datastore"));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Datastore datastore, spec::ReadDatastore(document));
  return StoreDatastore(context, datastore);
}

Result<Output> ShowDatastore(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Get("datastores", *arguments.Get("name")));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedDatastore(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ListDatastores(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const auto stores, server->connection().List(server->Path("/datastores")));
  Json list = Json::array();
  for (const Json& arm : stores) {
    SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedDatastore(arm));
    list.push_back(std::move(printed));
  }
  return WithColumns(std::move(list),
                     {{"Name", "/name"}, {"Storage type", "/type"}, {"Storage account name", "/account_name"}});
}

Result<Output> DeleteDatastore(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = *arguments.Get("name");
  SLIPWAY_RETURN_IF_ERROR(server->Get("datastores", name));
  SLIPWAY_RETURN_IF_ERROR(
      server->connection().Delete(server->Path(fmt::format("/datastores/{}", client::Workspace::Segment(name)))));
  return Output::Nothing();
}

}  // namespace

std::vector<Command> DatastoreCommands() {
  const Flag name = NameFlag(true, "Name of the datastore.");
  return {
      MakeCommand("datastore create", "Create a datastore.", {FileFlag(true), NameFlag(false), SetFlag()},
                  CreateDatastore),
      MakeCommand("datastore show", "Show a datastore.", {name}, ShowDatastore),
      MakeCommand("datastore list", "List datastores.", {MaxResultsFlag()}, ListDatastores),
      MakeCommand("datastore update", "Update a datastore.", std::vector<Flag>{name} + UpdateFlags(), UpdateDatastore),
      MakeCommand("datastore delete", "Delete a datastore; its files stay.", {name}, DeleteDatastore)};
}

}  // namespace slipway::cli
