#include "slipway/spec/workflow/checks.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::spec::workflow {
namespace {

namespace wf = expressions::workflow;

wf::Rules RulesOf(Place place) {
  switch (place) {
    case Place::kNowhere:
      return {};
    case Place::kRunName:
    case Place::kCallDefault:
      return {{"github", "inputs", "vars"}};
    case Place::kWorkflowEnv:
      return {{"github", "inputs", "vars", "secrets"}};
    case Place::kJobIf:
      return {{"github", "inputs", "vars", "needs"}, true, false};
    case Place::kStrategy:
      return {{"github", "inputs", "vars", "needs"}};
    case Place::kJob:
      return {{"github", "inputs", "vars", "needs", "strategy", "matrix"}};
    case Place::kCallSecrets:
    case Place::kJobEnv:
      return {{"github", "inputs", "vars", "needs", "strategy", "matrix", "secrets"}};
    case Place::kJobDefaults:
      return {{"github", "inputs", "vars", "needs", "strategy", "matrix", "env"}};
    case Place::kEnvironmentUrl:
      return {{"github", "inputs", "vars", "needs", "strategy", "matrix", "env", "job", "runner", "steps"}};
    case Place::kJobOutputs:
      return {{"github", "inputs", "vars", "needs", "strategy", "matrix", "env", "job", "runner", "steps", "secrets"}};
    case Place::kStep:
      return {{"github", "inputs", "vars", "needs", "strategy", "matrix", "env", "job", "runner", "steps", "secrets"},
              false,
              true};
    case Place::kStepIf:
      return {{"github", "inputs", "vars", "needs", "strategy", "matrix", "env", "job", "runner", "steps"}, true, true};
    case Place::kCallOutput:
      return {{"github", "inputs", "vars", "jobs"}};
    case Place::kActionStep:
    case Place::kActionOutput:
      return {{"github", "inputs", "strategy", "matrix", "steps", "job", "runner", "env"}, false, true};
    case Place::kActionStepIf:
      return {{"github", "inputs", "strategy", "matrix", "steps", "job", "runner", "env"}, true, true};
    case Place::kActionDefault:
      return {{"github", "strategy", "matrix", "job", "runner"}, false, true};
  }
  return {};
}

// The line of a block text begins below its mark.
Mark MarkOf(const Node& node) {
  return node.mark;
}

}  // namespace

void Checker::Warn(const Mark& mark, std::string_view path, std::string message) {
  warnings.push_back(
      InvalidArgument(path.empty() ? std::move(message) : fmt::format("{}: {}", path, message)).At(mark.Position()));
}

void Checker::Text(const Node& node, std::string_view path, Place place) {
  if (!wf::HasExpression(node.text)) return;
  if (place == Place::kNowhere)
    return complaints.Add(MarkOf(node), path, "expressions are not allowed here, only plain text");
  const auto parsed = wf::Template::Parse(node.text, RulesOf(place));
  if (!parsed) return complaints.Add(MarkOf(node), path, parsed.error().ToString());
  Uses(parsed->Uses(), node, path);
}

void Checker::Uses(const std::vector<wf::Use>& uses, const Node& node, std::string_view path) {
  const auto has = [](const auto& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& each) { return EqualsIgnoreCase(each, name); });
  };
  for (const wf::Use& use : uses) {
    if (use.names.empty()) continue;
    if (use.context == "needs" && needs && !has(*needs, use.names[0]))
      Warn(node.mark, path,
           fmt::format("'needs.{0}' is always empty: the job does not have '{0}' in its needs", use.names[0]));
    if (use.context == "steps" && steps && !has(*steps, use.names[0]))
      Warn(node.mark, path, fmt::format("'steps.{0}' is always empty: no earlier step has the id '{0}'", use.names[0]));
  }
}

void Checker::Expressions(const Value& value, Place place) {
  const Node& node = value.node();
  if (node.IsScalar()) Text(node, value.path(), place);
  for (size_t i = 0; i < node.items.size(); ++i)
    Expressions(Value(node.items[i], fmt::format("{}[{}]", value.path(), i), complaints), place);
  for (const auto& [key, member] : node.members) {
    if (wf::HasExpression(key.text))
      Text({.kind = Node::Kind::kScalar, .text = key.text, .mark = key.mark}, value.path(), place);
    Expressions(value.Member(key.text, member), place);
  }
}

void Checker::Scalar(const Value& value, Place place) {
  const Node& node = value.node();
  if (!node.IsScalar() && !node.IsNull()) return value.Complain(fmt::format("text is needed, not {}", node.Describe()));
  Expressions(value, place);
}

void Checker::Condition(const Value& value, Place place) {
  const Node& node = value.node();
  if (node.IsNull()) return;
  if (!node.IsScalar()) return value.Complain(fmt::format("a condition is text, not {}", node.Describe()));
  const auto parsed = wf::Condition::Parse(node.text, RulesOf(place));
  if (!parsed) return value.Complain(parsed.error().ToString());
  Uses(parsed->Uses(), node, value.path());
  if (parsed->is_always_true())
    Warn(node.mark, value.path(),
         "always true: with text around the braces the condition is a text that is not empty; put everything inside "
         "one pair of braces, or leave them out");
}

}  // namespace slipway::spec::workflow
