// How bad something in a report is, and gates that go by it.
#pragma once

#include <optional>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::stats {

enum class Severity { kNote, kWarning, kError };
std::string_view SeverityName(Severity severity);  // "note", "warning", "error"

// What a gate fails on: "none" (nullopt, also ""), "warning" or "error"; kInvalidArgument.
Result<std::optional<Severity>> ParseGate(std::string_view text);

}  // namespace slipway::stats
