// The rules for names of the dialect.
#include <algorithm>

#include <fmt/format.h>

#include "slipway/domain/common.h"

namespace slipway::domain {
namespace {

bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsLetter(char c) {
  return IsLower(c) || (c >= 'A' && c <= 'Z');
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsAlphanumeric(char c) {
  return IsLetter(c) || IsDigit(c);
}

// What a name may look like, and how the rule is said to a user.
struct Rule {
  std::string_view what;
  size_t min, max;
  bool (*first)(char);
  bool (*others)(char);
  std::string_view text;
};

const Rule& RuleOf(NameKind kind) {
  static constexpr auto kWord = [](char c) { return IsAlphanumeric(c) || c == '_'; };
  static constexpr auto kDashed = [](char c) { return IsAlphanumeric(c) || c == '-'; };
  static constexpr auto kWordOrDash = [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_'; };
  static constexpr auto kWordDashOrDot = [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  static constexpr auto kLowerWord = [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; };
  static constexpr auto kLowerStart = [](char c) { return IsLower(c) || c == '_'; };
  static constexpr auto kWordStart = [](char c) { return IsLetter(c) || c == '_'; };
  static constexpr auto kPort = [](char c) { return IsAlphanumeric(c) || c == '_' || c == '.'; };
  static const Rule kRules[] = {
      {"an asset", 1, 255, IsAlphanumeric, kWordDashOrDot,
       "letters, digits, '-', '_' and '.', a letter or digit first"},
      {"a model or environment", 1, 255, IsAlphanumeric, kWordDashOrDot,
       "letters, digits, '-', '_' and '.', a letter or digit first"},
      {"a component", 1, 255, IsLower, kLowerWord, "lower-case letters, digits and '_', a lower-case letter first"},
      {"an endpoint", 3, 32, IsLetter, kDashed, "letters, digits and single '-', a letter first"},
      {"a deployment", 3, 32, IsLetter, kDashed, "letters, digits and single '-', a letter first"},
      {"a job", 1, 255, IsAlphanumeric, kWordDashOrDot, "letters, digits, '-', '_' and '.', a letter or digit first"},
      {"a schedule", 1, 255, IsAlphanumeric, kWordDashOrDot,
       "letters, digits, '-', '_' and '.', a letter or digit first"},
      {"a datastore", 1, 255, kWord, kWord, "letters, digits and '_'"},
      {"a compute", 2, 32, IsLetter, kDashed, "letters, digits and '-', a letter first"},
      {"a workspace", 3, 33, IsAlphanumeric, kWordOrDash, "letters, digits, '-' and '_', a letter or digit first"},
      {"a registry", 3, 33, IsAlphanumeric, kWordOrDash, "letters, digits, '-' and '_', a letter or digit first"},
      {"a step", 1, 255, kLowerStart, kLowerWord, "lower-case letters, digits and '_', no digit first"},
      {"an input or output", 1, 255, kWordStart, kPort, "letters, digits, '_' and '.', no digit first"},
  };
  return kRules[static_cast<size_t>(kind)];
}

}  // namespace

Status CheckName(NameKind kind, std::string_view name) {
  const Rule& rule = RuleOf(kind);
  bool is_good = name.size() >= rule.min && name.size() <= rule.max && rule.first(name[0]) &&
                 std::all_of(name.begin(), name.end(), rule.others);
  if (kind == NameKind::kEndpoint || kind == NameKind::kDeployment)
    is_good = is_good && name.find("--") == std::string_view::npos && !name.ends_with('-');
  if (is_good) return {};
  return InvalidArgument(fmt::format("'{}' cannot be the name of {}: names have {} to {} characters: {}", name,
                                     rule.what, rule.min, rule.max, rule.text));
}

std::string Scope::ArmId() const {
  const bool is_registry = !registry.empty();
  return fmt::format("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/{}/{}",
                     subscription, resource_group, is_registry ? "registries" : "workspaces",
                     is_registry ? registry : workspace);
}

}  // namespace slipway::domain
