// The part of Binder for evaluate pivot and narrow.
#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "slipway/kql/bind/binder.h"
#include "slipway/kql/bind/conversion.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::MakeNode;
using plan::NodePtr;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;

namespace {

Scalar TextConstant(std::string text) {
  return Scalar::Of(Constant{Type::kString, std::move(text)});
}

// What an aggregate gives for no rows, as an empty cell of a pivot holds it.
Scalar EmptyCell(const plan::Aggregate& aggregate) {
  const bool is_spread = aggregate.operation.starts_with("stdev") || aggregate.operation.starts_with("variance");
  if (is_spread) return Scalar::Of(Constant{Type::kReal, 0.0});
  if (aggregate.operation == "avg" && aggregate.type == Type::kReal)
    return Scalar::Of(Constant{Type::kReal, std::numeric_limits<double>::quiet_NaN()});
  const bool is_sum = aggregate.operation == "count" || aggregate.operation == "sum" || aggregate.operation == "dcount";
  if (is_sum && aggregate.type == Type::kReal) return Scalar::Of(Constant{Type::kReal, 0.0});
  if (is_sum) return Scalar::Of(Constant{aggregate.type, int64_t{0}});
  return Scalar::Of(aggregate.type == Type::kString ? Constant{Type::kString, std::string()}
                                                    : Constant{aggregate.type, {}});
}

bool Names(const Expression& expression, const Column& column) {
  return expression.kind == ExpressionKind::kName && expression.text == column.name;
}

}  // namespace

// The aggregate of a pivot; count() when none is given.
bool Binder::BindPivotAggregate(const Expression& call, AggregateCollector& collector) {
  if (call.children.size() < 2) {
    collector.aggregates.push_back({"count", {}, Type::kLong});
    collector.columns.push_back({context_.NewColumn(), "", Type::kLong});
    return true;
  }
  const Expression& aggregate = *call.children[1];
  if (aggregate.kind != ExpressionKind::kCall || FindAggregate(aggregate.text) == nullptr) {
    diagnostics_.Add("SEM0008", aggregate.span, "pivot() wants an aggregate here, such as sum(x)");
    return false;
  }
  Scalar result;
  const std::vector<Column> no_columns;
  if (ScalarBinder(context_, no_columns, &collector).BindAggregate(aggregate, result) == nullptr) return false;
  if (result.type != Type::kDynamic) return true;
  diagnostics_.AddUnsupported(aggregate.span, "a pivot of dynamics");
  return false;
}

// pivot(column [, aggregate [, key, …]]): one row for each combination of the keys, one column for each value of
// `column`. The values are known from the rows alone: the groups are computed at once, as for bag_unpack, with a bag of
// the value's name beside them.
NodePtr Binder::BindPivot(Step step, NodePtr input) {
  const Expression& call = *step.expression;
  if (step.has_schema) {
    diagnostics_.AddUnsupported(call.name_span, "a schema of pivot");
    return nullptr;
  }
  if (!HasArguments(call, 1, "a column, an aggregate and the columns to group by")) return nullptr;
  ScalarBinder scalars(context_, input->outputs);
  const Scalar pivoted = scalars.Bind(*call.children[0]);
  if (pivoted.type == Type::kError) return nullptr;
  if (pivoted.kind != plan::ScalarKind::kColumn || pivoted.type == Type::kDynamic) {
    diagnostics_.Add("SEM0008", call.children[0]->span, "pivot() wants a column that is no dynamic");
    return nullptr;
  }
  AggregateCollector collector;
  collector.input = &input->outputs;
  if (!BindPivotAggregate(call, collector)) return nullptr;
  auto keys = PivotKeys(call, pivoted.column, *input);
  if (!keys) return nullptr;
  if (!diagnostics_.empty()) return nullptr;  // rows are not computed for a query that will be refused
  if (subqueries_ > 0) {
    diagnostics_.AddUnsupported(call.name_span, "pivot within the sub-query of another step");
    return nullptr;
  }
  return SpreadPivot(std::move(input), std::move(*keys), pivoted, collector, call.children[0]->span);
}

// The columns that were named, or all that are neither the pivoted one nor read by the aggregate.
std::optional<std::vector<Column>> Binder::PivotKeys(const Expression& call, int pivoted, const plan::Node& input) {
  std::vector<Column> keys;
  bool good = true;
  const auto add = [&](const Column& column, Span span) {
    if (column.type == Type::kDynamic) {
      diagnostics_.Add("SEM0001", span,
                       fmt::format("the column '{}' is a dynamic, by which rows cannot be grouped; convert it, as in "
                                   "tostring(…)",
                                   column.name));
      good = false;
    }
    keys.push_back(column);
  };
  ScalarBinder scalars(context_, input.outputs);
  for (size_t i = 2; i < call.children.size(); ++i) {
    const Scalar key = scalars.Bind(*call.children[i]);
    const Column* column = key.kind == plan::ScalarKind::kColumn ? input.FindOutput(key.column) : nullptr;
    if (key.type == Type::kError) return std::nullopt;
    if (column == nullptr) {
      diagnostics_.Add("SEM0008", call.children[i]->span, "pivot() wants a column's name here");
      return std::nullopt;
    }
    add(*column, call.children[i]->span);
  }
  if (call.children.size() <= 2) {
    for (const Column& column : input.outputs) {
      const bool is_read =
          call.children.size() == 2 && std::any_of(call.children[1]->children.begin(), call.children[1]->children.end(),
                                                   [&](const auto& argument) { return Names(*argument, column); });
      if (column.id != pivoted && !is_read) add(column, call.name_span);
    }
  }
  if (!good) return std::nullopt;
  return keys;
}

