// The part of Binder for make-series: rows are grouped by the keys and the bin of the axis, then the bins of each key
// are spread over an array in which what is missing has the default.
#include <utility>

#include <fmt/format.h>

#include "slipway/kql/bind/binder.h"
#include "slipway/kql/bind/conversion.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::MakeNode;
using plan::NodePtr;
using plan::Scalar;

namespace {

bool IsTime(Type type) {
  return type == Type::kDateTime || type == Type::kTimespan;
}

bool AreAll(const SeriesBounds& bounds, bool (*fits)(Type)) {
  return fits(bounds.axis.type) && fits(bounds.from.type) && fits(bounds.to.type) && fits(bounds.size.type);
}

Scalar LongConstant(int64_t value) {
  return Scalar::Of(Constant{Type::kLong, value});
}

}  // namespace

// The first bin of rows, or the end of the last one: what an end of the axis is that is not given.
Scalar Binder::FindSeriesEnd(Step step, const KeptRows& kept, bool is_end) {
  NodePtr rows = ScanKept(kept);
  const std::vector<Column> no_columns;
  Scalar axis = ScalarBinder(context_, rows->outputs).Bind(*step.axis.axis.expression);
  Scalar size = ScalarBinder(context_, no_columns).Bind(*step.axis.step);
  if (axis.type == Type::kError || size.type == Type::kError) return Scalar::Of(Constant{Type::kError, {}});
  if (IsNumber(axis.type) && IsNumber(size.type)) {
    const Type number = IsInteger(axis.type) && IsInteger(size.type) ? Type::kLong : Type::kReal;
    axis = Convert(std::move(axis), number);
    size = Convert(std::move(size), number);
  }
  const Type type = axis.type;
  if (!IsNumber(type) && !(IsTime(type) && size.type == Type::kTimespan)) return axis;  // complained of with the rest
  Scalar end = Scalar::Call("bin", type, {std::move(axis), size});
  if (is_end) end = Scalar::Call("add", type, {std::move(end), size});
  plan::Summarize extreme;
  extreme.aggregates.push_back({is_end ? "max" : "min", {std::move(end)}, type});
  Scalar found = Scalar::Call("scalar_of_rows", type, {});
  found.rows = MakeNode(std::move(extreme), {{context_.NewColumn(), "", type}}, std::move(rows));
  return found;
}

// The axis, its ends and its step, converted to one type.
std::optional<SeriesBounds> Binder::BindSeriesBounds(Step step, const plan::Node& input, const KeptRows* kept) {
  const tree::SeriesAxis& asked = step.axis;
  const std::vector<Column> no_columns;
  ScalarBinder constants(context_, no_columns);
  SeriesBounds bounds{ScalarBinder(context_, input.outputs).Bind(*asked.axis.expression),
                      asked.from ? constants.Bind(*asked.from) : FindSeriesEnd(step, *kept, false),
                      asked.to ? constants.Bind(*asked.to) : FindSeriesEnd(step, *kept, true),
                      constants.Bind(*asked.step)};
  for (const Scalar* part : {&bounds.axis, &bounds.from, &bounds.to, &bounds.size}) {
    if (part->type == Type::kError) return std::nullopt;
  }
  const Type axis = bounds.axis.type;
  const bool times =
      IsTime(axis) && bounds.from.type == axis && bounds.to.type == axis && bounds.size.type == Type::kTimespan;
  if (!times && !AreAll(bounds, IsNumber)) {
    diagnostics_.Add("SEM0001", asked.axis.expression->span,
                     fmt::format("the axis is a {}, and its ends and step a {}, {} and {}", TypeName(axis),
                                 TypeName(bounds.from.type), TypeName(bounds.to.type), TypeName(bounds.size.type)));
    return std::nullopt;
  }
  const Type type = times ? axis : AreAll(bounds, IsInteger) ? Type::kLong : Type::kReal;
  for (Scalar* part : {&bounds.axis, &bounds.from, &bounds.to}) *part = Convert(std::move(*part), type);
  bounds.size = Convert(std::move(bounds.size), times ? Type::kTimespan : type);
  if (step.is_inclusive) {  // "in range(a, b, s)": bins of the whole axis, with the one that b is in
    bounds.from = Scalar::Call("bin", type, {std::move(bounds.from), bounds.size});
    bounds.to =
        Scalar::Call("add", type, {Scalar::Call("bin", type, {std::move(bounds.to), bounds.size}), bounds.size});
  }
  return bounds;
}

bool Binder::BindSeriesItems(Step step, SummarizeBuilder& builder) {
  for (const tree::NamedExpression& item : step.items) {
    if (!BindAggregateItem(item, builder)) return false;
    const Type result = builder.items.back().column.type;
    if (IsNumber(result) || result == Type::kTimespan) continue;
    diagnostics_.Add("SEM0008", item.expression->span, "a series is made of numbers");
    return false;
  }
  return true;
}

