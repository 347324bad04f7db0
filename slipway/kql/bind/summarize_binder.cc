// The part of Binder that groups: summarize, count, distinct.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/kql/bind/binder.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::MakeNode;
using plan::NodePtr;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;

namespace {

// "arg_max(t, *)" and "percentiles(a, 5, 95)" stand for several aggregates.
bool IsSeveral(const Expression& expression) {
  return expression.kind == ExpressionKind::kCall &&
         (expression.text == "arg_max" || expression.text == "arg_min" || expression.text == "percentiles" ||
          expression.text == "percentilesw" ||
          (expression.text == "take_any" &&
           (expression.children.size() > 1 ||
            (expression.children.size() == 1 && expression.children[0]->kind == ExpressionKind::kStar))));
}

}  // namespace

NodePtr Binder::BindSummarize(Step step, NodePtr input) {
  SummarizeBuilder builder{NameList(), {}, {}, {}, {}};
  if (!BindKeys(step, *input, builder)) return nullptr;
  builder.collector.input = &input->outputs;
  bool good = true;
  for (const tree::NamedExpression& item : step.items) {
    const size_t before = builder.items.size();
    const bool several = IsSeveral(*item.expression);
    if (!several && !item.names.empty()) {
      diagnostics_.Add("SEM0001", item.name_span, "only an aggregate of several results has several names");
      return nullptr;
    }
    good &=
        several ? BindSeveral(item, builder) && NameSeveral(item, before, builder) : BindAggregateItem(item, builder);
  }
  if (!good) return nullptr;
  plan::Summarize summarize;
  summarize.has_keys = step.has_keys;
  std::vector<Column> outputs;
  for (Item& key : builder.keys) {
    outputs.push_back(key.column);
    summarize.keys.push_back(std::move(key.expression));
  }
  summarize.aggregates = std::move(builder.collector.aggregates);
  outputs.insert(outputs.end(), builder.collector.columns.begin(), builder.collector.columns.end());
  NodePtr node = MakeNode(std::move(summarize), std::move(outputs), std::move(input));
  plan::Project project;
  std::vector<Column> columns = builder.key_columns;
  for (const Column& key : columns) project.expressions.push_back(Scalar::Of(key));
  for (Item& item : builder.items) {
    columns.push_back(item.column);
    project.expressions.push_back(std::move(item.expression));
  }
  return MakeNode(std::move(project), std::move(columns), std::move(node));
}

bool Binder::BindKeys(Step step, const plan::Node& input, SummarizeBuilder& builder) {
  auto keys = BindItems(step.keys, input.outputs, builder.names);
  if (!keys) return false;
  for (size_t i = 0; i < keys->size(); ++i) {
    Item& key = (*keys)[i];
    if (key.column.type == Type::kDynamic) {
      diagnostics_.Add("SEM0001", step.keys[i].expression->span,
                       "rows cannot be grouped by a dynamic; convert it, as in tostring(…)");
      return false;
    }
    builder.key_columns.push_back(key.column);
    builder.keys.push_back(std::move(key));
  }
  return true;
}

bool Binder::BindAggregateItem(const tree::NamedExpression& item, SummarizeBuilder& builder) {
  Scalar value = ScalarBinder(context_, builder.key_columns, &builder.collector).Bind(*item.expression);
  if (value.type == Type::kError) return false;
  bool good = true;
  std::string name;
  if (item.name) {
    name = NameItem(item, builder.names, good);
  } else {
    const Expression* aggregate = NamingAggregate(*item.expression);
    name = aggregate != nullptr ? builder.names.AddGenerated(AggregateName(*aggregate)) : builder.names.AddNumbered();
  }
  if (!good) return false;
  builder.items.push_back({{context_.NewColumn(), name, value.type}, std::move(value)});
  return true;
}

void Binder::AddAggregate(std::string_view operation, std::vector<Scalar> arguments, const std::string& name,
                          SummarizeBuilder& builder) {
  const Type type =
      arguments[0].type == Type::kInt && operation.starts_with("percentile") ? Type::kLong : arguments[0].type;
  const Column column{context_.NewColumn(), "", type};
  builder.collector.aggregates.push_back({operation, std::move(arguments), type});
  builder.collector.columns.push_back(column);
  builder.items.push_back({{context_.NewColumn(), builder.names.AddGenerated(name), type}, Scalar::Of(column)});
}

