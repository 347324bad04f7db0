// Does an event start a workflow? Patterns of branches, tags and paths, and the rules of each event.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/expressions/workflow/expression.h"
#include "slipway/spec/workflow/workflow.h"

namespace slipway::workflows {

// A pattern of branches, tags or paths: `*` any but '/', `**` any, `?` and `+` after a character, `[a-z]`, `\x`.
// The whole text has to match, case matters.
bool MatchesPattern(std::string_view pattern, std::string_view text);
// In order, the last pattern that matches decides; `!pattern` takes away.
bool MatchesAny(const std::vector<std::string>& patterns, std::string_view text);
bool Passes(const spec::workflow::Filter& filter, std::string_view text);

struct EventFacts {
  std::string name;                                       // "push"
  std::string action;                                     // "completed", an event_type, "fired"
  std::string ref;                                        // refs/heads/main
  std::optional<std::vector<std::string>> changed_files;  // of a push to a branch
  std::string subject;      // workflow_run: the workflow's name; alert: the rule; model_registered: the model
  std::string head_branch;  // workflow_run
};

bool Starts(const spec::workflow::Workflow& workflow, const EventFacts& facts);

// Typed inputs of a dispatch (or a call) from what was given: defaults filled in, text turned into what the type says.
// Complains about unknown names, missing required ones and values that do not fit.
Result<expressions::workflow::Object> FillInputs(const std::vector<spec::workflow::Input>& declared,
                                                 const expressions::workflow::Object& given,
                                                 const expressions::workflow::Scope& defaults_scope, bool is_call);

}  // namespace slipway::workflows
