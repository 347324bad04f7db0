// Checks of the expressions of a workflow file against the place where they stand, and what goes with them. For this
// folder's own files.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/expressions/workflow/template.h"
#include "slipway/spec/reader.h"

namespace slipway::spec::workflow {

// Where an expression stands: decides what it may name (workflow syntax, "context availability").
enum class Place {
  kNowhere,  // no expression at all
  kRunName,
  kWorkflowEnv,
  kJobIf,
  kStrategy,
  kJob,  // name, runs-on, concurrency, environment, continue-on-error, timeout-minutes, with of a call
  kCallSecrets,
  kJobEnv,
  kJobDefaults,
  kEnvironmentUrl,
  kJobOutputs,
  kStep,
  kStepIf,
  kCallDefault,
  kCallOutput,
  kActionStep,
  kActionStepIf,
  kActionDefault,
  kActionOutput
};

// What was found besides errors, and what expressions may refer to.
struct Checker {
  Complaints& complaints;
  std::vector<Error> warnings;
  // Of the job being read: names that `needs.x` and `steps.x` may have. nullptr: not checked.
  const std::vector<std::string>* needs = nullptr;
  const std::set<std::string>* steps = nullptr;

  void Warn(const Mark& mark, std::string_view path, std::string message);
  // Every text below `value`, keys included.
  void Expressions(const Value& value, Place place);
  void Condition(const Value& value, Place place);
  // Like Expressions; the value itself has to be a scalar.
  void Scalar(const Value& value, Place place);

 private:
  void Text(const Node& node, std::string_view path, Place place);
  void Uses(const std::vector<expressions::workflow::Use>& uses, const Node& node, std::string_view path);
};

}  // namespace slipway::spec::workflow
