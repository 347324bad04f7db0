// The part of PipelineParser for steps that hold sub-queries or tables: mv-apply, partition, top-nested, search,
// find, invoke.
#include <utility>

#include "slipway/base/text.h"
#include "slipway/kql/tree/pipeline_parser.h"

namespace slipway::kql::tree {

// "( step | step … )" over the rows of the step around it.
PipelinePtr PipelineParser::ParseSubquery() {
  if (!cursor_.Expect("(")) return nullptr;
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->span = cursor_.Peek().span;
  pipeline->source = SourceKind::kInput;
  if (++nesting_ > 50) {
    cursor_.diagnostics().Add("SYN0003", pipeline->span, "tabular expressions are nested too deeply");
    return nullptr;
  }
  const bool good = cursor_.Sees("|") ? ParseSteps(*pipeline) : ParseStep(*pipeline) && ParseSteps(*pipeline);
  --nesting_;
  pipeline->span.end = cursor_.end();
  return good && cursor_.Expect(")") ? std::move(pipeline) : nullptr;
}

// [name =] array [to typeof(type)], … [limit n]
bool PipelineParser::ReadExpandItems(Operator& step) {
  do {
    if (!ParseExpandItem(step.expand)) return false;
  } while (cursor_.Accept(","));
  return !cursor_.AcceptName("limit") || ReadTake(step);
}

// [with_itemindex=name] items on ( sub-query )
bool PipelineParser::ReadMvApply(Operator& step) {
  AcceptOption("with_itemindex", step.text);
  if (!ReadExpandItems(step) || !cursor_.ExpectName("on")) return false;
  PipelinePtr subquery = ParseSubquery();
  if (!subquery) return false;
  step.pipelines.push_back(std::move(subquery));
  return true;
}

// by column ( sub-query )
bool PipelineParser::ReadPartition(Operator& step) {
  SkipHints();
  if (!cursor_.ExpectName("by")) return false;
  SkipHints();
  step.expression = expressions_.ParseColumn();
  if (!step.expression) return false;
  SkipHints();
  if (cursor_.Sees("{")) {
    cursor_.diagnostics().AddUnsupported(cursor_.Peek().span, "partition with a whole query in braces");
    return false;
  }
  PipelinePtr subquery = ParseSubquery();
  if (!subquery) return false;
  step.pipelines.push_back(std::move(subquery));
  return true;
}

// [n] of key [with others = value] by aggregate [asc|desc]
bool PipelineParser::ReadNestedLevel(NestedLevel& level) {
  if (!cursor_.SeesName("of")) {
    level.count = expressions_.Parse();
    if (!level.count) return false;
  }
  if (!cursor_.ExpectName("of")) return false;
  auto item = expressions_.ParseNamed();
  if (!item) return false;
  level.item = std::move(*item);
  if (cursor_.AcceptName("with")) {
    if (!cursor_.ExpectName("others") || !cursor_.Expect("=")) return false;
    level.others = expressions_.Parse();
    if (!level.others) return false;
  }
  if (!cursor_.ExpectName("by")) return false;
  auto aggregate = expressions_.ParseNamed();
  if (!aggregate) return false;
  level.aggregate = std::move(*aggregate);
  level.descending = !cursor_.AcceptName("asc");
  if (level.descending) cursor_.AcceptName("desc");
  return true;
}

bool PipelineParser::ReadTopNested(Operator& step) {
  do {
    size_t tokens = 0;
    if (!step.levels.empty() && cursor_.PeekDashedWord(tokens) == "top-nested") {
      for (size_t i = 0; i < tokens; ++i) cursor_.Take();
    }
    if (!ReadNestedLevel(step.levels.emplace_back())) return false;
  } while (cursor_.Accept(","));
  return true;
}

// "in (T, X*)".
bool PipelineParser::ReadTables(Operator& step) {
  if (!cursor_.AcceptName("in")) return true;
  if (!cursor_.Expect("(")) return false;
  do {
    PipelinePtr table = ParseSide();
    if (!table) return false;
    step.pipelines.push_back(std::move(table));
  } while (cursor_.Accept(","));
  return cursor_.Expect(")");
}

// [kind=case_sensitive] [in (tables)] predicate
bool PipelineParser::ReadSearch(Operator& step) {
  step.text = "case_insensitive";
  AcceptOption("kind", step.text);
  if (step.text == "default") step.text = "case_insensitive";
  if (step.text != "case_insensitive" && step.text != "case_sensitive")
    return cursor_.Fail("search knows kind=case_insensitive and kind=case_sensitive");
  if (!ReadTables(step)) return false;
  step.expression = expressions_.ParseSearch();
  return step.expression != nullptr;
}

// [withsource=name] [in (tables)] where predicate [project column, … | project-smart | project-away *]
bool PipelineParser::ReadFind(Operator& step) {
  step.text = "source_";
  for (bool more = true; more;) {
    std::string ignored;
    more = AcceptOption("withsource", step.text) || AcceptOption("datascope", ignored);
  }
  if (!ReadTables(step)) return false;
  const bool has_where = cursor_.AcceptName("where");
  step.expression = has_where ? expressions_.Parse() : expressions_.ParseSearch();
  if (!step.expression) return false;
  size_t tokens = 0;
  const std::string word = cursor_.PeekDashedWord(tokens);
  if (word == "project-smart") {
    for (size_t i = 0; i < tokens; ++i) cursor_.Take();
    return true;
  }
  if (word == "project-away") {
    cursor_.diagnostics().AddUnsupported(cursor_.Peek().span, "project-away in find");
    return false;
  }
  if (!cursor_.AcceptName("project")) return true;
  do {
    if (cursor_.SeesName("pack_all") || (cursor_.SeesName("pack") && cursor_.Peek(1).Is("("))) {
      cursor_.Take();
      if (!cursor_.Expect("(")) return false;
      cursor_.Accept("*");
      if (!cursor_.Expect(")")) return false;
      step.has_star = true;
      continue;
    }
    TypedName column;
    column.span = cursor_.Peek().span;
    column.type = Type::kError;  // not said
    const auto name = expressions_.ParseName();
    if (!name) return false;
    column.name = *name;
    if (cursor_.Accept(":")) {
      const auto type = ParseType();
      if (!type) return false;
      column.type = *type;
    }
    step.schema.push_back(std::move(column));
  } while (cursor_.Accept(","));
  step.has_schema = true;
  return true;
}

// function(arguments)
bool PipelineParser::ReadInvoke(Operator& step) {
  step.expression = expressions_.Parse();
  if (!step.expression) return false;
  if (step.expression->kind == ExpressionKind::kCall) return true;
  cursor_.diagnostics().Add("SYN0002", step.expression->span, "invoke wants a function's call, such as f()");
  return false;
}

bool PipelineParser::ReadConsume(Operator&) {
  std::string ignored;
  AcceptOption("decodeblocks", ignored);
  return true;
}

bool PipelineParser::SeesWildcard() const {
  const Token &first = cursor_.Peek(), &second = cursor_.Peek(1);
  if (first.Is("*")) return second.kind != TokenKind::kName || second.span.begin == first.span.end;
  const bool is_name = first.kind == TokenKind::kName || first.kind == TokenKind::kQuotedName;
  return is_name && second.Is("*") && second.span.begin == first.span.end;
}

}  // namespace slipway::kql::tree
