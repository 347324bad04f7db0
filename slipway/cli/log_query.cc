#include "slipway/cli/log_query.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/cli/chart.h"
#include "slipway/cli/scalar_text.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

using Json = nlohmann::json;
using nlohmann::ordered_json;

// The innermost error that says where in the query it is.
const Json* PositionOf(const Json& error) {
  const Json* found = nullptr;
  for (const Json* at = &error; at->is_object(); at = &(*at)["innererror"]) {
    if (at->contains("line") && (*at)["line"].is_number_integer()) found = at;
    if (!at->contains("innererror")) break;
  }
  return found;
}

std::string Caret(const std::string& query, const Json& error) {
  const Json* position = PositionOf(error);
  if (!position) return {};
  const int line = (*position)["line"].get<int>();
  const int column =
      position->contains("pos") && (*position)["pos"].is_number_integer() ? (*position)["pos"].get<int>() : 0;
  const auto lines = Split(query, '\n');
  if (line < 1 || line > static_cast<int>(lines.size()) || column < 0) return {};
  return fmt::format("\n  {}\n  {}^", lines[static_cast<size_t>(line - 1)],
                     std::string(static_cast<size_t>(column), ' '));
}

// Timespans are checked here too: a bad one would only say so after the query was sent.
Status CheckTimespan(const std::string& timespan) {
  if (timespan.empty()) return {};
  for (std::string_view part : Split(timespan, '/'))
    if (!ParseIsoDuration(part) && !ParseTimestamp(part))
      return InvalidArgument(
          fmt::format("'{}' is not a timespan: PT1H, P7D, or two times with '/' between them are", timespan));
  return {};
}

Json BodyOf(const LogQuestion& question) {
  Json body = {{"query", question.query}};
  if (!question.timespan.empty()) body["timespan"] = question.timespan;
  if (!question.parameters.empty()) body["parameters"] = question.parameters;
  return body;
}

// The values of --param: {"name": "value"}.
Result<Json> ParametersOf(const Arguments& arguments) {
  Json parameters = Json::object();
  for (const std::string& given : arguments.All("param")) {
    const size_t equals = given.find('=');
    if (equals == std::string::npos || equals == 0)
      return InvalidArgument(fmt::format("--param takes NAME=VALUE, not '{}'", given));
    parameters[given.substr(0, equals)] = given.substr(equals + 1);
  }
  return parameters;
}

Result<Output> Explain(Context& context, const LogQuestion& question, const std::string& stage, const std::string& id) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  Json body = BodyOf(question);
  body["stage"] = stage;
  SLIPWAY_ASSIGN_OR_RETURN(
      net::Response response,
      server->connection().Send("POST", fmt::format("/v1/workspaces/{}/explain", id), body.dump()));
  if (response.status >= 400) return client::ErrorOf(response);
  const Json answer = Json::parse(response.body, nullptr, false);
  if (!answer.is_object()) return Internal("the answer to the query is not JSON");
  return Output::Text(answer.value("text", ""));
}

// A cell as RFC 4180 writes it.
std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return "\"" + ReplaceAll(text, "\"", "\"\"") + "\"";
}

std::string CsvText(const Json& cell) {
  if (cell.is_null()) return "";
  return cell.is_string() ? cell.get<std::string>() : cell.dump();
}

// Every table with a line of names before its rows.
std::string CsvOf(const Json& answer) {
  std::string csv;
  for (const Json& table : answer["tables"]) {
    std::string line;
    for (const Json& column : table["columns"]) line += (line.empty() ? "" : ",") + CsvCell(column.value("name", ""));
    csv += line + "\n";
    for (const Json& cells : table["rows"]) {
      line.clear();
      for (size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : ",") + CsvCell(CsvText(cells[i]));
      csv += line + "\n";
    }
  }
  return csv;
}

ChartSize SizeOfTerminal(Context& context) {
  ChartSize size;
  const auto columns = ParseInt(context.Variable("COLUMNS").value_or(""));
  if (columns && *columns >= 40 && *columns <= 400) size.width = static_cast<size_t>(*columns);
  return size;
}

