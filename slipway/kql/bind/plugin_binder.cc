// The part of Binder for plugins of evaluate that are queries of the language (plugin_library.h), made of their
// arguments: over when and how often ids are seen, over sequences of events, over values in a rolling window.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/assert.h"
#include "slipway/base/text.h"
#include "slipway/kql/bind/binder.h"
#include "slipway/kql/bind/conversion.h"
#include "slipway/kql/token/token.h"
#include "slipway/kql/tree/parser.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::MakeNode;
using plan::NodePtr;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;

namespace {

bool IsTimeline(Type type) {
  return type == Type::kDateTime || type == Type::kTimespan || IsNumber(type);
}

// What the difference of two moments is.
Type DistanceOf(Type timeline) {
  return timeline == Type::kDateTime ? Type::kTimespan : timeline;
}

std::string DimensionName(size_t index) {
  return fmt::format("d_{}", index);
}

}  // namespace

// Complains of a call of a plugin with fewer arguments, or more; `takes` says what it takes.
bool Binder::HasArguments(const Expression& call, size_t least, std::string_view takes, size_t most) {
  const size_t given = call.children.size();
  if (given >= least && given <= most) return true;
  diagnostics_.Add("SEM0219", call.name_span, fmt::format("{}() takes {}", call.text, takes));
  return false;
}

// A column of the input under the name that the plugin's query knows.
bool Binder::AddPluginColumn(const Expression& argument, const std::string& name, const plan::Node& input,
                             PluginCall& call) {
  Scalar value = ScalarBinder(context_, input.outputs).Bind(argument);
  if (value.type == Type::kError) return false;
  if (value.kind != plan::ScalarKind::kColumn || value.type == Type::kDynamic) {
    diagnostics_.Add("SEM0008", argument.span,
                     fmt::format("{}() wants a column here{}", call.name,
                                 value.type == Type::kDynamic ? " that is no dynamic" : ""));
    return false;
  }
  call.names[name] = input.FindOutput(value.column)->name;
  call.columns.push_back({{context_.NewColumn(), name, value.type}, std::move(value)});
  return true;
}

// A value that the plugin's query reads by a name.
bool Binder::AddPluginValue(const Expression& argument, const std::string& name, Type type, PluginCall& call) {
  const std::vector<Column> no_columns;
  Scalar value = ScalarBinder(context_, no_columns).Bind(argument);
  if (value.type == Type::kError) return false;
  const bool fits = value.type == type || (IsNumber(value.type) && IsNumber(type));
  if (!fits) {
    diagnostics_.Add(
        "SEM0008", argument.span,
        fmt::format("{}() wants a {} here, and this is a {}", call.name, TypeName(type), TypeName(value.type)));
    return false;
  }
  Definition definition;
  definition.name = name;
  definition.value = Convert(std::move(value), type);
  call.values.push_back(std::move(definition));
  return true;
}

// A bin is a distance or a unit of the calendar: its begin, and the begin of the next, as the query says them.
bool Binder::AddPluginBin(const Expression& argument, Type timeline, PluginCall& call) {
  const bool is_text = argument.kind == ExpressionKind::kConstant && argument.constant.type == Type::kString &&
                       timeline == Type::kDateTime;
  if (!is_text) return AddPluginValue(argument, "bin", DistanceOf(timeline), call);
  static constexpr std::pair<std::string_view, std::string_view> kUnits[] = {
      {"week", "startofweek(slot + 7d)"}, {"month", "startofmonth(slot + 32d)"}, {"year", "startofyear(slot + 367d)"}};
  const std::string unit = ToLower(std::get<std::string>(argument.constant.value));
  for (const auto& [name, next] : kUnits) {
    if (name != unit) continue;
    call.places["{slot}"] = fmt::format("startof{}(t)", name);
    call.places["{next}"] = next;
    return true;
  }
  diagnostics_.Add("SEM0008", argument.span,
                   fmt::format("{}() wants a timespan here, or 'week', 'month' or 'year'", call.name));
  return false;
}

bool Binder::AddDimensions(const Expression& call, size_t first, const plan::Node& input, PluginCall& plugin) {
  std::string names, order, same, leading;
  for (size_t i = first; i < call.children.size(); ++i) {
    const std::string name = DimensionName(i - first);
    if (!AddPluginColumn(*call.children[i], name, input, plugin)) return false;
    names += ", " + name;
    order += fmt::format(", {} asc", name);
    leading += fmt::format("{} asc, ", name);
    same += fmt::format("and {0} == prev({0}) ", name);
  }
  plugin.places.insert({{"{dims}", names}, {"{order}", order}, {"{same}", same}, {"{first}", leading}});
  return true;
}

bool Binder::AddPluginArgument(const LibraryPlugin::Parameter& parameter, const Expression& argument,
                               const plan::Node& input, PluginCall& call, Type& timeline) {
  const std::string name(parameter.name);
  switch (parameter.kind) {
    case PluginArgument::kColumn:
      return AddPluginColumn(argument, name, input, call);
    case PluginArgument::kTimeline:
      return AddTimeline(argument, input, call, timeline);
    case PluginArgument::kMoment:
      return AddPluginValue(argument, name, timeline, call);
    case PluginArgument::kDistance:
      return AddPluginValue(argument, name, DistanceOf(timeline), call);
    case PluginArgument::kBin:
      return AddPluginBin(argument, timeline, call);
    case PluginArgument::kNumber:
      break;
  }
  return AddPluginValue(argument, name, Type::kLong, call);
}

