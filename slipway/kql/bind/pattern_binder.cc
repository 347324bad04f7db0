// The part of Binder for steps that look at all rows at once to find what many have in common: reduce, and the plugins
// autocluster, basket and diffpatterns. Equal rows are counted by the database; the rest is done by native/patterns.cc.
#include <algorithm>
#include <iterator>
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

Scalar LongConstant(int64_t value) {
  return Scalar::Of(Constant{Type::kLong, value});
}
Scalar RealConstant(double value) {
  return Scalar::Of(Constant{Type::kReal, value});
}

// The default value of an argument.
bool IsTilde(const Constant& constant) {
  const auto* text = std::get_if<std::string>(&constant.value);
  return text != nullptr && *text == "~";
}

}  // namespace

// Rows are grouped by `keys` and weighed; all groups as one array [[weight, …, key, …], …] go through `operation`,
// whose answer is an array of rows: one column of dynamics, a row each.
NodePtr Binder::LookAtAll(NodePtr input, std::vector<Scalar> keys, std::vector<plan::Aggregate> weights,
                          std::string_view operation, std::vector<Scalar> settings) {
  plan::Summarize groups;
  groups.has_keys = true;
  std::vector<Column> columns;
  std::vector<Scalar> cells;
  for (const Scalar& key : keys) columns.push_back({context_.NewColumn(), "", key.type});
  for (const plan::Aggregate& weight : weights) {
    columns.push_back({context_.NewColumn(), "", weight.type});
    cells.push_back(Convert(Scalar::Of(columns.back()), Type::kDynamic));
  }
  for (size_t i = 0; i < keys.size(); ++i) cells.push_back(Convert(Scalar::Of(columns[i]), Type::kDynamic));
  groups.keys = std::move(keys);
  groups.aggregates = std::move(weights);
  NodePtr node = MakeNode(std::move(groups), std::move(columns), std::move(input));
  const Column all{context_.NewColumn(), "", Type::kDynamic}, row{context_.NewColumn(), "", Type::kDynamic};
  plan::Summarize list;
  list.aggregates.push_back(
      {"make_list", {Scalar::Call("pack_array", Type::kDynamic, std::move(cells))}, Type::kDynamic, std::nullopt});
  node = MakeNode(std::move(list), {all}, std::move(node));
  settings.insert(settings.begin(), Scalar::Of(all));
  plan::Expand expand;
  expand.items.push_back({Scalar::Call(operation, Type::kDynamic, std::move(settings)), row.id, true});
  return MakeNode(std::move(expand), {row}, std::move(node));
}

namespace {

Scalar PartOf(const Column& row, size_t index, Type type) {
  Scalar part = Scalar::Call("element", Type::kDynamic, {Scalar::Of(row), LongConstant(static_cast<int64_t>(index))});
  return Convert(std::move(part), type);
}

}  // namespace

NodePtr Binder::BindReduce(Step step, NodePtr input) {
  if (!step.text.empty()) {
    diagnostics_.AddUnsupported(step.name_span, "reduce kind=source");
    return nullptr;
  }
  Scalar text = ScalarBinder(context_, input->outputs).Bind(*step.expression);
  if (text.type == Type::kError) return nullptr;
  if (text.type != Type::kString) {
    diagnostics_.Add("SEM0008", step.expression->span,
                     fmt::format("reduce wants a string, and this is a {}; write tostring(…)", TypeName(text.type)));
    return nullptr;
  }
  double threshold = 0.1;
  std::string characters;
  const std::vector<Column> no_columns;
  for (const tree::NamedExpression& option : step.items) {
    const auto value = ScalarBinder(context_, no_columns).BindConstant(*option.expression);
    if (!value) return nullptr;
    const auto* real = std::get_if<double>(&value->value);
    const auto* string = std::get_if<std::string>(&value->value);
    const std::string name = option.name.value_or("");
    if (name == "threshold" && real != nullptr && *real > 0 && *real <= 1) {
      threshold = *real;
    } else if (name == "characters" && string != nullptr) {
      characters = *string;
    } else {
      diagnostics_.Add("SEM0001", option.name ? option.name_span : option.expression->span,
                       "reduce takes threshold=(a real in (0, 1]) and characters=(a string)");
      return nullptr;
    }
  }
  NodePtr node = LookAtAll(std::move(input), {std::move(text)}, {{"count", {}, Type::kLong, std::nullopt}}, "reduce",
                           {RealConstant(threshold), Scalar::Of(Constant{Type::kString, characters})});
  const Column row = node->outputs[0];
  plan::Project project;
  project.expressions = {PartOf(row, 0, Type::kString), PartOf(row, 1, Type::kLong), PartOf(row, 2, Type::kString)};
  return MakeNode(std::move(project),
                  {{context_.NewColumn(), "Pattern", Type::kString},
                   {context_.NewColumn(), "Count", Type::kLong},
                   {context_.NewColumn(), "Representative", Type::kString}},
                  std::move(node));
}

