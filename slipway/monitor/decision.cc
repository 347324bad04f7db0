#include "slipway/monitor/decision.h"

namespace slipway::monitor {

Decision Decide(const domain::AlertRule& rule, const AlertState& state, bool is_breached, Timestamp now) {
  const bool is_open = rule.auto_mitigate && state.is_fired;
  if (!is_breached) return is_open ? Decision::kResolve : Decision::kNothing;
  const bool is_muted = state.last_fired_at && now < *state.last_fired_at + std::chrono::seconds(rule.mute_seconds);
  return is_open || is_muted ? Decision::kNothing : Decision::kFire;
}

}  // namespace slipway::monitor
