// What an alert rule does about a verdict: a pure function, after Azure Monitor's log alerts.
//
// With auto_mitigate a combination fires once when the condition is met and not again until it has been resolved, which
// the first evaluation does that does not meet the condition, or the one after resolve_seconds of such evaluations.
// Without, it fires at every evaluation that does, and never resolves. Either way it does not fire within mute_seconds
// of the last firing.
#pragma once

#include <chrono>
#include <optional>

#include "slipway/base/time.h"
#include "slipway/domain/alert.h"

namespace slipway::monitor {

// Of one combination.
struct AlertState {
  bool is_fired = false;  // fired and not resolved
  std::optional<Timestamp> last_fired_at;
  std::optional<Timestamp> good_since{};  // of a fired one: the first of the good evaluations since the last bad one
};

// Is `now` less than `span` after `then`? A clock that was set back puts `then` ahead: then it is as long before as it
// would be after, so that a wrong clock keeps nothing waiting for longer than the span.
bool IsWithin(Timestamp now, Timestamp then, std::chrono::seconds span);

// Since when evaluations of a fired combination have been good, this one included; nullopt while they are bad. A clock
// that was set back has not made it longer.
std::optional<Timestamp> GoodSince(const AlertState& state, bool is_breached, Timestamp now);

enum class Decision { kNothing, kFire, kResolve };

Decision Decide(const domain::AlertRule& rule, const AlertState& state, bool is_breached, Timestamp now);

}  // namespace slipway::monitor
