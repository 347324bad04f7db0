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

Scalar LongConstant(int64_t value) {
  return Scalar::Of(Constant{Type::kLong, value});
}

}  // namespace

NodePtr Binder::BindMakeSeries(Step step, NodePtr input) {
  const tree::SeriesAxis& asked = step.axis;
  if (!asked.from || !asked.to) {
    diagnostics_.AddUnsupported(step.name_span, "make-series without 'from' and 'to'");
    return nullptr;
  }
  const std::vector<Column> no_columns;
  ScalarBinder constants(context_, no_columns);
  Scalar axis = ScalarBinder(context_, input->outputs).Bind(*asked.axis.expression);
  Scalar from = constants.Bind(*asked.from), to = constants.Bind(*asked.to), size = constants.Bind(*asked.step);
  for (const Scalar* part : {&axis, &from, &to, &size}) {
    if (part->type == Type::kError) return nullptr;
  }
  const bool times =
      IsTime(axis.type) && from.type == axis.type && to.type == axis.type && size.type == Type::kTimespan;
  const bool numbers = IsInteger(axis.type) && IsInteger(from.type) && IsInteger(to.type) && IsInteger(size.type);
  if (!times && !numbers) {
    const bool reals = IsNumber(axis.type) && IsNumber(from.type) && IsNumber(to.type) && IsNumber(size.type);
    if (reals) {
      diagnostics_.AddUnsupported(asked.axis.expression->span, "make-series over real numbers");
    } else {
      diagnostics_.Add("SEM0001", asked.axis.expression->span,
                       fmt::format("the axis is a {}, and its ends and step a {}, {} and {}", TypeName(axis.type),
                                   TypeName(from.type), TypeName(to.type), TypeName(size.type)));
    }
    return nullptr;
  }
  const Type type = times ? axis.type : Type::kLong;
  for (Scalar* part : {&axis, &from, &to}) *part = Convert(std::move(*part), type);
  size = Convert(std::move(size), times ? Type::kTimespan : Type::kLong);

  SummarizeBuilder builder{NameList(), {}, {}, {}, {}};
  if (!BindKeys(step, *input, builder)) return nullptr;
  const std::vector<Column> keys = builder.key_columns;
  builder.collector.input = &input->outputs;
  for (const tree::NamedExpression& item : step.items) {
    if (!BindAggregateItem(item, builder)) return nullptr;
    const Type result = builder.items.back().column.type;
    if (IsNumber(result) || result == Type::kTimespan) continue;
    diagnostics_.Add("SEM0008", item.expression->span, "a series is made of numbers");
    return nullptr;
  }
  const std::string axis_name = asked.axis.name ? *asked.axis.name : DerivedName(*asked.axis.expression).value_or("");
  const std::string name = axis_name.empty() ? builder.names.AddNumbered() : builder.names.AddGenerated(axis_name);

  // Rows inside, each with its bin.
  std::vector<Column> passed = input->outputs;
  Scalar inside = Scalar::Call(
      "and", Type::kBool, {Scalar::Call("ge", Type::kBool, {axis, from}), Scalar::Call("lt", Type::kBool, {axis, to})});
  NodePtr node = MakeNode(plan::Filter{std::move(inside)}, std::move(passed), std::move(input));
  plan::Summarize summarize;
  summarize.has_keys = true;
  std::vector<Column> outputs;
  for (Item& key : builder.keys) {
    outputs.push_back(key.column);
    summarize.keys.push_back(std::move(key.expression));
  }
  const Column bin{context_.NewColumn(), "", Type::kLong};
  outputs.push_back(bin);
  summarize.keys.push_back(Scalar::Call("series_bin", Type::kLong, {axis, from, size}));
  summarize.aggregates = std::move(builder.collector.aggregates);
  outputs.insert(outputs.end(), builder.collector.columns.begin(), builder.collector.columns.end());
  node = MakeNode(std::move(summarize), std::move(outputs), std::move(node));

  // A key's bins and their values as lists beside each other.
  plan::Project values;
  std::vector<Column> value_columns = keys;
  for (const Column& key : keys) values.expressions.push_back(Scalar::Of(key));
  value_columns.push_back(bin);
  values.expressions.push_back(Scalar::Of(bin));
  for (Item& item : builder.items) {
    value_columns.push_back(item.column);
    values.expressions.push_back(std::move(item.expression));
  }
  node = MakeNode(std::move(values), std::move(value_columns), std::move(node));
  plan::Summarize gather;
  gather.has_keys = true;
  std::vector<Column> gathered = keys;
  for (const Column& key : keys) gather.keys.push_back(Scalar::Of(key));
  // Without keys all rows are one series, and none are no series.
  if (keys.empty()) {
    gather.keys.push_back(LongConstant(0));
    gathered.push_back({context_.NewColumn(), "", Type::kLong});
  }
  const auto list = [&](Scalar value) {
    gather.aggregates.push_back({"make_list_with_nulls", {Convert(std::move(value), Type::kDynamic)}, Type::kDynamic});
    gathered.push_back({context_.NewColumn(), "", Type::kDynamic});
    return gathered.back();
  };
  const Column bins = list(Scalar::Of(bin));
  const Scalar length = Scalar::Call("series_length", Type::kLong, {from, to, size});
  plan::Project project;
  std::vector<Column> columns = keys;
  for (const Column& key : keys) project.expressions.push_back(Scalar::Of(key));
  for (size_t i = 0; i < builder.items.size(); ++i) {
    const Column& value = builder.items[i].column;
    Scalar missing = LongConstant(0);
    if (step.defaults[i]) {
      missing = constants.Bind(*step.defaults[i]);
      if (missing.type == Type::kError) return nullptr;
    }
    if (value.type == Type::kReal && IsNumber(missing.type)) missing = Convert(std::move(missing), Type::kReal);
    const Column raw = list(Scalar::Of(value));
    columns.push_back({context_.NewColumn(), value.name, Type::kDynamic});
    project.expressions.push_back(
        Scalar::Call("series_spread", Type::kDynamic,
                     {Scalar::Of(bins), Scalar::Of(raw), length, Convert(std::move(missing), Type::kDynamic)}));
  }
  columns.push_back({context_.NewColumn(), name, Type::kDynamic});
  project.expressions.push_back(Scalar::Call("series_axis", Type::kDynamic, {from, size, length}));
  node = MakeNode(std::move(gather), std::move(gathered), std::move(node));
  return MakeNode(std::move(project), std::move(columns), std::move(node));
}

}  // namespace slipway::kql::bind
