// The part of Binder for union.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/bind/binder.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::NodePtr;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;

namespace {

// The columns of a union: matched by name and type, in order of first appearance.
template <typename Legs>
std::vector<Column> UnionColumns(const Legs& legs, bool is_inner, QueryContext& context) {
  std::vector<Column> columns;
  const auto has = [](const std::vector<Column>& list, const Column& column) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Column& c) { return c.name == column.name && c.type == column.type; });
  };
  for (const auto& leg : legs) {
    for (const Column& column : leg.rows->outputs) {
      const bool everywhere =
          std::all_of(legs.begin(), legs.end(), [&](const auto& other) { return has(other.rows->outputs, column); });
      if (!has(columns, column) && (everywhere || !is_inner))
        columns.push_back({context.NewColumn(), column.name, column.type});
    }
  }
  return columns;
}

// "a" of two types becomes "a_long" and "a_string".
void RenameByType(std::vector<Column>& columns) {
  NameList names;
  std::vector<bool> clashes;
  for (const Column& column : columns) {
    clashes.push_back(
        std::count_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == column.name; }) > 1);
    if (!clashes.back()) names.AddExplicit(column.name);
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (clashes[i])
      columns[i].name = names.AddGenerated(fmt::format("{}_{}", columns[i].name, TypeName(columns[i].type)));
  }
}

Scalar Missing(Type type) {
  return Scalar::Of(type == Type::kString ? Constant{type, std::string()} : Constant{type, {}});
}

}  // namespace

std::string Binder::LegName(const tree::Pipeline& leg, size_t index) const {
  for (auto step = leg.operators.rbegin(); step != leg.operators.rend(); ++step) {
    if (step->kind == tree::OperatorKind::kAs) return step->text;
  }
  const bool named = leg.expression != nullptr && leg.operators.empty() &&
                     (leg.expression->kind == ExpressionKind::kName || leg.expression->kind == ExpressionKind::kCall);
  return named ? leg.expression->text : fmt::format("union_arg{}", index);
}

// Tables and views whose names match.
bool Binder::AddMatching(const tree::ColumnPattern& pattern, std::vector<Leg>& legs) {
  std::vector<std::string> names = catalog_.TableNames();
  std::erase_if(names, [&](const std::string& name) { return Find(context_.environment, name) != nullptr; });
  for (const std::string& name : NamesOf(context_.environment)) {
    const Definition* own = Find(context_.environment, name);
    if (own->is_view() && ReturnsRows(*own)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) {
    if (!GlobMatch(pattern.text, name)) continue;
    Expression table{};
    table.kind = ExpressionKind::kName;
    table.text = name;
    table.span = table.name_span = pattern.span;
    NodePtr rows = BindTable(table);
    if (!rows) return false;
    legs.push_back({name, std::move(rows)});
  }
  return true;
}

// A table by a pattern, outside a union: all that match, one after the other.
NodePtr Binder::BindPattern(const tree::ColumnPattern& pattern) {
  std::vector<Leg> legs;
  if (!AddMatching(pattern, legs)) return nullptr;
  if (!legs.empty()) return UniteLegs(std::move(legs), false, "");
  diagnostics_.Add("SEM0100", pattern.span, fmt::format("no table matches '{}'", pattern.text));
  return nullptr;
}

// Whether a leg of a fuzzy union names rows that are there.
bool Binder::Resolves(const tree::Pipeline& leg) const {
  if (leg.source != tree::SourceKind::kExpression) return true;
  const Expression& source = *leg.expression;
  if (source.kind == ExpressionKind::kPipeline) return Resolves(*source.pipeline);
  const bool is_name = source.kind == ExpressionKind::kName || source.kind == ExpressionKind::kCall;
  return is_name && IsRows(source);
}

bool Binder::BindLegs(Step step, std::vector<Leg>& legs) {
  bool good = true;
  for (const tree::PipelinePtr& pipeline : step.pipelines) {
    if (pipeline->source == tree::SourceKind::kPattern && pipeline->operators.empty()) {
      const size_t before = legs.size();
      good &= AddMatching(pipeline->pattern, legs);
      if (good && legs.size() == before && !step.is_fuzzy) {
        diagnostics_.Add("SEM0100", pipeline->pattern.span,
                         fmt::format("no table matches '{}'", pipeline->pattern.text));
        good = false;
      }
      continue;
    }
    if (step.is_fuzzy && !Resolves(*pipeline)) continue;
    const std::string name = LegName(*pipeline, legs.size());
    legs.push_back({name, BindPipeline(*pipeline)});
    good &= legs.back().rows != nullptr;
  }
  if (good && legs.empty()) {
    diagnostics_.Add("SEM0100", step.name_span, "none of the union's tables is there");
    return false;
  }
  return good;
}

NodePtr Binder::BindUnion(Step step, NodePtr first) {
  std::vector<Leg> legs;
  if (first) {
    legs.push_back({FirstLegName(), std::move(first)});
  }
  if (!BindLegs(step, legs)) return nullptr;
  return UniteLegs(std::move(legs), step.is_inner, step.text);
}

// What the rows before "| union" are called.
std::string Binder::FirstLegName() const {
  const tree::Pipeline& before = *prefix_.rows;
  for (size_t i = std::min(prefix_.steps, before.operators.size()); i-- > 0;) {
    if (before.operators[i].kind == tree::OperatorKind::kAs) return before.operators[i].text;
  }
  const bool named =
      prefix_.steps == 0 && before.expression != nullptr &&
      (before.expression->kind == ExpressionKind::kName || before.expression->kind == ExpressionKind::kCall);
  return named ? before.expression->text : "union_arg0";
}

NodePtr Binder::UniteLegs(std::vector<Leg> legs, bool is_inner, const std::string& source_column) {
  const std::vector<Column> matched = UnionColumns(legs, is_inner, context_);
  std::vector<Column> columns = matched;
  RenameByType(columns);
  plan::Union all;
  std::vector<NodePtr> inputs;
  for (Leg& leg : legs) {
    std::vector<Scalar>& row = all.sources.emplace_back();
    if (!source_column.empty()) row.push_back(Scalar::Of(Constant{Type::kString, leg.name}));
    for (const Column& column : matched) {
      const auto& outputs = leg.rows->outputs;
      const auto source = std::find_if(outputs.begin(), outputs.end(),
                                       [&](const Column& c) { return c.name == column.name && c.type == column.type; });
      row.push_back(source == outputs.end() ? Missing(column.type) : Scalar::Of(*source));
    }
    inputs.push_back(std::move(leg.rows));
  }
  if (!source_column.empty()) columns.insert(columns.begin(), {context_.NewColumn(), source_column, Type::kString});
  NodePtr node = plan::MakeNode(std::move(all), std::move(columns));
  node->inputs = std::move(inputs);
  return node;
}

}  // namespace slipway::kql::bind
