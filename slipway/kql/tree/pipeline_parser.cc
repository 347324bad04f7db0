#include "slipway/kql/tree/pipeline_parser.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "slipway/base/text.h"
#include "slipway/kql/tree/parser.h"

namespace slipway::kql::tree {

// Which word begins which step, and who reads what follows. Without a reader: part of the language, not supported yet.
struct OperatorTable {
  struct Row {
    std::string_view word;
    OperatorKind kind;
    PipelineParser::Reader read;
  };
  using P = PipelineParser;
  static constexpr Row kRows[] = {
      {"where", OperatorKind::kWhere, &P::ReadWhere},
      {"filter", OperatorKind::kWhere, &P::ReadWhere},
      {"project", OperatorKind::kProject, &P::ReadItems},
      {"extend", OperatorKind::kExtend, &P::ReadItems},
      {"project-away", OperatorKind::kProjectAway, &P::ReadPatterns},
      {"project-keep", OperatorKind::kProjectKeep, &P::ReadPatterns},
      {"project-rename", OperatorKind::kProjectRename, &P::ReadRenames},
      {"project-reorder", OperatorKind::kProjectReorder, &P::ReadPatterns},
      {"summarize", OperatorKind::kSummarize, &P::ReadSummarize},
      {"sort", OperatorKind::kSort, &P::ReadSort},
      {"order", OperatorKind::kSort, &P::ReadSort},
      {"take", OperatorKind::kTake, &P::ReadTake},
      {"limit", OperatorKind::kTake, &P::ReadTake},
      {"top", OperatorKind::kTop, &P::ReadTop},
      {"count", OperatorKind::kCount, &P::ReadCount},
      {"distinct", OperatorKind::kDistinct, &P::ReadDistinct},
      {"mv-expand", OperatorKind::kMvExpand, &P::ReadMvExpand},
      {"mvexpand", OperatorKind::kMvExpand, &P::ReadMvExpand},
      {"evaluate", OperatorKind::kEvaluate, &P::ReadEvaluate},
      {"render", OperatorKind::kRender, &P::ReadRender},
      {"serialize", OperatorKind::kSerialize, &P::ReadSerialize},
      {"getschema", OperatorKind::kGetSchema, &P::ReadNothing},
      {"union", OperatorKind::kUnion, &P::ReadUnion},
      {"join", OperatorKind::kJoin, &P::ReadJoin},
      {"lookup", OperatorKind::kLookup, &P::ReadJoin},
      {"parse", OperatorKind::kParse, &P::ReadParse},
      {"parse-where", OperatorKind::kParseWhere, &P::ReadParse},
      {"parse-kv", OperatorKind::kParseKv, &P::ReadParseKv},
      {"make-series", OperatorKind::kMakeSeries, &P::ReadMakeSeries},
      {"sample", OperatorKind::kSample, &P::ReadTake},
      {"sample-distinct", OperatorKind::kSampleDistinct, &P::ReadSampleDistinct},
      {"top-hitters", OperatorKind::kTopHitters, &P::ReadTopHitters},
      {"as", OperatorKind::kAs, &P::ReadAs},
      {"mv-apply", OperatorKind::kMvApply, &P::ReadMvApply},
      {"mvapply", OperatorKind::kMvApply, &P::ReadMvApply},
      {"partition", OperatorKind::kPartition, &P::ReadPartition},
      {"top-nested", OperatorKind::kTopNested, &P::ReadTopNested},
      {"search", OperatorKind::kSearch, &P::ReadSearch},
      {"find", OperatorKind::kFind, &P::ReadFind},
      {"invoke", OperatorKind::kInvoke, &P::ReadInvoke},
      {"consume", OperatorKind::kConsume, &P::ReadConsume},
      {"scan", OperatorKind::kScan, &P::ReadScan},
      {"reduce", OperatorKind::kReduce, &P::ReadReduce},
      {"project-by-names", OperatorKind::kProjectByNames, &P::ReadItems},
  };
  static constexpr std::string_view kUnsupported[] = {
      "assert-schema",
      "externaldata",
      "facet",
      "fork",
      "graph-mark-components",
      "graph-match",
      "graph-merge",
      "graph-shortest-paths",
      "graph-to-table",
      "graph-where-edges",
      "graph-where-nodes",
      "macro-expand",
      "make-graph",
  };

