// How each operation is said in SQL, as a table of templates. Private to this room.
#pragma once

#include <string_view>
#include <vector>

#include "slipway/kql/plan/plan.h"

namespace slipway::kql::sql {

// `text` holds $1, $2, … for the arguments. `types` are the arguments' type letters that the row is for (b i l r d t g
// s y, '.' any one, "" any number of any). `repeats`: an argument stands more than once, so that it has to be computed
// before.
struct OperationRow {
  std::string_view operation;
  std::string_view types;
  std::string_view text;
  bool repeats = false;
};

// The row for a call; nullptr when the table has none.
const OperationRow* FindOperation(std::string_view operation, const std::vector<plan::Scalar>& arguments);
bool HasOperation(std::string_view operation);
// The same for aggregates.
const OperationRow* FindAggregateOperation(std::string_view operation, const std::vector<plan::Scalar>& arguments);

}  // namespace slipway::kql::sql
