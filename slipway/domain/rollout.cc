#include "slipway/domain/rollout.h"

#include <array>

#include "slipway/base/text.h"

namespace slipway::domain {
namespace {

constexpr std::array<std::string_view, 5> kStatuses = {"Running", "Paused", "Completed", "RolledBack", "Aborted"};
constexpr std::array<std::string_view, 3> kVerdicts = {"holds", "breached", "unknown"};

template <class Enum, size_t N>
std::optional<Enum> Parse(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i)
    if (EqualsIgnoreCase(names[i], name)) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::string_view RolloutStatusName(RolloutStatus status) {
  return kStatuses[static_cast<size_t>(status)];
}

std::optional<RolloutStatus> ParseRolloutStatus(std::string_view name) {
  return Parse<RolloutStatus>(kStatuses, name);
}

std::string_view VerdictName(GuardOutcome::Verdict verdict) {
  return kVerdicts[static_cast<size_t>(verdict)];
}

std::optional<GuardOutcome::Verdict> ParseVerdict(std::string_view name) {
  return Parse<GuardOutcome::Verdict>(kVerdicts, name);
}

}  // namespace slipway::domain