// The groups of keys and pivoted value, computed and kept, with the values' texts (as column `name`) as slots of a bag
// beside them: what materializing reports of that bag are the columns to come.
NodePtr Binder::KeepPivotGroups(NodePtr input, const std::vector<Column>& keys, const Scalar& pivoted,
                                const AggregateCollector& collector, const Column& name, std::vector<BagSlot>& slots) {
  const Column bag{context_.NewColumn(), "", Type::kDynamic};
  plan::Summarize groups;
  groups.has_keys = true;
  std::vector<Column> columns = keys;
  for (const Column& key : keys) groups.keys.push_back(Scalar::Of(key));
  groups.keys.push_back(Convert(pivoted, Type::kString));
  groups.aggregates = collector.aggregates;
  columns.push_back(name);
  columns.push_back(collector.columns[0]);
  NodePtr node = MakeNode(std::move(groups), columns, std::move(input));
  const Scalar filler = Scalar::Of(Constant{Type::kDynamic, std::string("0")});
  node = Append(std::move(node), {{bag, Scalar::Call("bag_pack", Type::kDynamic, {Scalar::Of(name), filler})}});
  columns.push_back(bag);
  auto kept = options_.materialize(std::move(node), bag.id);
  if (!kept) {
    failure_ = std::move(kept.error());
    return nullptr;
  }
  slots = std::move(kept->slots);
  std::sort(slots.begin(), slots.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  plan::Scan scan{kept->table, {}};
  for (const Column& column : columns) scan.sources.push_back(StoredColumnName(column.id));
  return MakeNode(std::move(scan), std::move(columns));
}

NodePtr Binder::SpreadPivot(NodePtr input, std::vector<Column> keys, const Scalar& pivoted,
                            const AggregateCollector& collector, Span span) {
  const Column& value = collector.columns[0];
  const Column name{context_.NewColumn(), "", Type::kString};
  std::vector<BagSlot> slots;
  NodePtr node = KeepPivotGroups(std::move(input), keys, pivoted, collector, name, slots);
  if (!node) return nullptr;
  plan::Summarize spread;
  spread.has_keys = true;
  plan::Project project;
  std::vector<Column> outputs = keys, results = keys;
  NameList names;
  for (const Column& key : keys) {
    names.AddGenerated(key.name);
    spread.keys.push_back(Scalar::Of(key));
    project.expressions.push_back(Scalar::Of(key));
  }
  for (const BagSlot& slot : slots) {
    if (names.Has(slot.key)) {
      diagnostics_.Add("SEM0001", span, fmt::format("a value and a column are both named '{}'", slot.key));
      return nullptr;
    }
    const Column cell{context_.NewColumn(), "", value.type};
    spread.aggregates.push_back({"take_any",
                                 {Scalar::Of(value)},
                                 value.type,
                                 Scalar::Call("eq", Type::kBool, {Scalar::Of(name), TextConstant(slot.key)})});
    outputs.push_back(cell);
    results.push_back({context_.NewColumn(), names.AddGenerated(slot.key), value.type});
    project.expressions.push_back(
        Scalar::Call("if_missing", value.type, {Scalar::Of(cell), EmptyCell(collector.aggregates[0])}));
  }
  node = MakeNode(std::move(spread), std::move(outputs), std::move(node));
  return MakeNode(std::move(project), std::move(results), std::move(node));
}

// One row for each cell: the number of its row, its column's name, its value as text.
NodePtr Binder::BindNarrow(Step step, NodePtr input) {
  if (!step.expression->children.empty()) {
    diagnostics_.Add("SEM0219", step.expression->name_span, "narrow() takes no arguments");
    return nullptr;
  }
  const std::vector<Column> cells = input->outputs;
  const Column number{context_.NewColumn(), "", Type::kLong}, pair{context_.NewColumn(), "", Type::kDynamic};
  std::vector<Column> numbered = cells;
  numbered.push_back(number);
  NodePtr node = MakeNode(plan::Number{number.id}, std::move(numbered), std::move(input));
  std::vector<Scalar> pairs;
  for (const Column& cell : cells) {
    pairs.push_back(Scalar::Call("pack_array", Type::kDynamic,
                                 {Convert(TextConstant(cell.name), Type::kDynamic),
                                  Convert(Convert(Scalar::Of(cell), Type::kString), Type::kDynamic)}));
  }
  plan::Expand expand;
  expand.items.push_back({Scalar::Call("pack_array", Type::kDynamic, std::move(pairs)), pair.id, true});
  node = MakeNode(std::move(expand), {number, pair}, std::move(node));
  const auto part = [&](int64_t index) {
    return Convert(
        Scalar::Call("element", Type::kDynamic, {Scalar::Of(pair), Scalar::Of(Constant{Type::kLong, index})}),
        Type::kString);
  };
  plan::Project project;
  project.expressions.push_back(
      Scalar::Call("subtract", Type::kLong, {Scalar::Of(number), Scalar::Of(Constant{Type::kLong, int64_t{1}})}));
  project.expressions.push_back(part(0));
  project.expressions.push_back(part(1));
  return MakeNode(std::move(project),
                  {{context_.NewColumn(), "Row", Type::kLong},
                   {context_.NewColumn(), "Column", Type::kString},
                   {context_.NewColumn(), "Value", Type::kString}},
                  std::move(node));
}

}  // namespace slipway::kql::bind