Result<Output> Query(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(CheckTimespan(arguments.GetOr("timespan", "")));
  SLIPWAY_ASSIGN_OR_RETURN(const std::string id, WorkspaceId(context));
  LogQuestion question{*arguments.Get("kql"), arguments.GetOr("timespan", ""), {}};
  SLIPWAY_ASSIGN_OR_RETURN(question.parameters, ParametersOf(arguments));
  if (const auto stage = arguments.Get("explain")) return Explain(context, question, *stage, id);
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, RunQuery(context, fmt::format("/v1/workspaces/{}/query", id), question));
  if (context.options().output == "csv") return Output::Text(CsvOf(answer));
  if (context.options().output == "chart") {
    SLIPWAY_ASSIGN_OR_RETURN(std::string chart, DrawChart(answer, SizeOfTerminal(context)));
    return Output::Text(std::move(chart));
  }
  Output output = Output::Of(RowsOf(answer, false));
  output.keeps_order = true;
  output.table_row = [](const ordered_json& row) { return row; };
  return output;
}

}  // namespace

Result<Json> RunQuery(Context& context, const std::string& path, const LogQuestion& question) {
  SLIPWAY_RETURN_IF_ERROR(CheckTimespan(question.timespan));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  net::Headers headers;
  headers.Set("Prefer", "include-render=true");
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, server->connection().Send("POST", path, BodyOf(question).dump(),
                                                                             "application/json", headers));
  const Json answer = Json::parse(response.body, nullptr, false);
  if (response.status >= 400) {
    Error error = client::ErrorOf(response);
    const std::string caret =
        answer.is_object() && answer.contains("error") ? Caret(question.query, answer["error"]) : "";
    // A message that shows the place itself needs no second caret.
    if (caret.empty() || error.message().find('^') != std::string::npos) return error;
    return Error(error.code(), error.message() + caret);
  }
  if (answer.is_discarded()) return Internal("the answer to the query is not JSON");
  if (answer.contains("error")) context.Warn(client::ErrorOf(response).message());
  return answer;
}

ordered_json RowsOf(const Json& answer, bool as_text) {
  ordered_json rows = ordered_json::array();
  if (!answer.is_object() || !answer.contains("tables")) return rows;
  for (const Json& table : answer["tables"])
    for (const Json& cells : table["rows"]) {
      ordered_json row = ordered_json::object();
      if (as_text) row["TableName"] = table.value("name", "PrimaryResult");
      for (size_t i = 0; i < cells.size() && i < table["columns"].size(); ++i) {
        const ordered_json cell = cells[i];
        row[table["columns"][i].value("name", "")] = as_text ? ordered_json(ScalarText(cell, "None")) : cell;
      }
      rows.push_back(std::move(row));
    }
  return rows;
}

Result<std::string> WorkspaceId(Context& context) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json workspace, server->connection().Get(server->Path("")));
  if (workspace.contains("properties") && workspace["properties"].contains("workspaceId"))
    return workspace["properties"]["workspaceId"].get<std::string>();
  return Internal("the server did not say the workspace's id");
}

std::vector<Command> QueryCommands() {
  Command query;
  query.path = "query";
  query.summary = "Ask the workspace's logs a KQL query.";
  query.positionals = {{"kql", "The query."}};
  query.flags = {{"timespan", 't', "Timespan in ISO 8601: PT1H, P7D, or from/to."},
                 {"param", 'p', "A value for 'declare query_parameters', as NAME=VALUE; again for each parameter.",
                  Flag::Takes::kValues},
                 {.name = "explain",
                  .help = "Print what a stage of the compiler makes of the query, instead of its rows.",
                  .choices = {"tokens", "tree", "plan", "optimized", "sql"}}};
  query.extra_outputs = {"csv", "chart"};
  query.run = Query;
  query.examples = {
      "slipway query 'AmlOnlineEndpointConsoleLog | take 5' -o table",
      "slipway query 'requests | summarize count() by bin(timestamp, 5m) | render timechart' -o chart",
      "slipway query 'declare query_parameters(since:timespan); requests | where timestamp > ago(since) | "
      "count' --param since=2h",
      "slipway query 'traces | where severityLevel > 2' --explain sql"};
  return {query};
}

}  // namespace slipway::cli
