// Tables as cells, column by column.
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/scoring/json_model.h"

namespace slipway::scoring {
namespace {

using tabular::Column;
using tabular::ColumnType;
using Kind = InputColumn::Kind;

Result<const Column*> ColumnOf(const tabular::Table& table, const InputColumns& columns, size_t index) {
  const InputColumn& wanted = columns[index];
  if (wanted.name.empty()) {
    if (table.width() == columns.size()) return &table.column(index);
    return InvalidArgument(
        fmt::format("the model takes {} columns in order; the table has {}", columns.size(), table.width()));
  }
  const Column* column = table.Find(wanted.name);
  if (column != nullptr || (!wanted.required && wanted.nullable)) return column;
  return InvalidArgument(
      fmt::format("the table lacks {}{}", wanted.Describe(index), DidYouMean(wanted.name, table.names())));
}

bool Fits(const Column& column, Kind kind) {
  switch (kind) {
    case Kind::kText:
      return column.type == ColumnType::kString;
    case Kind::kBoolean:
      return column.type == ColumnType::kBool;
    case Kind::kInteger:
    case Kind::kReal:
      return column.is_numeric();
  }
  return false;
}

// One column of a table into the cells of a model's column.
class ColumnReader {
 public:
  ColumnReader(const Column& column, const InputColumn& wanted, size_t index, CellSink& cells)
      : column_(column), wanted_(wanted), index_(index), cells_(cells) {}

  Status Read() const {
    // A column without any value has no type of its own.
    const bool is_empty = column_.null_count() == column_.size();
    if (!is_empty && !Fits(column_, wanted_.kind))
      return InvalidArgument(fmt::format("{} is of type {}; the model takes {}", wanted_.Describe(index_),
                                         tabular::ColumnTypeName(column_.type), model::DataTypeName(wanted_.type)));
    for (size_t row = 0; row < column_.size(); ++row) SLIPWAY_RETURN_IF_ERROR(Cell(row));
    return {};
  }

 private:
  Error Bad(size_t row, std::string_view what) const {
    return InvalidArgument(fmt::format("row {}, {}: {}", row, wanted_.Describe(index_), what));
  }

  Status Cell(size_t row) const {
    if (column_.is_null(row)) {
      if (!wanted_.nullable) return Bad(row, "no value, but the model requires one");
      cells_.SetMissing(row, index_);
      return {};
    }
    if (wanted_.kind == Kind::kText) {
      cells_.SetText(row, index_, column_.string_at(row));
      return {};
    }
    if (wanted_.kind == Kind::kReal) return Real(row);
    return Integer(row);
  }

  // A table may hold NaN as a value: it is what a model's imputers look for.
  Status Real(size_t row) const {
    const double value = column_.number(row);
    if (std::isfinite(value) && std::abs(value) > wanted_.real_limit)
      return Bad(row, fmt::format("{} is too large for a float", value));
    cells_.SetReal(row, index_, value);
    return {};
  }

  Status Integer(size_t row) const {
    int64_t value = 0;
    if (column_.type == ColumnType::kFloat64) {
      const double real = column_.number(row);
      if (!(std::abs(real) < 0x1p63) || real != std::floor(real))
        return Bad(row, fmt::format("{} is not an integer", real));
      value = static_cast<int64_t>(real);
    } else {
      value = column_.ints[row];
    }
    if (value < wanted_.integer_min || value > wanted_.integer_max)
      return Bad(row, fmt::format("{} is out of the range of {}", value, model::DataTypeName(wanted_.type)));
    cells_.SetInteger(row, index_, value);
    return {};
  }

  const Column& column_;
  const InputColumn& wanted_;
  size_t index_;
  CellSink& cells_;
};

}  // namespace

Status ReadTable(const tabular::Table& table, const InputColumns& columns, CellSink& cells) {
  for (size_t row = 0; row < table.rows(); ++row) cells.AddRow();
  for (size_t i = 0; i < columns.size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(const Column* column, ColumnOf(table, columns, i));
    if (column == nullptr) {
      for (size_t row = 0; row < table.rows(); ++row) cells.SetMissing(row, i);
      continue;
    }
    SLIPWAY_RETURN_IF_ERROR(ColumnReader(*column, columns[i], i, cells).Read());
  }
  return {};
}

}  // namespace slipway::scoring
