// action-group create, show, list, delete, test: who is told and what is started when an alert fires.
#include <fmt/format.h>

#include "slipway/cli/alert_rules.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/cli/sync.h"
#include "slipway/client/workspace.h"
#include "slipway/spec/alert.h"
#include "slipway/spec/print.h"
#include "slipway/wire/action_group.h"

namespace slipway::cli {

std::string ActionGroupPath(client::Workspace& server, std::string_view name) {
  return server.ResourceGroupPath(fmt::format("/providers/Microsoft.Insights/actionGroups{}{}", name.empty() ? "" : "/",
                                              client::Workspace::Segment(name)));
}

namespace {

Result<Json> PrintedGroup(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::ActionGroup group, wire::ActionGroupFromArm(arm));
  return WithId(spec::ToJson(group), arm);
}

// Jobs of receivers refer to local code as any job does.
Status PrepareJobs(Context& context, client::Workspace& server, spec::ActionGroupDocument& document) {
  for (domain::AlertReceiver& receiver : document.group.receivers) {
    auto* job = std::get_if<domain::JobReceiver>(&receiver.target);
    if (!job) continue;
    SLIPWAY_ASSIGN_OR_RETURN(job->job, PrepareJob(context, server, {std::move(job->job), document.anonymous}));
  }
  return {};
}

Result<Output> CreateGroup(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(spec::ActionGroupDocument read, spec::ReadActionGroup(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_RETURN_IF_ERROR(PrepareJobs(context, *server, read));
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Put(ActionGroupPath(*server, read.group.name),
                                                                    wire::ActionGroupToArm(server->scope(), read.group,
                                                                                           wire::Secrets::kInclude)));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedGroup(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ShowGroup(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Get(ActionGroupPath(*server, *arguments.Get("name"))));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedGroup(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ListGroups(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const auto groups, server->connection().List(ActionGroupPath(*server, "")));
  Json list = Json::array();
  for (const Json& arm : groups) {
    SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedGroup(arm));
    list.push_back(std::move(printed));
  }
  return WithColumns(std::move(list), {{"Name", "/name"}, {"Short name", "/short_name"}, {"Enabled", "/is_enabled"}});
}

Result<Output> DeleteGroup(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path = ActionGroupPath(*server, *arguments.Get("name"));
  SLIPWAY_RETURN_IF_ERROR(server->connection().Get(path));
  SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(path));
  return Output::Nothing();
}

Result<Output> TestGroup(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path = ActionGroupPath(*server, *arguments.Get("name")) + "/createNotifications";
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Post(path, Json::object()));
  Json list = Json::array();
  bool all_succeeded = true;
  for (const Json& detail : answer["actionDetails"]) {
    list.push_back({{"kind", detail["mechanismType"]},
                    {"receiver", detail["name"]},
                    {"status", detail["status"]},
                    {"detail", detail["detail"]}});
    all_succeeded = all_succeeded && detail["status"] == "Succeeded";
  }
  Output output = WithColumns(
      std::move(list), {{"Receiver", "/receiver"}, {"Kind", "/kind"}, {"Status", "/status"}, {"Detail", "/detail"}});
  output.exit_code = all_succeeded ? 0 : 1;
  return output;
}

}  // namespace

std::vector<Command> ActionGroupCommands() {
  const Flag name = NameFlag(true, "Name of the action group.");
  return {
      MakeCommand("action-group create", "Create an action group, or replace one of its name.",
                  {FileFlag(true), NameFlag(false), SetFlag()}, CreateGroup),
      MakeCommand("action-group show", "Show an action group; secrets are left out.", {name}, ShowGroup),
      MakeCommand("action-group list", "List action groups.", {}, ListGroups),
      MakeCommand("action-group delete", "Delete an action group that no rule uses.", {name, YesFlag()}, DeleteGroup),
      MakeCommand("action-group test", "Tell every receiver of a made-up alert; jobs and workflows are not started.",
                  {name}, TestGroup),
  };
}

}  // namespace slipway::cli
