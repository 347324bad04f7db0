// A plan as SQL for DuckDB: one statement, in which texts and numbers of the query stand as parameters and names are
// generated. No text of a user's is ever part of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/kql/plan/plan.h"

namespace slipway::kql::sql {

using Parameter = std::variant<std::monostate, bool, int64_t, double, std::string>;

struct Statement {
  std::string text;  // parameters are $1, $2, …
  std::vector<Parameter> parameters;
};

// Selects the plan's outputs, named "c<id>", in their order. Representation: bool BOOLEAN, int INTEGER, long BIGINT,
// real DOUBLE; datetime and timespan BIGINT (ticks of 100 ns); string and guid VARCHAR; dynamic VARCHAR holding JSON,
// never 'null'.
Statement Emit(const plan::Node& node);

// Macros that emitted statements call: run once on a connection (or kept in the database).
std::string_view Prelude();

// Whether an operation can be said, for the test that every bound one can.
bool KnowsOperation(std::string_view operation);

}  // namespace slipway::kql::sql
