// The part of Binder for steps that run a sub-query for each row or each group: mv-apply, partition, top-nested. Each
// is an Apply: rows of an outer plan, and beside each the rows of an inner plan that reads the outer one's columns.
#include <algorithm>
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

namespace {

Scalar Same(const Column& left, const Column& right) {
  return Scalar::Call("same", Type::kBool, {Scalar::Of(left), Scalar::Of(right)});
}

NodePtr Where(Scalar predicate, NodePtr input) {
  std::vector<Column> columns = input->outputs;
  return MakeNode(plan::Filter{std::move(predicate)}, std::move(columns), std::move(input));
}

NodePtr OneRow() {
  plan::Values values;
  values.rows.emplace_back();
  return MakeNode(std::move(values), {});
}

Scalar Missing(Type type) {
  return Scalar::Of(type == Type::kString ? Constant{type, std::string()} : Constant{type, {}});
}

}  // namespace

NodePtr Binder::BindSubquery(const tree::Pipeline& subquery, std::function<NodePtr()> input) {
  std::swap(input_, input);
  const Definition prefix = prefix_;
  StepContext around = std::exchange(context_.step, {});
  ++subqueries_;
  NodePtr node = BindPipeline(subquery);
  --subqueries_;
  context_.step = std::move(around);
  prefix_ = prefix;
  std::swap(input_, input);
  is_ordered_ = false;
  return node;
}

NodePtr Binder::Apply(NodePtr outer, NodePtr inner, std::vector<Column> outputs) {
  NodePtr node = MakeNode(plan::Apply{}, std::move(outputs), std::move(outer));
  node->inputs.push_back(std::move(inner));
  return node;
}

// The sub-query sees the elements as columns and the row around them as values.
NodePtr Binder::BindMvApply(Step step, NodePtr input) {
  const std::vector<Column> outer_columns = input->outputs;
  const EnvironmentPtr environment = context_.environment;
  const int scope = ++scopes_;
  for (const Column& column : outer_columns) {
    Definition around;
    around.name = column.name;
    around.value = Scalar::Of(column);
    around.depth = context_.rows_depth;
    context_.environment = With(context_.environment, std::move(around), scope);
  }
  const auto elements = [&]() -> NodePtr {
    NodePtr row = OneRow();
    row->outputs = outer_columns;  // visible to the arrays alone
    NodePtr node = BindExpansion(step, std::move(row));
    if (!node) return nullptr;
    DropOuter(*node, outer_columns);
    return node;
  };
  NodePtr inner = BindSubquery(*step.pipelines[0], elements);
  context_.environment = environment;
  if (!inner) return nullptr;
  return JoinElements(step, std::move(input), std::move(inner));
}

// The row's columns without those that were expanded, then the sub-query's; what that passes on of the row stands once.
NodePtr Binder::JoinElements(Step step, NodePtr row, NodePtr inner) {
  const auto is_expanded = [&](const Column& column) {
    return std::any_of(step.expand.begin(), step.expand.end(), [&](const tree::ExpandItem& item) {
      const auto name = item.item.name ? item.item.name : DerivedName(*item.item.expression);
      return name == column.name;
    });
  };
  std::vector<Column> outputs, own;
  for (const Column& column : row->outputs) {
    if (!is_expanded(column)) outputs.push_back(column);
  }
  for (const Column& column : inner->outputs) {
    if (row->FindOutput(column.id) != nullptr) continue;
    const bool clashes =
        std::any_of(outputs.begin(), outputs.end(), [&](const Column& c) { return c.name == column.name; });
    if (clashes) {
      diagnostics_.Add(
          "SEM0001", step.name_span,
          fmt::format("the sub-query makes a column '{0}', and the rows around have one: give it another name",
                      column.name));
      return nullptr;
    }
    own.push_back(column);
  }
  if (own.size() != inner->outputs.size()) inner = Select(std::move(inner), own);
  outputs.insert(outputs.end(), own.begin(), own.end());
  return Apply(std::move(row), std::move(inner), std::move(outputs));
}

