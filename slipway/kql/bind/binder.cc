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
  context_.is_rows = [this](const Expression& source) { return IsRows(source); };
  context_.bind_function = [this](const Definition& function, const Expression& call, ScalarBinder& caller) {
    return BindScalarFunction(function, call, caller);
  };
}

Result<std::optional<BoundQuery>> Binder::Bind(const tree::Query& query) {
  BindStatements(query);
  BoundQuery bound;
  bound.plan = BindPipeline(*query.pipeline);
  bound.visualization = visualization_;
  bound.rows_max = rows_max_;
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
    case OperatorKind::kMvApply:
      return &Binder::BindMvApply;
    case OperatorKind::kPartition:
      return &Binder::BindPartition;
    case OperatorKind::kTopNested:
      return &Binder::BindTopNested;
    case OperatorKind::kSearch:
      return &Binder::BindSearch;
    case OperatorKind::kFind:
      return &Binder::BindFind;
    case OperatorKind::kInvoke:
      return &Binder::BindInvoke;
    case OperatorKind::kConsume:
      return &Binder::BindConsume;
    case OperatorKind::kScan:
      return &Binder::BindScan;
    case OperatorKind::kReduce:
      return &Binder::BindReduce;
    case OperatorKind::kProjectByNames:
      return &Binder::BindProjectByNames;
  }
  return nullptr;
}

NodePtr Binder::BindPipeline(const tree::Pipeline& pipeline, size_t steps) {
  const EnvironmentPtr outer = context_.environment;
  is_ordered_ = false;
  NodePtr node = BindSource(pipeline);
  for (size_t i = 0; i < std::min(steps, pipeline.operators.size()); ++i) {
    if (!node || failure_) break;
    const tree::Operator& step = pipeline.operators[i];
    prefix_ = Definition();
    prefix_.name = step.text;
    prefix_.rows = &pipeline;
    prefix_.steps = i;
    prefix_.outer = outer;
    if (step.kind == OperatorKind::kAs) context_.environment = With(context_.environment, prefix_, ++scopes_);
    node = BindStep(step, std::move(node));
  }
  context_.environment = outer;
  return failure_ ? nullptr : std::move(node);
}

namespace {

// Steps whose rows come in an order that a query may rely on, and steps that keep the order they get.
bool MakesOrder(OperatorKind kind) {
  static constexpr OperatorKind kMakers[] = {OperatorKind::kSort,       OperatorKind::kTop,
                                             OperatorKind::kSerialize,  OperatorKind::kGetSchema,
                                             OperatorKind::kTopHitters, OperatorKind::kScan};
  return std::find(std::begin(kMakers), std::end(kMakers), kind) != std::end(kMakers);
}

bool KeepsOrder(OperatorKind kind) {
  static constexpr OperatorKind kKeepers[] = {OperatorKind::kWhere,          OperatorKind::kProject,
                                              OperatorKind::kExtend,         OperatorKind::kProjectAway,
                                              OperatorKind::kProjectByNames, OperatorKind::kProjectKeep,
                                              OperatorKind::kProjectRename,  OperatorKind::kTake,
                                              OperatorKind::kRender,         OperatorKind::kProjectReorder,
                                              OperatorKind::kParse,          OperatorKind::kParseKv,
                                              OperatorKind::kParseWhere,     OperatorKind::kAs,
                                              OperatorKind::kConsume};
  return std::find(std::begin(kKeepers), std::end(kKeepers), kind) != std::end(kKeepers);
}

bool MayLookAround(const tree::Operator& step) {
  if (step.kind == OperatorKind::kEvaluate) return step.text == "rows_near";
  return step.kind == OperatorKind::kWhere || step.kind == OperatorKind::kProject ||
         step.kind == OperatorKind::kExtend || step.kind == OperatorKind::kSerialize;
}

}  // namespace

