// The part of Binder for scan, and for row_window_session, which is a scan of one step.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/kql/bind/binder.h"
#include "slipway/kql/bind/conversion.h"

namespace slipway::kql::bind {

using native::WalkExpression;
using native::WalkStep;
using plan::Column;
using plan::MakeNode;
using plan::NodePtr;
using plan::Scalar;

namespace {

// The machine's first two results: the order in which rows come out, and the number of the match.
constexpr size_t kOwnResults = 2;

WalkStep::Output OutputOf(tree::StepOutput output) {
  switch (output) {
    case tree::StepOutput::kLast:
      return WalkStep::Output::kLast;
    case tree::StepOutput::kNone:
      return WalkStep::Output::kNone;
    case tree::StepOutput::kAll:
      break;
  }
  return WalkStep::Output::kAll;
}

}  // namespace

// The declared columns with their default values; names are those of the output so far.
bool Binder::DeclareColumns(Step step, NameList& names, std::vector<Column>& declared, WalkBuilder& builder) {
  const std::vector<Column> no_columns;
  bool good = true;
  for (const tree::DeclaredColumn& each : step.declared) {
    const Type type = each.column.type;
    if (!names.AddExplicit(each.column.name)) {
      diagnostics_.Add("SEM0001", each.column.span, fmt::format("two columns are named '{}'", each.column.name));
      good = false;
    }
    Constant value = type == Type::kString ? Constant{type, std::string()} : Constant{type, {}};
    if (each.default_value) {
      const auto given = ScalarBinder(context_, no_columns).BindConstant(*each.default_value);
      if (!given) return false;
      const Scalar converted = Convert(Scalar::Of(*given), type);
      if (converted.AsConstant() == nullptr) {
        diagnostics_.Add(
            "SEM0001", each.default_value->span,
            fmt::format("a constant {} is wanted here, and this is a {}", TypeName(type), TypeName(given->type)));
        return false;
      }
      value = converted.constant;
    }
    declared.push_back({context_.NewColumn(), each.column.name, type});
    builder.Declare(type, std::move(value.value));
  }
  return good;
}

// What "step.column" may be: for each step a column of its own for each of `columns`.
std::optional<std::vector<ScanState>> Binder::RememberSteps(Step step, const std::vector<Column>& columns) {
  std::vector<ScanState> states;
  NameList names;
  for (const tree::ScanStep& each : step.scan_steps) {
    if (!names.AddExplicit(each.name)) {
      diagnostics_.Add("SEM0079", each.span, fmt::format("two steps are named '{}'", each.name));
      return std::nullopt;
    }
    ScanState& state = states.emplace_back();
    state.name = each.name;
    for (const Column& column : columns) state.columns.push_back({context_.NewColumn(), column.name, column.type});
  }
  return states;
}

std::optional<WalkExpression> Binder::ToWalk(const Scalar& scalar, Span span, WalkBuilder& builder) {
  if (scalar.type == Type::kError) return std::nullopt;
  std::string unknown;
  auto built = builder.Build(scalar, unknown);
  if (!built) diagnostics_.AddUnsupported(span, fmt::format("'{}' of what a step of scan remembers", unknown));
  return built;
}

bool Binder::BindScanStep(const tree::ScanStep& step, const std::vector<Column>& input,
                          const std::vector<Column>& declared, WalkBuilder& builder) {
  WalkStep& bound = builder.program().steps.emplace_back();
  bound.output = OutputOf(step.output);
  ScalarBinder scalars(context_, input);
  auto condition = ToWalk(scalars.BindPredicate(*step.condition, "a step of scan"), step.condition->span, builder);
  if (!condition) return false;
  bound.condition = std::move(*condition);
  for (const tree::NamedExpression& assignment : step.assignments) {
    const auto column =
        std::find_if(declared.begin(), declared.end(), [&](const Column& c) { return c.name == *assignment.name; });
    if (column == declared.end()) {
      diagnostics_.Add("SEM0100", assignment.name_span,
                       fmt::format("'{0}' is not declared: write scan declare ({0}:type) with (…)", *assignment.name));
      return false;
    }
    Scalar value = scalars.Bind(*assignment.expression);
    if (!CommonType(value.type, column->type)) {
      diagnostics_.Add(
          "SEM0001", assignment.expression->span,
          fmt::format("'{}' is a {}, and this is a {}", column->name, TypeName(column->type), TypeName(value.type)));
      return false;
    }
    auto built = ToWalk(Convert(std::move(value), column->type), assignment.expression->span, builder);
    if (!built) return false;
    bound.assignments.push_back({static_cast<size_t>(column - declared.begin()), std::move(*built)});
  }
  return true;
}

// Binds every step; what it remembers is what `columns`, the last of which scan declares, were.
bool Binder::BindScanSteps(Step step, const std::vector<Column>& input, const std::vector<Column>& declared,
                           WalkBuilder& builder) {
  std::vector<Column> columns = input;
  columns.insert(columns.end(), declared.begin(), declared.end());
  const auto states = RememberSteps(step, columns);
  if (!states) return false;
  for (size_t k = 0; k < states->size(); ++k) {
    const std::vector<Column>& remembered = (*states)[k].columns;
    for (size_t i = 0; i < declared.size(); ++i) builder.RememberDeclared(remembered[input.size() + i].id, k, i);
    for (size_t i = 0; i < input.size(); ++i) builder.Remember(remembered[i].id, k, input[i]);
  }
  context_.step.scan_states = &*states;
  bool good = true;
  for (const tree::ScanStep& each : step.scan_steps) good &= BindScanStep(each, input, declared, builder);
  context_.step.scan_states = nullptr;
  return good;
}

NodePtr Binder::BindScan(Step step, NodePtr input) {
  if (!is_ordered_) {
    diagnostics_.Add("SEM0001", step.name_span,
                     "scan reads rows in their order: put 'sort by …' or 'serialize' before it");
    return nullptr;
  }
  NameList names;
  for (const Column& column : input->outputs) names.AddGenerated(column.name);
  std::vector<Column> declared;
  WalkBuilder builder;
  if (!DeclareColumns(step, names, declared, builder)) return nullptr;
  if (!BindScanSteps(step, input->outputs, declared, builder)) return nullptr;
  const Column match{context_.NewColumn(), step.text, Type::kLong};
  std::vector<Column> visible = input->outputs;
  visible.insert(visible.end(), declared.begin(), declared.end());
  if (!step.text.empty()) visible.push_back(match);
  if (!step.text.empty() && !names.AddExplicit(step.text)) {
    diagnostics_.Add("SEM0001", step.name_span, fmt::format("two columns are named '{}'", step.text));
    return nullptr;
  }
  return WalkInOrder(std::move(input), builder, match, declared, std::move(visible));
}

// The machine's rows, in the order of the input and, of one row, in that in which they came out.
NodePtr Binder::WalkInOrder(NodePtr input, WalkBuilder& builder, const Column& match,
                            const std::vector<Column>& declared, std::vector<Column> visible) {
  const Column number{context_.NewColumn(), "", Type::kLong}, order{context_.NewColumn(), "", Type::kLong};
  std::vector<Column> numbered = input->outputs, walked = visible;
  numbered.push_back(number);
  walked.insert(walked.end(), {number, order});
  plan::Walk walk{native::WriteProgram(builder.program()), builder.cells(), number.id, {order.id, match.id}};
  for (const Column& column : declared) walk.results.push_back(column.id);
  NodePtr node = MakeNode(plan::Number{number.id}, std::move(numbered), std::move(input));
  node = MakeNode(std::move(walk), std::move(walked), std::move(node));
  plan::Sort sort;
  for (const Column& key : {number, order}) sort.keys.push_back({Scalar::Of(key), false, true});
  return MakeNode(std::move(sort), std::move(visible), std::move(node));
}

// A session begins with the first value, after a null, where it would become too long, after too long a gap, and where
// it is asked to.
NodePtr Binder::AddSession(NodePtr input, const WindowSession& session) {
  const auto call = [](std::string_view operation, Type type, std::vector<Scalar> arguments) {
    return Scalar::Call(operation, type, std::move(arguments));
  };
  const Column begin{context_.NewColumn(), "", Type::kDateTime}, before{context_.NewColumn(), "", Type::kDateTime};
  WalkBuilder builder;
  builder.Declare(Type::kDateTime, {});
  builder.Declare(Type::kDateTime, {});
  builder.RememberDeclared(begin.id, 0, 0);
  builder.RememberDeclared(before.id, 0, 1);
  const auto reaches = [&](const Column& from, const Scalar& distance) {
    return call("ge", Type::kBool, {session.value, call("add", Type::kDateTime, {Scalar::Of(from), distance})});
  };
  const Scalar begins = call(
      "or", Type::kBool,
      {session.restart, call("isnull", Type::kBool, {Scalar::Of(begin)}), call("isnull", Type::kBool, {session.value}),
       reaches(begin, session.longest), reaches(before, session.gap)});
  WalkStep& step = builder.program().steps.emplace_back();
  std::string unknown;
  step.condition = *builder.Build(Scalar::Of(Constant{Type::kBool, true}), unknown);
  step.assignments.push_back(
      {0, *builder.Build(call("iff", Type::kDateTime, {begins, session.value, Scalar::Of(begin)}), unknown)});
  step.assignments.push_back({1, *builder.Build(session.value, unknown)});
  std::vector<Column> outputs = input->outputs;
  outputs.push_back(session.column);
  plan::Walk walk{native::WriteProgram(builder.program()), builder.cells(), context_.step.row_number->id, {}};
  for (size_t i = 0; i < kOwnResults; ++i) walk.results.push_back(context_.NewColumn());
  walk.results.push_back(session.column.id);
  return MakeNode(std::move(walk), std::move(outputs), std::move(input));
}

}  // namespace slipway::kql::bind
