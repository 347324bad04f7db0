// logs: follow tables as rows come, look after the log store.
#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/log_query.h"
#include "slipway/cli/scalar_text.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

using Json = nlohmann::json;
using nlohmann::ordered_json;

constexpr int kPollSeconds = 15;

ordered_json RowObject(const Json& columns, const Json& cells) {
  ordered_json row = ordered_json::object();
  for (size_t i = 0; i < columns.size() && i < cells.size(); ++i) {
    const std::string name = columns[i].value("name", "");
    if (name != "_TimeReceived") row[name] = cells[i];
  }
  return row;
}

// The columns that say something, as one line: time, then values that are not empty.
std::string RowLine(const Json& columns, const Json& cells) {
  static constexpr std::string_view kSilent[] = {
      "TenantId",    "SourceSystem", "Type",     "_ResourceId",   "_SubscriptionId", "_BilledSize",
      "_IsBillable", "_ItemId",      "IKey",     "appId",         "appName",         "iKey",
      "itemId",      "ResourceGUID", "itemType", "_TimeReceived", "SDKVersion",      "sdkVersion"};
  std::string time, line;
  for (size_t i = 0; i < columns.size() && i < cells.size(); ++i) {
    const std::string name = columns[i].value("name", "");
    const std::string text = ScalarText(ordered_json(cells[i]), "");
    if (text.empty() || std::find(std::begin(kSilent), std::end(kSilent), name) != std::end(kSilent)) continue;
    if (name == "TimeGenerated" || name == "timestamp") {
      time = text;
    } else {
      line += fmt::format("  {}={}", name, text);
    }
  }
  return time + line + "\n";
}

Result<Output> Tail(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string id, WorkspaceId(context));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const auto lines = ParseInt(arguments.GetOr("lines", "10"));
  const auto count = ParseInt(arguments.GetOr("count", "0"));
  if (!lines || *lines < 0) return InvalidArgument("--lines takes a number of rows");
  if (!count || *count < 0) return InvalidArgument("--count takes a number of rows");
  Json question = {{"table", *arguments.Get("table")},
                   {"where", arguments.GetOr("where", "")},
                   {"lines", *lines},
                   {"wait", kPollSeconds}};
  const bool is_json = context.options().output == "json" && arguments.Has("output");
  for (long long shown = 0;;) {
    SLIPWAY_ASSIGN_OR_RETURN(const Json answer,
                             server->connection().Post(fmt::format("/v1/workspaces/{}/tail", id), question));
    const bool is_past = !question.contains("after");
    for (const Json& row : answer["rows"]) {
      context.console().Out(is_json ? RowObject(answer["columns"], row).dump() + "\n"
                                    : RowLine(answer["columns"], row));
      if (!is_past && *count > 0 && ++shown >= *count) return Output::Nothing();
    }
    context.console().Flush();
    question["after"] = answer["after"];
  }
}

Result<Output> ListAnswer(Result<Json> answer) {
  if (!answer) return std::move(answer.error());
  return Output::Of(ordered_json(answer->value("value", Json::array())));
}

Result<Output> Seal(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  Json body = Json::object();
  if (const auto table = arguments.Get("table")) body["table"] = *table;
  for (const auto& [flag, member] : {std::pair("keep-days", "keepDays"), std::pair("min-rows", "rowsMin")}) {
    if (const auto text = arguments.Get(flag)) {
      const auto number = ParseInt(*text);
      if (!number || *number < 0) return InvalidArgument(fmt::format("--{} takes a number, not '{}'", flag, *text));
      body[member] = *number;
    }
  }
  return ListAnswer(server->connection().Post("/slipway/logs/seal", body));
}

Result<Output> Sealed(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  return ListAnswer(server->connection().Get("/slipway/logs/sealed"));
}

Result<Output> Purge(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Post("/slipway/logs/purge", Json::object()));
  return Output::Of(ordered_json(answer));
}

Json FolderBody(const Arguments& arguments) {
  return {{"folder", std::filesystem::absolute(*arguments.Get("folder")).lexically_normal().string()}};
}

Result<Output> Backup(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Post("/slipway/logs/backup", FolderBody(arguments)));
  return Output::Of(ordered_json(answer));
}

Result<Output> Restore(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const bool is_sure,
                           context.Confirm("Replace all log tables by the backup?", arguments.Has("yes")));
  if (!is_sure) return Output::Nothing();
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer,
                           server->connection().Post("/slipway/logs/restore", FolderBody(arguments)));
  context.Note(fmt::format("What was there is in '{}'.", answer.value("replaced", "")));
  return Output::Of(ordered_json(answer));
}

Result<Output> Fsck(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Get("/slipway/logs/fsck"));
  Output output = Output::Of(ordered_json(answer["value"]));
  for (const Json& finding : answer["value"]) {
    if (!finding.value("ok", false)) output.exit_code = 1;
  }
  return output;
}

std::string TablesPath(Context& context, const std::string& name = "") {
  const domain::Scope& scope = context.scope();
  return fmt::format(
      "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/tables{}{}",
      scope.subscription, scope.resource_group, scope.workspace, name.empty() ? "" : "/",
      client::Workspace::Segment(name));
}

ordered_json TableRow(const ordered_json& table) {
  const ordered_json& properties = table.at("properties");
  const ordered_json& schema = properties.at("schema");
  return {{"Name", table.at("name")},
          {"Kind", schema.value("tableType", "")},
          {"RetentionInDays", properties.value("retentionInDays", 0)},
          {"Columns", schema.at("columns").size() + schema.at("standardColumns").size()}};
}