NodePtr Binder::BindLibraryPlugin(const LibraryPlugin& plugin, const Expression& call, NodePtr input) {
  const auto& parameters = plugin.parameters;
  std::vector<std::string> names;
  for (const auto& parameter : parameters) names.emplace_back(parameter.name);
  if (!HasArguments(call, parameters.size(), Join(names, ", ") + " [, dimensions]")) return nullptr;
  PluginCall bound;
  bound.name = call.text;
  bound.query = plugin.query;
  Type timeline = Type::kDateTime;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!AddPluginArgument(parameters[i], *call.children[i], *input, bound, timeline)) return nullptr;
  }
  if (!AddDimensions(call, parameters.size(), *input, bound)) return nullptr;
  return RunPlugin(bound, call.name_span, std::move(input));
}

bool Binder::AddTimeline(const Expression& argument, const plan::Node& input, PluginCall& call, Type& timeline) {
  if (!AddPluginColumn(argument, "t", input, call)) return false;
  timeline = call.columns.back().column.type;
  if (!IsTimeline(timeline)) {
    diagnostics_.Add("SEM0008", argument.span,
                     fmt::format("{}() wants a column of datetimes or numbers here", call.name));
    return false;
  }
  call.places.insert(
      {{"{slot}", "bin_at(t, bin, start)"}, {"{next}", "slot + bin"}, {"{type}", std::string(TypeName(timeline))}});
  return true;
}

// The named conditions from the argument `next` on, as columns e_0, e_1, …; gives their names.
std::optional<std::vector<std::string>> Binder::AddSequenceSteps(const Expression& call, size_t& next,
                                                                 const plan::Node& input, PluginCall& plugin) {
  std::vector<std::string> steps;
  for (; next < call.children.size() && call.children[next]->kind == ExpressionKind::kAssignment; ++next) {
    const Expression& step = *call.children[next];
    Item condition;
    condition.column = {context_.NewColumn(), fmt::format("e_{}", steps.size()), Type::kBool};
    condition.expression = ScalarBinder(context_, input.outputs).BindPredicate(*step.children[0], "sequence_detect()");
    if (condition.expression.type == Type::kError) return std::nullopt;
    plugin.columns.push_back(std::move(condition));
    plugin.names[fmt::format("t_{}", steps.size())] = fmt::format("{}_{}", step.text, plugin.names["t"]);
    steps.push_back(step.text);
  }
  if (steps.size() > 1) return steps;
  diagnostics_.Add("SEM0008", call.name_span,
                   "sequence_detect() wants two or more named conditions, such as begin = (kind == 'start')");
  return std::nullopt;
}

namespace {

// For each step its rows joined with those of the steps before, as far as they are near enough.
std::string SequenceQuery(size_t steps, size_t dimensions) {
  std::string query = "rows | where e_0 | summarize by key = 1, t_0 = t{dims}", times = "t_0", leading;
  for (size_t i = 1; i < steps; ++i) {
    query += fmt::format(
        "\n| join kind=inner (rows | where e_{0} | summarize by key = 1, t_{0} = t{{dims}}) on key{{dims}}"
        "\n| where t_{0} > t_{1} and t_{0} - t_{1} <= step and t_{0} - t_0 <= span\n| project key, {2}, t_{0}{{dims}}",
        i, i - 1, times);
    times += fmt::format(", t_{}", i);
  }
  for (size_t i = 0; i < dimensions; ++i) leading += DimensionName(i) + ", ";
  return fmt::format("{}\n| project {}{}, Duration = t_{} - t_0\n| sort by t_0 asc{{order}}", query, leading, times,
                     steps - 1);
}

}  // namespace

// sequence_detect(timeline, longest step, longest sequence, name = condition, …, dimensions …)
NodePtr Binder::BindSequenceDetect(const Expression& call, NodePtr input) {
  if (!HasArguments(call, 5, "a timeline, the longest time of a step and of all, and conditions")) return nullptr;
  PluginCall bound;
  bound.name = call.text;
  const auto& arguments = call.children;
  Type timeline = Type::kDateTime;
  if (!AddTimeline(*arguments[0], *input, bound, timeline)) return nullptr;
  const Type distance = DistanceOf(timeline);
  if (!AddPluginValue(*arguments[1], "step", distance, bound) ||
      !AddPluginValue(*arguments[2], "span", distance, bound))
    return nullptr;
  size_t next = 3;
  const auto steps = AddSequenceSteps(call, next, *input, bound);
  if (!steps || !AddDimensions(call, next, *input, bound)) return nullptr;
  bound.query = SequenceQuery(steps->size(), arguments.size() - next);
  return RunPlugin(bound, call.name_span, std::move(input));
}

