#include "slipway/kql/bind/binder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/bind/conversion.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::MakeNode;
using plan::Node;
using plan::NodePtr;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;
using tree::OperatorKind;
using tree::SourceKind;

std::string StoredColumnName(int id) {
  return fmt::format("c{}", id);
}

Binder::Binder(const Catalog& catalog, const BindOptions& options, Diagnostics& diagnostics)
    : catalog_(catalog), options_(options), diagnostics_(diagnostics) {
  context_.now_ticks = options.now_ticks;
  context_.check_regex = options.check_regex;
  context_.diagnostics = &diagnostics;
  context_.bind_rows = [this](const Expression& source) { return BindRows(source); };
  context_.is_table = [this](std::string_view name) {
    return tables_.count(name) > 0 || catalog_.FindTable(name) != nullptr;
  };
}

Result<std::optional<BoundQuery>> Binder::Bind(const tree::Query& query) {
  for (const tree::Let& let : query.lets) BindLet(let);
  BoundQuery bound;
  bound.plan = BindPipeline(*query.pipeline);
  bound.visualization = visualization_;
  if (failure_) return std::move(*failure_);
  if (!bound.plan || !diagnostics_.empty()) return std::optional<BoundQuery>();
  return std::optional<BoundQuery>(std::move(bound));
}

Binder::StepBinder Binder::FindStepBinder(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kWhere:
      return &Binder::BindWhere;
    case OperatorKind::kProject:
      return &Binder::BindProject;
    case OperatorKind::kExtend:
      return &Binder::BindExtend;
    case OperatorKind::kProjectAway:
      return &Binder::BindProjectAway;
    case OperatorKind::kProjectKeep:
      return &Binder::BindProjectKeep;
    case OperatorKind::kProjectRename:
      return &Binder::BindProjectRename;
    case OperatorKind::kProjectReorder:
      return &Binder::BindProjectReorder;
    case OperatorKind::kSummarize:
      return &Binder::BindSummarize;
    case OperatorKind::kSort:
      return &Binder::BindSort;
    case OperatorKind::kTake:
      return &Binder::BindTake;
    case OperatorKind::kTop:
      return &Binder::BindTop;
    case OperatorKind::kCount:
      return &Binder::BindCount;
    case OperatorKind::kDistinct:
      return &Binder::BindDistinct;
    case OperatorKind::kMvExpand:
      return &Binder::BindMvExpand;
    case OperatorKind::kEvaluate:
      return &Binder::BindEvaluate;
    case OperatorKind::kRender:
      return &Binder::BindRender;
    case OperatorKind::kSerialize:
      return &Binder::BindSerialize;
    case OperatorKind::kGetSchema:
      return &Binder::BindGetSchema;
    case OperatorKind::kUnion:
      return &Binder::BindUnionStep;
    case OperatorKind::kJoin:
      return &Binder::BindJoin;
    case OperatorKind::kLookup:
      return &Binder::BindLookup;
    case OperatorKind::kParse:
    case OperatorKind::kParseWhere:
      return &Binder::BindParse;
    case OperatorKind::kParseKv:
      return &Binder::BindParseKv;
    case OperatorKind::kMakeSeries:
      return &Binder::BindMakeSeries;
    case OperatorKind::kSample:
      return &Binder::BindSample;
    case OperatorKind::kSampleDistinct:
      return &Binder::BindSampleDistinct;
    case OperatorKind::kTopHitters:
      return &Binder::BindTopHitters;
    case OperatorKind::kAs:
      return &Binder::BindAs;
  }
  return nullptr;
}

namespace {

// "(T | …)" and "materialize(T | …)": rows are computed anew at each use, from the same snapshot.
bool StandsForRows(const Expression& source) {
  return source.kind == ExpressionKind::kPipeline ||
         (source.kind == ExpressionKind::kCall && source.text == "materialize");
}

}  // namespace