// The columns of the row around are no columns of the elements' rows.
void Binder::DropOuter(plan::Node& node, const std::vector<Column>& outer) {
  const auto is_outer = [&](const Column& column) {
    return std::any_of(outer.begin(), outer.end(), [&](const Column& c) { return c.id == column.id; });
  };
  if (auto* project = std::get_if<plan::Project>(&node.body)) {
    for (size_t i = node.outputs.size(); i-- > 0;) {
      if (is_outer(node.outputs[i])) project->expressions.erase(project->expressions.begin() + static_cast<long>(i));
    }
  }
  std::erase_if(node.outputs, is_outer);
  for (const NodePtr& below : node.inputs) DropOuter(*below, outer);
}

// partition by key ( sub-query ): for each value of the key the sub-query over its rows.
NodePtr Binder::BindPartition(Step step, NodePtr input) {
  const Scalar key = ScalarBinder(context_, input->outputs).Bind(*step.expression);
  if (key.type == Type::kError) return nullptr;
  const auto found = std::find_if(input->outputs.begin(), input->outputs.end(),
                                  [&](const Column& column) { return column.id == key.column; });
  if (key.kind != plan::ScalarKind::kColumn || key.type == Type::kDynamic || found == input->outputs.end()) {
    diagnostics_.Add("SEM0008", step.expression->span, "partition wants a column that is no dynamic");
    return nullptr;
  }
  const size_t place = static_cast<size_t>(found - input->outputs.begin());
  const auto kept = Keep(std::move(input), step.name_span, "partition");
  if (!kept) return nullptr;
  NodePtr rows = ScanKept(*kept);
  const Column value{context_.NewColumn(), "", key.type};
  plan::Summarize distinct;
  distinct.has_keys = true;
  distinct.keys.push_back(Scalar::Of(rows->outputs[place]));
  NodePtr groups = MakeNode(std::move(distinct), {value}, std::move(rows));
  const auto members = [&]() -> NodePtr {
    NodePtr all = ScanKept(*kept);
    Scalar same = Same(all->outputs[place], value);
    return Where(std::move(same), std::move(all));
  };
  NodePtr inner = BindSubquery(*step.pipelines[0], members);
  if (!inner) return nullptr;
  std::vector<Column> outputs = inner->outputs;
  return Apply(std::move(groups), std::move(inner), std::move(outputs));
}

// The rows, computed once and kept for the rest of the query.
std::optional<KeptRows> Binder::Keep(NodePtr rows, Span span, std::string_view what) {
  if (subqueries_ > 0) {
    diagnostics_.AddUnsupported(span, fmt::format("{} within the sub-query of another step", what));
    return std::nullopt;
  }
  if (!diagnostics_.empty()) return std::nullopt;  // rows are not computed for a query that will be refused
  KeptRows kept{"", rows->outputs};
  auto materialized = options_.materialize(std::move(rows), 0);
  if (!materialized) {
    failure_ = std::move(materialized.error());
    return std::nullopt;
  }
  kept.table = materialized->table;
  return kept;
}

NodePtr Binder::ScanKept(const KeptRows& kept) {
  plan::Scan scan{kept.table, {}};
  std::vector<Column> columns;
  for (const Column& column : kept.columns) {
    scan.sources.push_back(StoredColumnName(column.id));
    columns.push_back({context_.NewColumn(), column.name, column.type});
  }
  return MakeNode(std::move(scan), std::move(columns));
}

namespace {

// Kept rows of top-nested end in pairs: for each level so far its key, and whether the row is of the others.
std::vector<Column> Marks(const NodePtr& rows, size_t levels) {
  return {rows->outputs.end() - static_cast<std::ptrdiff_t>(2 * levels), rows->outputs.end()};
}

// Rows whose last mark says that they are among the first of their level.
NodePtr WithoutOthers(NodePtr rows, size_t levels) {
  if (levels == 0) return rows;
  Scalar first = Scalar::Call("not", Type::kBool, {Scalar::Of(rows->outputs.back())});
  return Where(std::move(first), std::move(rows));
}

}  // namespace

