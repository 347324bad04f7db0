// Writes typed expressions as SQL. Private to this room.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/kql/plan/plan.h"
#include "slipway/kql/sql/sql.h"

namespace slipway::kql::sql {

// Gives parameters their numbers, and counts generated names.
struct EmitState {
  std::vector<Parameter> parameters;
  int next_name = 0;
  std::function<std::string(const plan::Node&)> emit_rows;  // a plan inside an expression

  std::string AddParameter(Parameter value);
};

// Expressions over the rows of one FROM. An argument that an operation needs twice is computed once, as a column of a
// sub-select around that FROM ("hoisted"); Wrap puts them there.
class ScalarEmitter {
 public:
  explicit ScalarEmitter(EmitState& state) : state_(state) {}

  // `as_filter`: null and false mean the same here, which allows plainer comparisons.
  std::string Emit(const plan::Scalar& scalar, bool as_filter = false);
  std::string EmitAggregate(const plan::Aggregate& aggregate);
  // `from` with the hoisted columns added.
  std::string Wrap(std::string from) const;
  // A column that holds `sql` (nothing of it when it is as cheap as a column).
  std::string Hoist(std::string sql);
  // The same for what is cheap, too.
  std::string HoistAlways(std::string sql);

 private:
  using Custom = std::string (ScalarEmitter::*)(const plan::Scalar&, bool);
  static Custom FindCustom(std::string_view operation);
  friend bool KnowsOperation(std::string_view operation);

  std::string EmitConstant(const Constant& constant);
  std::string Fill(std::string_view text, const std::vector<std::string>& arguments);
  std::vector<std::string> EmitAll(const std::vector<plan::Scalar>& scalars);

  std::string EmitLogic(const plan::Scalar& call, bool as_filter);
  std::string EmitEquality(const plan::Scalar& call, bool as_filter);
  std::string EmitIn(const plan::Scalar& call, bool as_filter);
  std::string EmitHas(const plan::Scalar& call, bool as_filter);
  std::string EmitStrcat(const plan::Scalar& call, bool as_filter);
  std::string EmitCoalesce(const plan::Scalar& call, bool as_filter);
  std::string EmitExtreme(const plan::Scalar& call, bool as_filter);
  std::string EmitCase(const plan::Scalar& call, bool as_filter);
  std::string EmitPackArray(const plan::Scalar& call, bool as_filter);
  std::string EmitBagPack(const plan::Scalar& call, bool as_filter);
  std::string EmitArrayConcat(const plan::Scalar& call, bool as_filter);
  std::string EmitExtract(const plan::Scalar& call, bool as_filter);
  std::string EmitElement(const plan::Scalar& call, bool as_filter);
  std::string EmitSlotValue(const plan::Scalar& call, bool as_filter);
  std::string EmitDatePart(const plan::Scalar& call, bool as_filter);
  std::string EmitFormatDatetime(const plan::Scalar& call, bool as_filter);
  std::string EmitBin(const plan::Scalar& call, bool as_filter);
  std::string EmitRows(const plan::Scalar& call, bool as_filter);
  std::string EmitExtractAll(const plan::Scalar& call, bool as_filter);
  std::string EmitPercentiles(const plan::Aggregate& aggregate, const std::string& filter);
  std::string EmitHoisted(const plan::Scalar& call, bool as_filter);
  // window_emitter.cc
  std::string WindowOf(const std::string& number, const plan::Scalar& restart);
  std::string EmitNeighbour(const plan::Scalar& call, bool as_filter);
  std::string EmitRowNumber(const plan::Scalar& call, bool as_filter);
  std::string EmitRowCumsum(const plan::Scalar& call, bool as_filter);
  std::string EmitRowRank(const plan::Scalar& call, bool as_filter);
  std::string EmitNear(const plan::Scalar& call, bool as_filter);

  EmitState& state_;
  struct Hoisted {
    std::string name;
    std::string sql;
  };
  // levels_[n] reads names of the levels before.
  std::vector<std::vector<Hoisted>> levels_;
};

// "c7".
std::string ColumnName(int id);
// The SQL type that holds values of `type`.
std::string_view SqlType(Type type);

}  // namespace slipway::kql::sql