// The rows between the ends, grouped by the keys and their bin. Outputs: the keys, the bin, the items.
NodePtr Binder::GroupByBin(NodePtr input, const SeriesBounds& bounds, const Column& bin, SummarizeBuilder& builder) {
  std::vector<Column> passed = input->outputs;
  Scalar inside = Scalar::Call("and", Type::kBool,
                               {Scalar::Call("ge", Type::kBool, {bounds.axis, bounds.from}),
                                Scalar::Call("lt", Type::kBool, {bounds.axis, bounds.to})});
  NodePtr node = MakeNode(plan::Filter{std::move(inside)}, std::move(passed), std::move(input));
  plan::Summarize groups;
  groups.has_keys = true;
  plan::Project project;
  std::vector<Column> outputs = builder.key_columns, columns = builder.key_columns;
  for (Item& key : builder.keys) groups.keys.push_back(std::move(key.expression));
  outputs.push_back(bin);
  groups.keys.push_back(Scalar::Call("series_bin", Type::kLong, {bounds.axis, bounds.from, bounds.size}));
  groups.aggregates = std::move(builder.collector.aggregates);
  outputs.insert(outputs.end(), builder.collector.columns.begin(), builder.collector.columns.end());
  node = MakeNode(std::move(groups), std::move(outputs), std::move(node));
  columns.push_back(bin);
  for (const Column& column : columns) project.expressions.push_back(Scalar::Of(column));
  for (Item& item : builder.items) {
    columns.push_back(item.column);
    project.expressions.push_back(std::move(item.expression));
  }
  return MakeNode(std::move(project), std::move(columns), std::move(node));
}

// What an empty bin of `value` holds, as a dynamic.
std::optional<Scalar> Binder::BindSeriesDefault(const tree::Expression* asked, Type type) {
  Scalar missing = LongConstant(0);
  if (asked != nullptr) {
    const std::vector<Column> no_columns;
    missing = ScalarBinder(context_, no_columns).Bind(*asked);
    if (missing.type == Type::kError) return std::nullopt;
  }
  if (type == Type::kReal && IsNumber(missing.type)) missing = Convert(std::move(missing), Type::kReal);
  return Convert(std::move(missing), Type::kDynamic);
}

NodePtr Binder::BindMakeSeries(Step step, NodePtr input) {
  std::optional<KeptRows> kept;
  if (!step.axis.from || !step.axis.to) {
    kept = Keep(std::move(input), step.name_span, "make-series without 'from' and 'to'");
    if (!kept) return nullptr;
    input = ScanKept(*kept);
  }
  const auto bounds = BindSeriesBounds(step, *input, kept ? &*kept : nullptr);
  if (!bounds) return nullptr;
  SummarizeBuilder builder{NameList(), {}, {}, {}, {}};
  if (!BindKeys(step, *input, builder)) return nullptr;
  builder.collector.input = &input->outputs;
  if (!BindSeriesItems(step, builder)) return nullptr;
  const auto derived = step.axis.axis.name ? step.axis.axis.name : DerivedName(*step.axis.axis.expression);
  const std::string axis_name = derived ? builder.names.AddGenerated(*derived) : builder.names.AddNumbered();
  const Column bin{context_.NewColumn(), "", Type::kLong};
  NodePtr node = GroupByBin(std::move(input), *bounds, bin, builder);

  // The bins of a key and their values as lists beside each other, which are then spread over the whole axis.
  plan::Summarize gather;
  gather.has_keys = true;
  plan::Project project;
  std::vector<Column> gathered = builder.key_columns, columns = builder.key_columns;
  for (const Column& key : columns) gather.keys.push_back(Scalar::Of(key));
  for (const Column& key : columns) project.expressions.push_back(Scalar::Of(key));
  if (gather.keys.empty() && step.is_nonempty) {
    gather.has_keys = false;
  } else if (gather.keys.empty()) {  // all rows are one series, and none are no series
    gather.keys.push_back(LongConstant(0));
    gathered.push_back({context_.NewColumn(), "", Type::kLong});
  }
  const auto list = [&](const Column& column) {
    gather.aggregates.push_back(
        {"make_list_with_nulls", {Convert(Scalar::Of(column), Type::kDynamic)}, Type::kDynamic});
    gathered.push_back({context_.NewColumn(), "", Type::kDynamic});
    return Scalar::Of(gathered.back());
  };
  const Scalar bins = list(bin);
  const Scalar length = Scalar::Call("series_length", Type::kLong, {bounds->from, bounds->to, bounds->size});
  for (size_t i = 0; i < builder.items.size(); ++i) {
    const Column& value = builder.items[i].column;
    auto missing = BindSeriesDefault(step.defaults[i].get(), value.type);
    if (!missing) return nullptr;
    columns.push_back({context_.NewColumn(), value.name, Type::kDynamic});
    project.expressions.push_back(
        Scalar::Call("series_spread", Type::kDynamic, {bins, list(value), length, std::move(*missing)}));
  }
  columns.push_back({context_.NewColumn(), axis_name, Type::kDynamic});
  project.expressions.push_back(Scalar::Call("series_axis", Type::kDynamic, {bounds->from, bounds->size, length}));
  node = MakeNode(std::move(gather), std::move(gathered), std::move(node));
  return MakeNode(std::move(project), std::move(columns), std::move(node));
}

}  // namespace slipway::kql::bind
