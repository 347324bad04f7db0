#include "slipway/api/ingestion/streams.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/ingestion/columns.h"
#include "slipway/api/ingestion/rules.h"
#include "slipway/api/logs/request_body.h"
#include "slipway/base/text.h"
#include "slipway/kql/type.h"

namespace slipway::api {
namespace {

using logstore::LogTable;
using logstore::ResultColumn;
using nlohmann::json;

constexpr std::string_view kCustomStream = "Custom-";

net::Response Refuse(int status, std::string_view code, const std::string& message) {
  return JsonAnswer(status, {{"error", {{"code", code}, {"message", message}}}});
}

net::Response Refuse(const Error& error) {
  switch (error.code()) {
    case Code::kNotFound:
      return Refuse(404, "NotFound", error.message());
    case Code::kResourceExhausted:
      return Refuse(413, "ContentLengthLimitExceeded", error.message());
    case Code::kUnimplemented:
    case Code::kInvalidArgument:
      return Refuse(400, "InvalidPayload", error.message());
    default:
      return Refuse(HttpStatusOf(error.code()), CodeName(error.code()), error.message());
  }
}

// The rule that a workspace has by itself.
std::string OwnRuleOf(const domain::Workspace& workspace) {
  return "dcr-" + ToLower(ReplaceAll(workspace.id, "-", ""));
}

Result<StreamTarget> OwnTarget(const domain::Workspace& workspace, const std::string& stream) {
  if (stream.starts_with(kCustomStream) && stream.ends_with("_CL"))
    return StreamTarget{workspace.id, stream.substr(kCustomStream.size()), {}};
  return InvalidArgument(fmt::format("the stream '{}' must be 'Custom-<table>_CL'", stream));
}

Result<StreamTarget> FindTarget(const LogsDependencies& dependencies, const std::string& rule_id,
                                const std::string& stream) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto rules, dependencies.store.ListCollectionRules());
  for (const auto& rule : rules) {
    if (EqualsIgnoreCase(rule.immutable_id, rule_id)) return TargetOf(rule, stream);
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto workspaces, dependencies.workspaces.ListWorkspaces());
  for (const domain::Workspace& workspace : workspaces) {
    if (EqualsIgnoreCase(OwnRuleOf(workspace), rule_id)) return OwnTarget(workspace, stream);
  }
  return NotFound(fmt::format("there is no data collection rule with the immutable id '{}'", rule_id));
}

Result<json> ReadRows(const net::Request& request) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string body, DecodedBody(request));
  SLIPWAY_ASSIGN_OR_RETURN(json rows, ParseTelemetryJson(body));
  const bool are_objects =
      rows.is_array() && std::all_of(rows.begin(), rows.end(), [](const json& row) { return row.is_object(); });
  if (!are_objects) return InvalidArgument("the body must be a JSON array of objects");
  return rows;
}

// The table with all columns that the rule declares; made when it is not there.
Result<LogTable> EnsureTable(logstore::LogStore& store, const StreamTarget& target, const json& rows) {
  SLIPWAY_ASSIGN_OR_RETURN(auto tables, store.ListTables());
  const auto known =
      std::find_if(tables.begin(), tables.end(), [&](const LogTable& table) { return table.name == target.table; });
  if (known == tables.end()) {
    std::vector<ResultColumn> columns = target.columns.empty() ? InferColumns(rows) : target.columns;
    return store.PutTable({target.table, std::move(columns), std::nullopt});
  }
  const auto is_there = [&](const ResultColumn& column) {
    return column.name == "TimeGenerated" ||
           std::any_of(known->own.begin(), known->own.end(),
                       [&](const ResultColumn& own) { return own.name == column.name; });
  };
  if (std::all_of(target.columns.begin(), target.columns.end(), is_there)) return std::move(*known);
  return store.PutTable({target.table, target.columns, std::nullopt});
}

// The object's members that are columns, in the table's form.
std::string RowText(const json& object, const LogTable& table, const std::string& workspace_id) {
  json row = {{"WorkspaceId", workspace_id}};
  for (const ResultColumn& column : table.own) {
    const auto member = object.find(column.name);
    if (member != object.end() && !member->is_null()) row[column.name] = *member;
  }
  const auto time = object.find("TimeGenerated");
  if (time != object.end() && time->is_string() && kql::ParseDateTimeTicks(time->get_ref<const std::string&>()))
    row["TimeGenerated"] = *time;
  return row.dump(-1, ' ', false, json::error_handler_t::replace);
}

Status Take(const LogsDependencies& dependencies, const net::Request& request, const std::string& rule,
            const std::string& stream) {
  SLIPWAY_ASSIGN_OR_RETURN(const StreamTarget target, FindTarget(dependencies, rule, stream));
  SLIPWAY_ASSIGN_OR_RETURN(const json rows, ReadRows(request));
  if (rows.empty()) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const LogTable table, EnsureTable(dependencies.store, target, rows));
  std::vector<logstore::LogRow> log_rows;
  for (const json& row : rows) log_rows.push_back({table.name, RowText(row, table, target.workspace_id), true});
  return dependencies.store.IngestAll(log_rows);
}

}  // namespace

void MountStreams(net::Router& router, const LogsDependencies& dependencies) {
  router.Add("POST", "/dataCollectionRules/{rule}/streams/{stream}",
             [dependencies](const net::Request& request, const net::PathParameters& parameters) {
               const Status taken = Take(dependencies, request, parameters.at("rule"), parameters.at("stream"));
               return taken ? net::Response{.status = 204, .headers = {}, .body = ""} : Refuse(taken.error());
             });
}

}  // namespace slipway::api