  static const Row* Find(std::string_view word) {
    const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.word == word; });
    return row == std::end(kRows) ? nullptr : row;
  }
  static bool IsUnsupported(std::string_view word) {
    return std::find(std::begin(kUnsupported), std::end(kUnsupported), word) != std::end(kUnsupported);
  }
  static std::vector<std::string> Words() {
    std::vector<std::string> words;
    for (const Row& row : kRows) words.emplace_back(row.word);
    for (const std::string_view word : kUnsupported) words.emplace_back(word);
    return words;
  }
};

namespace {

Operator MakeStep(OperatorKind kind, Span name_span) {
  Operator step;
  step.kind = kind;
  step.span = step.name_span = name_span;
  return step;
}

}  // namespace

std::optional<Query> PipelineParser::ParseQuery(std::string_view closing) {
  Query query;
  bool good = true;
  size_t statements = 0;
  const auto at_end = [&] { return cursor_.AtEnd() || (!closing.empty() && cursor_.Sees(closing)); };
  while (!at_end()) {
    if (cursor_.Accept(";")) continue;
    if (++statements > kStatementsMax) {
      cursor_.Fail(fmt::format("a query has at most {} statements", kStatementsMax));
      return std::nullopt;
    }
    if (!ParseStatement(query)) {
      good = false;
      while (!at_end() && !cursor_.Sees(";")) cursor_.Take();
    }
  }
  if (good && !query.pipeline) {
    cursor_.diagnostics().Add("SYN0002", cursor_.Peek().span,
                              "the query has no tabular expression, such as a table's name");
    good = false;
  }
  if (!good) return std::nullopt;
  return query;
}

bool PipelineParser::ParseStatement(Query& query) {
  static constexpr std::string_view kUnsupported[] = {"alias", "restrict"};
  if (cursor_.SeesName("let")) return ParseLet(query);
  if (cursor_.SeesName("set") && cursor_.Peek(1).kind == TokenKind::kName) return ParseSet(query);
  if (cursor_.SeesName("declare") && cursor_.Peek(1).kind == TokenKind::kName) return ParseDeclare(query);
  for (const std::string_view word : kUnsupported) {
    if (!cursor_.SeesName(word) || cursor_.Peek(1).kind != TokenKind::kName) continue;
    cursor_.diagnostics().AddUnsupported(cursor_.Peek().span, fmt::format("the statement '{}'", word));
    return false;
  }
  if (query.pipeline) {
    cursor_.diagnostics().AddUnsupported(cursor_.Peek().span, "a second tabular expression in one query");
    return false;
  }
  query.pipeline = ParsePipeline();
  if (!query.pipeline) return false;
  if (cursor_.AtEnd() || cursor_.Sees(";") || (nesting_functions_ > 0 && cursor_.Sees("}"))) return true;
  return cursor_.Fail("expected '|' or the end of the statement");
}

PipelinePtr PipelineParser::ParsePipeline(ExpressionPtr source) {
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->span = source ? source->span : cursor_.Peek().span;
  if (++nesting_ > 50) {
    cursor_.diagnostics().Add("SYN0003", pipeline->span, "tabular expressions are nested too deeply");
    return nullptr;
  }
  pipeline->expression = std::move(source);
  const bool good = (pipeline->expression || ParseSource(*pipeline)) && ParseSteps(*pipeline);
  --nesting_;
  pipeline->span.end = cursor_.end();
  return good ? std::move(pipeline) : nullptr;
}