// A scalar let is bound here and now; a tabular one is kept as its tree, and bound at each use.
bool Binder::BindLet(const tree::Let& let) {
  if (tables_.count(let.name) > 0 || context_.scalars.count(let.name) > 0) {
    diagnostics_.Add("SEM0079", let.span, fmt::format("'{}' is defined already", let.name));
    return false;
  }
  const tree::Pipeline& value = *let.value;
  const Expression* expression = value.source == SourceKind::kExpression ? value.expression.get() : nullptr;
  if (expression != nullptr && StandsForRows(*expression)) expression = nullptr;
  const bool names_table = expression != nullptr && expression->kind == ExpressionKind::kName &&
                           context_.scalars.count(expression->text) == 0 &&
                           (catalog_.FindTable(expression->text) != nullptr || tables_.count(expression->text) > 0);
  if (expression == nullptr || !value.operators.empty() || names_table) {
    tables_[let.name] = &value;
    return true;
  }
  const std::vector<Column> no_columns;
  Scalar scalar = ScalarBinder(context_, no_columns).Bind(*expression);
  context_.scalars.emplace(let.name, std::move(scalar));
  return true;
}

NodePtr Binder::BindPipeline(const tree::Pipeline& pipeline) {
  is_ordered_ = false;
  NodePtr node = BindSource(pipeline);
  for (const tree::Operator& step : pipeline.operators) {
    if (!node || failure_) return nullptr;
    node = BindStep(step, std::move(node));
  }
  return node;
}

namespace {

// Steps whose rows come in an order that a query may rely on, and steps that keep the order they get.
bool MakesOrder(OperatorKind kind) {
  static constexpr OperatorKind kMakers[] = {OperatorKind::kSort, OperatorKind::kTop, OperatorKind::kSerialize,
                                             OperatorKind::kGetSchema, OperatorKind::kTopHitters};
  return std::find(std::begin(kMakers), std::end(kMakers), kind) != std::end(kMakers);
}

bool KeepsOrder(OperatorKind kind) {
  static constexpr OperatorKind kKeepers[] = {
      OperatorKind::kWhere,       OperatorKind::kProject,     OperatorKind::kExtend,
      OperatorKind::kProjectAway, OperatorKind::kProjectKeep, OperatorKind::kProjectRename,
      OperatorKind::kTake,        OperatorKind::kRender,      OperatorKind::kProjectReorder,
      OperatorKind::kParse,       OperatorKind::kParseKv,     OperatorKind::kParseWhere,
      OperatorKind::kAs};
  return std::find(std::begin(kKeepers), std::end(kKeepers), kind) != std::end(kKeepers);
}

bool MayLookAround(OperatorKind kind) {
  return kind == OperatorKind::kWhere || kind == OperatorKind::kProject || kind == OperatorKind::kExtend ||
         kind == OperatorKind::kSerialize;
}

}  // namespace

NodePtr Binder::BindStep(Step step, NodePtr input) {
  const bool ordered = is_ordered_ || step.kind == OperatorKind::kSerialize;
  context_.uses_row_number = false;
  context_.row_number.reset();
  if (ordered && MayLookAround(step.kind)) context_.row_number = Column{context_.NewColumn(), "", Type::kLong};
  NodePtr node = (this->*FindStepBinder(step.kind))(step, std::move(input));
  if (node && context_.uses_row_number) node = NumberRows(std::move(node), *context_.row_number);
  context_.row_number.reset();
  is_ordered_ = MakesOrder(step.kind) || (ordered && KeepsOrder(step.kind));
  return node;
}

// Puts the count of rows under a node that reads it, and sorts by it above: an engine may shuffle rows where it looks
// around.
NodePtr Binder::NumberRows(NodePtr node, const Column& number) {
  std::vector<Column> counted = node->inputs[0]->outputs, visible = node->outputs;
  counted.push_back(number);
  node->inputs[0] = MakeNode(plan::Number{number.id}, std::move(counted), std::move(node->inputs[0]));
  node->outputs.push_back(number);
  if (auto* project = std::get_if<plan::Project>(&node->body)) project->expressions.push_back(Scalar::Of(number));
  plan::Sort sort;
  sort.keys.push_back({Scalar::Of(number), false, true});
  return MakeNode(std::move(sort), std::move(visible), std::move(node));
}