// rolling_percentile(value, percentage, index, bin, bins, dimensions …)
NodePtr Binder::BindRollingPercentile(const Expression& call, NodePtr input) {
  constexpr std::string_view kTakes =
      "a column, a percentage, an index column, the size of its bins, how many bins a window has [, dimensions]";
  if (!HasArguments(call, 5, kTakes)) return nullptr;
  PluginCall bound;
  bound.name = call.text;
  const auto& arguments = call.children;
  Type timeline = Type::kDateTime;
  const auto percentage = PatternNumber(call, 1, 0, 100, 50), bins = PatternNumber(call, 4, 1, 10'000, 1);
  const bool good = percentage && bins && AddPluginColumn(*arguments[0], "value", *input, bound) &&
                    AddTimeline(*arguments[2], *input, bound, timeline) &&
                    AddPluginValue(*arguments[3], "bin", DistanceOf(timeline), bound) &&
                    AddDimensions(call, 5, *input, bound);
  if (!good) return nullptr;
  bound.query = fmt::format(
      "let last = toscalar(rows | summarize max(bin(t, bin)));\n"
      "rows | extend slot = bin(t, bin) | project value, t = range(slot, slot + {0} * bin, bin){{dims}}\n"
      "| mv-expand t to typeof({{type}}) | where t <= last\n"
      "| summarize result = percentile(value, {1}) by t{{dims}} | sort by t asc{{order}}",
      static_cast<int64_t>(*bins) - 1, *percentage);
  bound.names["result"] = fmt::format("rolling_{}_percentile_{}_{}", *bins, bound.names["value"], *percentage);
  return RunPlugin(bound, call.name_span, std::move(input));
}

// rows_near(condition, rows before [, rows after]): rows that stand near one that the condition holds for.
NodePtr Binder::BindRowsNear(const Expression& call, NodePtr input) {
  if (!HasArguments(call, 2, "a condition, how many rows before, and after", 3)) return nullptr;
  if (!context_.step.row_number) {
    diagnostics_.Add("SEM0001", call.name_span,
                     "rows_near() looks at rows in their order: put 'sort by …' or 'serialize' before it");
    return nullptr;
  }
  Scalar condition = ScalarBinder(context_, input->outputs).BindPredicate(*call.children[0], "rows_near()");
  const std::vector<Column> no_columns, passed = input->outputs;
  ScalarBinder scalars(context_, no_columns);
  const auto before = scalars.BindCount(*call.children[1], "rows_near()");
  const auto after = scalars.BindCount(*call.children.back(), "rows_near()");
  if (condition.type == Type::kError || !before || !after) return nullptr;
  context_.step.uses_row_number = true;
  Scalar is_near =
      Scalar::Call("near", Type::kBool,
                   {Scalar::Of(*context_.step.row_number), std::move(condition),
                    Scalar::Of(Constant{Type::kLong, *after}), Scalar::Of(Constant{Type::kLong, *before})});
  return MakeNode(plan::Filter{std::move(is_near)}, passed, std::move(input));
}

// Binds a plugin's query over the columns that were asked for, which are computed once, and gives what comes out the
// user's names.
NodePtr Binder::RunPlugin(const PluginCall& plugin, Span span, NodePtr input) {
  const auto kept =
      Keep(ProjectItems(plugin.columns, std::move(input)), span, fmt::format("the plugin '{}'", plugin.name));
  if (!kept) return nullptr;
  std::string text(plugin.query);
  for (const auto& [place, filling] : plugin.places) text = ReplaceAll(text, place, filling);
  NodePtr node = BindOwnQuery(text, plugin.values, *kept);
  if (!node) return nullptr;
  NameList names;
  std::vector<Column> outputs = node->outputs;
  for (Column& column : outputs) {
    const auto renamed = plugin.names.find(column.name);
    column.name = names.AddGenerated(renamed == plugin.names.end() ? column.name : renamed->second);
  }
  // A sort stays the last step: its outputs are renamed in place.
  node->outputs = std::move(outputs);
  return node;
}

// A query that was not written by the user: it sees `rows` and these values, and none of the user's names.
NodePtr Binder::BindOwnQuery(const std::string& text, const std::vector<Definition>& values, const KeptRows& rows) {
  Diagnostics complaints;
  const std::vector<Token> tokens = Tokenize(text, complaints);
  const auto query = tree::Parse(text, tokens, complaints);
  SLIPWAY_ASSERT(query.has_value() && complaints.empty());
  tree::Pipeline source;
  source.source = tree::SourceKind::kInput;
  Definition own;
  own.name = "rows";
  own.rows = &source;
  const EnvironmentPtr outer = std::exchange(context_.environment, nullptr);
  const int scope = std::exchange(scope_, ++scopes_);
  context_.environment = With(context_.environment, own, scope_);
  for (const Definition& value : values) context_.environment = With(context_.environment, value, scope_);
  const auto read_rows = [&] { return ScanKept(rows); };
  const auto input = std::exchange(input_, read_rows);
  NodePtr node;
  if (BindStatements(*query)) node = BindSubquery(*query->pipeline, read_rows);
  input_ = input;
  context_.environment = outer;
  scope_ = scope;
  return node;
}

}  // namespace slipway::kql::bind
