// The part of Binder for statements: let, functions of the query's own, declare query_parameters, set.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/kql/bind/binder.h"
#include "slipway/kql/bind/conversion.h"

namespace slipway::kql::bind {

using plan::NodePtr;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;
using tree::SourceKind;

namespace {

constexpr int kCallDepthMax = 20, kUsesMax = 1000;
constexpr size_t kValueSizeMax = 20'000;

// Values of values double quickly: "let b = a + a; let c = b + b; …".
size_t SizeOf(const Scalar& scalar) {
  size_t size = 1;
  for (const Scalar& argument : scalar.arguments) size += SizeOf(argument);
  return size;
}

Scalar ErrorScalar() {
  return Scalar::Of(Constant{Type::kError, {}});
}

// A value for a parameter; nullopt when its type does not fit.
std::optional<Scalar> FitParameter(Scalar value, Type type) {
  if (value.type == type || value.type == Type::kError) return value;
  const bool numbers =
      (IsNumber(value.type) || value.type == Type::kDecimal) && (IsNumber(type) || type == Type::kDecimal);
  if (numbers || value.type == Type::kDynamic || type == Type::kDynamic || type == Type::kString)
    return Convert(std::move(value), type);
  return std::nullopt;
}

// A value that came as text: a string is the text itself, others are written as a literal, "datetime(2026-03-04)", or
// as what stands in its parentheses.
std::optional<Constant> ConstantOfText(Type type, std::string_view text) {
  if (type == Type::kString) return Constant{type, std::string(text)};
  text = Trim(text);
  const size_t open = text.find('(');
  if (open != std::string_view::npos && text.ends_with(')')) {
    const auto literal = ParseTypeName(Trim(text.substr(0, open)));
    const bool fits = literal && (*literal == type || (IsNumber(*literal) && IsNumber(type)));
    if (fits) text = text.substr(open + 1, text.size() - open - 2);
  }
  if (type != Type::kDynamic) return ParseConstant(type, text);
  if (text == "null") return Constant{type, {}};
  if (!nlohmann::json::accept(text)) return std::nullopt;
  return Constant{type, std::string(text)};
}

}  // namespace

bool Binder::Define(Definition definition, Span span) {
  if (FindInScope(context_.environment, scope_, definition.name) != nullptr) {
    diagnostics_.Add("SEM0079", span, fmt::format("'{}' is defined already", definition.name));
    return false;
  }
  context_.environment = With(context_.environment, std::move(definition), scope_);
  return true;
}

bool Binder::BindStatements(const tree::Query& query) {
  bool good = true;
  for (const tree::Option& option : query.options) good &= BindOption(option);
  for (const tree::Parameter& parameter : query.parameters) good &= BindParameter(parameter);
  for (const tree::Let& let : query.lets) good &= BindLet(let);
  return good;
}

// Options that change an answer are followed; others are for engines of another kind.
bool Binder::BindOption(const tree::Option& option) {
  const bool is_limit = option.name == "truncationmaxrecords" || option.name == "query_take_max_records";
  if (!is_limit && option.name != "query_now") return true;
  const int64_t* none = nullptr;
  const std::vector<plan::Column> no_columns;
  std::optional<Constant> value;
  if (option.value) value = ScalarBinder(context_, no_columns).BindConstant(*option.value);
  if (option.value && !value) return false;
  const auto* number = value ? std::get_if<int64_t>(&value->value) : none;
  if (is_limit && number != nullptr && IsInteger(value->type) && *number >= 0) {
    rows_max_ = std::min(*number, rows_max_.value_or(*number));
    return true;
  }
  if (!is_limit && number != nullptr && value->type == Type::kDateTime) {
    context_.now_ticks = *number;
    return true;
  }
  diagnostics_.Add("SEM0040", option.value ? option.value->span : option.span,
                   fmt::format("the option '{}' wants a {}", option.name,
                               is_limit ? "whole number that is not negative" : "constant datetime"));
  return false;
}

// declare query_parameters: the host's value, or the default.
bool Binder::BindParameter(const tree::Parameter& parameter) {
  Definition definition;
  definition.name = parameter.name;
  const std::vector<plan::Column> no_columns;
  if (parameter.is_rows) {
    diagnostics_.Add("SEM0008", parameter.span, "a parameter of a query is a value");
    return false;
  }
  if (const auto given = options_.parameters.find(parameter.name); given != options_.parameters.end()) {
    auto constant = ConstantOfText(parameter.type, given->second);
    if (!constant) {
      diagnostics_.Add("SEM0008", parameter.span,
                       fmt::format("the value given for '{}' is not a {}: {}", parameter.name, TypeName(parameter.type),
                                   given->second.substr(0, 100)));
      return false;
    }
    definition.value = Scalar::Of(std::move(*constant));
  } else if (parameter.default_value) {
    auto constant = ScalarBinder(context_, no_columns).BindConstant(*parameter.default_value);
    if (!constant) return false;
    definition.value = FitParameter(Scalar::Of(std::move(*constant)), parameter.type);
    if (!definition.value) {
      diagnostics_.Add("SEM0008", parameter.default_value->span,
                       fmt::format("the default of '{}' is not a {}", parameter.name, TypeName(parameter.type)));
      return false;
    }
  } else {
    diagnostics_.Add("SEM0100", parameter.span, fmt::format("the parameter '{}' was given no value", parameter.name));
    definition.value = ErrorScalar();  // so that its uses are no further complaints
  }
  return Define(std::move(definition), parameter.span);
}

// A value is bound here and now; rows and functions are kept as their trees, and bound at each use.
bool Binder::BindLet(const tree::Let& let) {
  Definition definition;
  definition.name = let.name;
  definition.outer = context_.environment;
  if (let.function) {
    definition.function = let.function.get();
  } else if (IsRows(*let.value)) {
    definition.rows = let.value.get();
  } else {
    const std::vector<plan::Column> no_columns;
    definition.value = ScalarBinder(context_, no_columns).Bind(*let.value->expression);
    definition.depth = context_.rows_depth;
    if (SizeOf(*definition.value) > kValueSizeMax) {
      diagnostics_.Add("SEM0100", let.span, fmt::format("'{}' grows too large", let.name));
      definition.value = ErrorScalar();
    }
  }
  return Define(std::move(definition), let.span);
}

bool Binder::IsRows(const tree::Pipeline& pipeline) const {
  if (pipeline.source != SourceKind::kExpression || !pipeline.operators.empty()) return true;
  return IsRows(*pipeline.expression);
}

bool Binder::IsRows(const Expression& source) const {
  if (source.kind == ExpressionKind::kPipeline) return true;
  if (source.kind != ExpressionKind::kName && source.kind != ExpressionKind::kCall) return false;
  const Definition* own = Find(context_.environment, source.text);
  if (own != nullptr && own->function != nullptr) return ReturnsRows(*own);
  if (own != nullptr) return own->is_rows();
  if (source.kind == ExpressionKind::kCall)
    return source.text == "materialize" && source.children.size() == 1 && IsRows(*source.children[0]);
  return catalog_.FindTable(source.text) != nullptr;
}

// Whether a function's body ends in rows, told from its tree: what its parameters and own names stand for is enough.
bool Binder::ReturnsRows(const Definition& function) const {
  const tree::Pipeline& result = *function.function->body->pipeline;
  if (result.source != SourceKind::kExpression || !result.operators.empty()) return true;
  const Expression* source = result.expression.get();
  while (source->kind == ExpressionKind::kCall && source->text == "materialize" && source->children.size() == 1)
    source = source->children[0].get();
  if (source->kind == ExpressionKind::kPipeline) return true;
  if (source->kind != ExpressionKind::kName && source->kind != ExpressionKind::kCall) return false;
  const auto& lets = function.function->body->lets;
  const auto let = std::find_if(lets.begin(), lets.end(), [&](const tree::Let& l) { return l.name == source->text; });
  if (let != lets.end()) {
    Definition inner;
    inner.function = let->function.get();
    inner.outer = function.outer;
    if (let->function) return let->function->body->pipeline && ReturnsRows(inner);
    return let->value->source != SourceKind::kExpression || !let->value->operators.empty() ||
           IsRows(*let->value->expression);
  }
  for (const tree::Parameter& parameter : function.function->parameters) {
    if (parameter.name == source->text) return parameter.is_rows;
  }
  const Definition* own = Find(function.outer, source->text);
  if (own != nullptr && own->function != nullptr) return ReturnsRows(*own);
  if (own != nullptr) return own->is_rows();
  return source->kind == ExpressionKind::kName && catalog_.FindTable(source->text) != nullptr;
}

// The argument for a parameter, by its name or its place; nullptr when there is none. Arguments stand `shift` places
// before their parameters.
const Expression* Binder::FindArgument(const tree::Function& function, const Expression& call, size_t index,
                                       size_t shift) const {
  const auto& arguments = call.children;
  for (const auto& argument : arguments) {
    if (argument->kind == ExpressionKind::kAssignment && argument->text == function.parameters[index].name)
      return argument->children[0].get();
  }
  if (index < shift || index - shift >= arguments.size()) return nullptr;
  const Expression& placed = *arguments[index - shift];
  return placed.kind == ExpressionKind::kAssignment ? nullptr : &placed;
}

bool Binder::BindArguments(const Definition& function, const Expression& call, const Definition* first,
                           ScalarBinder& caller, EnvironmentPtr& environment) {
  const tree::Function& body = *function.function;
  const size_t shift = first != nullptr ? 1 : 0;
  if (call.children.size() + shift > body.parameters.size()) {
    diagnostics_.Add("SEM0219", call.name_span,
                     fmt::format("{}() takes {} argument{}, not {}", call.text, body.parameters.size() - shift,
                                 body.parameters.size() - shift == 1 ? "" : "s", call.children.size()));
    return false;
  }
  for (const auto& argument : call.children) {
    if (argument->kind != ExpressionKind::kAssignment) continue;
    std::vector<std::string> names;
    for (const tree::Parameter& parameter : body.parameters) names.push_back(parameter.name);
    if (std::find(names.begin(), names.end(), argument->text) != names.end()) continue;
    diagnostics_.Add(
        "SEM0100", argument->name_span,
        fmt::format("{}() has no parameter '{}'{}", call.text, argument->text, DidYouMean(argument->text, names)));
    return false;
  }
  const int scope = ++scopes_;
  for (size_t i = 0; i < body.parameters.size(); ++i) {
    const tree::Parameter& parameter = body.parameters[i];
    const Expression* argument = FindArgument(body, call, i, shift);
    Definition definition;
    definition.name = parameter.name;
    if (i == 0 && first != nullptr) {
      if (!parameter.is_rows) {
        diagnostics_.Add("SEM0008", call.name_span,
                         fmt::format("the first parameter of {}() does not take rows", call.text));
        return false;
      }
      definition = *first;
      definition.name = parameter.name;
      definition.wanted = &parameter;
      definition.span = call.name_span;
    } else if (parameter.is_rows) {
      if (argument == nullptr || !IsRows(*argument)) {
        diagnostics_.Add("SEM0008", argument != nullptr ? argument->span : call.name_span,
                         fmt::format("{}() wants rows for '{}'", call.text, parameter.name));
        return false;
      }
      definition.source = argument;
      definition.outer = context_.environment;
      definition.wanted = &parameter;
      definition.span = argument->span;
    } else {
      const Expression* value = argument != nullptr ? argument : parameter.default_value.get();
      if (value == nullptr) {
        diagnostics_.Add("SEM0219", call.name_span,
                         fmt::format("{}() wants a value for '{}'", call.text, parameter.name));
        return false;
      }
      Scalar bound = caller.Bind(*value);
      if (bound.type == Type::kError) return false;
      const Type given = bound.type;
      definition.value = FitParameter(std::move(bound), parameter.type);
      definition.depth = context_.rows_depth;
      if (!definition.value) {
        diagnostics_.Add("SEM0008", value->span,
                         fmt::format("{}() wants a {} for '{}', and this is a {}", call.text, TypeName(parameter.type),
                                     parameter.name, TypeName(given)));
        return false;
      }
    }
    environment = With(std::move(environment), std::move(definition), scope);
  }
  return true;
}

Scalar Binder::BindScalarFunction(const Definition& function, const Expression& call, ScalarBinder& caller) {
  if (ReturnsRows(function)) {
    diagnostics_.Add(
        "SEM0001", call.span,
        fmt::format("{}() gives rows, which cannot stand here; toscalar(…) makes one value of them", call.text));
    return ErrorScalar();
  }
  if (expands_too_far_) return ErrorScalar();
  expands_too_far_ = table_depth_ >= kCallDepthMax || ++table_uses_ > kUsesMax;
  if (expands_too_far_) {
    diagnostics_.Add("SEM0100", call.name_span, fmt::format("'{}' is used too deeply, or too often", call.text));
    return ErrorScalar();
  }
  EnvironmentPtr environment = function.outer;
  if (!BindArguments(function, call, nullptr, caller, environment)) return ErrorScalar();
  const EnvironmentPtr outer = std::exchange(context_.environment, std::move(environment));
  const int scope = std::exchange(scope_, ++scopes_);
  ++table_depth_;
  const std::vector<plan::Column> no_columns;
  Scalar result = ErrorScalar();
  if (BindStatements(*function.function->body))
    result = ScalarBinder(context_, no_columns).Bind(*function.function->body->pipeline->expression);
  --table_depth_;
  scope_ = scope;
  context_.environment = outer;
  if (SizeOf(result) <= kValueSizeMax) return result;
  diagnostics_.Add("SEM0100", call.name_span, fmt::format("the value of '{}' grows too large", call.text));
  return ErrorScalar();
}

NodePtr Binder::BindRowsFunction(const Definition& function, const Expression& call, const Definition* first) {
  if (expands_too_far_) return nullptr;
  expands_too_far_ = table_depth_ >= kCallDepthMax || ++table_uses_ > kUsesMax;
  if (expands_too_far_) {
    diagnostics_.Add("SEM0100", call.name_span, fmt::format("'{}' is used too deeply, or too often", call.text));
    return nullptr;
  }
  const std::vector<plan::Column> no_columns;
  ScalarBinder caller(context_, no_columns);
  EnvironmentPtr environment = function.outer;
  if (!BindArguments(function, call, first, caller, environment)) return nullptr;
  const EnvironmentPtr outer = std::exchange(context_.environment, std::move(environment));
  const int scope = std::exchange(scope_, ++scopes_);
  ++table_depth_;
  NodePtr node;
  if (BindStatements(*function.function->body)) node = BindPipeline(*function.function->body->pipeline);
  --table_depth_;
  scope_ = scope;
  context_.environment = outer;
  return node;
}

// Rows that a name stands for, bound anew among the names they were written among.
NodePtr Binder::BindDefinition(const Definition& definition, const Expression& name) {
  if (expands_too_far_) return nullptr;
  expands_too_far_ = table_depth_ >= kCallDepthMax || ++table_uses_ > kUsesMax;
  if (expands_too_far_) {
    diagnostics_.Add("SEM0100", name.span,
                     fmt::format("'{}' is defined through itself, too deeply, or used too often", name.text));
    return nullptr;
  }
  const EnvironmentPtr outer = std::exchange(context_.environment, definition.outer);
  ++table_depth_;
  NodePtr node = definition.rows != nullptr ? BindPipeline(*definition.rows, definition.steps)
                                            : BindSourceExpression(*definition.source);
  --table_depth_;
  context_.environment = outer;
  if (!node || definition.wanted == nullptr) return node;
  for (const tree::TypedName& column : definition.wanted->columns) {
    const auto found = std::find_if(node->outputs.begin(), node->outputs.end(), [&](const plan::Column& c) {
      return c.name == column.name && c.type == column.type;
    });
    if (found != node->outputs.end()) continue;
    diagnostics_.Add("SEM0008", definition.span,
                     fmt::format("these rows have no column '{}' of type {}", column.name, TypeName(column.type)));
    return nullptr;
  }
  return node;
}

// rows | invoke function(arguments): the rows are the first argument.
NodePtr Binder::BindInvoke(Step step, NodePtr) {
  const Definition rows = prefix_;
  const Expression& call = *step.expression;
  const Definition* function = Find(context_.environment, call.text);
  if (function == nullptr || function->function == nullptr || !ReturnsRows(*function)) {
    diagnostics_.Add("SEM0260", call.name_span,
                     fmt::format("there is no function '{}' that gives rows{}", call.text,
                                 DidYouMean(call.text, NamesOf(context_.environment))));
    return nullptr;
  }
  const Definition kept = *function;
  return BindRowsFunction(kept, call, &rows);
}

}  // namespace slipway::kql::bind