// A number between two bounds, or the default for '~' and for what is not there.
std::optional<double> Binder::PatternNumber(const Expression& call, size_t index, double least, double most,
                                            double default_value) {
  if (index >= call.children.size()) return default_value;
  const std::vector<Column> no_columns;
  const auto constant = ScalarBinder(context_, no_columns).BindConstant(*call.children[index]);
  if (!constant) return std::nullopt;
  if (IsTilde(*constant)) return default_value;
  const auto* whole = std::get_if<int64_t>(&constant->value);
  const auto* real = std::get_if<double>(&constant->value);
  const bool is_number = IsNumber(constant->type) && (whole != nullptr || real != nullptr);
  const double value = whole != nullptr ? static_cast<double>(*whole) : real != nullptr ? *real : 0;
  if (is_number && value >= least && value <= most) return value;
  diagnostics_.Add(
      "SEM0008", call.children[index]->span,
      fmt::format("{}() wants a number from {} to {} here, or '~' for {}", call.text, least, most, default_value));
  return std::nullopt;
}

// The column that says what each row weighs: false after a complaint, and no column for '~' and for none.
bool Binder::PatternWeight(const Expression& call, size_t index, const plan::Node& input,
                           std::optional<Column>& weight) {
  if (index >= call.children.size()) return true;
  const Scalar scalar = ScalarBinder(context_, input.outputs).Bind(*call.children[index]);
  if (scalar.type == Type::kError) return false;
  if (scalar.AsConstant() != nullptr && IsTilde(scalar.constant)) return true;
  if (scalar.kind == plan::ScalarKind::kColumn && IsNumber(scalar.type)) {
    weight = *input.FindOutput(scalar.column);
    return true;
  }
  diagnostics_.Add("SEM0008", call.children[index]->span,
                   fmt::format("{}() wants a column of numbers here, or '~' for none", call.text));
  return false;
}

// Constants that stand for "any value" in columns of their types.
bool Binder::PatternWildcards(const Expression& call, size_t first, std::map<Type, Constant>& wildcards) {
  const std::vector<Column> no_columns;
  for (size_t i = first; i < call.children.size(); ++i) {
    const auto constant = ScalarBinder(context_, no_columns).BindConstant(*call.children[i]);
    if (!constant) return false;
    if (!IsTilde(*constant)) wildcards[constant->type] = *constant;
  }
  return true;
}

// autocluster([size weight, weight column, seeds, wildcards …]), basket([share, weight column, dimensions, wildcards
// …]), diffpatterns(split column, A, B [, weight column, share, dimensions, wildcards …])
NodePtr Binder::BindPatterns(Step step, NodePtr input) {
  const Expression& call = *step.expression;
  const bool compares = call.text == "diffpatterns", clusters = call.text == "autocluster";
  const size_t first = compares ? 3 : 0;
  std::optional<Column> weight, split;
  std::vector<Scalar> sides;
  if (compares && !BindSides(call, *input, split, sides)) return nullptr;
  const auto share = clusters ? PatternNumber(call, first, 0, 1, 0.5)
                              : PatternNumber(call, compares ? first + 1 : first, 0.015, 1, 0.05);
  const auto depth = PatternNumber(call, first + 2, 1, 50, clusters ? 25 : compares ? 10 : 5);
  std::map<Type, Constant> wildcards;
  const bool good = share && depth && PatternWeight(call, compares ? first : first + 1, *input, weight) &&
                    PatternWildcards(call, first + 3, wildcards);
  if (!good) return nullptr;
  std::vector<Column> attributes;
  for (const Column& column : input->outputs) {
    const bool is_own = (weight && weight->id == column.id) || (split && split->id == column.id);
    if (!is_own) attributes.push_back(column);
  }
  for (const Column& column : attributes) {
    if (column.type != Type::kDynamic) continue;
    diagnostics_.Add(
        "SEM0001", call.name_span,
        fmt::format("the column '{}' is a dynamic; leave it out, or convert it, as in tostring(…)", column.name));
    return nullptr;
  }
  std::vector<Scalar> keys;
  for (const Column& column : attributes) keys.push_back(Convert(Scalar::Of(column), Type::kString));
  const std::string_view operation = compares ? "diffpatterns" : clusters ? "autocluster" : "basket";
  std::vector<Scalar> settings = {RealConstant(*share)};
  if (!clusters) settings.push_back(LongConstant(static_cast<int64_t>(*depth)));
  NodePtr node = LookAtAll(std::move(input), std::move(keys), PatternWeights(weight, sides), operation, settings);
  return SegmentColumns(std::move(node), attributes, compares, wildcards);
}

