// Binds scalar expressions: names to columns and constants, calls and operators to typed operations.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/kql/bind/environment.h"
#include "slipway/kql/bind/functions.h"
#include "slipway/kql/diagnostic.h"
#include "slipway/kql/plan/plan.h"
#include "slipway/kql/tree/tree.h"

namespace slipway::kql::bind {

// Checks that a text is a regular expression the engine takes.
using RegexCheck = std::function<Status(std::string_view)>;

class ScalarBinder;

// What a step of scan remembers: the columns of the row that it matched last, and those that scan declares.
struct ScanState {
  std::string name;
  std::vector<plan::Column> columns;
};

// A call of row_window_session: the column with the sessions' begins, which is computed before the step around.
struct WindowSession {
  plan::Column column;
  plan::Scalar value, longest, gap, restart;
};

// What holds while one step is bound. Rows that stand in its expressions have steps of their own.
struct StepContext {
  // The column that counts the rows of the step, when they have an order; and whether a window function asked for it.
  std::optional<plan::Column> row_number;
  bool uses_row_number = false;
  std::vector<WindowSession> sessions;                  // that the step asked for
  const std::vector<ScanState>* scan_states = nullptr;  // while the steps of a scan are bound
};

// What is the same for a whole query.
struct QueryContext {
  int64_t now_ticks = 0;
  RegexCheck check_regex;
  Diagnostics* diagnostics = nullptr;
  int next_column = 1;
  EnvironmentPtr environment;  // the names of the query's statements that are seen here
  int rows_depth = 0;          // how many times rows within an expression are bound around here
  StepContext step;

  // Binds rows that stand in an expression: a table's name, a call or a pipeline; nullptr after a complaint.
  std::function<plan::NodePtr(const tree::Expression& source)> bind_rows;
  // Whether a name or a call stands for rows.
  std::function<bool(const tree::Expression& source)> is_rows;
  // Binds a call of one of the query's own functions.
  std::function<plan::Scalar(const Definition& function, const tree::Expression& call, ScalarBinder& caller)>
      bind_function;

  int NewColumn() { return next_column++; }
};

// Aggregates met while a summarize's items are bound; each becomes a column that the item's expression reads.
struct AggregateCollector {
  const std::vector<plan::Column>* input = nullptr;  // what arguments of aggregates see
  std::vector<plan::Aggregate> aggregates;
  std::vector<plan::Column> columns;
};

// Binds against the columns of one input. Complaints go to the context's diagnostics; what failed has type kError.
class ScalarBinder {
 public:
  ScalarBinder(QueryContext& context, const std::vector<plan::Column>& columns,
               AggregateCollector* aggregates = nullptr)
      : context_(context), columns_(columns), aggregates_(aggregates) {}

  plan::Scalar Bind(const tree::Expression& expression);
  // A predicate of search or find: texts are looked for in all columns, and what names a column that is not here is
  // false.
  plan::Scalar BindSearch(const tree::Expression& expression, bool case_sensitive);
  // Complains unless the expression is a bool.
  plan::Scalar BindPredicate(const tree::Expression& expression, std::string_view where);
  // A call of a function with several results: an array of them, and the name and the type of each.
  plan::Scalar BindSeveral(const tree::Expression& call, std::vector<std::pair<std::string, Type>>& parts);
  // A constant that is no column's; nullopt after a complaint.
  std::optional<Constant> BindConstant(const tree::Expression& expression);
  // A constant integer that is not negative.
  std::optional<int64_t> BindCount(const tree::Expression& expression, std::string_view what);
  // The aggregate that a call names; its arguments see the collector's input. nullptr after a complaint.
  const AggregateRow* BindAggregate(const tree::Expression& call, plan::Scalar& result);

 private:
  using Scalar = plan::Scalar;

