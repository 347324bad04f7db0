// workspace create, show, list, update, delete.
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

std::string WorkspacePath(client::Workspace& server, const std::string& name) {
  return server.ResourceGroupPath(
      fmt::format("/providers/Microsoft.MachineLearningServices/workspaces/{}", client::Workspace::Segment(name)));
}

Result<Json> PrintedWorkspace(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace, wire::WorkspaceFromArm(arm));
  Json printed = WithId(spec::ToJson(workspace), arm);
  const Json& properties = arm["properties"];
  if (properties.contains("mlFlowTrackingUri")) printed["mlflow_tracking_uri"] = properties["mlFlowTrackingUri"];
  if (properties.contains("applicationInsights")) printed["application_insights"] = properties["applicationInsights"];
  return printed;
}

Result<Output> Print(const Result<Json>& arm) {
  if (!arm) return arm.error();
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedWorkspace(*arm));
  return Output::Of(std::move(printed));
}

Result<Output> CreateWorkspace(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {
      {"name", "name"}, {"location", "location"}, {"display-name", "display_name"}, {"description", "description"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(domain::Workspace workspace, spec::ReadWorkspace(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  workspace.scope.subscription = context.scope().subscription;
  workspace.scope.resource_group = context.scope().resource_group;
  return Print(
      server->connection().Put(WorkspacePath(*server, workspace.scope.workspace), wire::WorkspaceToArm(workspace)));
}

Result<Output> ShowWorkspace(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  return Print(server->connection().Get(WorkspacePath(*server, arguments.GetOr("name", context.scope().workspace))));
}

Result<Output> ListWorkspaces(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path = arguments.Has("resource-group")
                               ? server->ResourceGroupPath("/providers/Microsoft.MachineLearningServices/workspaces")
                               : fmt::format("/subscriptions/{}/providers/Microsoft.MachineLearningServices/workspaces",
                                             client::Workspace::Segment(context.scope().subscription));
  SLIPWAY_ASSIGN_OR_RETURN(const auto workspaces, server->connection().List(path));
  Json list = Json::array();
  for (const Json& arm : workspaces) {
    SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedWorkspace(arm));
    list.push_back(std::move(printed));
  }
  return WithColumns(std::move(list), {{"Name", "/name"}, {"Location", "/location"}, {"Description", "/description"}});
}

Result<Output> UpdateWorkspace(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path = WorkspacePath(*server, *arguments.Get("name"));
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Get(path));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedWorkspace(arm));
  SLIPWAY_RETURN_IF_ERROR(ApplyUpdate(arguments, printed));
  if (auto text = arguments.Get("description")) printed["description"] = *text;
  if (auto text = arguments.Get("display-name")) printed["display_name"] = *text;
  for (const char* key : {"workspace_id", "properties"}) printed.erase(key);
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, DocumentOf(printed, "the stored workspace"));
  SLIPWAY_ASSIGN_OR_RETURN(domain::Workspace workspace, spec::ReadWorkspace(document));
  workspace.scope.subscription = context.scope().subscription;
  return Print(server->connection().Put(path, wire::WorkspaceToArm(workspace)));
}

Result<Output> DeleteWorkspace(Context& context, const Arguments& arguments) {
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path = WorkspacePath(*server, name);
  SLIPWAY_RETURN_IF_ERROR(server->connection().Get(path));
  SLIPWAY_ASSIGN_OR_RETURN(const bool confirmed,
                           context.Confirm(fmt::format("Delete the workspace '{}'?", name), arguments.Has("yes")));
  if (!confirmed) return Error(Code::kCancelled, "nothing was deleted");
  SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(path));
  return Output::Nothing();
}

}  // namespace

std::vector<Command> WorkspaceCommands() {
  const Flag name = NameFlag(true, "Name of the workspace.");
  const Flag display_name = {"display-name", 0, "Display name of the workspace."};
  const Flag description = {"description", 0, "Description of the workspace."};
  Command create = MakeCommand("workspace create", "Create a workspace.",
                               {NameFlag(false),
                                FileFlag(false),
                                SetFlag(),
                                NoWaitFlag(),
                                {"location", 'l', "Accepted as free text."},
                                display_name,
                                description,
                                {"tags", 0, "Space-separated key=value pairs.", Flag::Takes::kValues}},
                               CreateWorkspace);
  create.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"name", "file"}); };
  return {
      create,
      MakeCommand("workspace show", "Show a workspace.",
                  {NameFlag(false, "Name of the workspace. Default: the configured one.")}, ShowWorkspace),
      MakeCommand("workspace list", "List workspaces.", {MaxResultsFlag()}, ListWorkspaces),
      MakeCommand("workspace update", "Update a workspace.",
                  std::vector<Flag>{name, display_name, description, NoWaitFlag()} + UpdateFlags(), UpdateWorkspace),
      MakeCommand("workspace delete", "Delete an empty workspace.",
                  {name,
                   YesFlag(),
                   NoWaitFlag(),
                   {"all-resources", 0, "Accepted for compatibility.", Flag::Takes::kNothing},
                   {"permanently-delete", 'p', "Accepted for compatibility.", Flag::Takes::kNothing}},
                  DeleteWorkspace)};
}

}  // namespace slipway::cli