NodePtr Binder::BindSource(const tree::Pipeline& pipeline) {
  switch (pipeline.source) {
    case SourceKind::kPrint:
      return BindPrint(pipeline);
    case SourceKind::kDatatable:
      return BindDatatable(pipeline);
    case SourceKind::kRange:
      return BindRange(pipeline);
    case SourceKind::kUnion:
      return BindUnionSource(*pipeline.union_source);
    case SourceKind::kExpression:
      break;
  }
  const Expression& source = *pipeline.expression;
  if (source.kind == ExpressionKind::kName) return BindTable(source);
  if (source.kind == ExpressionKind::kPipeline) return BindPipeline(*source.pipeline);
  if (StandsForRows(source) && source.children.size() == 1) {
    const Expression& inner = *source.children[0];
    if (inner.kind == ExpressionKind::kPipeline) return BindPipeline(*inner.pipeline);
    if (inner.kind == ExpressionKind::kName) return BindTable(inner);
  }
  const Expression* call = &source;
  while (call->kind == ExpressionKind::kMember) call = call->children[0].get();
  if (call->kind == ExpressionKind::kCall) {
    diagnostics_.AddUnsupported(call->name_span, fmt::format("'{}(…)' as the source of a query", call->text));
  } else {
    diagnostics_.Add("SEM0003", source.span, "a query begins with a table, or with print, range, datatable or union");
  }
  return nullptr;
}

// The order of a leg's rows is not that of all.
NodePtr Binder::BindUnionSource(Step source) {
  NodePtr node = BindUnion(source, nullptr);
  is_ordered_ = false;
  return node;
}

NodePtr Binder::BindRows(const Expression& source) {
  const auto row_number = context_.row_number;
  const bool uses_row_number = context_.uses_row_number, is_ordered = is_ordered_;
  NodePtr node = source.kind == ExpressionKind::kPipeline ? BindPipeline(*source.pipeline) : BindTable(source);
  context_.row_number = row_number;
  context_.uses_row_number = uses_row_number;
  is_ordered_ = is_ordered;
  if (!node || failure_) return nullptr;
  if (node->outputs.empty()) {
    diagnostics_.Add("SEM0001", source.span, "these rows have no column");
    return nullptr;
  }
  if (options_.optimize) options_.optimize(node);
  return node;
}

NodePtr Binder::BindTable(const Expression& name) {
  if (const auto let = tables_.find(name.text); let != tables_.end()) {
    if (expands_too_far_) return nullptr;
    expands_too_far_ = table_depth_ >= 20 || ++table_uses_ > 1000;
    if (expands_too_far_) {
      diagnostics_.Add("SEM0100", name.span,
                       fmt::format("'{}' is defined through itself, too deeply, or used too often", name.text));
      return nullptr;
    }
    ++table_depth_;
    NodePtr node = BindPipeline(*let->second);
    --table_depth_;
    return node;
  }
  if (const CatalogTable* table = catalog_.FindTable(name.text)) return ScanTable(*table);
  if (context_.scalars.count(name.text) > 0) {
    diagnostics_.Add("SEM0003", name.span,
                     fmt::format("'{}' is a value; a query begins with a table (or 'print {}')", name.text, name.text));
    return nullptr;
  }
  std::vector<std::string> names = catalog_.TableNames();
  for (const auto& [table, pipeline] : tables_) names.push_back(table);
  diagnostics_.Add("SEM0100", name.span,
                   fmt::format("there is no table '{}'{}", name.text, DidYouMean(name.text, names)));
  return nullptr;
}