bool PipelineParser::ParseSource(Pipeline& pipeline) {
  size_t tokens = 0;
  const std::string word = cursor_.PeekDashedWord(tokens);
  const Token& next = cursor_.Peek(tokens);
  if (word == "print" && !next.Is("|")) {
    cursor_.Take();
    pipeline.source = SourceKind::kPrint;
    return ParseNamedList(pipeline.items);
  }
  if (word == "datatable" && next.Is("(")) return ParseDatatable(pipeline);
  if (word == "range" && next.kind == TokenKind::kName) return ParseRange(pipeline);
  const bool steps_first = (word == "search" || word == "find") && !next.Is("|") && !next.Is(".") &&
                           next.kind != TokenKind::kEnd && !next.Is(")") && !next.Is(";");
  if (steps_first) {
    Operator step = MakeStep(word == "search" ? OperatorKind::kSearch : OperatorKind::kFind, cursor_.Take().span);
    pipeline.source = SourceKind::kStep;
    if (!(word == "search" ? ReadSearch(step) : ReadFind(step))) return false;
    pipeline.union_source = std::move(step);
    return true;
  }
  if (SeesWildcard()) {
    pipeline.source = SourceKind::kPattern;
    auto pattern = ParsePattern(pipeline.pattern.span);
    if (!pattern) return false;
    pipeline.pattern.text = std::move(*pattern);
    return true;
  }
  if (word == "union" && !next.Is("|")) {
    Operator step = MakeStep(OperatorKind::kUnion, cursor_.Take().span);
    pipeline.source = SourceKind::kUnion;
    if (!ReadUnion(step)) return false;
    pipeline.union_source = std::move(step);
    return true;
  }
  const bool takes_arguments = next.kind != TokenKind::kEnd && !next.Is("|") && !next.Is(";") && !next.Is("(") &&
                               !next.Is(".") && next.kind == TokenKind::kName;
  if (takes_arguments && (OperatorTable::Find(word) != nullptr || OperatorTable::IsUnsupported(word))) {
    cursor_.diagnostics().Add("SYN0002", cursor_.Peek().span,
                              fmt::format("the operator '{}' cannot come first: begin with a table", word));
    return false;
  }
  pipeline.expression = expressions_.Parse();
  return pipeline.expression != nullptr;
}

bool PipelineParser::ParseSteps(Pipeline& pipeline) {
  bool good = true;
  while (cursor_.Accept("|")) {
    if (pipeline.operators.size() >= kOperatorsMax) {
      return cursor_.Fail(fmt::format("a query has at most {} steps", kOperatorsMax));
    }
    if (ParseStep(pipeline)) continue;
    good = false;
    cursor_.SkipStep();
  }
  return good;
}

bool PipelineParser::ParseStep(Pipeline& pipeline) {
  size_t tokens = 0;
  const std::string word = cursor_.PeekDashedWord(tokens);
  if (tokens == 0) return cursor_.Fail("expected an operator after '|'");
  const Span span{cursor_.Peek().span.begin, cursor_.Peek(tokens - 1).span.end};
  const OperatorTable::Row* row = OperatorTable::Find(word);
  if (row == nullptr && OperatorTable::IsUnsupported(word)) {
    cursor_.diagnostics().AddUnsupported(span, fmt::format("the operator '{}'", word));
    return false;
  }
  if (row == nullptr) {
    cursor_.diagnostics().Add(
        "SYN0002", span, fmt::format("there is no operator '{}'{}", word, DidYouMean(word, OperatorTable::Words())));
    return false;
  }
  for (size_t i = 0; i < tokens; ++i) cursor_.Take();
  Operator step = MakeStep(row->kind, span);
  if (!(this->*row->read)(step)) return false;
  step.span.end = cursor_.end();
  if (!AtStepEnd()) return cursor_.Fail(fmt::format("expected '|' or the end after '{}'", word));
  pipeline.operators.push_back(std::move(step));
  return true;
}

bool PipelineParser::AtStepEnd() const {
  return cursor_.AtEnd() || cursor_.Sees("|") || cursor_.Sees(";") || (nesting_functions_ > 0 && cursor_.Sees("}")) ||
         (nesting_ > 1 && (cursor_.Sees(")") || cursor_.Sees(",")));
}

