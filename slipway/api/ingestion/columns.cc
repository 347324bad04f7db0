#include "slipway/api/ingestion/columns.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/type.h"

namespace slipway::api {
namespace {

using logstore::ResultColumn;
using nlohmann::json;

constexpr size_t kShortestTime = 10;  // "2026-03-04"

std::string KindOf(const json& value) {
  if (value.is_boolean()) return "bool";
  if (value.is_number_integer()) return "long";
  if (value.is_number()) return "real";
  if (value.is_object() || value.is_array()) return "dynamic";
  const std::string& text = value.get_ref<const std::string&>();
  const bool can_be_time = text.size() >= kShortestTime && text[4] == '-' && text[7] == '-';
  return can_be_time && kql::ParseDateTimeTicks(text) ? "datetime" : "string";
}

// The type that takes both.
std::string Joined(const std::string& a, const std::string& b) {
  if (a.empty() || a == b) return b;
  if ((a == "long" && b == "real") || (a == "real" && b == "long")) return "real";
  return a == "dynamic" || b == "dynamic" ? "dynamic" : "string";
}

bool CanBeColumn(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= 45 && is_letter(name[0]) && name != "TenantId" && name != "Type" &&
         name != "SourceSystem" && name != "WorkspaceId" && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
         });
}

}  // namespace

Result<std::vector<ResultColumn>> ColumnsFromArm(const json& columns, const std::string& where) {
  if (!columns.is_array()) return InvalidArgument(fmt::format("'{}' must be a list of {{\"name\", \"type\"}}", where));
  std::vector<ResultColumn> read;
  for (const json& column : columns) {
    if (!column.is_object() || !column.contains("name") || !column["name"].is_string() || !column.contains("type") ||
        !column["type"].is_string()) {
      return InvalidArgument(fmt::format("'{}[{}]' must have a name and a type", where, read.size()));
    }
    read.push_back({column["name"].get<std::string>(), ToLower(column["type"].get<std::string>())});
  }
  return read;
}

json ColumnsToArm(const std::vector<ResultColumn>& columns) {
  json list = json::array();
  for (const ResultColumn& column : columns) {
    const std::string type = column.type == "bool" ? "boolean" : column.type == "datetime" ? "dateTime" : column.type;
    list.push_back({{"name", column.name}, {"type", type}});
  }
  return list;
}

std::vector<ResultColumn> InferColumns(const json& rows) {
  std::vector<ResultColumn> columns;
  std::map<std::string, size_t> index;
  for (const json& row : rows) {
    for (const auto& [name, value] : row.items()) {
      if (!CanBeColumn(name)) continue;
      const auto [entry, is_new] = index.try_emplace(name, columns.size());
      if (is_new) columns.push_back({name, ""});
      if (!value.is_null()) columns[entry->second].type = Joined(columns[entry->second].type, KindOf(value));
    }
  }
  for (ResultColumn& column : columns) {
    if (column.type.empty()) column.type = "string";
    if (column.name == "TimeGenerated") column.type = "datetime";
  }
  return columns;
}

}  // namespace slipway::api
