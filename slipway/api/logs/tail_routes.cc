#include "slipway/api/logs/tail_routes.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/logs/query_answer.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using logstore::LogTable;
using nlohmann::json;

// A waiting poll takes a thread of the server's.
constexpr int kTailsMax = 6;
constexpr int64_t kWaitSecondsMax = 20;
constexpr int64_t kLinesMax = 10'000;

struct TailQuestion {
  std::string table, where, after, time_column;
  int64_t lines = 0;
  std::chrono::seconds wait{0};
};

Result<TailQuestion> ReadQuestion(const json& body, const std::vector<LogTable>& tables) {
  TailQuestion question;
  const auto text = [&](const char* name) {
    const auto member = body.find(name);
    return member != body.end() && member->is_string() ? member->get<std::string>() : std::string();
  };
  const auto number = [&](const char* name, int64_t max) {
    const auto member = body.find(name);
    return member != body.end() && member->is_number_integer() ? std::clamp<int64_t>(member->get<int64_t>(), 0, max)
                                                               : 0;
  };
  question.table = text("table");
  question.where = text("where");
  question.after = text("after");
  question.lines = number("lines", kLinesMax);
  question.wait = std::chrono::seconds(number("wait", kWaitSecondsMax));
  std::vector<std::string> names;
  for (const LogTable& table : tables) {
    if (question.table == table.name) question.time_column = "TimeGenerated";
    if (!table.insight_name.empty() && question.table == table.insight_name) question.time_column = "timestamp";
    names.push_back(table.name);
    if (!table.insight_name.empty()) names.push_back(table.insight_name);
  }
  if (!question.time_column.empty()) return question;
  return InvalidArgument(
      fmt::format("there is no log table '{}'{}", question.table, DidYouMean(question.table, names)));
}

std::string ConditionOf(const TailQuestion& question) {
  return question.where.empty() ? question.table : fmt::format("{} | where {}", question.table, question.where);
}

// The rows that came after `after` and not after `until`, or the newest ones.
std::string QueryOf(const TailQuestion& question, const std::string& until) {
  std::string query = ConditionOf(question);
  query += fmt::format("\n| where _TimeReceived <= datetime({})", until);
  if (!question.after.empty()) query += fmt::format("\n| where _TimeReceived > datetime({})", question.after);
  if (question.after.empty()) query += fmt::format("\n| top {} by {} desc", question.lines, question.time_column);
  return query + fmt::format("\n| sort by _TimeReceived asc, {} asc", question.time_column);
}

class TailFace {
 public:
  explicit TailFace(const LogsDependencies& dependencies) : dependencies_(dependencies) {}

  net::Response Tail(const net::Request& request, const std::string& id) const {
    if (tails_.fetch_add(1) >= kTailsMax) {
      tails_.fetch_sub(1);
      QueryAnswer busy = AnswerFailure(429, "ThrottledError", fmt::format("{} clients follow logs already", kTailsMax));
      net::Response response = net::Response::Json(busy.status, std::move(busy.body));
      response.headers.Set("Retry-After", "1");
      return response;
    }
    auto answer = Answer(request, id);
    tails_.fetch_sub(1);
    if (answer) return std::move(*answer);
    QueryAnswer failure = AnswerError(answer.error());
    return net::Response::Json(failure.status, std::move(failure.body));
  }

