#include "slipway/kql/native/walk.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "slipway/base/text.h"
#include "slipway/kql/native/support.h"
#include "slipway/kql/native/walk_operations.h"

namespace slipway::kql::native {
namespace {

bool IsText(char type) {
  return type == 's' || type == 'g' || type == 'y' || type == 'c';
}

// Reals stand as texts in JSON: there NaN and infinities have no numbers.
Json ToJson(const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return nullptr;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* whole = std::get_if<int64_t>(&value)) return *whole;
  if (const auto* real = std::get_if<double>(&value)) return FormatDouble(*real);
  return std::get<std::string>(value);
}

Value FromJson(const Json& json, char type) {
  if (json.is_null()) return type == 's' ? Value(std::string()) : Value();
  if (type == 'b') return json.get<bool>();
  if (IsText(type)) return json.get<std::string>();
  if (type != 'r') return json.get<int64_t>();
  const auto number = ParseDouble(json.get<std::string>());
  return number ? Value(*number) : Value();
}

Json ToJson(const WalkExpression& expression) {
  using Kind = WalkExpression::Kind;
  Json json = {{"kind", static_cast<int>(expression.kind)}, {"type", std::string(1, expression.type)}};
  if (expression.kind == Kind::kConstant) json["value"] = ToJson(expression.constant);
  if (expression.kind != Kind::kConstant && expression.kind != Kind::kCall) json["index"] = expression.index;
  if (expression.kind == Kind::kRemembered || expression.kind == Kind::kDeclared) json["step"] = expression.step;
  if (expression.kind != Kind::kCall) return json;
  json["operation"] = expression.operation;
  json["arguments"] = Json::array();
  for (const WalkExpression& argument : expression.arguments) json["arguments"].push_back(ToJson(argument));
  return json;
}

WalkExpression ExpressionOf(const Json& json) {
  using Kind = WalkExpression::Kind;
  WalkExpression expression;
  expression.kind = static_cast<Kind>(json.at("kind").get<int>());
  expression.type = json.at("type").get<std::string>()[0];
  if (expression.kind == Kind::kConstant) expression.constant = FromJson(json.at("value"), expression.type);
  expression.index = json.value("index", size_t{0});
  expression.step = json.value("step", size_t{0});
  if (expression.kind != Kind::kCall) return expression;
  expression.operation = json.at("operation").get<std::string>();
  for (const Json& argument : json.at("arguments")) expression.arguments.push_back(ExpressionOf(argument));
  return expression;
}

WalkProgram ProgramOf(const Json& json) {
  WalkProgram program;
  program.cells = json.at("cells").get<std::string>();
  program.declared = json.at("declared").get<std::string>();
  for (size_t i = 0; i < program.declared.size(); ++i)
    program.defaults.push_back(FromJson(json.at("defaults")[i], program.declared[i]));
  for (const Json& each : json.at("steps")) {
    WalkStep& step = program.steps.emplace_back();
    step.condition = ExpressionOf(each.at("condition"));
    step.output = static_cast<WalkStep::Output>(each.at("output").get<int>());
    for (const Json& assignment : each.at("assignments"))
      step.assignments.push_back({assignment.at("column").get<size_t>(), ExpressionOf(assignment.at("value"))});
  }
  return program;
}

std::string TypesOf(const std::vector<WalkExpression>& expressions) {
  std::string types;
  for (const WalkExpression& expression : expressions) types += expression.type;
  return types;
}

// An expression with its operations looked up.
struct Compiled {
  WalkExpression expression;
  WalkOperation operation;
  std::vector<Compiled> arguments;
};

Compiled Compile(WalkExpression expression) {
  Compiled compiled;
  if (expression.kind == WalkExpression::Kind::kCall)
    compiled.operation =
        FindWalkOperation(expression.operation, TypesOf(expression.arguments)).value_or(WalkOperation());
  for (WalkExpression& argument : expression.arguments) compiled.arguments.push_back(Compile(std::move(argument)));
  expression.arguments.clear();
  compiled.expression = std::move(expression);
  return compiled;
}

// What a step matched last: the row's cells, and the declared columns beside them.
struct Match {
  std::vector<Value> cells, declared;
};

// The matches of a sequence by step; a step that was not reached has none.
struct Sequence {
  std::vector<std::optional<Match>> matches;
  int64_t id = 0;
  // Where the row stands that the active step would put out last.
  std::optional<std::pair<size_t, Json>> pending;
};

class Machine {
 public:
  explicit Machine(WalkProgram program) : program_(std::move(program)), states_(program_.steps.size()) {
    for (WalkStep& step : program_.steps) {
      conditions_.push_back(Compile(std::move(step.condition)));
      auto& assignments = assignments_.emplace_back();
      for (WalkStep::Assignment& assignment : step.assignments)
        assignments.emplace_back(assignment.column, Compile(std::move(assignment.value)));
    }
  }

  void Read(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    cells_.clear();
    for (size_t i = 0; i < program_.cells.size(); ++i)
      cells_.push_back(json.is_array() && i < json.size() ? FromJson(json[i], program_.cells[i]) : Value());
    output_.push_back(Json::array());
    for (size_t k = program_.steps.size(); k-- > 0;) {
      if (k > 0 && states_[k - 1] && TryPromote(k)) continue;
      if (states_[k] || k == 0) TryRepeat(k);
    }
  }

