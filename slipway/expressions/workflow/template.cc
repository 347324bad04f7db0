#include "slipway/expressions/workflow/template.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::expressions::workflow {
namespace {

constexpr std::string_view kOpen = "${{", kClose = "}}";

// Where the `}}` stands that ends the expression beginning at `from`: one inside quotes does not. npos without one.
size_t EndOfExpression(std::string_view text, size_t from) {
  bool is_quoted = false;
  for (size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\'') is_quoted = !is_quoted;
    if (!is_quoted && text.substr(i).starts_with(kClose)) return i;
  }
  return std::string_view::npos;
}

}  // namespace

bool HasExpression(std::string_view text) {
  return text.find(kOpen) != std::string_view::npos;
}

Result<Template> Template::Parse(std::string_view text, const Rules& rules) {
  Template parsed;
  size_t at = 0;
  while (at < text.size()) {
    const size_t open = text.find(kOpen, at);
    if (open == std::string_view::npos) break;
    if (open > at) parsed.parts_.emplace_back(std::string(text.substr(at, open - at)));
    const size_t start = open + kOpen.size(), close = EndOfExpression(text, start);
    if (close == std::string_view::npos)
      return InvalidArgument(fmt::format("'{}' has no '}}}}'", text.substr(open, 60)));
    SLIPWAY_ASSIGN_OR_RETURN(Expression expression, Expression::Parse(text.substr(start, close - start), rules));
    parsed.parts_.emplace_back(std::move(expression));
    at = close + kClose.size();
  }
  if (at < text.size()) parsed.parts_.emplace_back(std::string(text.substr(at)));
  return parsed;
}

Result<Value> Template::Evaluate(const Scope& scope) const {
  if (parts_.size() == 1 && std::holds_alternative<Expression>(parts_[0]))
    return std::get<Expression>(parts_[0]).Evaluate(scope);
  std::string text;
  for (const Part& part : parts_) {
    if (const auto* plain = std::get_if<std::string>(&part)) {
      text += *plain;
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(const Value value, std::get<Expression>(part).Evaluate(scope));
      text += value.ToText();
    }
  }
  return Value(std::move(text));
}

std::vector<Use> Template::Uses() const {
  std::vector<Use> uses;
  for (const Part& part : parts_) {
    const auto* expression = std::get_if<Expression>(&part);
    if (expression) uses.insert(uses.end(), expression->uses().begin(), expression->uses().end());
  }
  return uses;
}

Result<Condition> Condition::Parse(std::string_view text, const Rules& rules) {
  Condition condition;
  text = Trim(text);
  const std::string bare = text.empty() ? "success()" : std::string(text);
  if (HasExpression(text)) {
    SLIPWAY_ASSIGN_OR_RETURN(condition.template_, Template::Parse(text, rules));
  } else {
    SLIPWAY_ASSIGN_OR_RETURN(Expression expression, Expression::Parse(bare, rules));
    condition.template_.parts_.emplace_back(std::move(expression));
  }
  for (const auto& part : condition.template_.parts_) {
    const auto* expression = std::get_if<Expression>(&part);
    condition.has_status_ = condition.has_status_ || (expression && expression->CallsStatusFunction());
  }
  return condition;
}

Result<bool> Condition::Evaluate(const Scope& scope) const {
  if (!has_status_ && !scope.is_success) return false;
  SLIPWAY_ASSIGN_OR_RETURN(const Value value, template_.Evaluate(scope));
  return value.IsTruthy();
}

}  // namespace slipway::expressions::workflow
