// The part of PipelineParser for scan and reduce.
#include <utility>

#include "slipway/kql/tree/pipeline_parser.h"

namespace slipway::kql::tree {

// [with_match_id = name] [declare (columns)] with (step …; step …;)
bool PipelineParser::ReadScan(Operator& step) {
  SkipHints();
  if (cursor_.SeesName("with_match_id")) {
    cursor_.Take();
    if (!cursor_.Expect("=")) return false;
    const auto name = expressions_.ParseName();
    if (!name) return false;
    step.text = *name;
  }
  if (cursor_.AcceptName("declare") && !ReadDeclaredColumns(step)) return false;
  if (!cursor_.ExpectName("with") || !cursor_.Expect("(")) return false;
  do {
    if (!ReadScanStep(step.scan_steps.emplace_back())) return false;
  } while (!cursor_.Sees(")"));
  return cursor_.Expect(")");
}

// (name:type [= default], …)
bool PipelineParser::ReadDeclaredColumns(Operator& step) {
  if (!cursor_.Expect("(")) return false;
  do {
    DeclaredColumn& declared = step.declared.emplace_back();
    declared.column.span = cursor_.Peek().span;
    const auto name = expressions_.ParseName();
    if (!name || !cursor_.Expect(":")) return false;
    declared.column.name = *name;
    const auto type = ParseType();
    if (!type) return false;
    declared.column.type = *type;
    if (!cursor_.Accept("=")) continue;
    declared.default_value = expressions_.Parse();
    if (!declared.default_value) return false;
  } while (cursor_.Accept(","));
  return cursor_.Expect(")");
}

// [output = all|last|none]
bool PipelineParser::ReadStepOutput(ScanStep& step) {
  if (!cursor_.AcceptName("output")) return true;
  if (!cursor_.Expect("=")) return false;
  if (cursor_.AcceptName("all")) return true;
  step.output = cursor_.SeesName("last") ? StepOutput::kLast : StepOutput::kNone;
  if (cursor_.AcceptName("last") || cursor_.AcceptName("none")) return true;
  return cursor_.Fail("the output of a step is all, last or none");
}

// step name [output = …]: condition [=> column = value, …];
bool PipelineParser::ReadScanStep(ScanStep& step) {
  if (!cursor_.ExpectName("step")) return false;
  step.span = cursor_.Peek().span;
  const auto name = expressions_.ParseName();
  if (!name || !ReadStepOutput(step) || !cursor_.Expect(":")) return false;
  step.name = *name;
  step.condition = expressions_.Parse();
  if (!step.condition) return false;
  if (cursor_.Accept("=>") && !ParseNamedList(step.assignments)) return false;
  for (const NamedExpression& assignment : step.assignments) {
    if (assignment.name) continue;
    cursor_.diagnostics().Add("SYN0002", assignment.expression->span, "a step assigns: column = value");
    return false;
  }
  return cursor_.Expect(";");
}

// [kind = source] by text [with threshold = 0.1, characters = "-_"]
bool PipelineParser::ReadReduce(Operator& step) {
  if (AcceptOption("kind", step.text) && step.text != "source") return cursor_.Fail("reduce knows kind=source");
  if (!cursor_.ExpectName("by")) return false;
  step.expression = expressions_.Parse();
  if (!step.expression) return false;
  return !cursor_.AcceptName("with") || ParseNamedList(step.items);
}

}  // namespace slipway::kql::tree