bool Binder::BindSeveral(const tree::NamedExpression& item, SummarizeBuilder& builder) {
  const Expression& call = *item.expression;
  if (call.text.starts_with("percentiles")) return BindPercentiles(item, builder);
  const bool picks_any = call.text == "take_any";
  ScalarBinder scalars(context_, *builder.collector.input);
  size_t first = 0;
  Scalar by;
  if (!picks_any) {
    if (call.children.empty()) {
      diagnostics_.Add("SEM0219", call.name_span,
                       fmt::format("{}() takes an expression and the columns to return", call.text));
      return false;
    }
    by = scalars.Bind(*call.children[first++]);
    if (by.type == Type::kError) return false;
    if (by.type == Type::kDynamic) {
      diagnostics_.Add("SEM0001", call.children[0]->span, "a dynamic has no order; convert it, as in tolong(…)");
      return false;
    }
    const std::string fallback = call.text == "arg_max" ? "max_" : "min_";
    AddAggregate(call.text == "arg_max" ? "max" : "min", {by},
                 item.name.value_or(DerivedName(*call.children[0]).value_or(fallback)), builder);
  }
  for (size_t i = first; i < call.children.size(); ++i) {
    const Expression& child = *call.children[i];
    if (child.kind == ExpressionKind::kStar) {
      for (const Column& column : *builder.collector.input) {
        const bool is_key = std::any_of(builder.key_columns.begin(), builder.key_columns.end(),
                                        [&](const Column& key) { return key.name == column.name; });
        const bool is_by =
            !picks_any && call.children[0]->kind == ExpressionKind::kName && call.children[0]->text == column.name;
        if (is_key || is_by) continue;
        if (picks_any)
          AddAggregate("take_any", {Scalar::Of(column)}, column.name, builder);
        else
          AddAggregate(call.text == "arg_max" ? "arg_max" : "arg_min", {Scalar::Of(column), by}, column.name, builder);
      }
      continue;
    }
    Scalar value = scalars.Bind(child);
    if (value.type == Type::kError) return false;
    const std::string name = DerivedName(child).value_or("any_");
    if (picks_any)
      AddAggregate("take_any", {std::move(value)}, name, builder);
    else
      AddAggregate(call.text == "arg_max" ? "arg_max" : "arg_min", {std::move(value), by}, name, builder);
  }
  return true;
}

// "(a, b) = arg_max(x, y)" names the results in their order.
bool Binder::NameSeveral(const tree::NamedExpression& item, size_t first, SummarizeBuilder& builder) {
  if (item.names.size() > builder.items.size() - first) {
    diagnostics_.Add("SEM0001", item.name_span,
                     fmt::format("{}() has {} results here", item.expression->text, builder.items.size() - first));
    return false;
  }
  for (size_t i = 0; i < item.names.size(); ++i) {
    std::string& name = builder.items[first + i].column.name;
    if (name == item.names[i]) continue;
    if (!builder.names.AddExplicit(item.names[i])) {
      diagnostics_.Add("SEM0001", item.name_span, fmt::format("two columns are named '{}'", item.names[i]));
      return false;
    }
    name = item.names[i];
  }
  return true;
}

bool Binder::BindPercentiles(const tree::NamedExpression& item, SummarizeBuilder& builder) {
  const Expression& call = *item.expression;
  ScalarBinder scalars(context_, *builder.collector.input);
  const bool weighted = call.text == "percentilesw";
  const size_t first = weighted ? 2 : 1;
  if (call.children.size() <= first) {
    diagnostics_.Add(
        "SEM0219", call.name_span,
        fmt::format("{}() takes a column,{} and one or more percentages", call.text, weighted ? " its weights" : ""));
    return false;
  }
  const auto value = FitArgument(scalars.Bind(*call.children[0]), 'n');
  if (!value || value->type == Type::kError) {
    if (!value) diagnostics_.Add("SEM0008", call.children[0]->span, "percentiles() wants a number");
    return false;
  }
  std::vector<Scalar> fixed = {*value};
  if (weighted) {
    const auto weight = FitArgument(scalars.Bind(*call.children[1]), 'l');
    if (!weight || weight->type == Type::kError) {
      if (!weight) diagnostics_.Add("SEM0008", call.children[1]->span, "a weight is a whole number");
      return false;
    }
    fixed.push_back(*weight);
  }
  for (size_t i = first; i < call.children.size(); ++i) {
    const auto percentage = scalars.BindConstant(*call.children[i]);
    if (!percentage) return false;
    if (!IsNumber(percentage->type)) {
      diagnostics_.Add("SEM0040", call.children[i]->span, "the percentage is a constant from 0 to 100");
      return false;
    }
    std::string number = FormatConstant(*percentage);
    if (percentage->type == Type::kReal) number = number.substr(5, number.size() - 6);
    std::replace(number.begin(), number.end(), '.', '_');
    const std::string column = DerivedName(*call.children[0]).value_or("");
    std::vector<Scalar> arguments = fixed;
    arguments.push_back(Scalar::Of(*percentage));
    AddAggregate(weighted ? "percentilew" : "percentile", std::move(arguments),
                 fmt::format("percentile_{}_{}", column, number), builder);
  }
  return true;
}

