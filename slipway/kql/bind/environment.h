// The names that a query defines: values, rows and functions, innermost first. Immutable, so that a function keeps the
// names it was written among while it is bound at a call.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/kql/plan/plan.h"
#include "slipway/kql/tree/tree.h"

namespace slipway::kql::bind {

struct Environment;
using EnvironmentPtr = std::shared_ptr<const Environment>;

// One name; exactly one of value, rows, source and function is there.
struct Definition {
  std::string name;
  std::optional<plan::Scalar> value;
  // How deep in rows within expressions the value was defined: it may read columns that are not there any deeper.
  int depth = 0;
  // Rows are bound anew at each use: the first `steps` of a pipeline, or an expression that stands for rows.
  const tree::Pipeline* rows = nullptr;
  size_t steps = std::numeric_limits<size_t>::max();
  const tree::Expression* source = nullptr;
  // Columns that the rows must have (of a function's parameter), and where they were given.
  const tree::Parameter* wanted = nullptr;
  Span span;
  const tree::Function* function = nullptr;
  // What rows and functions see.
  EnvironmentPtr outer;

  bool is_rows() const { return rows != nullptr || source != nullptr; }
  bool is_view() const { return function != nullptr && function->is_view; }
};

struct Environment {
  Definition definition;
  int scope = 0;  // names of one scope are unique
  EnvironmentPtr next;
};

// nullptr when there is none.
const Definition* Find(const EnvironmentPtr& environment, std::string_view name);
// The same among the names of one scope alone.
const Definition* FindInScope(const EnvironmentPtr& environment, int scope, std::string_view name);
EnvironmentPtr With(EnvironmentPtr environment, Definition definition, int scope);
std::vector<std::string> NamesOf(const EnvironmentPtr& environment);

}  // namespace slipway::kql::bind
