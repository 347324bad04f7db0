// What those who do things at their time share: which failures are tried again, and when the next thing is due.
#pragma once

#include <algorithm>
#include <optional>

#include "slipway/base/error.h"
#include "slipway/base/time.h"

namespace slipway {

// Something was not available; it may be later.
inline bool IsWorthRepeating(Code code) {
  return code == Code::kUnavailable || code == Code::kDeadlineExceeded;
}

// The earlier of two times, either of which may be missing.
inline std::optional<Timestamp> Earlier(std::optional<Timestamp> a, std::optional<Timestamp> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace slipway