// A level's aggregate by the columns `keys`; the outputs are the keys, then it.
NodePtr Binder::WeighLevel(const tree::NestedLevel& level, NodePtr rows, std::vector<Scalar> keys) {
  SummarizeBuilder builder{NameList(), {}, {}, {}, {}};
  builder.collector.input = &rows->outputs;
  plan::Summarize groups;
  groups.has_keys = true;
  std::vector<Column> columns;
  for (const Scalar& key : keys) columns.push_back({context_.NewColumn(), "", key.type});
  groups.keys = std::move(keys);
  const std::vector<Column> no_columns;
  Scalar weight = ScalarBinder(context_, no_columns, &builder.collector).Bind(*level.aggregate.expression);
  if (weight.type == Type::kError) return nullptr;
  std::vector<Column> outputs = columns;
  groups.aggregates = std::move(builder.collector.aggregates);
  outputs.insert(outputs.end(), builder.collector.columns.begin(), builder.collector.columns.end());
  NodePtr node = MakeNode(std::move(groups), std::move(outputs), std::move(rows));
  plan::Project project;
  for (const Column& column : columns) project.expressions.push_back(Scalar::Of(column));
  columns.push_back({context_.NewColumn(), "", weight.type});
  project.expressions.push_back(std::move(weight));
  return MakeNode(std::move(project), std::move(columns), std::move(node));
}

// The first groups of a level inside each combination of the levels before. Outputs: the marks of those, the key, the
// weight.
NodePtr Binder::FirstGroups(const tree::NestedLevel& level, const KeptRows& kept, size_t before) {
  NodePtr rows = WithoutOthers(ScanKept(kept), before);
  std::vector<Scalar> keys;
  for (const Column& mark : Marks(rows, before)) keys.push_back(Scalar::Of(mark));
  Scalar key = ScalarBinder(context_, rows->outputs).Bind(*level.item.expression);
  if (key.type == Type::kError) return nullptr;
  if (key.type == Type::kDynamic) {
    diagnostics_.Add("SEM0001", level.item.expression->span,
                     "rows cannot be grouped by a dynamic; convert it, as in tostring(…)");
    return nullptr;
  }
  keys.push_back(std::move(key));
  NodePtr groups = WeighLevel(level, std::move(rows), std::move(keys));
  if (!groups || !level.count) return groups;
  const std::vector<Column> no_columns;
  const auto count = ScalarBinder(context_, no_columns).BindCount(*level.count, "top-nested");
  if (!count) return nullptr;
  NodePtr parents = WithoutOthers(ScanKept(kept), before);
  plan::Summarize distinct;
  distinct.has_keys = before > 0;
  std::vector<Column> values;
  for (const Column& mark : Marks(parents, before)) {
    distinct.keys.push_back(Scalar::Of(mark));
    values.push_back({context_.NewColumn(), "", mark.type});
  }
  parents = MakeNode(std::move(distinct), values, std::move(parents));
  const std::vector<Column> columns = groups->outputs;
  for (size_t i = 0; i < values.size(); ++i) groups = Where(Same(columns[i], values[i]), std::move(groups));
  plan::Sort sort;
  sort.keys.push_back({Scalar::Of(columns.back()), level.descending, !level.descending});
  sort.keys.push_back({Scalar::Of(columns[columns.size() - 2]), false, true});
  sort.limit = *count;
  groups = MakeNode(std::move(sort), columns, std::move(groups));
  return Apply(std::move(parents), std::move(groups), columns);
}

