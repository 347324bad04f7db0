#include "slipway/tabular/append_null.h"

#include <limits>

namespace slipway::tabular {

void AppendNull(Column& column) {
  if (column.nulls.empty()) column.nulls.assign(column.size(), 0);
  column.nulls.push_back(1);
  if (column.type == ColumnType::kFloat64)
    column.doubles.push_back(std::numeric_limits<double>::quiet_NaN());
  else if (column.type == ColumnType::kString)
    column.codes.push_back(0);
  else
    column.ints.push_back(0);
}

}  // namespace slipway::tabular
