// Tables from JSON records: one object a line (JSON lines), or an array of objects.
#pragma once

#include <filesystem>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular {

struct JsonOptions {
  bool drop_invalid_lines = false;  // JSON lines only: skip lines that are no JSON objects, rather than fail
  bool infer_datetimes = true;      // a column of ISO 8601 texts is kDatetime
};

// Text that starts with '[' is an array. Columns are the keys in order of first appearance; a missing key is null.
// Numbers without fraction or exponent make kInt64, with others among them kFloat64; nested values are kept as their
// JSON text. A column that mixes numbers, texts and booleans is refused. Errors carry file, line and column.
Result<Table> ParseJsonRecords(std::string_view text, const JsonOptions& options = {}, std::string_view file = {});
Result<Table> ReadJsonFile(const std::filesystem::path& path, const JsonOptions& options = {});

}  // namespace slipway::tabular
