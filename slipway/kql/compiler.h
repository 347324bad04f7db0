// The whole way from a query's text to SQL: tokens → tree → bound plan → passes → SQL. Every stage can be shown as
// text.
//
// `evaluate bag_unpack` makes columns that only the rows tell. It is compiled in two phases: the part of the query
// before it is compiled and run at once (the host keeps its rows for the rest of the query and reports the slots of
// their bags), and binding goes on over those rows. So later steps may name the unpacked columns, a wrong name is an
// error of binding as any other, the input is computed once, and both phases see the same rows.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/kql/bind/binder.h"
#include "slipway/kql/catalog.h"
#include "slipway/kql/sql/sql.h"

namespace slipway::kql {

using bind::BagSlot;
using bind::MaterializedInput;

// Runs a statement whose columns are named "c<id>", keeps the rows, and finds the slots of the column `bag` ("": of
// none).
using MaterializeRows = std::function<Result<MaterializedInput>(const sql::Statement& input, const std::string& bag)>;

struct CompileOptions {
  int64_t now_ticks = 0;
  std::optional<int64_t> begin, end;  // ticks; on every table with a time column
  std::string scope;                  // value of every table's scope column; "" = all rows
  std::set<std::string, std::less<>> disabled_passes;
  std::map<std::string, std::string, std::less<>> parameters;  // values of "declare query_parameters", as texts
  bind::RegexCheck check_regex;  // "good" when the engine takes a text as a regular expression
  MaterializeRows materialize;
};

struct CompiledQuery {
  std::vector<plan::Column> columns;
  sql::Statement statement;
  std::string visualization;        // of render; "" without
  std::optional<int64_t> rows_max;  // that the query itself asks for with "set"
};

inline constexpr size_t kQueryBytesMax = 1 << 20;

// kInvalidArgument or kUnimplemented with all complaints found (see Diagnostics::ToError), or the host's error.
Result<CompiledQuery> Compile(std::string_view query, const Catalog& catalog, const CompileOptions& options);

enum class Stage { kTokens, kTree, kPlan, kOptimizedPlan, kSql };
// "tokens", "tree", "plan", "optimized" or "sql"; kInvalidArgument for other names.
Result<Stage> ParseStage(std::string_view name);
// What a stage made of the query, as text.
Result<std::string> Explain(std::string_view query, const Catalog& catalog, const CompileOptions& options, Stage stage);

}  // namespace slipway::kql