  Result<net::Response> Metadata(const std::string& id) const {
    SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace, dependencies_.workspaces.FindWorkspaceById(id));
    SLIPWAY_ASSIGN_OR_RETURN(const auto tables, dependencies_.store.ListTables());
    json list = json::array();
    for (const LogTable& table : tables) {
      json columns = json::array();
      for (const auto& column : table.columns) columns.push_back({{"name", column.name}, {"type", column.type}});
      list.push_back({{"id", "t/" + table.name},
                      {"name", table.name},
                      {"timespanColumn", "TimeGenerated"},
                      {"columns", std::move(columns)}});
    }
    const json described = {{"id", workspace.id},
                            {"name", workspace.scope.workspace},
                            {"resourceId", workspace.scope.ArmId()},
                            {"tables", json::array()}};
    return JsonAnswer(200, {{"tables", std::move(list)}, {"workspaces", json::array({described})}});
  }

 private:
  Result<net::Response> Answer(const net::Request& request, const std::string& id) const {
    SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace, dependencies_.workspaces.FindWorkspaceById(id));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto tables, dependencies_.store.ListTables());
    SLIPWAY_ASSIGN_OR_RETURN(const TailQuestion question, ReadQuestion(body, tables));
    // Alone, so that a mistake is shown in what the user wrote.
    if (question.after.empty() && !question.where.empty()) {
      SLIPWAY_RETURN_IF_ERROR(dependencies_.store.Explain(ConditionOf(question), {}, workspace.id, "plan"));
    }
    logstore::QuerySettings settings;
    settings.stop = request.client_gone;
    const auto deadline = std::chrono::steady_clock::now() + question.wait;
    for (std::string after = question.after;;) {
      bool is_grown = true;
      if (!after.empty()) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        SLIPWAY_ASSIGN_OR_RETURN(is_grown,
                                 dependencies_.store.WaitForRows(after, std::max(left, std::chrono::milliseconds(0))));
      }
      SLIPWAY_ASSIGN_OR_RETURN(const std::string until, dependencies_.store.NewestReceived());
      SLIPWAY_ASSIGN_OR_RETURN(const auto result,
                               dependencies_.store.Query(QueryOf(question, until), {}, workspace.id, settings));
      // Rows of other tables, or that the condition leaves out, are no answer yet.
      const bool is_over = after.empty() || !is_grown || std::chrono::steady_clock::now() >= deadline;
      if (!result.rows.empty() || is_over) return Rows(result, until);
      after = until;
    }
  }

  static net::Response Rows(const logstore::QueryResult& result, const std::string& until) {
    json columns = json::array();
    for (const auto& column : result.columns) columns.push_back({{"name", column.name}, {"type", column.type}});
    std::string rows;
    for (const auto& row : result.rows) rows += fmt::format("{}[{}]", rows.empty() ? "" : ",", Join(row, ","));
    return net::Response::Json(
        200, fmt::format(R"({{"after":"{}","columns":{},"rows":[{}]}})", until, columns.dump(), rows));
  }

  const LogsDependencies dependencies_;
  mutable std::atomic<int> tails_{0};
};

json PartJson(const logstore::SealedPart& part) {
  return {{"table", part.table},
          {"day", FormatTimestamp(part.day).substr(0, 10)},
          {"file", part.file},
          {"rows", part.rows},
          {"bytes", part.bytes}};
}

Result<net::Response> PartsAnswer(Result<std::vector<logstore::SealedPart>> parts) {
  if (!parts) return std::move(parts.error());
  json list = json::array();
  for (const auto& part : *parts) list.push_back(PartJson(part));
  return ListAnswer(std::move(list));
}

Result<json> OptionalBody(const net::Request& request) {
  if (Trim(request.body).empty()) return json::object();
  return ParseBody(request);
}

Result<std::string> FolderOf(const net::Request& request) {
  SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
  const auto folder = body.find("folder");
  if (folder != body.end() && folder->is_string() && folder->get<std::string>().starts_with('/'))
    return folder->get<std::string>();
  return InvalidArgument("'folder' must be an absolute path on the server");
}

Result<net::Response> Seal(logstore::LogStore& store, const net::Request& request) {
  SLIPWAY_ASSIGN_OR_RETURN(const json body, OptionalBody(request));
  logstore::SealOptions options;
  const auto number = [&](const char* name, int64_t otherwise) {
    const auto member = body.find(name);
    return member != body.end() && member->is_number_integer() ? member->get<int64_t>() : otherwise;
  };
  if (const auto table = body.find("table"); table != body.end() && table->is_string()) options.table = *table;
  options.keep_days = static_cast<int>(std::clamp<int64_t>(number("keepDays", options.keep_days), 0, 100'000));
  options.rows_min =
      static_cast<uint64_t>(std::max<int64_t>(1, number("rowsMin", static_cast<int64_t>(options.rows_min))));
  return PartsAnswer(store.Seal(options));
}

Result<net::Response> Purge(logstore::LogStore& store, const net::Request&) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto report, store.Purge());
  return JsonAnswer(200, {{"rows", report.rows}, {"files", report.files}});
}

