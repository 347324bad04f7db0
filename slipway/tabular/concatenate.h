// Tables one below the other.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular {

// The rows of all tables in order, with the columns and their order of the first; the others may have them in another
// order. Whole numbers beside floats become floats; a column without any value takes the type of its peers.
// kInvalidArgument names the column that is missing, unknown or of another type, and the table it stands in by its
// entry in `names` ("table 2" without one).
Result<Table> Concatenate(std::vector<Table> tables, std::span<const std::string> names = {});
Result<Table> Append(const Table& first, const Table& second);

}  // namespace slipway::tabular