NodePtr Binder::BindCount(Step step, NodePtr input) {
  plan::Summarize summarize;
  summarize.aggregates.push_back({"count", {}, Type::kLong});
  const Column column{context_.NewColumn(), step.text, Type::kLong};
  return MakeNode(std::move(summarize), {column}, std::move(input));
}

NodePtr Binder::BindDistinct(Step step, NodePtr input) {
  plan::Summarize summarize;
  summarize.has_keys = true;
  std::vector<Column> columns;
  if (step.has_star) {
    columns = input->outputs;
    for (const Column& column : columns) summarize.keys.push_back(Scalar::Of(column));
  } else {
    NameList names;
    auto items = BindItems(step.items, input->outputs, names);
    if (!items) return nullptr;
    for (Item& item : *items) {
      columns.push_back(item.column);
      summarize.keys.push_back(std::move(item.expression));
    }
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].type != Type::kDynamic) continue;
    diagnostics_.Add(
        "SEM0001", step.has_star ? step.name_span : step.items[i].expression->span,
        fmt::format("the column '{}' is a dynamic, which distinct does not take; convert it, as in tostring(…)",
                    columns[i].name));
    return nullptr;
  }
  return MakeNode(std::move(summarize), std::move(columns), std::move(input));
}

// sample-distinct n of column: any n values.
NodePtr Binder::BindSampleDistinct(Step step, NodePtr input) {
  if (step.items.size() != 1) {
    diagnostics_.Add("SEM0219", step.name_span, "sample-distinct takes one expression after 'of'");
    return nullptr;
  }
  NodePtr distinct = BindDistinct(step, std::move(input));
  if (!distinct) return nullptr;
  const std::vector<Column> no_columns, passed = distinct->outputs;
  const auto rows = ScalarBinder(context_, no_columns).BindCount(*step.expression, "sample-distinct");
  if (!rows) return nullptr;
  return MakeNode(plan::Limit{*rows}, passed, std::move(distinct));
}

// top-hitters n of key [by weight]: the most frequent, or heaviest, values; exact here.
NodePtr Binder::BindTopHitters(Step step, NodePtr input) {
  if (step.items.size() != 1 || step.keys.size() > 1) {
    diagnostics_.Add("SEM0219", step.name_span, "top-hitters takes one expression, and one weight after 'by'");
    return nullptr;
  }
  NameList names;
  auto items = BindItems(step.items, input->outputs, names);
  if (!items) return nullptr;
  if ((*items)[0].column.type == Type::kDynamic) {
    diagnostics_.Add("SEM0001", step.items[0].expression->span,
                     "rows cannot be grouped by a dynamic; convert it, as in tostring(…)");
    return nullptr;
  }
  plan::Aggregate aggregate{"count", {}, Type::kLong};
  std::string name = "approximate_count_" + DerivedName(*step.items[0].expression).value_or("");
  if (step.has_keys) {
    const auto weight = FitArgument(ScalarBinder(context_, input->outputs).Bind(*step.keys[0].expression), 'n');
    if (!weight || weight->type == Type::kError) {
      if (!weight) diagnostics_.Add("SEM0008", step.keys[0].expression->span, "a weight is a number");
      return nullptr;
    }
    aggregate = {"sum", {*weight}, weight->type == Type::kInt ? Type::kLong : weight->type};
    name = "approximate_sum_" + DerivedName(*step.keys[0].expression).value_or("");
  }
  const std::vector<Column> no_columns;
  const auto rows = ScalarBinder(context_, no_columns).BindCount(*step.expression, "top-hitters");
  if (!rows) return nullptr;
  const Column weight{context_.NewColumn(), names.AddGenerated(name), aggregate.type};
  const std::vector<Column> columns = {(*items)[0].column, weight};
  plan::Summarize summarize;
  summarize.has_keys = true;
  summarize.keys.push_back(std::move((*items)[0].expression));
  summarize.aggregates.push_back(std::move(aggregate));
  NodePtr node = MakeNode(std::move(summarize), columns, std::move(input));
  plan::Sort sort;
  sort.keys.push_back({Scalar::Of(weight), true, false});
  sort.limit = *rows;
  return MakeNode(std::move(sort), columns, std::move(node));
}

}  // namespace slipway::kql::bind