NodePtr Binder::ScanTable(const CatalogTable& table) {
  plan::Scan scan{table.source, {}};
  std::vector<Column> columns;
  for (const CatalogColumn& column : table.columns) {
    scan.sources.push_back(column.name);
    columns.push_back({context_.NewColumn(), column.name, column.type});
  }
  const std::vector<Column> visible = columns;
  std::vector<Scalar> conditions;
  const auto compare = [&](std::string_view operation, const Column& column, Constant constant) {
    conditions.push_back(Scalar::Call(operation, Type::kBool, {Scalar::Of(column), Scalar::Of(std::move(constant))}));
  };
  for (const Column& column : visible) {
    if (column.name != table.time_column) continue;
    if (options_.begin) compare("ge", column, {Type::kDateTime, *options_.begin});
    if (options_.end) compare("lt", column, {Type::kDateTime, *options_.end});
  }
  if (!options_.scope.empty() && !table.scope_column.empty()) {
    columns.push_back({context_.NewColumn(), "", Type::kString});
    scan.sources.push_back(table.scope_column);
    compare("eq", columns.back(), {Type::kString, options_.scope});
  }
  NodePtr node = MakeNode(std::move(scan), std::move(columns));
  for (Scalar& condition : conditions) {
    std::vector<Column> passed = node->outputs;
    node = MakeNode(plan::Filter{std::move(condition)}, std::move(passed), std::move(node));
  }
  node->outputs = visible;
  return node;
}

NodePtr Binder::BindPrint(const tree::Pipeline& pipeline) {
  const std::vector<Column> no_columns;
  ScalarBinder scalars(context_, no_columns);
  std::vector<Column> columns;
  std::vector<Scalar> row;
  NameList names;
  for (size_t i = 0; i < pipeline.items.size(); ++i) {
    const tree::NamedExpression& item = pipeline.items[i];
    Scalar value = scalars.Bind(*item.expression);
    if (item.name && !names.AddExplicit(*item.name)) {
      diagnostics_.Add("SEM0001", item.name_span, fmt::format("two columns are named '{}'", *item.name));
    }
    const std::string name = item.name ? *item.name : names.AddGenerated(fmt::format("print_{}", i));
    columns.push_back({context_.NewColumn(), name, value.type});
    row.push_back(std::move(value));
  }
  if (!diagnostics_.empty()) return nullptr;
  plan::Values values;
  values.rows.push_back(std::move(row));
  return MakeNode(std::move(values), std::move(columns));
}

NodePtr Binder::BindDatatable(const tree::Pipeline& pipeline) {
  const size_t width = pipeline.schema.size();
  if (width == 0 || pipeline.values.size() % width != 0) {
    diagnostics_.Add("SEM0001", pipeline.span,
                     fmt::format("this datatable has {} columns, and {} values do not fill its rows", width,
                                 pipeline.values.size()));
    return nullptr;
  }
  std::vector<Column> columns;
  for (const tree::TypedName& column : pipeline.schema) {
    if (column.type == Type::kDecimal) {
      diagnostics_.AddUnsupported(column.span, "the type decimal");
      return nullptr;
    }
    columns.push_back({context_.NewColumn(), column.name, column.type});
  }
  const std::vector<Column> no_columns;
  ScalarBinder scalars(context_, no_columns);
  plan::Values values;
  for (size_t i = 0; i < pipeline.values.size(); ++i) {
    if (i % width == 0) values.rows.emplace_back();
    auto constant = scalars.BindConstant(*pipeline.values[i]);
    if (!constant) return nullptr;
    values.rows.back().push_back(Convert(Scalar::Of(std::move(*constant)), columns[i % width].type));
  }
  return MakeNode(std::move(values), std::move(columns));
}

NodePtr Binder::BindRange(const tree::Pipeline& pipeline) {
  const std::vector<Column> no_columns;
  ScalarBinder scalars(context_, no_columns);
  std::vector<Scalar> bounds;
  for (const tree::NamedExpression& item : pipeline.items) bounds.push_back(scalars.Bind(*item.expression));
  if (!diagnostics_.empty()) return nullptr;
  const bool times = bounds[0].type == bounds[1].type && bounds[2].type == Type::kTimespan &&
                     (bounds[0].type == Type::kDateTime || bounds[0].type == Type::kTimespan);
  const bool numbers = IsInteger(bounds[0].type) && IsInteger(bounds[1].type) && IsInteger(bounds[2].type);
  if (!times && !numbers) {
    if (IsNumber(bounds[0].type) && IsNumber(bounds[1].type) && IsNumber(bounds[2].type)) {
      diagnostics_.AddUnsupported(pipeline.span, "a range of real numbers");
    } else {
      diagnostics_.Add("SEM0001", pipeline.span,
                       "range wants three whole numbers, or two datetimes or timespans and a timespan");
    }
    return nullptr;
  }
  const Type type = times ? bounds[0].type : Type::kLong;
  const Column column{context_.NewColumn(), *pipeline.items[0].name, type};
  if (numbers) {
    for (Scalar& bound : bounds) bound = Convert(std::move(bound), Type::kLong);
  }
  is_ordered_ = true;
  return MakeNode(plan::Range{std::move(bounds[0]), std::move(bounds[1]), std::move(bounds[2])}, {column});
}

