// What of `az monitor` and `az resource` the dialect's scripts use.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/log_query.h"
#include "slipway/cli/resource.h"
#include "slipway/cli/span.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

std::string LogAnalyticsId(const domain::Scope& scope) {
  return fmt::format("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}",
                     scope.subscription, scope.resource_group, scope.workspace);
}

Result<Output> QueryLogs(Context& context, const Arguments& arguments) {
  const std::string path =
      fmt::format("/v1/workspaces/{}/query", client::Workspace::Segment(*arguments.Get("workspace")));
  SLIPWAY_ASSIGN_OR_RETURN(
      const Json answer, RunQuery(context, path, {*arguments.Get("analytics-query"), arguments.GetOr("timespan", "")}));
  Output output = Output::Of(RowsOf(answer, true));
  output.keeps_order = true;
  output.table_row = [](const nlohmann::ordered_json& row) { return row; };
  return output;
}

// --start-time and --end-time, with --offset for the one that is not given.
Result<std::string> InsightsTimespan(const Arguments& arguments, Timestamp now) {
  std::string offset = arguments.GetOr("offset", "");
  if (!offset.empty() && offset.find('/') == std::string::npos) {
    SLIPWAY_ASSIGN_OR_RETURN(offset, IsoSpan(offset, "--offset"));
  }
  const auto start = arguments.Get("start-time"), end = arguments.Get("end-time");
  if (!start && !end) return offset;
  if (start && end) return *start + "/" + *end;
  const std::string length = offset.empty() ? "PT1H" : offset;
  if (end) return length + "/" + *end;
  return offset.empty() ? *start + "/" + FormatTimestamp(now) : *start + "/" + length;
}

Result<Output> QueryInsights(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string timespan, InsightsTimespan(arguments, context.clock().Now()));
  const std::string path = fmt::format(
      "/v1/apps/{}/query", client::Workspace::Segment(arguments.GetOr(arguments.Has("app") ? "app" : "apps", "")));
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, RunQuery(context, path, {*arguments.Get("analytics-query"), timespan}));
  Output output = Output::Of({{"tables", answer["tables"]}});
  output.table_row = [rows = RowsOf(answer, false)](const nlohmann::ordered_json&) { return rows; };
  return output;
}

Result<Output> ShowLogWorkspace(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string id, WorkspaceId(context));
  const domain::Scope& scope = context.scope();
  return Output::Of({{"customerId", id},
                     {"id", LogAnalyticsId(scope)},
                     {"location", "local"},
                     {"name", scope.workspace},
                     {"provisioningState", "Succeeded"},
                     {"resourceGroup", scope.resource_group},
                     {"type", "Microsoft.OperationalInsights/workspaces"}});
}

Result<Output> CreateDiagnosticSettings(Context& context, const Arguments& arguments) {
  context.Note("Nothing to set up: the logs of every endpoint are always kept in its workspace's tables.");
  return Output::Of({{"name", *arguments.Get("name")}, {"logs", arguments.GetOr("logs", "[]")}});
}

// The stand-in for a workspace's Application Insights component.
Result<Json> ShowInsightsComponent(Context& context) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string id, WorkspaceId(context));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const domain::Scope& scope = context.scope();
  const std::string& url = server->connection().address().url;
  return Json{{"id", fmt::format("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Insights/components/{}",
                                 scope.subscription, scope.resource_group, scope.workspace)},
              {"name", scope.workspace},
              {"type", "Microsoft.Insights/components"},
              {"location", "local"},
              {"resourceGroup", scope.resource_group},
              {"properties",
               {{"AppId", id},
                {"InstrumentationKey", id},
                {"ConnectionString", fmt::format("InstrumentationKey={};IngestionEndpoint={}/", id, url)},
                {"WorkspaceResourceId", LogAnalyticsId(scope)}}}};
}

// "Microsoft.X/a/b" and "n1/n2" make "/providers/Microsoft.X/a/n1/b/n2".
Result<std::string> ProviderPath(const std::string& type, const std::string& name) {
  const auto types = Split(type, '/');
  const auto names = Split(name, '/');
  if (types.size() != names.size() + 1)
    return InvalidArgument(fmt::format("the type '{}' and the name '{}' do not fit each other", type, name));
  std::string path = fmt::format("/providers/{}", types[0]);
  for (size_t i = 0; i < names.size(); ++i)
    path += fmt::format("/{}/{}", types[i + 1], client::Workspace::Segment(names[i]));
  return path;
}

