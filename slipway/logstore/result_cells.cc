#include "slipway/logstore/result_cells.h"

#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::logstore {
namespace {

using duck::ColumnType;
using duck::ColumnView;
using kql::Type;

int64_t Integer(const ColumnView& column, size_t row) {
  return column.type() == ColumnType::kInt32 ? column.Int32(row) : column.Int64(row);
}

// Trailing zeros of the fraction are dropped, as the service does.
std::string DateTimeJson(int64_t ticks) {
  if (ticks < 0 || ticks > kql::kMaxDateTimeTicks) return "null";
  std::string text = kql::FormatDateTimeTicks(ticks);
  text.pop_back();
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return fmt::format("\"{}Z\"", text);
}

}  // namespace

std::string CellJson(const ColumnView& column, size_t row, Type type) {
  if (column.IsNull(row)) return type == Type::kString ? "\"\"" : "null";
  switch (type) {
    case Type::kBool:
      return column.Bool(row) ? "true" : "false";
    case Type::kInt:
    case Type::kLong:
      return std::to_string(Integer(column, row));
    case Type::kReal: {
      const double value = column.Double(row);
      return std::isfinite(value) ? FormatDouble(value) : fmt::format("\"{}\"", FormatDouble(value));
    }
    case Type::kDateTime:
      return DateTimeJson(Integer(column, row));
    case Type::kTimespan:
      return fmt::format("\"{}\"", kql::FormatTimespanTicks(Integer(column, row)));
    default:
      return kql::JsonQuote(column.String(row));
  }
}

}  // namespace slipway::logstore
