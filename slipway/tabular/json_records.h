// Tables as JSON.
#pragma once

#include <string>

#include "slipway/tabular/table.h"

namespace slipway::tabular {

// [{"column": value, …}, …], without spaces. null for nulls, NaN and infinities; datetimes as ISO 8601 texts; floats
// with as many digits as read back the same, whole ones with ".0".
std::string ToJsonRecords(const Table& table);
// The same objects, one a line.
std::string ToJsonLines(const Table& table);

}  // namespace slipway::tabular