bool PipelineParser::ParseNamedList(std::vector<NamedExpression>& items) {
  do {
    auto item = expressions_.ParseNamed();
    if (!item) return false;
    items.push_back(std::move(*item));
  } while (cursor_.Accept(","));
  return true;
}

std::optional<Type> PipelineParser::ParseType() {
  const Span span = cursor_.Peek().span;
  const auto name = expressions_.ParseName();
  if (!name) return std::nullopt;
  const auto type = ParseTypeName(*name);
  if (!type) cursor_.diagnostics().Add("SYN0002", span, fmt::format("there is no type '{}'", *name));
  return type;
}

bool PipelineParser::ParseSchema(std::vector<TypedName>& schema, bool* star) {
  if (!cursor_.Expect("(")) return false;
  while (!cursor_.Sees(")")) {
    if (star != nullptr && schema.empty() && cursor_.Accept("*")) {
      *star = true;
    } else {
      TypedName column;
      column.span = cursor_.Peek().span;
      const auto name = expressions_.ParseName();
      if (!name || !cursor_.Expect(":")) return false;
      column.name = *name;
      const auto type = ParseType();
      if (!type) return false;
      column.type = *type;
      schema.push_back(std::move(column));
    }
    if (!cursor_.Accept(",")) break;
  }
  return cursor_.Expect(")");
}

bool PipelineParser::ParseDatatable(Pipeline& pipeline) {
  pipeline.source = SourceKind::kDatatable;
  cursor_.Take();
  if (!ParseSchema(pipeline.schema, nullptr)) return false;
  if (cursor_.Peek().kind == TokenKind::kQuotedName) {  // "['x']" reads as a name, and is a list of one here
    auto value = std::make_unique<Expression>();
    value->kind = ExpressionKind::kConstant;
    value->span = cursor_.Peek().span;
    value->constant = {Type::kString, cursor_.Take().text};
    pipeline.values.push_back(std::move(value));
    return true;
  }
  if (!cursor_.Expect("[")) return false;
  while (!cursor_.Sees("]")) {
    ExpressionPtr value = expressions_.Parse();
    if (!value) return false;
    pipeline.values.push_back(std::move(value));
    if (!cursor_.Accept(",")) break;
  }
  return cursor_.Expect("]");
}

bool PipelineParser::ParseRange(Pipeline& pipeline) {
  pipeline.source = SourceKind::kRange;
  cursor_.Take();
  const Span name_span = cursor_.Peek().span;
  const auto name = expressions_.ParseName();
  if (!name) return false;
  for (const std::string_view word : {"from", "to", "step"}) {
    if (!cursor_.ExpectName(word)) return false;
    ExpressionPtr value = expressions_.Parse();
    if (!value) return false;
    pipeline.items.push_back({*name, {}, name_span, std::move(value)});
  }
  return true;
}

void PipelineParser::SkipHints() {
  while (cursor_.SeesName("hint") && cursor_.Peek(1).Is(".")) {
    for (int i = 0; i < 5; ++i) cursor_.Take();
  }
}

bool PipelineParser::AcceptOption(std::string_view name, std::string& value) {
  if (!cursor_.SeesName(name) || !cursor_.Peek(1).Is("=")) return false;
  cursor_.Take();
  cursor_.Take();
  value = cursor_.Take().text;
  return true;
}

bool PipelineParser::ReadWhere(Operator& step) {
  step.expression = expressions_.Parse();
  return step.expression != nullptr;
}

bool PipelineParser::ReadItems(Operator& step) {
  return ParseNamedList(step.items);
}

bool PipelineParser::ReadRenames(Operator& step) {
  if (!ParseNamedList(step.items)) return false;
  for (const NamedExpression& item : step.items) {
    if (item.name && item.expression->kind == ExpressionKind::kName) continue;
    cursor_.diagnostics().Add("SYN0002", item.name_span, "project-rename takes: new name = existing column");
    return false;
  }
  return true;
}