// Marks the rows with a level's key; without `others` the rows that were cut are left out.
std::optional<KeptRows> Binder::MarkRows(const tree::NestedLevel& level, const KeptRows& kept, size_t before) {
  NodePtr first = FirstGroups(level, kept, before);
  if (!first) return std::nullopt;
  NodePtr rows = ScanKept(kept);
  Scalar bound = ScalarBinder(context_, rows->outputs).Bind(*level.item.expression);
  const Type type = bound.type;
  const Column cell{context_.NewColumn(), "", type}, seen{context_.NewColumn(), "", Type::kBool};
  std::vector<Column> columns = rows->outputs;
  const std::vector<Column> marks = Marks(rows, before);
  rows = Append(std::move(rows), {{cell, std::move(bound)}});
  first = Append(std::move(first), {{seen, Scalar::Of(Constant{Type::kBool, true})}});
  plan::Join join{plan::JoinKind::kLeftOuter, {}};
  for (size_t i = 0; i < marks.size(); ++i) join.keys.push_back({marks[i].id, first->outputs[i].id, marks[i].type});
  join.keys.push_back({cell.id, first->outputs[marks.size()].id, type});
  std::vector<Column> joined = rows->outputs;
  joined.push_back(seen);
  NodePtr node = MakeNode(std::move(join), std::move(joined), std::move(rows));
  node->inputs.push_back(std::move(first));
  const Scalar is_first = Scalar::Call("isnotnull", Type::kBool, {Scalar::Of(seen)});
  Scalar others = Missing(type);
  if (level.others) {
    const std::vector<Column> no_columns;
    auto constant = ScalarBinder(context_, no_columns).BindConstant(*level.others);
    if (!constant) return std::nullopt;
    if (constant->type != type && !constant->is_null() && !CommonType(constant->type, type)) {
      diagnostics_.Add("SEM0008", level.others->span, fmt::format("others wants a {}", TypeName(type)));
      return std::nullopt;
    }
    others = Convert(Scalar::Of(std::move(*constant)), type);
  } else {
    Scalar stays = is_first;
    if (before > 0) stays = Scalar::Call("or", Type::kBool, {std::move(stays), Scalar::Of(marks.back())});
    node = Where(std::move(stays), std::move(node));
  }
  plan::Project project;
  for (const Column& column : columns) project.expressions.push_back(Scalar::Of(column));
  columns.push_back({context_.NewColumn(), "", type});
  project.expressions.push_back(Scalar::Call("iff", type, {is_first, Scalar::Of(cell), std::move(others)}));
  columns.push_back({context_.NewColumn(), "", Type::kBool});
  project.expressions.push_back(Scalar::Call("not", Type::kBool, {is_first}));
  node = MakeNode(std::move(project), std::move(columns), std::move(node));
  return Keep(std::move(node), level.item.name_span, "top-nested");
}

// top-nested n of a by x, n of b by y, …: the rows are marked level by level with the group they belong to, or with
// being of the others; then each level's aggregate is taken over the groups of its marks, and the levels are joined.
NodePtr Binder::BindTopNested(Step step, NodePtr input) {
  auto kept = Keep(std::move(input), step.name_span, "top-nested");
  if (!kept) return nullptr;
  NodePtr node;
  NameList names;
  std::vector<Column> outputs, marks, cells;
  for (size_t i = 0; i < step.levels.size(); ++i) {
    const tree::NestedLevel& level = step.levels[i];
    kept = MarkRows(level, *kept, i);
    if (!kept) return nullptr;
    NodePtr rows = ScanKept(*kept);
    std::vector<Scalar> keys;
    for (const Column& mark : Marks(rows, i + 1)) keys.push_back(Scalar::Of(mark));
    NodePtr weighed = WeighLevel(level, std::move(rows), std::move(keys));
    if (!weighed) return nullptr;
    const std::vector<Column> columns = weighed->outputs;
    if (node) {
      plan::Join join{plan::JoinKind::kInner, {}};
      for (size_t k = 0; k < marks.size(); ++k) join.keys.push_back({marks[k].id, columns[k].id, marks[k].type});
      std::vector<Column> all = node->outputs;
      all.insert(all.end(), columns.begin(), columns.end());
      node = MakeNode(std::move(join), std::move(all), std::move(node));
      node->inputs.push_back(std::move(weighed));
    } else {
      node = std::move(weighed);
    }
    marks.assign(columns.begin(), columns.end() - 1);
    const auto derived = level.item.name ? level.item.name : DerivedName(*level.item.expression);
    const std::string name = derived ? names.AddGenerated(*derived) : names.AddNumbered();
    cells.push_back(columns[columns.size() - 3]);
    outputs.push_back({context_.NewColumn(), name, cells.back().type});
    cells.push_back(columns.back());
    const std::string weight = level.aggregate.name ? *level.aggregate.name : names.AddGenerated("aggregated_" + name);
    outputs.push_back({context_.NewColumn(), weight, cells.back().type});
  }
  plan::Project project;
  for (const Column& cell : cells) project.expressions.push_back(Scalar::Of(cell));
  return MakeNode(std::move(project), std::move(outputs), std::move(node));
}

}  // namespace slipway::kql::bind