  Scalar BindName(const tree::Expression& expression);
  Scalar BindMember(const tree::Expression& expression);
  Scalar BindRemembered(const ScanState& state, const tree::Expression& expression);
  const ScanState* FindScanState(const tree::Expression& expression) const;
  Scalar BindIndex(const tree::Expression& expression);
  Scalar BindUnary(const tree::Expression& expression);
  Scalar BindBinary(const tree::Expression& expression);
  bool IsForgottenQuote(const tree::Expression& word, const Scalar& compared) const;
  Scalar BindAnyColumn(const tree::Expression& expression);
  Scalar BindLogic(const tree::Expression& expression);
  Scalar BindSearchTerm(const tree::Expression& term, const std::string& text, bool case_sensitive);
  Scalar BindArithmetic(const tree::Expression& expression, Scalar left, Scalar right);
  Scalar BindTimeArithmetic(const tree::Expression& expression, Scalar left, Scalar right);
  Scalar BindEquality(const tree::Expression& expression, Scalar left, Scalar right);
  static Scalar Compare(std::string_view operation, Scalar left, Scalar right);
  Scalar BindOrder(const tree::Expression& expression, Scalar left, Scalar right);
  Scalar BindStringOperator(const tree::Expression& expression, Scalar left, Scalar right);
  Scalar BindRegexMatch(const tree::Expression& expression, Scalar left, Scalar right);
  Scalar BindList(const tree::Expression& expression);
  // Whether an expression stands for rows: a pipeline, or a table's name that no column or value has.
  bool IsRows(const tree::Expression& expression) const;
  Scalar BindInRows(const tree::Expression& expression, Scalar left);
  Scalar BindToScalar(const tree::Expression& call);
  Scalar ComputedOnce(plan::Scalar value);
  Scalar BindIn(const tree::Expression& expression, Scalar left, std::vector<Scalar> items);
  Scalar BindBetween(const tree::Expression& expression);

  Scalar BindCall(const tree::Expression& call);
  Scalar BindUnknownCall(const tree::Expression& call);
  Scalar BindFunction(const tree::Expression& call, const std::vector<const FunctionRow*>& forms);
  std::optional<Scalar> TryForm(const tree::Expression& call, const FunctionRow& form,
                                const std::vector<Scalar>& arguments);
  bool CheckConstantArguments(const tree::Expression& call, const Scalar& bound);
  using SpecialBinder = Scalar (ScalarBinder::*)(const tree::Expression&);
  static SpecialBinder FindSpecial(std::string_view name);
  Scalar BindBin(const tree::Expression& call);
  Scalar BindBinAt(const tree::Expression& call);
  Scalar BindCase(const tree::Expression& call);
  Scalar BindNow(const tree::Expression& call);
  Scalar BindAgo(const tree::Expression& call);
  Scalar BindBagPack(const tree::Expression& call);
  Scalar BindColumnIfExists(const tree::Expression& call);
  Scalar BindBagPackColumns(const tree::Expression& call);
  Scalar BindPackAll(const tree::Expression& call);
  Scalar BindPackArray(const tree::Expression& call);
  Scalar BindPacked(const tree::Expression& call);
  Scalar BindHash(const tree::Expression& call);
  Scalar BindArraySort(const tree::Expression& call);
  Scalar BindSortedArrays(const tree::Expression& call);
  bool CheckPercentages(const tree::Expression& call, plan::Aggregate& aggregate);
  Scalar BindExtractAll(const tree::Expression& call);
  Scalar BindCountof(const tree::Expression& call);
  Scalar BindIngestionTime(const tree::Expression& call);
  Scalar BindSetOperation(const tree::Expression& call);
  // An aggregate's column, or what is made of it once all rows are seen.
  static Scalar FinishAggregate(const AggregateRow& row, const plan::Column& column, bool of_dynamic,
                                std::optional<Scalar> limit);
  // window_binder.cc
  std::optional<plan::Scalar> RowNumberOf(const tree::Expression& call);
  std::optional<plan::Scalar> BindRestart(const tree::Expression& call, size_t index);
  Scalar BindNeighbour(const tree::Expression& call);
  Scalar BindRowNumber(const tree::Expression& call);
  Scalar BindRowCumsum(const tree::Expression& call);
  Scalar BindRowRank(const tree::Expression& call);
  Scalar BindWindowSession(const tree::Expression& call);
  bool ExpectArguments(const tree::Expression& call, size_t least, size_t most);

  Scalar Fail(std::string_view code, Span span, std::string message);
  Scalar Text(Scalar scalar);  // as a string
  const plan::Column* FindColumn(std::string_view name) const;
  std::vector<std::string> VisibleNames() const;

  QueryContext& context_;
  const std::vector<plan::Column>& columns_;
  AggregateCollector* aggregates_;
};

// Whether a call stands for several columns, as series_stats(x) does.
bool HasSeveralResults(const tree::Expression& call);
// Groups that a regular expression captures.
int CountGroups(std::string_view regex);
// Whether `scalar` may stand for a parameter of this letter, and as what.
std::optional<plan::Scalar> FitArgument(const plan::Scalar& scalar, char letter);

}  // namespace slipway::kql::bind