// A column's name that may hold '*', such as "a*" or "*_x": names and stars without blanks between them.
std::optional<std::string> PipelineParser::ParsePattern(Span& span) {
  span = cursor_.Peek().span;
  std::string pattern;
  while (cursor_.Peek().kind == TokenKind::kName || cursor_.Peek().kind == TokenKind::kQuotedName ||
         cursor_.Sees("*")) {
    if (!pattern.empty() && cursor_.Peek().span.begin != span.end) break;
    pattern += cursor_.Peek().text;
    span.end = cursor_.Take().span.end;
  }
  if (!pattern.empty()) return pattern;
  cursor_.Fail("expected a column's name");
  return std::nullopt;
}

bool PipelineParser::ReadPatterns(Operator& step) {
  do {
    ColumnPattern pattern;
    auto text = ParsePattern(pattern.span);
    if (!text) return false;
    pattern.text = std::move(*text);
    size_t tokens = 0;
    const std::string direction = cursor_.PeekDashedWord(tokens);
    const bool ordered =
        direction == "asc" || direction == "desc" || direction == "granny-asc" || direction == "granny-desc";
    for (size_t i = 0; ordered && i < tokens; ++i) cursor_.Take();
    step.directions.push_back(ordered ? direction : "");
    step.patterns.push_back(std::move(pattern));
  } while (cursor_.Accept(","));
  return true;
}

bool PipelineParser::ReadSummarize(Operator& step) {
  SkipHints();
  if (!cursor_.SeesName("by") && !ParseNamedList(step.items)) return false;
  step.has_keys = cursor_.AcceptName("by");
  return !step.has_keys || ParseNamedList(step.keys);
}

bool PipelineParser::ParseSortKey(std::vector<SortKey>& keys) {
  SortKey key;
  key.expression = expressions_.Parse();
  if (!key.expression) return false;
  if (cursor_.AcceptName("asc")) {
    key.descending = false;
  } else {
    cursor_.AcceptName("desc");
  }
  if (cursor_.AcceptName("nulls")) {
    key.nulls_first = cursor_.SeesName("first");
    if (!cursor_.AcceptName("first") && !cursor_.ExpectName("last")) return false;
  }
  keys.push_back(std::move(key));
  return true;
}

bool PipelineParser::ReadSort(Operator& step) {
  SkipHints();
  if (!cursor_.ExpectName("by")) return false;
  do {
    if (!ParseSortKey(step.sort)) return false;
  } while (cursor_.Accept(","));
  return true;
}

bool PipelineParser::ReadTake(Operator& step) {
  step.expression = expressions_.Parse();
  return step.expression != nullptr;
}

bool PipelineParser::ReadTop(Operator& step) {
  return ReadTake(step) && cursor_.ExpectName("by") && ParseSortKey(step.sort);
}

bool PipelineParser::ReadCount(Operator& step) {
  step.text = "Count";
  if (!cursor_.AcceptName("as")) return true;
  const auto name = expressions_.ParseName();
  if (name) step.text = *name;
  return name.has_value();
}

bool PipelineParser::ReadDistinct(Operator& step) {
  if (cursor_.Accept("*")) return step.has_star = true;
  return ParseNamedList(step.items);
}

bool PipelineParser::ParseExpandItem(std::vector<ExpandItem>& items) {
  auto item = expressions_.ParseNamed();
  if (!item) return false;
  ExpandItem expand{std::move(*item), std::nullopt};
  if (cursor_.AcceptName("to")) {
    const ExpressionPtr type = expressions_.Parse();
    if (!type) return false;
    if (type->kind != ExpressionKind::kTypeOf) {
      cursor_.diagnostics().Add("SYN0002", type->span, "expected typeof(…)");
      return false;
    }
    expand.to = type->constant.type;
  }
  items.push_back(std::move(expand));
  return true;
}