  // For each row an array of what it gives: [[order, match id, declared …], …].
  std::string Finish() {
    for (auto& state : states_) {
      if (state) PutOut(*state);
    }
    std::string text;
    for (const Json& row : output_) text += (text.empty() ? "" : "\n") + Write(row);
    return text;
  }

 private:
  // The sequence that has come to the step before goes on with this row.
  bool TryPromote(size_t k) {
    Sequence& before = *states_[k - 1];
    if (!Holds(conditions_[k], before)) return false;
    PutOut(before);
    if (states_[k]) PutOut(*states_[k]);
    states_[k] = std::move(before);
    states_[k - 1].reset();
    Accept(k);
    return true;
  }

  // The step's own sequence matches again, or the first step begins one.
  void TryRepeat(size_t k) {
    const bool begins = !states_[k];
    Sequence fresh{std::vector<std::optional<Match>>(program_.steps.size()), next_id_, std::nullopt};
    if (!Holds(conditions_[k], begins ? fresh : *states_[k])) return;
    if (begins) {
      states_[k] = std::move(fresh);
      ++next_id_;
    }
    states_[k]->pending.reset();
    Accept(k);
  }

  void Accept(size_t k) {
    Sequence& sequence = *states_[k];
    std::vector<Value> declared = program_.defaults;
    for (const auto& [column, value] : assignments_[k]) declared[column] = Compute(value, sequence);
    Json result = Json::array({0, sequence.id});
    for (const Value& value : declared) result.push_back(ToJson(value));
    sequence.matches[k] = Match{cells_, std::move(declared)};
    if (program_.steps[k].output == WalkStep::Output::kNone) return;
    sequence.pending.emplace(output_.size() - 1, std::move(result));
    if (program_.steps[k].output == WalkStep::Output::kAll) PutOut(sequence);
  }

  void PutOut(Sequence& sequence) {
    if (!sequence.pending) return;
    auto& [row, result] = *sequence.pending;
    result[0] = order_++;
    output_[row].push_back(std::move(result));
    sequence.pending.reset();
  }

  bool Holds(const Compiled& condition, const Sequence& sequence) const {
    const Value value = Compute(condition, sequence);
    const bool* truth = std::get_if<bool>(&value);
    return truth != nullptr && *truth;
  }

  Value Compute(const Compiled& compiled, const Sequence& sequence) const {
    using Kind = WalkExpression::Kind;
    const WalkExpression& expression = compiled.expression;
    const Value missing = expression.type == 's' ? Value(std::string()) : Value();
    switch (expression.kind) {
      case Kind::kConstant:
        return expression.constant;
      case Kind::kCell:
        return cells_[expression.index];
      case Kind::kRemembered: {
        const auto& match = sequence.matches[expression.step];
        return match ? match->cells[expression.index] : missing;
      }
      case Kind::kDeclared: {
        const auto& match = sequence.matches[expression.step];
        return match ? match->declared[expression.index] : program_.defaults[expression.index];
      }
      case Kind::kCall:
        break;
    }
    const Value value = Call(compiled, sequence);
    return std::holds_alternative<std::monostate>(value) ? missing : value;
  }

  Value Call(const Compiled& compiled, const Sequence& sequence) const {
    std::vector<Value> values;
    values.reserve(compiled.arguments.size());
    std::vector<Argument> arguments;
    for (const Compiled& argument : compiled.arguments) values.push_back(Compute(argument, sequence));
    bool any_null = false;
    for (const Value& value : values) {
      std::visit([&](const auto& held) { arguments.emplace_back(held); }, value);
      any_null |= IsNull(arguments.back());
    }
    if (compiled.operation.code == nullptr || (any_null && !compiled.operation.takes_nulls)) return {};
    return compiled.operation.code(arguments);
  }

  WalkProgram program_;
  std::vector<Compiled> conditions_;
  std::vector<std::vector<std::pair<size_t, Compiled>>> assignments_;
  std::vector<std::optional<Sequence>> states_;
  std::vector<Value> cells_;
  std::vector<Json> output_;
  int64_t next_id_ = 0, order_ = 0;
};

// program, rows: one line a row, an array of its cells.
Value Walk(Arguments a) {
  Machine machine(ProgramOf(ParseJson(a[0])));
  for (const std::string_view line : Split(Text(a[1]), '\n')) machine.Read(line);
  return machine.Finish();
}

constexpr Function kFunctions[] = {
    {"walk", "ss", 's', Walk},
};

}  // namespace

std::string WriteProgram(const WalkProgram& program) {
  Json json = {{"cells", program.cells}, {"declared", program.declared}};
  json["defaults"] = Json::array();
  for (const Value& value : program.defaults) json["defaults"].push_back(ToJson(value));
  json["steps"] = Json::array();
  for (const WalkStep& step : program.steps) {
    Json assignments = Json::array();
    for (const WalkStep::Assignment& assignment : step.assignments)
      assignments.push_back({{"column", assignment.column}, {"value", ToJson(assignment.value)}});
    json["steps"].push_back({{"condition", ToJson(step.condition)},
                             {"output", static_cast<int>(step.output)},
                             {"assignments", std::move(assignments)}});
  }
  return Write(json);
}

bool KnowsWalkOperation(std::string_view operation, std::string_view types) {
  return FindWalkOperation(operation, types).has_value();
}

std::span<const Function> WalkFunctions() {
  return kFunctions;
}

}  // namespace slipway::kql::native
