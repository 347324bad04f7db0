// The part of ScalarEmitter for functions of other rows. An SQL window function may stand neither in WHERE nor in
// another one, so each is a column of its own below what reads it.
#include <fmt/format.h>

#include "slipway/kql/sql/scalar_emitter.h"

namespace slipway::kql::sql {

using plan::Scalar;

// The rows of one run between restarts, in order.
std::string ScalarEmitter::WindowOf(const std::string& number, const Scalar& restart) {
  const Constant* constant = restart.AsConstant();
  const bool never = constant != nullptr && (constant->is_null() || !std::get<bool>(constant->value));
  if (never) return fmt::format("ORDER BY {}", number);
  const std::string begins = Hoist(fmt::format("CASE WHEN {} THEN 1 ELSE 0 END", Emit(restart, true)));
  const std::string run = Hoist(fmt::format("sum({}) OVER (ORDER BY {} ROWS UNBOUNDED PRECEDING)", begins, number));
  return fmt::format("PARTITION BY {} ORDER BY {}", run, number);
}

std::string ScalarEmitter::EmitNeighbour(const Scalar& call, bool) {
  const std::string number = Emit(call.arguments[0]);
  const std::string value = Hoist(Emit(call.arguments[1]));
  return Hoist(fmt::format("{}({}, {}, {}) OVER (ORDER BY {})", call.operation == "prev" ? "lag" : "lead", value,
                           std::get<int64_t>(call.arguments[2].constant.value), Emit(call.arguments[3]), number));
}

std::string ScalarEmitter::EmitRowNumber(const Scalar& call, bool) {
  const std::string number = Emit(call.arguments[0]);
  const std::string start = Hoist(Emit(call.arguments[1]));
  const std::string window = WindowOf(number, call.arguments[2]);
  return Hoist(fmt::format("row_number() OVER ({}) - 1 + {}", window, start));
}

std::string ScalarEmitter::EmitRowCumsum(const Scalar& call, bool) {
  const std::string number = Emit(call.arguments[0]);
  const std::string value = Hoist(Emit(call.arguments[1]));
  const std::string window = WindowOf(number, call.arguments[2]);
  return Hoist(fmt::format("CAST(coalesce(sum({}) OVER ({} ROWS UNBOUNDED PRECEDING), 0) AS {})", value, window,
                           SqlType(call.type)));
}

// Ranks go up where the value changes from one row to the next.
std::string ScalarEmitter::EmitRowRank(const Scalar& call, bool) {
  const std::string number = Emit(call.arguments[0]);
  const std::string value = Hoist(Emit(call.arguments[1]));
  const std::string window = WindowOf(number, call.arguments[2]);
  const std::string changes =
      Hoist(fmt::format("CASE WHEN row_number() OVER ({0}) = 1 OR {1} IS DISTINCT FROM lag({1}) OVER ({0}) THEN "
                        "row_number() OVER ({0}) END",
                        window, value));
  const std::string_view aggregate = call.operation == "row_rank_dense" ? "count" : "max";
  return Hoist(fmt::format("{}({}) OVER ({} ROWS UNBOUNDED PRECEDING)", aggregate, changes, window));
}

// Whether a condition holds for a row at most so many before, or after, this one.
std::string ScalarEmitter::EmitNear(const Scalar& call, bool) {
  const std::string number = Emit(call.arguments[0]);
  const std::string condition = Hoist(fmt::format("coalesce({}, false)", Emit(call.arguments[1], true)));
  const auto count = [&](size_t index) { return std::get<int64_t>(call.arguments[index].constant.value); };
  return Hoist(fmt::format("bool_or({}) OVER (ORDER BY {} ROWS BETWEEN {} PRECEDING AND {} FOLLOWING)", condition,
                           number, count(2), count(3)));
}

}  // namespace slipway::kql::sql
