// The part of PipelineParser for parse and make-series.
#include <utility>

#include "slipway/kql/tree/pipeline_parser.h"

namespace slipway::kql::tree {

bool PipelineParser::ReadColumnPart(PatternPart& part) {
  part.kind = PatternPart::Kind::kColumn;
  const auto name = expressions_.ParseName();
  if (!name) return false;
  part.text = *name;
  if (!cursor_.Accept(":")) return true;
  const auto type = ParseType();
  if (type) part.type = *type;
  return type.has_value();
}

bool PipelineParser::ReadPatternPart(PatternPart& part) {
  part.span = cursor_.Peek().span;
  if (cursor_.Peek().kind == TokenKind::kString) {
    while (cursor_.Peek().kind == TokenKind::kString) part.text += cursor_.Take().text;
  } else if (cursor_.Accept("*")) {
    part.kind = PatternPart::Kind::kStar;
  } else if (!ReadColumnPart(part)) {
    return false;
  }
  part.span.end = cursor_.end();
  return true;
}

// [kind=simple|regex|relaxed [flags=…]] expression with part part …
bool PipelineParser::ReadParse(Operator& step) {
  step.text = "simple";
  const Span kind_span = cursor_.Peek().span;
  AcceptOption("kind", step.text);
  if (step.text != "simple" && step.text != "regex" && step.text != "relaxed") {
    cursor_.diagnostics().Add("SYN0002", kind_span, "parse knows kind=simple, kind=regex and kind=relaxed");
    return false;
  }
  if (step.text == "regex") AcceptOption("flags", step.flags);
  step.expression = expressions_.Parse();
  if (!step.expression || !cursor_.ExpectName("with")) return false;
  while (!AtStepEnd()) {
    PatternPart part;
    if (!ReadPatternPart(part)) return false;
    step.parts.push_back(std::move(part));
  }
  return !step.parts.empty() || cursor_.Fail("expected a string, a column's name or '*'");
}

// expression as (key:type, …) [with (option=value, …)]
bool PipelineParser::ReadParseKv(Operator& step) {
  step.expression = expressions_.Parse();
  if (!step.expression || !cursor_.ExpectName("as") || !ParseSchema(step.schema, nullptr)) return false;
  if (!cursor_.AcceptName("with")) return true;
  if (!cursor_.Expect("(")) return false;
  do {
    if (!expressions_.SeesDeclaredName()) return cursor_.Fail("expected an option, such as pair_delimiter=','");
    auto option = expressions_.ParseNamed();
    if (!option) return false;
    step.items.push_back(std::move(*option));
  } while (cursor_.Accept(","));
  return cursor_.Expect(")");
}

// "axis [from a] [to b] step s" or, in the old form, "axis in range(a, b, s)".
bool PipelineParser::ReadSeriesAxis(Operator& step) {
  SeriesAxis& axis = step.axis;
  if (!cursor_.ExpectName("on")) return false;
  if (cursor_.Peek(1).IsName("in") || cursor_.Peek(3).IsName("in")) return ReadSeriesRange(step);
  auto item = expressions_.ParseNamed();
  if (!item) return false;
  axis.axis = std::move(*item);
  const std::pair<std::string_view, ExpressionPtr*> bounds[] = {
      {"from", &axis.from}, {"to", &axis.to}, {"step", &axis.step}};
  for (const auto& [word, bound] : bounds) {
    if (word == "step" && !cursor_.ExpectName(word)) return false;
    if (word != "step" && !cursor_.AcceptName(word)) continue;
    *bound = expressions_.Parse();
    if (!*bound) return false;
  }
  return true;
}

bool PipelineParser::ReadSeriesRange(Operator& step) {
  SeriesAxis& axis = step.axis;
  step.is_inclusive = true;
  axis.axis.name_span = cursor_.Peek().span;
  if (expressions_.SeesDeclaredName()) {
    axis.axis.name = cursor_.Take().text;
    cursor_.Take();
  }
  axis.axis.expression = std::make_unique<Expression>();
  axis.axis.expression->kind = ExpressionKind::kName;
  axis.axis.expression->span = axis.axis.expression->name_span = cursor_.Peek().span;
  const auto name = expressions_.ParseName();
  if (!name || !cursor_.ExpectName("in") || !cursor_.ExpectName("range") || !cursor_.Expect("(")) return false;
  axis.axis.expression->text = *name;
  const std::pair<ExpressionPtr*, std::string_view> bounds[] = {{&axis.from, ","}, {&axis.to, ","}, {&axis.step, ")"}};
  for (const auto& [bound, end] : bounds) {
    *bound = expressions_.Parse();
    if (!*bound || !cursor_.Expect(end)) return false;
  }
  return true;
}

// [kind=nonempty] [name =] aggregate [default = value], … on axis from a to b step s [by key, …]
bool PipelineParser::ReadMakeSeries(Operator& step) {
  std::string kind = "";
  SkipHints();
  if (AcceptOption("kind", kind)) {
    if (kind != "nonempty") return cursor_.Fail("make-series knows kind=nonempty");
    step.is_nonempty = true;
  }
  do {
    auto item = expressions_.ParseNamed();
    if (!item) return false;
    step.items.push_back(std::move(*item));
    step.defaults.emplace_back();
    if (cursor_.SeesName("default") && cursor_.Peek(1).Is("=")) {
      cursor_.Take();
      cursor_.Take();
      step.defaults.back() = expressions_.Parse();
      if (!step.defaults.back()) return false;
    }
  } while (cursor_.Accept(","));
  if (!ReadSeriesAxis(step)) return false;
  step.has_keys = cursor_.AcceptName("by");
  return !step.has_keys || ParseNamedList(step.keys);
}

}  // namespace slipway::kql::tree
