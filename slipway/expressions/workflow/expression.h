// The expression language of workflow files (GitHub Actions): what stands between `${{` and `}}`, or in an `if`.
//
//   || && == != < <= > >= ! ( ) [ ] . *   literals   contexts (github.ref)   functions (contains(a, b))
//
// Values and their coercions are in value.h, the functions in functions.h.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/expressions/workflow/value.h"

namespace slipway::expressions::workflow {

struct Node;  // ast.h

// What an expression may name at the place where it stands.
struct Rules {
  std::vector<std::string> contexts;  // lower case
  bool has_status_functions = false;  // success(), failure(), always(), cancelled()
  bool has_hash_files = false;
};
// Every context and function of the language.
Rules AllowEverything();

// What an expression is evaluated in.
struct Scope {
  std::map<std::string, Value> contexts;  // by lower-case name; a missing one reads as null
  bool is_success = true, is_failure = false, is_cancelled = false;
  std::function<Result<std::string>(const std::vector<std::string>& patterns)> hash_files;
};

// "needs.plan.outputs.x" → {"needs", {"plan", "outputs", "x"}}; names as far as they stand in the text itself.
struct Use {
  std::string context;  // lower case
  std::vector<std::string> names;
};

// Immutable; copies share the tree. Thread-safe.
class Expression {
 public:
  // kInvalidArgument shows the text with a caret. At most 21,000 characters and 50 levels.
  static Result<Expression> Parse(std::string_view text, const Rules& rules);

  // kInvalidArgument for calls whose arguments cannot be used (fromJSON of no JSON, a bad format string).
  Result<Value> Evaluate(const Scope& scope) const;

  bool CallsStatusFunction() const { return calls_status_; }
  const std::vector<Use>& uses() const { return uses_; }

 private:
  std::shared_ptr<const Node> root_;
  bool calls_status_ = false;
  std::vector<Use> uses_;
};

}  // namespace slipway::expressions::workflow
