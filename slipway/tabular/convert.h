// Columns of one type as columns of another.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular {

struct Conversion {
  ColumnType type = ColumnType::kString;
  // kDatetime: how texts are written, as strptime has it ("%d/%m/%Y"), tried in order; empty = ISO 8601.
  std::vector<std::string> formats = {};
  // kBool: the texts of each; empty = those of CSV, and 1 and 0.
  std::vector<std::string> true_values = {}, false_values = {};
  // kBool: what any other text is; nullopt = a failure.
  std::optional<bool> mismatch_as = {};
};

// Goes by the texts of the values as they stand in CSV; nulls stay null. Numbers become whole numbers only when they
// are whole. kInvalidArgument names the first value that does not convert and its row.
Result<Column> ConvertColumn(const Column& column, const Conversion& conversion);

}  // namespace slipway::tabular
