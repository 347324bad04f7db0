// The part of Binder for union.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/kql/bind/binder.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::NodePtr;
using plan::Scalar;
using tree::ExpressionKind;

namespace {

// The columns of a union: matched by name and type, in order of first appearance.
std::vector<Column> UnionColumns(const std::vector<NodePtr>& legs, bool is_inner, QueryContext& context) {
  std::vector<Column> columns;
  const auto has = [](const std::vector<Column>& list, const Column& column) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Column& c) { return c.name == column.name && c.type == column.type; });
  };
  for (const NodePtr& leg : legs) {
    for (const Column& column : leg->outputs) {
      const bool everywhere =
          std::all_of(legs.begin(), legs.end(), [&](const NodePtr& other) { return has(other->outputs, column); });
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

std::string LegName(const tree::Pipeline& leg, size_t index) {
  for (auto step = leg.operators.rbegin(); step != leg.operators.rend(); ++step) {
    if (step->kind == tree::OperatorKind::kAs) return step->text;
  }
  const bool named =
      leg.expression != nullptr && leg.expression->kind == ExpressionKind::kName && leg.operators.empty();
  return named ? leg.expression->text : fmt::format("union_arg{}", index);
}

}  // namespace

NodePtr Binder::BindUnion(Step step, NodePtr first) {
  std::vector<NodePtr> legs;
  std::vector<std::string> names;
  if (first) {
    legs.push_back(std::move(first));
    names.push_back("union_arg0");
  }
  bool good = true;
  for (const tree::PipelinePtr& pipeline : step.pipelines) {
    names.push_back(LegName(*pipeline, names.size()));
    legs.push_back(BindPipeline(*pipeline));
    good &= legs.back() != nullptr;
  }
  if (!good) return nullptr;
  const std::vector<Column> matched = UnionColumns(legs, step.is_inner, context_);
  std::vector<Column> columns = matched;
  RenameByType(columns);
  plan::Union all;
  for (const NodePtr& leg : legs) {
    std::vector<Scalar>& row = all.sources.emplace_back();
    if (!step.text.empty()) row.push_back(Scalar::Of(Constant{Type::kString, names[all.sources.size() - 1]}));
    for (const Column& column : matched) {
      const auto source = std::find_if(leg->outputs.begin(), leg->outputs.end(),
                                       [&](const Column& c) { return c.name == column.name && c.type == column.type; });
      row.push_back(source == leg->outputs.end() ? Missing(column.type) : Scalar::Of(*source));
    }
  }
  if (!step.text.empty()) columns.insert(columns.begin(), {context_.NewColumn(), step.text, Type::kString});
  NodePtr node = plan::MakeNode(std::move(all), std::move(columns));
  node->inputs = std::move(legs);
  return node;
}

}  // namespace slipway::kql::bind