bool PipelineParser::ReadMvExpand(Operator& step) {
  for (std::string value; true;) {
    if (AcceptOption("with_itemindex", value)) {
      step.text = value;
    } else if (AcceptOption("kind", value) || AcceptOption("bagexpansion", value)) {
      if (value != "bag" && value != "array") return cursor_.Fail("mv-expand knows kind=bag and kind=array");
      step.keeps_bags = value == "bag";
    } else {
      break;
    }
  }
  return ReadExpandItems(step);
}

bool PipelineParser::ReadEvaluate(Operator& step) {
  SkipHints();
  step.expression = expressions_.Parse();
  if (!step.expression) return false;
  if (step.expression->kind != ExpressionKind::kCall) {
    cursor_.diagnostics().Add("SYN0002", step.expression->span, "expected a plugin's call, such as bag_unpack(column)");
    return false;
  }
  step.text = step.expression->text;
  step.has_schema = cursor_.Accept(":");
  return !step.has_schema || ParseSchema(step.schema, &step.has_star);
}

// What a chart looks like is the client's affair: the kind is kept, properties are passed over.
bool PipelineParser::ReadRender(Operator& step) {
  const auto kind = expressions_.ParseName();
  if (!kind) return false;
  step.text = *kind;
  // The old form: properties without parentheses.
  for (std::string value; cursor_.Peek(1).Is("=") && AcceptOption(cursor_.Peek().text, value);) cursor_.Accept(",");
  if (!cursor_.AcceptName("with")) return true;
  if (!cursor_.Expect("(")) return false;
  while (!cursor_.AtEnd() && !cursor_.Sees(")")) cursor_.Take();
  return cursor_.Expect(")");
}

bool PipelineParser::ReadSerialize(Operator& step) {
  if (cursor_.AtEnd() || cursor_.Sees("|") || cursor_.Sees(";")) return true;
  return ParseNamedList(step.items);
}

// n of column
bool PipelineParser::ReadSampleDistinct(Operator& step) {
  return ReadTake(step) && cursor_.ExpectName("of") && ParseNamedList(step.items);
}

// n of column [by weight]
bool PipelineParser::ReadTopHitters(Operator& step) {
  if (!ReadSampleDistinct(step)) return false;
  step.has_keys = cursor_.AcceptName("by");
  return !step.has_keys || ParseNamedList(step.keys);
}

bool PipelineParser::ReadAs(Operator& step) {
  SkipHints();
  const auto name = expressions_.ParseName();
  if (name) step.text = *name;
  return name.has_value();
}

bool PipelineParser::ReadNothing(Operator&) {
  return true;
}

bool PipelineParser::ReadUnion(Operator& step) {
  for (std::string value; true;) {
    if (AcceptOption("withsource", value)) {
      step.text = value;
    } else if (AcceptOption("kind", value)) {
      if (value != "inner" && value != "outer") return cursor_.Fail("union knows kind=inner and kind=outer");
      step.is_inner = value == "inner";
    } else if (AcceptOption("isfuzzy", value)) {
      if (ToLower(value) != "true" && ToLower(value) != "false") return cursor_.Fail("isfuzzy is true or false");
      step.is_fuzzy = ToLower(value) == "true";
    } else if (cursor_.SeesName("hint") && cursor_.Peek(1).Is(".")) {
      SkipHints();
    } else {
      break;
    }
  }
  do {
    PipelinePtr leg = ParseSide();
    if (!leg) return false;
    step.pipelines.push_back(std::move(leg));
  } while (cursor_.Accept(","));
  return true;
}

std::vector<std::string> OperatorWords(bool supported) {
  std::vector<std::string> words;
  for (std::string& word : OperatorTable::Words()) {
    if ((OperatorTable::Find(word) != nullptr) == supported) words.push_back(std::move(word));
  }
  return words;
}

std::optional<Query> Parse(std::string_view query, const std::vector<Token>& tokens, Diagnostics& diagnostics) {
  TokenCursor cursor(query, tokens, diagnostics);
  return PipelineParser(cursor).ParseQuery();
}

}  // namespace slipway::kql::tree
