#include "slipway/kql/compiler.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/pass/pass.h"
#include "slipway/kql/token/token.h"
#include "slipway/kql/tree/parser.h"

namespace slipway::kql {
namespace {

Status CheckText(std::string_view query) {
  if (query.size() > kQueryBytesMax) {
    return InvalidArgument(
        fmt::format("SYN0003: the query has {} bytes; it may have {}", query.size(), kQueryBytesMax));
  }
  if (!IsUtf8(query)) return InvalidArgument("SYN0001: the query is not UTF-8 text");
  return {};
}

Result<tree::Query> ReadTree(std::string_view query) {
  SLIPWAY_RETURN_IF_ERROR(CheckText(query));
  Diagnostics diagnostics;
  const std::vector<Token> tokens = Tokenize(query, diagnostics);
  // What follows from words that could not be read is no news.
  if (!diagnostics.empty()) return diagnostics.ToError(query);
  auto tree = tree::Parse(query, tokens, diagnostics);
  if (!diagnostics.empty()) return diagnostics.ToError(query);
  return std::move(*tree);
}

Result<bind::BoundQuery> BindTree(std::string_view query, const tree::Query& tree, const Catalog& catalog,
                                  const CompileOptions& options) {
  bind::BindOptions bind_options;
  bind_options.now_ticks = options.now_ticks;
  bind_options.begin = options.begin;
  bind_options.end = options.end;
  bind_options.scope = options.scope;
  bind_options.parameters = options.parameters;
  bind_options.check_regex = options.check_regex;
  bind_options.optimize = [&](plan::NodePtr& rows) { pass::RunPasses(rows, options.disabled_passes); };
  bind_options.materialize = [&](plan::NodePtr input, int bag) -> Result<MaterializedInput> {
    pass::RunPasses(input, options.disabled_passes);
    return options.materialize(sql::Emit(*input), bag == 0 ? "" : bind::StoredColumnName(bag));
  };
  Diagnostics diagnostics;
  SLIPWAY_ASSIGN_OR_RETURN(auto bound, bind::Binder(catalog, bind_options, diagnostics).Bind(tree));
  if (!bound) return diagnostics.ToError(query);
  return std::move(*bound);
}

}  // namespace

Result<CompiledQuery> Compile(std::string_view query, const Catalog& catalog, const CompileOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const tree::Query tree, ReadTree(query));
  SLIPWAY_ASSIGN_OR_RETURN(bind::BoundQuery bound, BindTree(query, tree, catalog, options));
  pass::RunPasses(bound.plan, options.disabled_passes);
  return CompiledQuery{bound.plan->outputs, sql::Emit(*bound.plan), std::move(bound.visualization), bound.rows_max};
}

Result<Stage> ParseStage(std::string_view name) {
  static constexpr std::string_view kNames[] = {"tokens", "tree", "plan", "optimized", "sql"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<Stage>(i);
  }
  return InvalidArgument(
      fmt::format("there is no stage '{}': the stages are tokens, tree, plan, optimized and sql", name));
}

Result<std::string> Explain(std::string_view query, const Catalog& catalog, const CompileOptions& options,
                            Stage stage) {
  if (stage == Stage::kTokens) {
    Diagnostics diagnostics;
    std::string text = ExplainTokens(Tokenize(query, diagnostics));
    if (!diagnostics.empty()) return diagnostics.ToError(query);
    return text;
  }
  SLIPWAY_ASSIGN_OR_RETURN(const tree::Query tree, ReadTree(query));
  if (stage == Stage::kTree) return tree::Explain(tree);
  SLIPWAY_ASSIGN_OR_RETURN(bind::BoundQuery bound, BindTree(query, tree, catalog, options));
  if (stage == Stage::kPlan) return plan::Explain(*bound.plan);
  pass::RunPasses(bound.plan, options.disabled_passes);
  if (stage == Stage::kOptimizedPlan) return plan::Explain(*bound.plan);
  return sql::Emit(*bound.plan).text;
}

}  // namespace slipway::kql
