// The part of PipelineParser for statements: let, functions, set, declare.
#include <utility>

#include "slipway/kql/tree/parser.h"
#include "slipway/kql/tree/pipeline_parser.h"

namespace slipway::kql::tree {

bool PipelineParser::EndStatement(std::string_view what) {
  if (cursor_.AtEnd() || cursor_.Sees(";") || (nesting_functions_ > 0 && cursor_.Sees("}"))) return true;
  return cursor_.Fail(fmt::format("expected ';' at the end of the '{}' statement", what));
}

bool PipelineParser::ParseLet(Query& query) {
  cursor_.Take();
  Let let;
  let.span = cursor_.Peek().span;
  const auto name = expressions_.ParseName();
  if (!name || !cursor_.Expect("=")) return false;
  let.name = *name;
  if (SeesFunction()) {
    let.function = ParseFunction();
    if (!let.function) return false;
  } else {
    let.value = ParsePipeline();
    if (!let.value) return false;
  }
  query.lets.push_back(std::move(let));
  return EndStatement("let");
}

// "view (…)", "()", "(name:" and nothing else begins so.
bool PipelineParser::SeesFunction() const {
  if (cursor_.SeesName("view") && cursor_.Peek(1).Is("(")) return true;
  return cursor_.Sees("(") && ((cursor_.Peek(1).Is(")") && cursor_.Peek(2).Is("{")) || cursor_.Peek(2).Is(":"));
}

// [view] (parameters) { statements }
std::unique_ptr<Function> PipelineParser::ParseFunction() {
  auto function = std::make_unique<Function>();
  const Span span = cursor_.Peek().span;
  function->is_view = cursor_.AcceptName("view");
  if (!ParseParameters(function->parameters) || !cursor_.Expect("{")) return nullptr;
  if (nesting_functions_ >= kFunctionNestingMax) {
    cursor_.diagnostics().Add("SYN0003", span, "functions are nested too deeply");
    return nullptr;
  }
  ++nesting_functions_;
  auto body = ParseQuery("}");
  --nesting_functions_;
  if (!body || !cursor_.Expect("}")) return nullptr;
  function->body = std::make_unique<Query>(std::move(*body));
  return function;
}

bool PipelineParser::ParseParameters(std::vector<Parameter>& parameters) {
  if (!cursor_.Expect("(")) return false;
  while (!cursor_.Sees(")")) {
    if (!ParseParameter(parameters.emplace_back())) return false;
    if (!cursor_.Accept(",")) break;
  }
  return cursor_.Expect(")");
}

// name:type [= default], or name:(column:type, …), or name:(*)
bool PipelineParser::ParseParameter(Parameter& parameter) {
  parameter.span = cursor_.Peek().span;
  const auto name = expressions_.ParseName();
  if (!name || !cursor_.Expect(":")) return false;
  parameter.name = *name;
  if (cursor_.Sees("(")) {
    bool any_columns = false;
    parameter.is_rows = true;
    return ParseSchema(parameter.columns, &any_columns);
  }
  const auto type = ParseType();
  if (!type) return false;
  parameter.type = *type;
  if (!cursor_.Accept("=")) return true;
  parameter.default_value = expressions_.Parse();
  return parameter.default_value != nullptr;
}

// set name [= value]
bool PipelineParser::ParseSet(Query& query) {
  cursor_.Take();
  Option option;
  option.span = cursor_.Peek().span;
  option.name = cursor_.Take().text;
  if (cursor_.Accept("=")) {
    option.value = expressions_.Parse();
    if (!option.value) return false;
  }
  query.options.push_back(std::move(option));
  return EndStatement("set");
}

// declare query_parameters(name:type [= default], …)
bool PipelineParser::ParseDeclare(Query& query) {
  const Span span = cursor_.Take().span;
  if (!cursor_.SeesName("query_parameters")) {
    cursor_.diagnostics().AddUnsupported(Cover(span, cursor_.Peek().span),
                                         fmt::format("the statement 'declare {}'", cursor_.Peek().text));
    return false;
  }
  cursor_.Take();
  return ParseParameters(query.parameters) && EndStatement("declare");
}

}  // namespace slipway::kql::tree
