#include <cmath>

#include <fmt/format.h>

#include "slipway/expressions/workflow/ast.h"
#include "slipway/expressions/workflow/expression.h"
#include "slipway/expressions/workflow/functions.h"

namespace slipway::expressions::workflow {
namespace {

// An array that `*` made: what follows is applied to each element.
struct Evaluated {
  Value value;
  bool is_filtered = false;
};

const Value* ItemAt(const Array& array, const Value& index) {
  if (!index.is_primitive()) return nullptr;
  const double number = std::floor(index.ToNumber());
  if (std::isnan(number) || number < 0 || number >= static_cast<double>(array.size())) return nullptr;
  return &array[static_cast<size_t>(number)];
}

// nullptr when there is nothing at `index`.
const Value* Lookup(const Value& base, const Value& index) {
  if (const Array* array = base.array()) return ItemAt(*array, index);
  const Object* object = base.object();
  return object && index.is_primitive() ? object->Find(index.ToText()) : nullptr;
}

void AppendAll(const Value& base, Array& into) {
  if (const Array* array = base.array()) into.insert(into.end(), array->begin(), array->end());
  if (const Object* object = base.object())
    for (const auto& [key, member] : object->members) into.push_back(member);
}

class Evaluator {
 public:
  explicit Evaluator(const Scope& scope) : scope_(scope) {}

  // Recursion is bounded by the parser's limits on nesting; chains of operators lean to the left and are as deep as
  // the text is long, at most some thousand.
  Result<Value> Run(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(Evaluated evaluated, Evaluate(node));
    return std::move(evaluated.value);
  }

 private:
  Result<Evaluated> Evaluate(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kLiteral:
        return Evaluated{node.literal};
      case Node::Kind::kContext: {
        const auto found = scope_.contexts.find(node.name);
        return Evaluated{found == scope_.contexts.end() ? Value() : found->second};
      }
      case Node::Kind::kIndex:
        return Index(node);
      case Node::Kind::kAll:
        return All(node);
      case Node::Kind::kCall:
        return Plain(Call(node));
      default:
        return Plain(Operator(node));
    }
  }

  static Result<Evaluated> Plain(Result<Value> value) {
    SLIPWAY_RETURN_IF_ERROR(value);
    return Evaluated{std::move(*value)};
  }

  Result<Evaluated> Index(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const Evaluated base, Evaluate(*node.children[0]));
    SLIPWAY_ASSIGN_OR_RETURN(const Value index, Run(*node.children[1]));
    if (!base.is_filtered) {
      const Value* found = Lookup(base.value, index);
      return Evaluated{found ? *found : Value()};
    }
    Array kept;
    for (const Value& element : *base.value.array())
      if (const Value* found = Lookup(element, index)) kept.push_back(*found);
    return Evaluated{Value::Of(std::move(kept)), true};
  }

  Result<Evaluated> All(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const Evaluated base, Evaluate(*node.children[0]));
    Array all;
    if (base.is_filtered) {
      for (const Value& element : *base.value.array()) AppendAll(element, all);
    } else {
      AppendAll(base.value, all);
    }
    return Evaluated{Value::Of(std::move(all)), true};
  }

  Result<Value> Operator(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(Value left, Run(*node.children[0]));
    if (node.kind == Node::Kind::kNot) return Value(!left.IsTruthy());
    if (node.kind == Node::Kind::kAnd && !left.IsTruthy()) return left;
    if (node.kind == Node::Kind::kOr && left.IsTruthy()) return left;
    SLIPWAY_ASSIGN_OR_RETURN(Value right, Run(*node.children[1]));
    switch (node.kind) {
      case Node::Kind::kEqual:
        return Value(LooselyEqual(left, right));
      case Node::Kind::kNotEqual:
        return Value(!LooselyEqual(left, right));
      case Node::Kind::kLess:
        return Value(LooselyLess(left, right));
      case Node::Kind::kGreater:
        return Value(LooselyLess(right, left));
      case Node::Kind::kLessOrEqual:
        return Value(LooselyEqual(left, right) || LooselyLess(left, right));
      case Node::Kind::kGreaterOrEqual:
        return Value(LooselyEqual(left, right) || LooselyLess(right, left));
      default:
        return right;  // && and || give an operand
    }
  }

  Result<Value> Call(const Node& node) {
    const Function& function = *FindFunction(node.name);
    if (function.kind == FunctionKind::kStatus) return Value(StatusOf(function.name));
    if (function.kind == FunctionKind::kCase) return Case(node);
    std::vector<Value> arguments;
    for (const auto& child : node.children) {
      SLIPWAY_ASSIGN_OR_RETURN(Value argument, Run(*child));
      arguments.push_back(std::move(argument));
    }
    if (function.kind == FunctionKind::kPlain) return function.call(arguments);
    if (!scope_.hash_files) return InvalidArgument("hashFiles: there are no files here");
    std::vector<std::string> patterns;
    for (const Value& argument : arguments) patterns.push_back(argument.ToText());
    SLIPWAY_ASSIGN_OR_RETURN(std::string hash, With(scope_.hash_files(patterns), "hashFiles"));
    return Value(std::move(hash));
  }

  bool StatusOf(std::string_view function) const {
    if (function == "success") return scope_.is_success;
    if (function == "failure") return scope_.is_failure;
    return function == "always" || scope_.is_cancelled;
  }

  Result<Value> Case(const Node& node) {
    for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
      SLIPWAY_ASSIGN_OR_RETURN(const Value condition, Run(*node.children[i]));
      if (!condition.boolean())
        return InvalidArgument(fmt::format("case: condition {} is no boolean but {}", i / 2 + 1, condition.KindName()));
      if (*condition.boolean()) return Run(*node.children[i + 1]);
    }
    return Run(*node.children.back());
  }

  const Scope& scope_;
};

}  // namespace

Result<Value> Expression::Evaluate(const Scope& scope) const {
  return Evaluator(scope).Run(*root_);
}

}  // namespace slipway::expressions::workflow