NodePtr Binder::Select(NodePtr input, std::vector<Column> columns) {
  plan::Project project;
  for (const Column& column : columns) project.expressions.push_back(Scalar::Of(column));
  return MakeNode(std::move(project), std::move(columns), std::move(input));
}

// The input's columns with some replaced in their place by name, and the others at the end.
NodePtr Binder::Extend(NodePtr input, std::vector<Item> items) {
  std::vector<Column> columns = input->outputs;
  plan::Project project;
  for (const Column& column : columns) project.expressions.push_back(Scalar::Of(column));
  for (Item& item : items) {
    const auto same =
        std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == item.column.name; });
    if (same == columns.end()) {
      columns.push_back(item.column);
      project.expressions.push_back(std::move(item.expression));
    } else {
      project.expressions[same - columns.begin()] = std::move(item.expression);
      *same = item.column;
    }
  }
  return MakeNode(std::move(project), std::move(columns), std::move(input));
}

std::string Binder::NameItem(const tree::NamedExpression& item, NameList& names, bool& good) {
  if (item.name) {
    if (names.AddExplicit(*item.name)) return *item.name;
  } else {
    const auto derived = DerivedName(*item.expression);
    if (!derived) return names.AddNumbered();
    if (item.expression->kind != ExpressionKind::kName) return names.AddGenerated(*derived);
    if (names.AddExplicit(*derived)) return *derived;
  }
  diagnostics_.Add("SEM0001", item.name_span,
                   fmt::format("two columns are named '{}'", item.name ? *item.name : item.expression->text));
  good = false;
  return "";
}

std::optional<std::vector<Binder::Item>> Binder::BindItems(const std::vector<tree::NamedExpression>& items,
                                                           const std::vector<Column>& input, NameList& names) {
  ScalarBinder scalars(context_, input);
  std::vector<Item> bound;
  bool good = true;
  for (const tree::NamedExpression& item : items) {
    Scalar value = scalars.Bind(*item.expression);
    good &= value.type != Type::kError;
    const std::string name = NameItem(item, names, good);
    // A column that is passed on keeps its identity, unless it stands twice.
    const bool passes =
        value.kind == plan::ScalarKind::kColumn &&
        std::none_of(bound.begin(), bound.end(), [&](const Item& other) { return other.column.id == value.column; });
    bound.push_back({{passes ? value.column : context_.NewColumn(), name, value.type}, std::move(value)});
  }
  if (!good) return std::nullopt;
  return bound;
}

NodePtr Binder::BindWhere(Step step, NodePtr input) {
  Scalar predicate = ScalarBinder(context_, input->outputs).BindPredicate(*step.expression, "where");
  std::vector<Column> columns = input->outputs;
  return MakeNode(plan::Filter{std::move(predicate)}, std::move(columns), std::move(input));
}

NodePtr Binder::BindProject(Step step, NodePtr input) {
  NameList names;
  auto items = BindItems(step.items, input->outputs, names);
  if (!items) return nullptr;
  plan::Project project;
  std::vector<Column> columns;
  for (Item& item : *items) {
    columns.push_back(std::move(item.column));
    project.expressions.push_back(std::move(item.expression));
  }
  return MakeNode(std::move(project), std::move(columns), std::move(input));
}

