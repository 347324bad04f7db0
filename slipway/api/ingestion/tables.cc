#include "slipway/api/ingestion/tables.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/ingestion/columns.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using logstore::LogTable;
using logstore::ResultColumn;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::string_view kTables =
    "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.OperationalInsights/workspaces/{ws}/tables";

json ToArm(const LogTable& table, const PathParameters& parameters) {
  json own = ColumnsToArm(table.own), standard = json::array();
  for (const json& column : ColumnsToArm(table.columns)) {
    if (std::find(own.begin(), own.end(), column) == own.end()) standard.push_back(column);
  }
  if (table.is_custom) own.insert(own.begin(), json{{"name", "TimeGenerated"}, {"type", "dateTime"}});
  json properties = {
      {"plan", "Analytics"},
      {"retentionInDays", table.retention_days},
      {"totalRetentionInDays", table.retention_days},
      {"archiveRetentionInDays", 0},
      {"retentionInDaysAsDefault", table.retention_days == logstore::kDefaultRetentionDays},
      {"provisioningState", "Succeeded"},
      {"schema",
       {{"name", table.name},
        {"tableType", table.is_custom ? "CustomLog" : "Microsoft"},
        {"tableSubType", table.is_custom ? "DataCollectionRuleBased" : "Any"},
        {"columns", std::move(own)},
        {"standardColumns", std::move(standard)},
        {"solutions", json::array({"LogManagement"})}}},
  };
  return {
      {"id", fmt::format(
                 "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/tables/{}",
                 parameters.at("sub"), parameters.at("rg"), parameters.at("ws"), table.name)},
      {"name", table.name},
      {"type", "Microsoft.OperationalInsights/workspaces/tables"},
      {"properties", std::move(properties)}};
}

Result<std::optional<int>> Days(const json& properties, const char* name) {
  const auto days = properties.find(name);
  if (days == properties.end() || days->is_null()) return std::optional<int>();
  if (days->is_number_integer() && std::abs(days->get<int64_t>()) < 1'000'000) return std::optional(days->get<int>());
  return InvalidArgument(fmt::format("'properties.{}' must be a number of days", name));
}

Result<logstore::LogTableChange> ReadChange(const json& body, const std::string& name) {
  logstore::LogTableChange change{name, std::nullopt, std::nullopt};
  const auto properties = body.find("properties");
  if (properties == body.end() || !properties->is_object())
    return InvalidArgument(
        "'properties' is missing: {\"properties\": {\"schema\": {\"name\", \"columns\"}, \"retentionInDays\"}}");
  SLIPWAY_ASSIGN_OR_RETURN(const auto days, Days(*properties, "retentionInDays"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto total_days, Days(*properties, "totalRetentionInDays"));
  change.retention_days = days ? days : total_days;
  const auto schema = properties->find("schema");
  if (schema == properties->end() || !schema->is_object() || !schema->contains("columns")) return change;
  const std::string schema_name =
      schema->contains("name") && (*schema)["name"].is_string() ? (*schema)["name"].get<std::string>() : name;
  if (schema_name != name)
    return InvalidArgument(fmt::format("'properties.schema.name' is '{}', and the table '{}'", schema_name, name));
  SLIPWAY_ASSIGN_OR_RETURN(change.columns, ColumnsFromArm((*schema)["columns"], "properties.schema.columns"));
  return change;
}

class Tables {
 public:
  explicit Tables(const LogsDependencies& dependencies) : dependencies_(dependencies) {}

  Result<Response> List(const Request&, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(ScopeOf(parameters)));
    SLIPWAY_ASSIGN_OR_RETURN(const auto tables, dependencies_.store.ListTables());
    json values = json::array();
    for (const LogTable& table : tables) values.push_back(ToArm(table, parameters));
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(ScopeOf(parameters)));
    SLIPWAY_ASSIGN_OR_RETURN(const auto table, Find(parameters.at("name")));
    if (!table) return NotFound(fmt::format("there is no log table '{}'", parameters.at("name")));
    return JsonAnswer(200, ToArm(*table, parameters));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(ScopeOf(parameters)));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(logstore::LogTableChange change, ReadChange(body, parameters.at("name")));
    SLIPWAY_ASSIGN_OR_RETURN(const auto known, Find(change.name));
    // A PUT repeats what a GET gave: the columns of Azure's tables are no change.
    if (known && !known->is_custom && change.columns && change.columns->empty()) change.columns.reset();
    SLIPWAY_ASSIGN_OR_RETURN(const LogTable table, dependencies_.store.PutTable(change));
    return JsonAnswer(200, ToArm(table, parameters));
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(ScopeOf(parameters)));
    SLIPWAY_ASSIGN_OR_RETURN(const auto table, Find(parameters.at("name")));
    if (!table) return Response{.status = 204, .headers = {}, .body = ""};
    SLIPWAY_RETURN_IF_ERROR(dependencies_.store.DeleteTable(table->name));
    return Response{};
  }

 private:
  Result<std::optional<LogTable>> Find(const std::string& name) const {
    SLIPWAY_ASSIGN_OR_RETURN(auto tables, dependencies_.store.ListTables());
    for (LogTable& table : tables) {
      if (EqualsIgnoreCase(table.name, name)) return std::optional(std::move(table));
    }
    return std::optional<LogTable>();
  }

  const LogsDependencies dependencies_;
};

}  // namespace

void MountTables(net::Router& router, const LogsDependencies& dependencies) {
  const auto face = std::make_shared<const Tables>(dependencies);
  const auto add = [&](const char* method, const std::string& pattern,
                       Result<Response> (Tables::*handler)(const Request&, const PathParameters&) const) {
    router.Add(method, pattern, [face, handler](const Request& request, const PathParameters& parameters) {
      auto answer = (face.get()->*handler)(request, parameters);
      return answer ? std::move(*answer) : ErrorAnswer(answer.error());
    });
  };
  const std::string one = std::string(kTables) + "/{name}";
  add("GET", std::string(kTables), &Tables::List);
  add("GET", one, &Tables::Get);
  add("PUT", one, &Tables::Put);
  add("PATCH", one, &Tables::Put);
  add("DELETE", one, &Tables::Delete);
}

}  // namespace slipway::api
