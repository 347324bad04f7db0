#include "slipway/monitor/decision.h"

#include <gtest/gtest.h>

namespace slipway::monitor {
namespace {

using domain::AlertRule;

Timestamp At(std::string_view text) {
  return *ParseTimestamp(text);
}

TEST(Decide, FollowsTheTable) {
  constexpr Decision kNothing = Decision::kNothing, kFire = Decision::kFire, kResolve = Decision::kResolve;
  struct Case {
    const char* what;
    bool auto_mitigate;
    int64_t mute_seconds;
    bool is_fired;
    std::optional<int> fired_seconds_ago;
    bool is_breached;
    Decision expected;
    int64_t resolve_seconds = 0;
    std::optional<int> good_seconds = {};
  };
  const Case kCases[] = {
      {"good and quiet", true, 0, false, {}, false, kNothing},
      {"turns bad", true, 0, false, {}, true, kFire},
      {"still bad", true, 0, true, 300, true, kNothing},
      {"good again", true, 0, true, 300, false, kResolve},
      {"bad again after it was resolved", true, 0, false, 300, true, kFire},
      {"bad again, muted", true, 600, false, 300, true, kNothing},
      {"bad again, a moment before the end of the mute", true, 600, false, 599, true, kNothing},
      {"bad again, the mute is over", true, 600, false, 600, true, kFire},
      {"muted, and good again", true, 600, true, 300, false, kResolve},
      {"stateless: bad", false, 0, false, {}, true, kFire},
      {"stateless: still bad", false, 0, true, 300, true, kFire},
      {"stateless: still bad, muted", false, 600, true, 300, true, kNothing},
      {"stateless: still bad, the mute is over", false, 600, true, 601, true, kFire},
      {"stateless: good again", false, 0, true, 300, false, kNothing},
      {"fired ahead of a clock that was set back a little, muted", true, 600, false, -30, true, kNothing},
      {"fired ahead of a clock that was set back far", true, 600, false, -86400, true, kFire},
      {"good for the first time, to resolve after a while", true, 0, true, 300, false, kNothing, 600, 0},
      {"good, a moment before it resolves", true, 0, true, 900, false, kNothing, 600, 599},
      {"good for long enough", true, 0, true, 900, false, kResolve, 600, 600},
  };
  const Timestamp now = At("2026-03-04T05:06:07Z");
  for (const Case& c : kCases) {
    AlertRule rule;
    rule.auto_mitigate = c.auto_mitigate;
    rule.mute_seconds = c.mute_seconds;
    rule.resolve_seconds = c.resolve_seconds;
    AlertState state{c.is_fired, std::nullopt};
    if (c.good_seconds) state.good_since = now - std::chrono::seconds(*c.good_seconds);
    if (c.fired_seconds_ago) state.last_fired_at = now - std::chrono::seconds(*c.fired_seconds_ago);
    EXPECT_EQ(Decide(rule, state, c.is_breached, now), c.expected) << c.what;
  }
}

}  // namespace
}  // namespace slipway::monitor
