#include "slipway/api/logs/query_answer.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using nlohmann::json;

constexpr std::string_view kRowLimitCode = "-2133196797";  // E_QUERY_RESULT_SET_TOO_LARGE

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string TableJson(const logstore::QueryResult& result) {
  json columns = json::array();
  for (const auto& column : result.columns) columns.push_back({{"name", column.name}, {"type", column.type}});
  std::string text = fmt::format(R"({{"name":{},"columns":{},"rows":[)", Dump(result.table_name), Dump(columns));
  for (size_t i = 0; i < result.rows.size(); ++i) {
    text += i == 0 ? "[" : ",[";
    text += Join(result.rows[i], ",");
    text += ']';
  }
  return text + "]}";
}

json RenderJson(const std::string& visualization) {
  json render = {{"visualization", visualization.empty() ? json() : json(visualization)},
                 {"accumulate", false},
                 {"isQuerySorted", false}};
  for (const char* name : {"title", "kind", "legend", "series", "xAxis", "xColumn", "xTitle", "yAxis", "yColumns",
                           "ySplit", "yTitle", "anomalyColumns"}) {
    render[name] = nullptr;
  }
  render["yMin"] = render["yMax"] = "NaN";
  return render;
}

json PartialError(size_t rows) {
  const std::string message =
      fmt::format("The results of this query exceed the set limit of {} rows (E_QUERY_RESULT_SET_TOO_LARGE).", rows);
  return {
      {"code", "PartialError"},
      {"message", "There were some errors when processing your query."},
      {"details",
       json::array({{{"code", "EngineError"},
                     {"message", "Something went wrong processing your query on the server."},
                     {"innererror",
                      {{"code", kRowLimitCode}, {"message", message}, {"severity", 2}, {"severityName", "Error"}}}}})}};
}

// "SEM0100: text" → code and text; no code otherwise.
bool SplitCode(const std::string& message, std::string& code, std::string& text) {
  const size_t colon = message.find(": ");
  const bool has_code = colon == 7 && (message.starts_with("SEM") || message.starts_with("SYN"));
  code = has_code ? message.substr(0, colon) : "";
  text = has_code ? message.substr(colon + 2) : message;
  return has_code;
}

json QueryMistake(const Error& error) {
  std::string code, text;
  SplitCode(error.message(), code, text);
  json mistake = {{"code", code}, {"message", text}};
  if (error.position()) {
    mistake["line"] = error.position()->line;
    mistake["pos"] = std::max(0, error.position()->column - 1);
  }
  return mistake;
}

QueryAnswer AnswerMistake(const Error& error) {
  std::string code, text;
  SplitCode(error.message(), code, text);
  const bool is_syntax = code.starts_with("SYN");
  json inner = {{"code", is_syntax ? "SyntaxError" : "SemanticError"},
                {"message", is_syntax ? "A recognition error occurred in the query." : "A semantic error occurred."},
                {"innererror", QueryMistake(error)}};
  json body = {{"message", "The request had some invalid properties"},
               {"code", "BadArgumentError"},
               {"correlationId", RandomUuid()},
               {"innererror", std::move(inner)}};
  for (const Error& more : error.more()) body["details"].push_back(QueryMistake(more));
  return {400, Dump({{"error", std::move(body)}})};
}

}  // namespace

QueryPreferences ParsePrefer(std::string_view header) {
  QueryPreferences preferences;
  for (const std::string_view part : Split(header, ',')) {
    const std::string word = ToLower(Trim(part));
    if (word == "include-statistics=true") preferences.statistics = true;
    if (word == "include-render=true") preferences.render = true;
    if (!word.starts_with("wait=")) continue;
    if (const auto seconds = ParseInt(std::string_view(word).substr(5))) {
      preferences.wait_seconds = static_cast<int>(std::clamp<long long>(*seconds, 1, 600));
    }
  }
  return preferences;
}

QueryAnswer AnswerResult(const logstore::QueryResult& result, const QueryPreferences& preferences) {
  std::string body = fmt::format(R"({{"tables":[{}])", TableJson(result));
  if (preferences.statistics) {
    body +=
        fmt::format(R"(,"statistics":{{"query":{{"executionTime":{},"datasetStatistics":[{{"tableRowCount":{}}}]}}}})",
                    FormatDouble(result.execution_seconds), result.rows.size());
  }
  if (preferences.render) body += ",\"render\":" + Dump(RenderJson(result.visualization));
  if (result.is_truncated) body += ",\"error\":" + Dump(PartialError(result.rows.size()));
  return {200, body + "}"};
}

QueryAnswer AnswerError(const Error& error) {
  switch (error.code()) {
    case Code::kInvalidArgument:
    case Code::kUnimplemented: {
      std::string code, text;
      if (SplitCode(error.message(), code, text)) return AnswerMistake(error);
      return AnswerFailure(400, "BadArgumentError", error.ToString());
    }
    case Code::kNotFound:
      return AnswerFailure(404, "WorkspaceNotFoundError", error.ToString());
    case Code::kDeadlineExceeded:
      return AnswerFailure(504, "GatewayTimeout", error.ToString());
    case Code::kResourceExhausted:
      return AnswerFailure(400, "QueryLimitsExceeded", error.ToString());
    case Code::kUnavailable:
      return AnswerFailure(503, "ServiceUnavailable", error.ToString());
    default:
      return AnswerFailure(HttpStatusOf(error.code()), "InternalServerError", error.ToString());
  }
}

QueryAnswer AnswerFailure(int status, std::string_view code, std::string_view message) {
  return {status, Dump({{"error", {{"message", message}, {"code", code}, {"correlationId", RandomUuid()}}}})};
}

}  // namespace slipway::api
