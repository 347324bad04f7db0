// Guards of rollouts: what must hold of the canary for the rollout to go on. Pure.
//
//   guard   = metric comparator number [unit]
//   metric  = p50_ms | p95_ms | p99_ms | error_rate | rate_5xx | score_psi
//   unit    = ms (latencies) | % (rates) | x (latencies and rates: times the control's value)
//
// "p99_ms<20", "error_rate <= 0.5%", "p95_ms<1.2x". A rate without a unit is a share: 0.005 is 0.5 %.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/rollout.h"

namespace slipway::endpoints {

enum class GuardMetric { kP50, kP95, kP99, kErrorRate, kRate5xx, kScorePsi };
enum class GuardComparator { kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

struct Guard {
  std::string text;  // as written
  GuardMetric metric = GuardMetric::kP99;
  GuardComparator comparator = GuardComparator::kLess;
  double number = 0;         // milliseconds, a share, an index; or a factor
  bool is_relative = false;  // `number` times the control's value

  // Whether the control takes part.
  bool Compares() const { return is_relative || metric == GuardMetric::kScorePsi; }
};

// kInvalidArgument with the column, and the text with a caret below what is wrong.
Result<Guard> ParseGuard(std::string_view text);
Result<std::vector<Guard>> ParseGuards(const std::vector<std::string>& texts);

// Unknown while a side that takes part has fewer than `samples_min` requests (scores, for score_psi). A relative guard
// takes the control for 1 ms, or for one request in all of its requests, where it is below that: the log counts whole
// milliseconds, and twice nothing is no limit.
domain::GuardOutcome Judge(const Guard& guard, const domain::RolloutEvidence& evidence, int64_t samples_min);

}  // namespace slipway::endpoints
