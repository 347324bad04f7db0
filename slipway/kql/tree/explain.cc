#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/tree/tree.h"

namespace slipway::kql::tree {
namespace {

std::string List(const std::vector<ExpressionPtr>& list, size_t from = 0) {
  std::string text;
  for (size_t i = from; i < list.size(); ++i) text += (i == from ? "" : ", ") + Explain(*list[i]);
  return text;
}

std::string List(const std::vector<NamedExpression>& list) {
  std::string text;
  for (const NamedExpression& item : list) {
    if (!text.empty()) text += ", ";
    if (item.name) text += *item.name + " = ";
    text += Explain(*item.expression);
  }
  return text;
}

std::string_view OperatorName(OperatorKind kind) {
  constexpr std::string_view kNames[] = {"where",
                                         "project",
                                         "extend",
                                         "project-away",
                                         "project-keep",
                                         "project-rename",
                                         "project-reorder",
                                         "summarize",
                                         "sort",
                                         "take",
                                         "top",
                                         "count",
                                         "distinct",
                                         "mv-expand",
                                         "evaluate",
                                         "render",
                                         "serialize",
                                         "getschema",
                                         "union",
                                         "join",
                                         "lookup",
                                         "parse",
                                         "parse-where",
                                         "parse-kv",
                                         "make-series",
                                         "sample",
                                         "sample-distinct",
                                         "top-hitters",
                                         "as",
                                         "mv-apply",
                                         "partition",
                                         "top-nested",
                                         "search",
                                         "find",
                                         "invoke",
                                         "consume",
                                         "scan",
                                         "reduce",
                                         "project-by-names"};
  return kNames[static_cast<size_t>(kind)];
}

std::string Explain(const Operator& step) {
  std::string text(OperatorName(step.kind));
  if (!step.text.empty() && step.kind != OperatorKind::kEvaluate) text += " " + step.text;
  if (step.expression) text += " " + tree::Explain(*step.expression);
  if (!step.items.empty()) text += " " + List(step.items);
  if (step.has_star) text += " *";
  if (step.has_keys) text += " by " + List(step.keys);
  for (const ExpressionPtr& condition : step.conditions) text += " on " + tree::Explain(*condition);
  for (const PatternPart& part : step.parts) {
    text += part.kind == PatternPart::Kind::kStar   ? " *"
            : part.kind == PatternPart::Kind::kText ? " " + FormatConstant({Type::kString, part.text})
                                                    : fmt::format(" {}:{}", part.text, TypeName(part.type));
  }
  if (step.axis.step) text += fmt::format(" on {}", tree::Explain(*step.axis.axis.expression));
  for (const ColumnPattern& pattern : step.patterns) text += " " + pattern.text;
  for (const SortKey& key : step.sort) {
    text += fmt::format(" by {} {}", tree::Explain(*key.expression), key.descending ? "desc" : "asc");
    if (key.nulls_first) text += *key.nulls_first ? " nulls first" : " nulls last";
  }
  for (const NestedLevel& level : step.levels) {
    text += fmt::format(" {} of {} by {}", level.count ? tree::Explain(*level.count) : "all",
                        tree::Explain(*level.item.expression), tree::Explain(*level.aggregate.expression));
  }
  for (const ScanStep& scan : step.scan_steps) {
    text += fmt::format(" step {}: {}", scan.name, tree::Explain(*scan.condition));
    if (!scan.assignments.empty()) text += " => " + List(scan.assignments);
  }
  for (const ExpandItem& expand : step.expand) {
    text +=
        fmt::format(" {}{}", expand.item.name ? *expand.item.name + " = " : "", tree::Explain(*expand.item.expression));
    if (expand.to) text += fmt::format(" to {}", TypeName(*expand.to));
  }
  return text;
}

std::string Explain(const Pipeline& pipeline, const std::string& indent) {
  std::string text = indent;
  switch (pipeline.source) {
    case SourceKind::kExpression:
      text += tree::Explain(*pipeline.expression);
      break;
    case SourceKind::kPrint:
      text += "print " + List(pipeline.items);
      break;
    case SourceKind::kRange:
      text += "range " + List(pipeline.items);
      break;
    case SourceKind::kDatatable:
      text += fmt::format("datatable of {} columns, {} values", pipeline.schema.size(), pipeline.values.size());
      break;
    case SourceKind::kInput:
      text += "input";
      break;
    case SourceKind::kPattern:
      text += pipeline.pattern.text;
      break;
    case SourceKind::kUnion:
    case SourceKind::kStep:
      text += Explain(*pipeline.union_source);
      for (const PipelinePtr& leg : pipeline.union_source->pipelines) text += "\n" + Explain(*leg, indent + "  ");
      break;
  }
  for (const Operator& step : pipeline.operators) {
    text += fmt::format("\n{}| {}", indent, Explain(step));
    for (const PipelinePtr& leg : step.pipelines) text += "\n" + Explain(*leg, indent + "    ");
  }
  return text;
}

}  // namespace

std::string Explain(const Expression& expression) {
  const auto& children = expression.children;
  switch (expression.kind) {
    case ExpressionKind::kConstant:
      return FormatConstant(expression.constant);
    case ExpressionKind::kName:
    case ExpressionKind::kStar:
      return expression.text;
    case ExpressionKind::kMember:
      return fmt::format("{}.{}", Explain(*children[0]), expression.text);
    case ExpressionKind::kIndex:
      return fmt::format("{}[{}]", Explain(*children[0]), Explain(*children[1]));
    case ExpressionKind::kCall:
      return fmt::format("{}({})", expression.text, List(children));
    case ExpressionKind::kUnary:
      return fmt::format("{}({})", expression.text, Explain(*children[0]));
    case ExpressionKind::kBinary: {
      std::string text = Explain(*children[0]);
      for (size_t i = 1; i < children.size(); ++i)
        text += fmt::format(" {} {}", expression.text, Explain(*children[i]));
      return fmt::format("({})", text);
    }
    case ExpressionKind::kList:
      return fmt::format("({} {} ({}))", Explain(*children[0]), expression.text, List(children, 1));
    case ExpressionKind::kBetween:
      return fmt::format("({} {} ({} .. {}))", Explain(*children[0]), expression.text, Explain(*children[1]),
                         Explain(*children[2]));
    case ExpressionKind::kTypeOf:
      return fmt::format("typeof({})", expression.text);
    case ExpressionKind::kPipeline:
      return fmt::format("({})", ReplaceAll(Explain(*expression.pipeline, ""), "\n", " "));
    case ExpressionKind::kAssignment:
      return fmt::format("{} = {}", expression.text, Explain(*children[0]));
  }
  return "";
}

namespace {

std::string Explain(const Let& let) {
  if (!let.function) return fmt::format("let {} =\n{}\n", let.name, Explain(*let.value, "  "));
  std::string parameters;
  for (const Parameter& parameter : let.function->parameters) {
    parameters += fmt::format("{}{}:{}", parameters.empty() ? "" : ", ", parameter.name,
                              parameter.is_rows ? "(…)" : TypeName(parameter.type));
  }
  return fmt::format("let {}({}) =\n{}", let.name, parameters, Explain(*let.function->body));
}

}  // namespace

std::string Explain(const Query& query) {
  std::string text;
  for (const Option& option : query.options) text += fmt::format("set {}\n", option.name);
  for (const Parameter& parameter : query.parameters) {
    text += fmt::format("declare {}:{}\n", parameter.name, TypeName(parameter.type));
  }
  for (const Let& let : query.lets) text += Explain(let);
  return text + Explain(*query.pipeline, "") + "\n";
}

}  // namespace slipway::kql::tree