Result<Output> ShowResource(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  if (auto id = arguments.Get("ids")) {
    SLIPWAY_ASSIGN_OR_RETURN(Json arm, server->connection().Get(*id));
    return Output::Of(WithId(arm, arm));
  }
  const std::string type = *arguments.Get("resource-type");
  const std::string name = *arguments.Get("name");
  if (EqualsIgnoreCase(type, "microsoft.insights/components")) {
    context.options().scope.workspace = name;
    SLIPWAY_ASSIGN_OR_RETURN(Json component, ShowInsightsComponent(context));
    return Output::Of(std::move(component));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const std::string path, ProviderPath(type, name));
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, server->connection().Get(server->ResourceGroupPath(path)));
  return Output::Of(WithId(arm, arm));
}

Flag AnalyticsQueryFlag() {
  return {"analytics-query", 0, "The KQL query.", Flag::Takes::kValue, true};
}

Command LogsQueryCommand() {
  Command command;
  command.path = "monitor log-analytics query";
  command.summary = "Query a Log Analytics workspace.";
  command.flags = {
      {"workspace", 'w', "GUID of the Log Analytics workspace: its customerId.", Flag::Takes::kValue, true},
      AnalyticsQueryFlag(),
      {"timespan", 't', "Timespan over which to query, in ISO 8601."},
      {"workspaces", 0, "Further workspaces.", Flag::Takes::kValues}};
  command.needs_workspace = false;
  command.run = QueryLogs;
  return command;
}

Command InsightsQueryCommand() {
  Command command;
  command.path = "monitor app-insights query";
  command.summary = "Query the telemetry of an application.";
  command.flags = {{"app", 'a', "GUID of the application: the workspace's id.", Flag::Takes::kValues},
                   {"apps", 0, "The same as --app.", Flag::Takes::kValues},
                   AnalyticsQueryFlag(),
                   {"offset", 0, "Length of the time range: 1h, 1d12h, or ISO 8601. Default: all rows."},
                   {"start-time", 0, "Begin of the time range, in ISO 8601."},
                   {"end-time", 0, "End of the time range, in ISO 8601."},
                   {"resource-group", 'g', "Accepted for compatibility."}};
  command.needs_workspace = false;
  command.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"app", "apps"}); };
  command.run = QueryInsights;
  return command;
}

Command LogWorkspaceCommand() {
  Command command;
  command.path = "monitor log-analytics workspace show";
  command.summary = "Show a Log Analytics workspace: each Slipway workspace has one of its name.";
  command.flags = {{"workspace-name", 'n', "Name of the workspace."},
                   {"resource-group", 'g', "Name of resource group."}};
  command.needs_workspace = false;
  command.run = ShowLogWorkspace;
  return command;
}

Command DiagnosticSettingsCommand() {
  Command command;
  command.path = "monitor diagnostic-settings create";
  command.summary = "Accepted for compatibility: logs always flow to the workspace.";
  command.flags = {{"name", 'n', "Name of the setting.", Flag::Takes::kValue, true},
                   {"resource", 0, "Id of the resource.", Flag::Takes::kValue, true},
                   {"workspace", 0, "Name or id of the Log Analytics workspace."},
                   {"logs", 0, "JSON list of log settings."},
                   {"metrics", 0, "JSON list of metric settings."},
                   {"resource-group", 'g', "Name of resource group."},
                   {"resource-type", 0, "Type of the resource."},
                   {"storage-account", 0, "Accepted for compatibility."},
                   {"export-to-resource-specific", 0, "Accepted for compatibility."}};
  command.needs_workspace = false;
  command.run = CreateDiagnosticSettings;
  return command;
}

Command ResourceCommand() {
  Command command;
  command.path = "resource show";
  command.summary = "Show a resource as the REST API has it.";
  command.flags = {{"ids", 0, "Id of the resource."},
                   {"name", 'n', "Name of the resource."},
                   {"resource-type", 0, "Type: Microsoft.MachineLearningServices/workspaces …"},
                   {"resource-group", 'g', "Name of resource group."},
                   {"api-version", 0, "Accepted for compatibility."}};
  command.needs_workspace = false;
  command.check = [](const Arguments& arguments) -> Status {
    if (arguments.Has("ids") || (arguments.Has("name") && arguments.Has("resource-type"))) return {};
    return InvalidArgument("give --ids, or --name and --resource-type");
  };
  command.run = ShowResource;
  return command;
}

}  // namespace

std::vector<Command> AzMonitorCommands() {
  std::vector<Command> commands = {LogsQueryCommand(), InsightsQueryCommand(), LogWorkspaceCommand(),
                                   DiagnosticSettingsCommand(), ResourceCommand()};
  for (Command& command : LogTableCommands("monitor log-analytics workspace table"))
    commands.push_back(std::move(command));
  return commands;
}

}  // namespace slipway::cli
