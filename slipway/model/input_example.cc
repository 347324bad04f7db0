#include "slipway/model/input_example.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace slipway::model {
namespace {

using Json = nlohmann::ordered_json;

Json Cell(const tabular::Column& column, size_t row) {
  if (column.is_null(row)) return nullptr;
  switch (column.type) {
    case tabular::ColumnType::kBool:
      return column.ints[row] != 0;
    case tabular::ColumnType::kInt64:
      return column.ints[row];
    case tabular::ColumnType::kFloat64:
      return std::isfinite(column.doubles[row]) ? Json(column.doubles[row]) : Json(nullptr);
    case tabular::ColumnType::kString:
    case tabular::ColumnType::kDatetime:
      return column.text(row);
  }
  return nullptr;
}

}  // namespace

std::string SplitJson(const tabular::Table& table) {
  Json rows = Json::array();
  for (size_t row = 0; row < table.rows(); ++row) {
    Json cells = Json::array();
    for (const tabular::Column& column : table.columns()) cells.push_back(Cell(column, row));
    rows.push_back(std::move(cells));
  }
  Json document = Json::object();
  document["columns"] = table.names();
  document["data"] = std::move(rows);
  // Texts of a table may hold any bytes; JSON may not.
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace slipway::model