Output TableOutput(const Json& value) {
  Output output = Output::Of(ordered_json(value));
  output.table_row = TableRow;
  return output;
}

Result<Output> ListTables(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Get(TablesPath(context)));
  return TableOutput(answer.value("value", Json::array()));
}

Result<Output> ShowTable(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Get(TablesPath(context, *arguments.Get("name"))));
  return TableOutput(answer);
}

// "name=type" of --columns, as `az monitor log-analytics workspace table` takes them.
Result<Json> ColumnsOf(const Arguments& arguments) {
  Json columns = Json::array();
  for (const std::string& text : arguments.All("columns")) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return InvalidArgument(fmt::format("--columns takes NAME=TYPE …, not '{}'", text));
    columns.push_back({{"name", text.substr(0, equals)}, {"type", text.substr(equals + 1)}});
  }
  return columns;
}

Result<Output> PutTable(Context& context, const Arguments& arguments) {
  const std::string name = *arguments.Get("name");
  Json properties = Json::object();
  if (const auto days = arguments.Get("retention-time")) {
    const auto number = ParseInt(*days);
    if (!number) return InvalidArgument(fmt::format("--retention-time takes a number of days, not '{}'", *days));
    properties["retentionInDays"] = *number;
  }
  if (arguments.Has("columns")) {
    SLIPWAY_ASSIGN_OR_RETURN(Json columns, ColumnsOf(arguments));
    properties["schema"] = {{"name", name}, {"columns", std::move(columns)}};
  }
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(
      const Json answer, server->connection().Put(TablesPath(context, name), {{"properties", std::move(properties)}}));
  return TableOutput(answer);
}

Result<Output> DeleteTable(Context& context, const Arguments& arguments) {
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(
      const bool is_sure,
      context.Confirm(fmt::format("Delete the table '{}' with all its rows?", name), arguments.Has("yes")));
  if (!is_sure) return Output::Nothing();
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(TablesPath(context, name)));
  return Output::Nothing();
}

Command Make(std::string path, std::string summary, std::vector<Flag> flags,
             std::function<Result<Output>(Context&, const Arguments&)> run) {
  Command command;
  command.path = std::move(path);
  command.summary = std::move(summary);
  command.flags = std::move(flags);
  command.run = std::move(run);
  return command;
}

Command TailCommand() {
  Command command = Make("logs tail", "Follow a table: print its newest rows, and then each as it comes.",
                         {{"where", 0, "A KQL condition that rows have to meet."},
                          {"lines", 0, "How many of the newest rows to begin with (10)."},
                          {"count", 0, "End after so many new rows (0: never)."}},
                         Tail);
  command.positionals = {{"table", "The table: AppTraces, traces, AmlOnlineEndpointConsoleLog, Orders_CL, …"}};
  command.examples = {"slipway logs tail AmlOnlineEndpointConsoleLog --where \"Message has 'error'\"",
                      "slipway logs tail AppRequests -o json | jq .DurationMs"};
  return command;
}

Flag NameFlag() {
  return {"name", 'n', "Name of the table.", Flag::Takes::kValue, true};
}
Flag ColumnsFlag(bool is_required) {
  return {"columns", 0, "Columns as NAME=TYPE: string, int, long, real, boolean, datetime, guid, dynamic.",
          Flag::Takes::kValues, is_required};
}
Flag RetentionFlag() {
  return {"retention-time", 0, "Days for which rows are kept: 4 to 4383, -1 for ever."};
}
Flag YesFlag() {
  return {"yes", 'y', "Do not ask.", Flag::Takes::kNothing};
}

}  // namespace

std::vector<Command> LogTableCommands(const std::string& prefix) {
  return {Make(prefix + " list", "List the log tables.", {}, ListTables),
          Make(prefix + " show", "Show a log table with its columns.", {NameFlag()}, ShowTable),
          Make(prefix + " create", "Create a custom table, whose name ends in _CL.",
               {NameFlag(), ColumnsFlag(true), RetentionFlag()}, PutTable),
          Make(prefix + " update", "Change how long rows are kept; add columns to a custom table.",
               {NameFlag(), ColumnsFlag(false), RetentionFlag()}, PutTable),
          Make(prefix + " delete", "Delete a custom table with its rows.", {NameFlag(), YesFlag()}, DeleteTable)};
}

std::vector<Command> LogsCommands() {
  std::vector<Command> commands = {
      TailCommand(),
      Make("logs seal", "Move older days into Parquet files now; queries go on seeing them.",
           {{"table", 0, "One table (all)."},
            {"keep-days", 0, "Days before today that stay in the database (2)."},
            {"min-rows", 0, "A day of fewer rows stays (1000)."}},
           Seal),
      Make("logs sealed", "List the Parquet files of older days.", {}, Sealed),
      Make("logs purge", "Delete what is older than its table keeps it, now.", {}, Purge),
      Make("logs backup", "Copy all log tables into a new folder on the server.", {}, Backup),
      Make("logs restore", "Replace all log tables by a backup.", {YesFlag()}, Restore),
      Make("logs fsck", "Read every row and every file; exit status 1 when something is damaged.", {}, Fsck),
  };
  for (Command& command : commands) {
    if (command.path == "logs backup") command.positionals = {{"folder", "The folder, which must not be there yet."}};
    if (command.path == "logs restore") command.positionals = {{"folder", "The folder that `logs backup` wrote."}};
    if (command.path != "logs tail") command.needs_workspace = false;
  }
  for (Command& command : LogTableCommands("logs table")) commands.push_back(std::move(command));
  return commands;
}

}  // namespace slipway::cli
