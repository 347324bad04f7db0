#include "slipway/sdk/query_table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/base/time.h"

namespace slipway::sdk {
namespace {

using nlohmann::json;
using tabular::ColumnBuilder;
using tabular::ColumnType;

ColumnType TypeOf(const std::string& kusto) {
  if (kusto == "int" || kusto == "long") return ColumnType::kInt64;
  if (kusto == "real" || kusto == "decimal") return ColumnType::kFloat64;
  if (kusto == "bool") return ColumnType::kBool;
  if (kusto == "datetime") return ColumnType::kDatetime;
  return ColumnType::kString;
}

// False when the cell is not of the type.
bool AddNumber(ColumnBuilder& column, const json& cell) {
  if (cell.is_number()) {
    column.AddDouble(cell.get<double>());
    return true;
  }
  // Decimals, NaN and infinities are text.
  const auto number = cell.is_string() ? ParseDouble(cell.get_ref<const std::string&>()) : std::nullopt;
  if (number) column.AddDouble(*number);
  return number.has_value();
}

bool AddTime(ColumnBuilder& column, const json& cell) {
  if (!cell.is_string()) return false;
  const auto time = ParseTimestamp(cell.get_ref<const std::string&>());
  if (time) column.AddInt(time->time_since_epoch().count());
  return time.has_value();
}

bool AddCell(ColumnBuilder& column, ColumnType type, const json& cell) {
  if (cell.is_null()) {
    column.AddNull();
    return true;
  }
  switch (type) {
    case ColumnType::kInt64:
      if (cell.is_number_integer()) column.AddInt(cell.get<int64_t>());
      return cell.is_number_integer();
    case ColumnType::kBool:
      if (cell.is_boolean()) column.AddInt(cell.get<bool>() ? 1 : 0);
      return cell.is_boolean();
    case ColumnType::kFloat64:
      return AddNumber(column, cell);
    case ColumnType::kDatetime:
      return AddTime(column, cell);
    case ColumnType::kString:
      column.AddString(cell.is_string() ? cell.get<std::string>() : cell.dump());
      return true;
  }
  return false;
}

Result<tabular::Column> ReadColumn(const json& described, size_t index, const json& rows) {
  const std::string name = described.value("name", ""), type_name = described.value("type", "string");
  const ColumnType type = TypeOf(type_name);
  ColumnBuilder column(name, type);
  for (const json& row : rows) {
    if (!row.is_array() || index >= row.size() || !AddCell(column, type, row[index])) {
      return Internal(fmt::format("the answer's column '{}' of type {} holds a row without such a value: {}", name,
                                  type_name, row.dump()));
    }
  }
  return std::move(column).Build();
}

bool IsTable(const json& table) {
  return table.is_object() && table.contains("columns") && table["columns"].is_array() && table.contains("rows") &&
         table["rows"].is_array();
}

}  // namespace

Result<tabular::Table> TableOfAnswer(const json& answer) {
  const json tables = answer.is_object() ? answer.value("tables", json::array()) : json::array();
  if (!tables.is_array() || tables.empty() || !IsTable(tables[0])) return Internal("the query's answer has no table");
  const json &columns = tables[0]["columns"], &rows = tables[0]["rows"];
  // A part of the rows would pass for all of them.
  if (answer.contains("error")) {
    return Error(Code::kResourceExhausted,
                 fmt::format("the query has more than the {} rows that one answer can hold: ask for fewer, with a "
                             "filter on time or with summarize",
                             rows.size()));
  }
  std::vector<tabular::Column> read;
  for (size_t i = 0; i < columns.size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(auto column, ReadColumn(columns[i], i, rows));
    read.push_back(std::move(column));
  }
  return tabular::Table::Make(std::move(read));
}

}  // namespace slipway::sdk