Result<net::Response> Backup(logstore::LogStore& store, const net::Request& request) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string folder, FolderOf(request));
  SLIPWAY_RETURN_IF_ERROR(store.Backup(folder));
  return JsonAnswer(200, {{"folder", folder}});
}

Result<net::Response> Restore(logstore::LogStore& store, const net::Request& request) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string folder, FolderOf(request));
  SLIPWAY_ASSIGN_OR_RETURN(const auto replaced, store.Restore(folder));
  return JsonAnswer(200, {{"folder", folder}, {"replaced", replaced.string()}});
}

Result<net::Response> Fsck(logstore::LogStore& store, const net::Request&) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto findings, store.Check());
  json list = json::array();
  for (const auto& finding : findings)
    list.push_back({{"name", finding.what}, {"ok", finding.is_good}, {"detail", finding.detail}});
  return ListAnswer(std::move(list));
}

Result<std::string> LogMetrics(logstore::LogStore& store) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto statistics, store.Statistics());
  std::string page;
  const auto add = [&](std::string_view name, std::string_view kind, std::string_view help, const std::string& value) {
    page += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, kind, value);
  };
  add("slipway_log_rows_total", "counter", "Log rows stored.", std::to_string(statistics.rows));
  add("slipway_log_refused_total", "counter", "Spool records that were no rows of any table.",
      std::to_string(statistics.refused));
  add("slipway_log_batches_total", "counter", "Transactions that stored log rows.", std::to_string(statistics.batches));
  add("slipway_log_lag_seconds", "gauge", "From TimeGenerated to visibility, the oldest row of the newest batch.",
      FormatDouble(statistics.lag_last_ms / 1000));
  add("slipway_log_lag_max_seconds", "gauge", "The largest such lag since the start.",
      FormatDouble(statistics.lag_max_ms / 1000));
  add("slipway_log_spool_bytes", "gauge", "Bytes of spool segments that are not consumed.",
      std::to_string(statistics.backlog_bytes));
  return page;
}

net::Response Metrics(const LogsDependencies& dependencies) {
  auto page = LogMetrics(dependencies.store);
  if (!page) return ErrorAnswer(page.error());
  if (dependencies.more_metrics) *page += dependencies.more_metrics();
  return net::Response::Text(200, std::move(*page), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace

void MountTail(net::Router& router, const LogsDependencies& dependencies) {
  const auto face = std::make_shared<const TailFace>(dependencies);
  router.Add("POST", "/v1/workspaces/{id}/tail",
             [face](const net::Request& request, const net::PathParameters& parameters) {
               return face->Tail(request, parameters.at("id"));
             });
  for (const char* method : {"GET", "POST"}) {
    for (const char* pattern : {"/v1/workspaces/{id}/metadata", "/v1/apps/{id}/metadata"}) {
      router.Add(method, pattern, [face](const net::Request&, const net::PathParameters& parameters) {
        auto answer = face->Metadata(parameters.at("id"));
        if (answer) return std::move(*answer);
        QueryAnswer failure = AnswerError(answer.error());
        return net::Response::Json(failure.status, std::move(failure.body));
      });
    }
  }
}

void MountLogAdministration(net::Router& router, const LogsDependencies& dependencies) {
  using Handler = Result<net::Response> (*)(logstore::LogStore&, const net::Request&);
  const auto add = [&](const char* method, const char* pattern, Handler handler) {
    router.Add(method, pattern,
               [&store = dependencies.store, handler](const net::Request& request, const net::PathParameters&) {
                 auto answer = handler(store, request);
                 return answer ? std::move(*answer) : ErrorAnswer(answer.error());
               });
  };
  add("POST", "/slipway/logs/seal", Seal);
  add("POST", "/slipway/logs/purge", Purge);
  add("POST", "/slipway/logs/backup", Backup);
  add("POST", "/slipway/logs/restore", Restore);
  add("GET", "/slipway/logs/fsck", Fsck);
  add("GET", "/slipway/logs/sealed",
      [](logstore::LogStore& store, const net::Request&) { return PartsAnswer(store.ListSealed()); });
  router.Add("GET", "/slipway/metrics",
             [dependencies](const net::Request&, const net::PathParameters&) { return Metrics(dependencies); });
}

}  // namespace slipway::api
