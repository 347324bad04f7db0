// Cells of a query's answer as the JSON that the Logs query API sends.
#pragma once

#include <string>

#include "slipway/duck/result_set.h"
#include "slipway/kql/type.h"

namespace slipway::logstore {

// Strings are never null; a dynamic is its document as a JSON string; NaN and infinities are "NaN", "Infinity",
// "-Infinity".
std::string CellJson(const duck::ColumnView& column, size_t row, kql::Type type);

}  // namespace slipway::logstore
