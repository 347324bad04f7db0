#include "slipway/stats/severity.h"

#include <fmt/format.h>

namespace slipway::stats {

std::string_view SeverityName(Severity severity) {
  constexpr std::string_view kNames[] = {"note", "warning", "error"};
  return kNames[static_cast<size_t>(severity)];
}

Result<std::optional<Severity>> ParseGate(std::string_view text) {
  if (text.empty() || text == "none") return std::optional<Severity>();
  for (const Severity severity : {Severity::kWarning, Severity::kError})
    if (text == SeverityName(severity)) return std::optional(severity);
  return InvalidArgument(fmt::format("a gate fails on none, warning or error, not on '{}'", text));
}

}  // namespace slipway::stats