NodePtr Binder::BindStep(Step step, NodePtr input) {
  const bool ordered = is_ordered_ || step.kind == OperatorKind::kSerialize;
  context_.step = {};
  if (ordered && MayLookAround(step)) context_.step.row_number = Column{context_.NewColumn(), "", Type::kLong};
  NodePtr node = (this->*FindStepBinder(step.kind))(step, std::move(input));
  if (node && context_.step.uses_row_number) node = NumberRows(std::move(node), *context_.step.row_number);
  context_.step = {};
  is_ordered_ = MakesOrder(step.kind) || (ordered && KeepsOrder(step.kind));
  return node;
}

// Puts the count of rows under a node that reads it, and sorts by it above: an engine may shuffle rows where it looks
// around.
NodePtr Binder::NumberRows(NodePtr node, const Column& number) {
  std::vector<Column> counted = node->inputs[0]->outputs, visible = node->outputs;
  counted.push_back(number);
  node->inputs[0] = MakeNode(plan::Number{number.id}, std::move(counted), std::move(node->inputs[0]));
  for (const WindowSession& session : std::exchange(context_.step.sessions, {}))
    node->inputs[0] = AddSession(std::move(node->inputs[0]), session);
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
    case SourceKind::kPattern:
      return BindPattern(pipeline.pattern);
    case SourceKind::kStep:
      return BindStep(*pipeline.union_source, nullptr);
    case SourceKind::kInput:
      return input_();
    case SourceKind::kExpression:
      break;
  }
  return BindSourceExpression(*pipeline.expression);
}

