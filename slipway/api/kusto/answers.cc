#include "slipway/api/kusto/answers.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/api/answer.h"
#include "slipway/api/logs/query_answer.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::api::kusto {
namespace {

using nlohmann::json;

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Kusto's dynamics are JSON values, where the Logs query API has texts of JSON.
std::string Cell(const std::string& cell, const std::string& type) {
  if (type != "dynamic" || !cell.starts_with('"')) return cell;
  const json text = json::parse(cell, nullptr, false);
  if (!text.is_string()) return cell;
  const std::string document = text.get<std::string>();
  return json::accept(document) ? document : cell;
}

std::string RowsText(const logstore::QueryResult& result) {
  std::string text = "[";
  for (size_t i = 0; i < result.rows.size(); ++i) {
    text += i == 0 ? "[" : ",[";
    for (size_t c = 0; c < result.rows[i].size(); ++c) {
      if (c > 0) text += ',';
      text += Cell(result.rows[i][c], result.columns[c].type);
    }
    text += ']';
  }
  return text + "]";
}

// The .NET type that version 1 names beside the language's.
std::string_view DataType(std::string_view type) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"string", "String"},      {"long", "Int64"},        {"int", "Int32"},         {"real", "Double"},
      {"bool", "SByte"},         {"datetime", "DateTime"}, {"timespan", "TimeSpan"}, {"guid", "Guid"},
      {"decimal", "SqlDecimal"}, {"dynamic", "Object"}};
  for (const auto& [name, data_type] : kTypes) {
    if (name == type) return data_type;
  }
  return "String";
}

json Columns(const logstore::QueryResult& result, bool with_data_type) {
  json columns = json::array();
  for (const auto& column : result.columns) {
    json described = {{"ColumnName", column.name}, {"ColumnType", column.type}};
    if (with_data_type) described["DataType"] = DataType(column.type);
    columns.push_back(std::move(described));
  }
  return columns;
}

std::string Table(int id, std::string_view kind, std::string_view name, const json& columns, std::string_view rows) {
  return fmt::format(
      R"({{"FrameType":"DataTable","TableId":{},"TableKind":"{}","TableName":"{}","Columns":{},"Rows":{}}})", id, kind,
      name, Dump(columns), rows);
}

json ColumnsOf(std::initializer_list<std::pair<const char*, const char*>> columns) {
  json list = json::array();
  for (const auto& [name, type] : columns) list.push_back({{"ColumnName", name}, {"ColumnType", type}});
  return list;
}

std::string Properties(const logstore::QueryResult& result) {
  json rows = json::array();
  if (!result.visualization.empty())
    rows.push_back({1, "Visualization", Dump({{"Visualization", result.visualization}})});
  return Table(0, "QueryProperties", "@ExtendedProperties",
               ColumnsOf({{"TableId", "int"}, {"Key", "string"}, {"Value", "dynamic"}}), Dump(rows));
}

std::string Completion(const logstore::QueryResult& result) {
  const json payload = {{"ExecutionTime", result.execution_seconds},
                        {"dataset_statistics", json::array({{{"table_row_count", result.rows.size()}}})}};
  const json rows = json::array({{"", "", 4, "Info", 0, "S_OK (0)", 4, "QueryInfo",
                                  Dump({{"Count", 1}, {"Text", "Query completed successfully"}})},
                                 {"", "", 6, "Stats", 0, "S_OK (0)", 0, "QueryResourceConsumption", Dump(payload)}});
  return Table(2, "QueryCompletionInformation", "QueryCompletionInformation",
               ColumnsOf({{"ClientRequestId", "string"},
                          {"ActivityId", "string"},
                          {"Level", "int"},
                          {"LevelName", "string"},
                          {"StatusCode", "int"},
                          {"StatusCodeName", "string"},
                          {"EventType", "int"},
                          {"EventTypeName", "string"},
                          {"Payload", "string"}}),
               Dump(rows));
}

// What a result cut short says at its end.
std::string Truncation(const logstore::QueryResult& result) {
  const std::string message = fmt::format(
      "The results of this query exceed the set limit of {} rows (E_QUERY_RESULT_SET_TOO_LARGE).", result.rows.size());
  return Dump(json::array({{{"error",
                             {{"code", "LimitsExceeded"},
                              {"message", "Request is invalid and cannot be executed."},
                              {"@type", "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException"},
                              {"@message", message},
                              {"@permanent", true}}}}}));
}

}  // namespace

net::Response AnswerFrames(const logstore::QueryResult& result) {
  std::string body = R"([{"FrameType":"DataSetHeader","IsProgressive":false,"Version":"v2.0"},)";
  body += Properties(result) + ",";
  body += Table(1, "PrimaryResult", result.table_name, Columns(result, false), RowsText(result)) + ",";
  body += Completion(result);
  if (result.is_truncated) {
    body += fmt::format(R"(,{{"FrameType":"DataSetCompletion","HasErrors":true,"Cancelled":false,"OneApiErrors":{}}}])",
                        Truncation(result));
  } else {
    body += R"(,{"FrameType":"DataSetCompletion","HasErrors":false,"Cancelled":false}])";
  }
  return net::Response::Json(200, std::move(body));
}

net::Response AnswerTables(const logstore::QueryResult& result) {
  return net::Response::Json(200, fmt::format(R"({{"Tables":[{{"TableName":"Table_0","Columns":{},"Rows":{}}}]}})",
                                              Dump(Columns(result, true)), RowsText(result)));
}

net::Response AnswerFailure(const Error& error) {
  const QueryAnswer logs = AnswerError(error);  // knows the status, and what is a query's mistake
  const bool is_mistake = logs.status == 400;
  const std::string& message = error.message();
  const std::string_view kind = message.starts_with("SYN")   ? "Syntax error: "
                                : message.starts_with("SEM") ? "Semantic error: "
                                                             : "";
  json body = {{"code", is_mistake           ? "General_BadRequest"
                        : logs.status == 404 ? "BadRequest_EntityNotFound"
                                             : "General_InternalServerError"},
               {"message", "Request is invalid and cannot be executed."},
               {"@type", is_mistake ? "Kusto.Data.Exceptions.KustoBadRequestException"
                                    : "Kusto.Data.Exceptions.KustoServiceException"},
               {"@message", fmt::format("{}{}", kind, error.ToString())},
               {"@context", {{"timestamp", ""}, {"serviceAlias", "slipway"}, {"activityId", RandomUuid()}}},
               {"@permanent", is_mistake || logs.status == 404}};
  if (error.position()) {
    body["@line"] = error.position()->line;
    body["@pos"] = std::max(0, error.position()->column - 1);
  }
  if (is_mistake)
    body["innererror"] = {{"code", kind.empty()                              ? "BadRequest"
                                   : std::string(kind.substr(0, 3)) == "Syn" ? "BadRequest_SyntaxError"
                                                                             : "BadRequest_SemanticError"},
                          {"message", body["@message"]}};
  return JsonAnswer(logs.status, {{"error", std::move(body)}});
}

logstore::QueryResult TextTable(const std::vector<std::string>& columns,
                                const std::vector<std::vector<std::string>>& rows) {
  logstore::QueryResult result;
  for (const std::string& column : columns) result.columns.push_back({column, "string"});
  for (const auto& row : rows) {
    auto& cells = result.rows.emplace_back();
    for (const std::string& cell : row) cells.push_back(Dump(cell));
  }
  return result;
}

}  // namespace slipway::api::kusto