// The column that splits rows into two sets, and the conditions of being in the first and in the second.
bool Binder::BindSides(const Expression& call, const plan::Node& input, std::optional<Column>& split,
                       std::vector<Scalar>& sides) {
  if (!HasArguments(call, 3, "a column and its values for the sets A and B")) return false;
  const Scalar column = ScalarBinder(context_, input.outputs).Bind(*call.children[0]);
  if (column.type == Type::kError) return false;
  if (column.kind != plan::ScalarKind::kColumn) {
    diagnostics_.Add("SEM0008", call.children[0]->span, "diffpatterns() wants a column's name here");
    return false;
  }
  split = *input.FindOutput(column.column);
  const std::vector<Column> no_columns;
  for (size_t i = 1; i < 3; ++i) {
    const auto value = ScalarBinder(context_, no_columns).BindConstant(*call.children[i]);
    if (!value) return false;
    sides.push_back(
        Scalar::Call("eq", Type::kBool, {Convert(column, Type::kString), Convert(Scalar::Of(*value), Type::kString)}));
  }
  return true;
}

// What the rows of a group weigh in each of the two sets; without sides all are in the first.
std::vector<plan::Aggregate> Binder::PatternWeights(const std::optional<Column>& weight,
                                                    const std::vector<Scalar>& sides) {
  const auto weigh = [&](std::optional<Scalar> condition) -> plan::Aggregate {
    if (!weight) return {"count", {}, Type::kLong, std::move(condition)};
    return {
        "sum", {Scalar::Of(*weight)}, weight->type == Type::kReal ? Type::kReal : Type::kLong, std::move(condition)};
  };
  if (!sides.empty()) return {weigh(sides[0]), weigh(sides[1])};
  return {weigh(std::nullopt), weigh(Scalar::Of(Constant{Type::kBool, false}))};
}

// The columns of a pattern's row: its number, counts and percentages, then the attributes.
NodePtr Binder::SegmentColumns(NodePtr node, const std::vector<Column>& attributes, bool compares,
                               const std::map<Type, Constant>& wildcards) {
  const Column row = node->outputs[0];
  std::vector<std::pair<std::string_view, Type>> figures = {{"SegmentId", Type::kLong}};
  if (compares) {
    figures.insert(figures.end(), {{"CountA", Type::kLong},
                                   {"CountB", Type::kLong},
                                   {"PercentA", Type::kReal},
                                   {"PercentB", Type::kReal},
                                   {"PercentDiffAB", Type::kReal}});
  } else {
    figures.insert(figures.end(), {{"Count", Type::kLong}, {"Percent", Type::kReal}});
  }
  NameList names;
  plan::Project project;
  std::vector<Column> columns;
  for (const auto& [name, type] : figures) {
    project.expressions.push_back(PartOf(row, columns.size(), type));
    columns.push_back({context_.NewColumn(), names.AddGenerated(std::string(name)), type});
  }
  for (const Column& attribute : attributes) {
    Scalar part = PartOf(row, columns.size(), Type::kDynamic);
    Scalar value = Convert(Convert(part, Type::kString), attribute.type);
    const auto wildcard = wildcards.find(attribute.type);
    if (wildcard != wildcards.end()) {
      value = Scalar::Call(
          "iff", attribute.type,
          {Scalar::Call("isnull", Type::kBool, {std::move(part)}), Scalar::Of(wildcard->second), std::move(value)});
    }
    project.expressions.push_back(std::move(value));
    columns.push_back({context_.NewColumn(), names.AddGenerated(attribute.name), attribute.type});
  }
  std::vector<Column> outputs = columns;
  node = MakeNode(std::move(project), std::move(columns), std::move(node));
  plan::Sort sort;
  sort.keys.push_back({Scalar::Of(outputs[0]), false, true});
  return MakeNode(std::move(sort), std::move(outputs), std::move(node));
}

}  // namespace slipway::kql::bind
