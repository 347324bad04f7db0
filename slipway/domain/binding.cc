#include "slipway/base/text.h"
#include "slipway/domain/job.h"

namespace slipway::domain {
namespace {

bool CutPrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<Binding> ParseStepBinding(std::string_view expression) {
  const size_t dot = expression.find('.');
  if (dot == 0 || dot == std::string_view::npos) return std::nullopt;
  const std::string step(expression.substr(0, dot));
  expression.remove_prefix(dot + 1);
  if (CutPrefix(expression, "outputs.")) return Binding{Binding::Kind::kStepOutput, step, std::string(expression)};
  if (CutPrefix(expression, "inputs.")) return Binding{Binding::Kind::kStepInput, step, std::string(expression)};
  return std::nullopt;
}

}  // namespace

std::string Binding::ToString() const {
  switch (kind) {
    case Kind::kParentInput:
      return "${{parent.inputs." + port + "}}";
    case Kind::kParentOutput:
      return "${{parent.outputs." + port + "}}";
    case Kind::kStepInput:
      return "${{parent.jobs." + step + ".inputs." + port + "}}";
    case Kind::kStepOutput:
      break;
  }
  return "${{parent.jobs." + step + ".outputs." + port + "}}";
}

std::optional<Binding> Binding::Parse(std::string_view text) {
  text = Trim(text);
  if (!CutPrefix(text, "${{") || !text.ends_with("}}")) return std::nullopt;
  std::string_view expression = Trim(text.substr(0, text.size() - 2));
  if (expression.find("}}") != std::string_view::npos || !CutPrefix(expression, "parent.")) return std::nullopt;
  std::optional<Binding> binding;
  if (CutPrefix(expression, "inputs.")) {
    binding = Binding{Kind::kParentInput, "", std::string(expression)};
  } else if (CutPrefix(expression, "outputs.")) {
    binding = Binding{Kind::kParentOutput, "", std::string(expression)};
  } else if (CutPrefix(expression, "jobs.")) {
    binding = ParseStepBinding(expression);
  }
  return binding && !binding->port.empty() ? binding : std::nullopt;
}

}  // namespace slipway::domain