// A name, a call, or rows in parentheses. materialize(…) computes anew at each use, from the same snapshot.
NodePtr Binder::BindSourceExpression(const Expression& source) {
  if (source.kind == ExpressionKind::kName) return BindTable(source);
  if (source.kind == ExpressionKind::kPipeline) return BindPipeline(*source.pipeline);
  if (source.kind == ExpressionKind::kCall && source.text == "materialize" && source.children.size() == 1)
    return BindSourceExpression(*source.children[0]);
  const Expression* call = &source;
  while (call->kind == ExpressionKind::kMember) call = call->children[0].get();
  const Definition* own = source.kind == ExpressionKind::kCall ? Find(context_.environment, source.text) : nullptr;
  if (own != nullptr && own->is_rows() && source.children.empty()) return BindTable(source);
  if (own != nullptr && own->function != nullptr) {
    if (ReturnsRows(*own)) return BindRowsFunction(*own, source, nullptr);
    diagnostics_.Add(
        "SEM0003", source.span,
        fmt::format("'{}' gives a value; a query begins with rows (or 'print {}(…)')", source.text, source.text));
  } else if (call->kind == ExpressionKind::kCall) {
    static constexpr std::string_view kPlaces[] = {"workspace",   "database", "cluster",        "app",
                                                   "resource",    "table",    "external_table", "materialized_view",
                                                   "externaldata"};
    if (std::find(std::begin(kPlaces), std::end(kPlaces), call->text) != std::end(kPlaces)) {
      diagnostics_.AddUnsupported(call->name_span, fmt::format("'{}(…)' as the source of a query", call->text));
    } else {
      diagnostics_.Add("SEM0260", call->name_span,
                       fmt::format("there is no function '{}' that gives rows{}", call->text,
                                   DidYouMean(call->text, NamesOf(context_.environment))));
    }
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
  StepContext around = std::exchange(context_.step, {});
  const bool is_ordered = is_ordered_;
  const Definition prefix = prefix_;
  ++context_.rows_depth;
  NodePtr node = BindSourceExpression(source);
  --context_.rows_depth;
  prefix_ = prefix;
  context_.step = std::move(around);
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
  const Definition* own = Find(context_.environment, name.text);
  if (own != nullptr && own->is_rows()) return BindDefinition(*own, name);
  if (own != nullptr && own->function != nullptr && ReturnsRows(*own)) return BindRowsFunction(*own, name, nullptr);
  if (own != nullptr) {
    diagnostics_.Add("SEM0003", name.span,
                     fmt::format("'{}' is a value; a query begins with a table (or 'print {}')", name.text, name.text));
    return nullptr;
  }
  if (const CatalogTable* table = catalog_.FindTable(name.text)) return ScanTable(*table);
  std::vector<std::string> names = catalog_.TableNames();
  for (std::string& defined : NamesOf(context_.environment)) names.push_back(std::move(defined));
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
  const bool any_several = std::any_of(pipeline.items.begin(), pipeline.items.end(),
                                       [](const auto& item) { return HasSeveralResults(*item.expression); });
  if (any_several) return BindPrintSeveral(pipeline);
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

// print with functions of several results: a projection of one row.
NodePtr Binder::BindPrintSeveral(const tree::Pipeline& pipeline) {
  plan::Values one;
  one.rows.emplace_back();
  NodePtr row = PrepareSeveral(pipeline.items, MakeNode(std::move(one), {}));
  if (!row) return nullptr;
  NameList names;
  auto items = BindItems(pipeline.items, row->outputs, names);
  if (!items) return nullptr;
  auto item = items->begin();
  for (size_t place = 0; place < pipeline.items.size(); ++place) {
    const tree::NamedExpression& asked = pipeline.items[place];
    const bool is_several = HasSeveralResults(*asked.expression);
    if (!is_several && !asked.name) item->column.name = names.AddGenerated(fmt::format("print_{}", place));
    item += is_several ? static_cast<std::ptrdiff_t>(several_.at(asked.expression.get()).parts.size()) : 1;
  }
  return ProjectItems(std::move(*items), std::move(row));
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
  for (const Scalar& bound : bounds) {
    if (bound.AsConstant() == nullptr || !bound.constant.is_null()) continue;
    diagnostics_.Add("SEM0040", pipeline.span, "a bound of range is not null");
    return nullptr;
  }
  const bool times = bounds[0].type == bounds[1].type && bounds[2].type == Type::kTimespan &&
                     (bounds[0].type == Type::kDateTime || bounds[0].type == Type::kTimespan);
  const bool numbers = IsInteger(bounds[0].type) && IsInteger(bounds[1].type) && IsInteger(bounds[2].type);
  const bool reals = IsNumber(bounds[0].type) && IsNumber(bounds[1].type) && IsNumber(bounds[2].type);
  if (!times && !reals) {
    diagnostics_.Add("SEM0001", pipeline.span,
                     "range wants three numbers, or two datetimes or timespans and a timespan");
    return nullptr;
  }
  const bool ints = bounds[0].type == Type::kInt && bounds[1].type == Type::kInt && bounds[2].type == Type::kInt;
  const Type type = times ? bounds[0].type : ints ? Type::kInt : numbers ? Type::kLong : Type::kReal;
  const Column column{context_.NewColumn(), *pipeline.items[0].name, type};
  if (reals && !numbers) {
    for (Scalar& bound : bounds) bound = Convert(std::move(bound), Type::kReal);
  }
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

NodePtr Binder::ProjectItems(std::vector<Item> items, NodePtr input) {
  plan::Project project;
  std::vector<Column> columns;
  for (Item& item : items) {
    columns.push_back(std::move(item.column));
    project.expressions.push_back(std::move(item.expression));
  }
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
    if (HasSeveralResults(*item.expression)) {
      good &= AddSeveral(item, names, bound);
      continue;
    }
    if (!item.names.empty()) {
      diagnostics_.Add("SEM0001", item.name_span, "only a function of several results has several names");
      good = false;
      continue;
    }
    Scalar value = scalars.Bind(*item.expression);
    good &= value.type != Type::kError;
    const std::string name = NameItem(item, names, good);
    // A column that is passed on keeps its identity, unless it stands twice.
    const bool passes =
        value.kind == plan::ScalarKind::kColumn &&
        std::none_of(bound.begin(), bound.end(), [&](const Item& other) { return other.column.id == value.column; });
    bound.push_back({{passes ? value.column : context_.NewColumn(), name, value.type}, std::move(value)});
    bound.back().is_generated = !item.name && !DerivedName(*item.expression);
  }
  if (!good) return std::nullopt;
  return bound;
}

// Functions of several results are computed once, as columns that nobody sees, which the results are taken out of.
NodePtr Binder::PrepareSeveral(const std::vector<tree::NamedExpression>& items, NodePtr input) {
  several_.clear();
  std::vector<Item> hidden;
  ScalarBinder scalars(context_, input->outputs);
  for (const tree::NamedExpression& item : items) {
    if (!HasSeveralResults(*item.expression)) continue;
    Several several;
    Scalar all = scalars.BindSeveral(*item.expression, several.parts);
    if (all.type == Type::kError) return nullptr;
    several.column = {context_.NewColumn(), "", Type::kDynamic};
    hidden.push_back({several.column, std::move(all)});
    several_.emplace(item.expression.get(), std::move(several));
  }
  return hidden.empty() ? std::move(input) : Append(std::move(input), std::move(hidden));
}

bool Binder::AddSeveral(const tree::NamedExpression& item, NameList& names, std::vector<Item>& bound) {
  const auto found = several_.find(item.expression.get());
  if (found == several_.end()) {
    diagnostics_.AddUnsupported(item.expression->span,
                                fmt::format("{}() outside extend and project", item.expression->text));
    return false;
  }
  const Several& several = found->second;
  std::vector<std::string> given = item.names;
  if (given.empty() && item.name) given.push_back(*item.name);
  if (given.size() > several.parts.size()) {
    diagnostics_.Add("SEM0001", item.name_span,
                     fmt::format("{}() has {} results", item.expression->text, several.parts.size()));
    return false;
  }
  for (size_t i = 0; i < several.parts.size(); ++i) {
    const auto& [part, type] = several.parts[i];
    if (i < given.size() && !names.AddExplicit(given[i])) {
      diagnostics_.Add("SEM0001", item.name_span, fmt::format("two columns are named '{}'", given[i]));
      return false;
    }
    const std::string name = i < given.size() ? given[i] : names.AddGenerated(part);
    Scalar value =
        Scalar::Call("element", Type::kDynamic,
                     {Scalar::Of(several.column), Scalar::Of(Constant{Type::kLong, static_cast<int64_t>(i)})});
    bound.push_back({{context_.NewColumn(), name, type}, Convert(std::move(value), type)});
  }
  return true;
}

// Without the columns that have no name.
NodePtr Binder::DropHidden(NodePtr node) {
  std::vector<Column> visible;
  for (const Column& column : node->outputs) {
    if (!column.name.empty()) visible.push_back(column);
  }
  return visible.size() == node->outputs.size() ? std::move(node) : Select(std::move(node), std::move(visible));
}

NodePtr Binder::BindWhere(Step step, NodePtr input) {
  Scalar predicate = ScalarBinder(context_, input->outputs).BindPredicate(*step.expression, "where");
  std::vector<Column> columns = input->outputs;
  return MakeNode(plan::Filter{std::move(predicate)}, std::move(columns), std::move(input));
}

NodePtr Binder::BindProject(Step step, NodePtr input) {
  input = PrepareSeveral(step.items, std::move(input));
  if (!input) return nullptr;
  NameList names;
  auto items = BindItems(step.items, input->outputs, names);
  if (!items) return nullptr;
  return ProjectItems(std::move(*items), std::move(input));
}

NodePtr Binder::BindExtend(Step step, NodePtr input) {
  input = PrepareSeveral(step.items, std::move(input));
  if (!input) return nullptr;
  if (!several_.empty() && context_.step.uses_row_number) {
    diagnostics_.AddUnsupported(step.name_span, "a window function beside a function of several results");
    return nullptr;
  }
  NameList names;
  auto items = BindItems(step.items, input->outputs, names);
  if (!items) return nullptr;
  // A generated name does not replace a column of the input; a column's own name or an explicit one does.
  NameList taken;
  for (const Column& column : input->outputs) taken.AddGenerated(column.name);
  for (Item& item : *items) {
    if (item.is_generated && taken.Has(item.column.name)) item.column.name = taken.AddGenerated(item.column.name);
    // What is passed on under another name is a column of its own beside the first.
    const Column* source = input->FindOutput(item.column.id);
    if (source != nullptr && source->name != item.column.name) item.column.id = context_.NewColumn();
  }
  return DropHidden(Extend(std::move(input), std::move(*items)));
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

namespace {

// Runs of digits count as numbers: "c9" stands before "c10".
bool GrannyLess(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      const size_t a_end = std::min(a.find_first_not_of("0123456789"), a.size());
      const size_t b_end = std::min(b.find_first_not_of("0123456789"), b.size());
      const double x = ParseDouble(a.substr(0, a_end)).value_or(0), y = ParseDouble(b.substr(0, b_end)).value_or(0);
      if (x != y) return x < y;
      a.remove_prefix(a_end);
      b.remove_prefix(b_end);
    } else {
      if (a[0] != b[0]) return a[0] < b[0];
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

void OrderByName(std::vector<Column>& columns, const std::string& direction) {
  if (direction.empty()) return;
  const bool granny = direction.starts_with("granny"), descending = direction.ends_with("desc");
  std::stable_sort(columns.begin(), columns.end(), [&](const Column& x, const Column& y) {
    const std::string &a = descending ? y.name : x.name, &b = descending ? x.name : y.name;
    return granny ? GrannyLess(a, b) : a < b;
  });
}

}  // namespace

NodePtr Binder::BindProjectReorder(Step step, NodePtr input) {
  std::vector<Column> first, rest = input->outputs;
  for (size_t p = 0; p < step.patterns.size(); ++p) {
    const auto matched = MatchPatterns({step.patterns[p]}, *input);
    if (!matched) return nullptr;
    std::vector<Column> group;
    for (size_t i = 0; i < matched->size(); ++i) {
      const auto at =
          std::find_if(rest.begin(), rest.end(), [&](const Column& c) { return c.id == input->outputs[i].id; });
      if (!(*matched)[i] || at == rest.end()) continue;
      group.push_back(*at);
      rest.erase(at);
    }
    OrderByName(group, step.directions[p]);
    first.insert(first.end(), group.begin(), group.end());
  }
  first.insert(first.end(), rest.begin(), rest.end());
  return Select(std::move(input), std::move(first));
}

// The names that an argument of project-by-names stands for; they may hold '*'.
std::optional<std::vector<std::string>> Binder::NamesMeant(const Expression& argument) {
  std::vector<std::string> names;
  if (argument.kind == ExpressionKind::kCall && argument.text == "column_names_of" && argument.children.size() == 1) {
    const NodePtr rows = BindRows(*argument.children[0]);
    if (!rows) return std::nullopt;
    for (const Column& column : rows->outputs) names.push_back(column.name);
    return names;
  }
  const std::vector<Column> no_columns;
  const auto constant = ScalarBinder(context_, no_columns).BindConstant(argument);
  if (!constant) return std::nullopt;
  const auto* text = std::get_if<std::string>(&constant->value);
  if (text != nullptr && constant->type == Type::kString) return std::vector<std::string>{*text};
  if (text != nullptr && text->starts_with('[')) return StringsOfArray(*text);
  diagnostics_.Add("SEM0008", argument.span, "project-by-names wants names: a string, or a dynamic array of strings");
  return std::nullopt;
}

// Names of no column are passed over.
NodePtr Binder::BindProjectByNames(Step step, NodePtr input) {
  std::vector<Column> chosen;
  for (const tree::NamedExpression& item : step.items) {
    const auto names = NamesMeant(*item.expression);
    if (!names) return nullptr;
    for (const std::string& name : *names) {
      for (const Column& column : input->outputs) {
        const bool is_chosen =
            std::any_of(chosen.begin(), chosen.end(), [&](const Column& other) { return other.id == column.id; });
        if (!is_chosen && GlobMatch(name, column.name)) chosen.push_back(column);
      }
    }
  }
  return Select(std::move(input), std::move(chosen));
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
    if (expression.type == Type::kDecimal)
      expression = Scalar::Call("decimal_key", Type::kString, {std::move(expression)});
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

// The name is for union's withsource, which reads it from the tree, and for later uses in the statement.
NodePtr Binder::BindAs(Step, NodePtr input) {
  return input;
}

// The rows are computed as far as their number goes, and none is shown.
NodePtr Binder::BindConsume(Step, NodePtr input) {
  return MakeNode(plan::Limit{0}, {}, std::move(input));
}

NodePtr Binder::BindUnionStep(Step step, NodePtr input) {
  return BindUnion(step, std::move(input));
}

}  // namespace slipway::kql::bind
