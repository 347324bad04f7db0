// Texts with `${{ expressions }}` in them, and conditions (`if`), where the braces may be left out.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/expressions/workflow/expression.h"

namespace slipway::expressions::workflow {

bool HasExpression(std::string_view text);

// Immutable, thread-safe.
class Template {
 public:
  static Result<Template> Parse(std::string_view text, const Rules& rules);

  // An expression that is the whole text gives its typed value; else a string.
  Result<Value> Evaluate(const Scope& scope) const;

  std::vector<Use> Uses() const;

 private:
  friend class Condition;
  using Part = std::variant<std::string, Expression>;
  std::vector<Part> parts_;
};

// `if`. Without a status function anywhere it is `success() && (…)`.
class Condition {
 public:
  // "" is success(). `rules` has to allow status functions.
  static Result<Condition> Parse(std::string_view text, const Rules& rules);

  Result<bool> Evaluate(const Scope& scope) const;

  // There is text around the braces, which makes the condition true whatever they say.
  bool is_always_true() const { return template_.parts_.size() > 1; }
  std::vector<Use> Uses() const { return template_.Uses(); }

 private:
  Template template_;
  bool has_status_ = false;
};

}  // namespace slipway::expressions::workflow