NodePtr Binder::BindExtend(Step step, NodePtr input) {
  NameList names;
  auto items = BindItems(step.items, input->outputs, names);
  if (!items) return nullptr;
  // A generated name does not replace a column of the input; a column's own name or an explicit one does.
  NameList taken;
  for (const Column& column : input->outputs) taken.AddGenerated(column.name);
  for (size_t i = 0; i < items->size(); ++i) {
    Item& item = (*items)[i];
    const bool generated = !step.items[i].name && !DerivedName(*step.items[i].expression);
    if (generated && taken.Has(item.column.name)) item.column.name = taken.AddGenerated(item.column.name);
    // What is passed on under another name is a column of its own beside the first.
    const Column* source = input->FindOutput(item.column.id);
    if (source != nullptr && source->name != item.column.name) item.column.id = context_.NewColumn();
  }
  return Extend(std::move(input), std::move(*items));
}

std::optional<std::vector<bool>> Binder::MatchPatterns(const std::vector<tree::ColumnPattern>& patterns,
                                                       const Node& input) {
  std::vector<bool> matched(input.outputs.size(), false);
  bool good = true;
  for (const tree::ColumnPattern& pattern : patterns) {
    const bool wild = pattern.text.find('*') != std::string::npos;
    bool any = false;
    for (size_t i = 0; i < matched.size(); ++i) {
      const std::string& name = input.outputs[i].name;
      const bool fits = wild ? GlobMatch(pattern.text, name) : pattern.text == name;
      matched[i] = matched[i] || fits;
      any |= fits;
    }
    if (any || wild) continue;
    std::vector<std::string> names;
    for (const Column& column : input.outputs) names.push_back(column.name);
    diagnostics_.Add("SEM0100", pattern.span,
                     fmt::format("no column is named '{}'{}", pattern.text, DidYouMean(pattern.text, names)));
    good = false;
  }
  if (!good) return std::nullopt;
  return matched;
}

NodePtr Binder::BindProjectAway(Step step, NodePtr input) {
  const auto matched = MatchPatterns(step.patterns, *input);
  if (!matched) return nullptr;
  std::vector<Column> kept;
  for (size_t i = 0; i < matched->size(); ++i) {
    if (!(*matched)[i]) kept.push_back(input->outputs[i]);
  }
  return Select(std::move(input), std::move(kept));
}

NodePtr Binder::BindProjectKeep(Step step, NodePtr input) {
  const auto matched = MatchPatterns(step.patterns, *input);
  if (!matched) return nullptr;
  std::vector<Column> kept;
  for (size_t i = 0; i < matched->size(); ++i) {
    if ((*matched)[i]) kept.push_back(input->outputs[i]);
  }
  return Select(std::move(input), std::move(kept));
}

NodePtr Binder::BindProjectReorder(Step step, NodePtr input) {
  std::vector<Column> first, rest = input->outputs;
  for (const tree::ColumnPattern& pattern : step.patterns) {
    const auto matched = MatchPatterns({pattern}, *input);
    if (!matched) return nullptr;
    for (size_t i = 0; i < matched->size(); ++i) {
      const auto at =
          std::find_if(rest.begin(), rest.end(), [&](const Column& c) { return c.id == input->outputs[i].id; });
      if (!(*matched)[i] || at == rest.end()) continue;
      first.push_back(*at);
      rest.erase(at);
    }
  }
  first.insert(first.end(), rest.begin(), rest.end());
  return Select(std::move(input), std::move(first));
}

NodePtr Binder::BindProjectRename(Step step, NodePtr input) {
  std::vector<Column> columns = input->outputs;
  for (const tree::NamedExpression& item : step.items) {
    const auto matched = MatchPatterns({{item.expression->text, item.expression->span}}, *input);
    if (!matched) return nullptr;
    for (size_t i = 0; i < columns.size(); ++i) {
      if ((*matched)[i]) columns[i].name = *item.name;
    }
  }
  NameList names;
  for (const Column& column : columns) {
    if (names.AddExplicit(column.name)) continue;
    diagnostics_.Add("SEM0001", step.span, fmt::format("two columns would be named '{}'", column.name));
    return nullptr;
  }
  return Select(std::move(input), std::move(columns));
}

