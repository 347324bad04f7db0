#include "slipway/monitor/decision.h"

#include <algorithm>

namespace slipway::monitor {

bool IsWithin(Timestamp now, Timestamp then, std::chrono::seconds span) {
  return std::chrono::abs(now - then) < span;
}

std::optional<Timestamp> GoodSince(const AlertState& state, bool is_breached, Timestamp now) {
  if (is_breached) return std::nullopt;
  return std::min(state.good_since.value_or(now), now);
}

Decision Decide(const domain::AlertRule& rule, const AlertState& state, bool is_breached, Timestamp now) {
  const bool is_open = rule.auto_mitigate && state.is_fired;
  if (!is_breached) {
    const auto good_for = now - state.good_since.value_or(now);
    return is_open && good_for >= std::chrono::seconds(rule.resolve_seconds) ? Decision::kResolve : Decision::kNothing;
  }
  const bool is_muted =
      state.last_fired_at && IsWithin(now, *state.last_fired_at, std::chrono::seconds(rule.mute_seconds));
  return is_open || is_muted ? Decision::kNothing : Decision::kFire;
}

}  // namespace slipway::monitor
