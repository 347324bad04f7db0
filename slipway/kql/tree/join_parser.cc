// The part of PipelineParser for join and lookup.
#include <utility>

#include "slipway/kql/tree/pipeline_parser.h"

namespace slipway::kql::tree {

// A table's name, or a pipeline in parentheses.
PipelinePtr PipelineParser::ParseSide() {
  if (cursor_.Accept("(")) {
    PipelinePtr side = ParsePipeline();
    if (!side || !cursor_.Expect(")")) return nullptr;
    return side;
  }
  auto side = std::make_unique<Pipeline>();
  side->span = cursor_.Peek().span;
  if (!ParseSource(*side)) return nullptr;
  side->span.end = cursor_.end();
  return side;
}

bool PipelineParser::ReadJoin(Operator& step) {
  step.text = step.kind == OperatorKind::kJoin ? "innerunique" : "leftouter";
  for (bool more = true; more;) {
    SkipHints();
    more = AcceptOption("kind", step.text);
  }
  PipelinePtr right = ParseSide();
  if (!right || !cursor_.ExpectName("on")) return false;
  step.pipelines.push_back(std::move(right));
  do {
    ExpressionPtr condition = expressions_.Parse();
    if (!condition) return false;
    step.conditions.push_back(std::move(condition));
  } while (cursor_.Accept(","));
  return true;
}

}  // namespace slipway::kql::tree