std::optional<std::vector<plan::SortKey>> Binder::BindSortKeys(const std::vector<tree::SortKey>& keys,
                                                               const Node& input) {
  ScalarBinder scalars(context_, input.outputs);
  std::vector<plan::SortKey> bound;
  bool good = true;
  for (const tree::SortKey& key : keys) {
    Scalar expression = scalars.Bind(*key.expression);
    if (expression.type == Type::kDynamic) {
      diagnostics_.Add("SEM0001", key.expression->span, "a dynamic cannot be sorted by; convert it, as in tostring(…)");
      good = false;
    }
    good &= expression.type != Type::kError;
    bound.push_back({std::move(expression), key.descending, key.nulls_first.value_or(!key.descending)});
  }
  if (!good) return std::nullopt;
  return bound;
}

NodePtr Binder::BindSort(Step step, NodePtr input) {
  auto keys = BindSortKeys(step.sort, *input);
  if (!keys) return nullptr;
  std::vector<Column> columns = input->outputs;
  return MakeNode(plan::Sort{std::move(*keys), std::nullopt}, std::move(columns), std::move(input));
}

NodePtr Binder::BindTake(Step step, NodePtr input) {
  const std::vector<Column> no_columns;
  const auto rows = ScalarBinder(context_, no_columns).BindCount(*step.expression, "take");
  if (!rows) return nullptr;
  std::vector<Column> columns = input->outputs;
  return MakeNode(plan::Limit{*rows}, std::move(columns), std::move(input));
}

NodePtr Binder::BindTop(Step step, NodePtr input) {
  NodePtr sorted = BindSort(step, std::move(input));
  return sorted ? BindTake(step, std::move(sorted)) : nullptr;
}

NodePtr Binder::BindRender(Step step, NodePtr input) {
  visualization_ = step.text;
  return input;
}

NodePtr Binder::BindSerialize(Step step, NodePtr input) {
  return step.items.empty() ? std::move(input) : BindExtend(step, std::move(input));
}

NodePtr Binder::BindGetSchema(Step, NodePtr input) {
  static constexpr std::string_view kSystemTypes[] = {
      "System.SByte",    "System.Int32",    "System.Int64", "System.Double", "System.Data.SqlTypes.SqlDecimal",
      "System.DateTime", "System.TimeSpan", "System.Guid",  "System.String", "System.Object",
      "System.Object"};
  const std::vector<Column> columns = {{context_.NewColumn(), "ColumnName", Type::kString},
                                       {context_.NewColumn(), "ColumnOrdinal", Type::kLong},
                                       {context_.NewColumn(), "DataType", Type::kString},
                                       {context_.NewColumn(), "ColumnType", Type::kString}};
  plan::Values values;
  for (size_t i = 0; i < input->outputs.size(); ++i) {
    const Column& column = input->outputs[i];
    values.rows.push_back(
        {Scalar::Of(Constant{Type::kString, column.name}), Scalar::Of(Constant{Type::kLong, static_cast<int64_t>(i)}),
         Scalar::Of(Constant{Type::kString, std::string(kSystemTypes[static_cast<size_t>(column.type)])}),
         Scalar::Of(Constant{Type::kString, std::string(TypeName(column.type))})});
  }
  return MakeNode(std::move(values), columns);
}

NodePtr Binder::BindSample(Step step, NodePtr input) {
  const std::vector<Column> no_columns, passed = input->outputs;
  const auto rows = ScalarBinder(context_, no_columns).BindCount(*step.expression, "sample");
  if (!rows) return nullptr;
  plan::Sort shuffle;
  shuffle.keys.push_back({Scalar::Call("rand", Type::kReal, {}), false, true});
  shuffle.limit = *rows;
  return MakeNode(std::move(shuffle), passed, std::move(input));
}

// The name matters to union's withsource alone, which reads it from the tree.
NodePtr Binder::BindAs(Step, NodePtr input) {
  return input;
}

NodePtr Binder::BindUnionStep(Step step, NodePtr input) {
  return BindUnion(step, std::move(input));
}

}  // namespace slipway::kql::bind
