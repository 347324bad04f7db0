// Reads statements, sources and the steps after '|'. Private to this room.
#pragma once

#include <optional>
#include <utility>

#include "slipway/kql/tree/expression_parser.h"
#include "slipway/kql/tree/token_cursor.h"
#include "slipway/kql/tree/tree.h"

namespace slipway::kql::tree {

class PipelineParser {
 public:
  explicit PipelineParser(TokenCursor& cursor)
      : cursor_(cursor),
        expressions_(cursor, [this](ExpressionPtr source) { return ParsePipeline(std::move(source)); }) {}
  PipelineParser(const PipelineParser&) = delete;
  PipelineParser& operator=(const PipelineParser&) = delete;

  // nullopt after a complaint. `closing`: the symbol that a function's body ends before; "" for the whole text.
  std::optional<Query> ParseQuery(std::string_view closing = "");

 private:
  friend struct OperatorTable;
  using Reader = bool (PipelineParser::*)(Operator&);

  bool ParseStatement(Query& query);
  bool ParseLet(Query& query);
  // statement_parser.cc
  bool SeesFunction() const;
  std::unique_ptr<Function> ParseFunction();
  bool ParseParameters(std::vector<Parameter>& parameters);
  bool ParseParameter(Parameter& parameter);
  bool ParseSet(Query& query);
  bool ParseDeclare(Query& query);
  bool EndStatement(std::string_view what);
  // `source` is what was read of it already, if anything.
  PipelinePtr ParsePipeline(ExpressionPtr source = nullptr);
  bool ParseSource(Pipeline& pipeline);
  bool ParseSteps(Pipeline& pipeline);
  bool ParseStep(Pipeline& pipeline);

  bool ParseDatatable(Pipeline& pipeline);
  bool ParseRange(Pipeline& pipeline);

  bool ReadWhere(Operator& step);
  bool ReadItems(Operator& step);
  bool ReadRenames(Operator& step);
  bool ReadPatterns(Operator& step);
  bool ReadSummarize(Operator& step);
  bool ReadSort(Operator& step);
  bool ReadTake(Operator& step);
  bool ReadTop(Operator& step);
  bool ReadCount(Operator& step);
  bool ReadDistinct(Operator& step);
  bool ReadMvExpand(Operator& step);
  bool ReadEvaluate(Operator& step);
  bool ReadRender(Operator& step);
  bool ReadSerialize(Operator& step);
  bool ReadNothing(Operator& step);
  bool ReadUnion(Operator& step);
  bool ReadSampleDistinct(Operator& step);
  bool ReadTopHitters(Operator& step);
  bool ReadAs(Operator& step);
  bool ReadConsume(Operator& step);
  // subquery_parser.cc
  PipelinePtr ParseSubquery();
  bool ReadExpandItems(Operator& step);
  bool ReadMvApply(Operator& step);
  bool ReadPartition(Operator& step);
  bool ReadTopNested(Operator& step);
  bool ReadNestedLevel(NestedLevel& level);
  bool ReadTables(Operator& step);
  bool ReadSearch(Operator& step);
  bool ReadFind(Operator& step);
  bool ReadInvoke(Operator& step);
  // scan_parser.cc
  bool ReadScan(Operator& step);
  bool ReadDeclaredColumns(Operator& step);
  bool ReadScanStep(ScanStep& step);
  bool ReadStepOutput(ScanStep& step);
  bool ReadReduce(Operator& step);
  // join_parser.cc
  PipelinePtr ParseSide();
  bool ReadJoin(Operator& step);
  // pattern_parser.cc
  bool ReadParse(Operator& step);
  bool ReadPatternPart(PatternPart& part);
  bool ReadParseKv(Operator& step);
  bool ReadColumnPart(PatternPart& part);
  bool ReadMakeSeries(Operator& step);
  bool ReadSeriesAxis(Operator& step);
  bool ReadSeriesRange(Operator& step);

  bool ParseNamedList(std::vector<NamedExpression>& items);
  bool ParseSortKey(std::vector<SortKey>& keys);
  bool ParseExpandItem(std::vector<ExpandItem>& items);
  bool ParseSchema(std::vector<TypedName>& schema, bool* star);
  std::optional<std::string> ParsePattern(Span& span);
  std::optional<Type> ParseType();
  // Whether the step that is read ends here.
  bool AtStepEnd() const;
  // A table's name with '*' in it, where a source is wanted.
  bool SeesWildcard() const;
  // Passes "hint.name=value" words, which change nothing here.
  void SkipHints();
  // "name=value" before the arguments: true when `name` stands here; its value goes to `value`.
  bool AcceptOption(std::string_view name, std::string& value);

  TokenCursor& cursor_;
  ExpressionParser expressions_;
  int nesting_ = 0;
  int nesting_functions_ = 0;
};

}  // namespace slipway::kql::tree
