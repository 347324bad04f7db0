// What a firing does, decided by pure functions: which receivers are told, when a failed attempt is repeated, and
// whether a job or workflow may start now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/base/time.h"
#include "slipway/domain/alert.h"

namespace slipway::monitor {

// The deliveries of a firing: the rule's own job first (receiver "create_job"), then the receivers of each group in
// order; groups that are disabled are left out. A resolution starts nothing and is told to the same receivers.
std::vector<domain::AlertDelivery> PlanDeliveries(const domain::AlertRule& rule,
                                                  const std::vector<domain::ActionGroup>& groups, bool is_resolution);

// When an attempt that failed is repeated: 5, 20 and 40 seconds later. Nullopt: no more.
std::optional<Timestamp> NextAttempt(int attempts, Timestamp now);

// What stands against starting anything for an event.
struct Guards {
  std::optional<domain::AlertFreeze> freeze;
  std::string running;            // what an earlier event started and has not ended: "job 'x'"; "" for none
  std::vector<Timestamp> starts;  // of other events of the rule
};
// "" when the rule may start something at `now`.
std::string WhyNotStarted(const domain::AlertRule& rule, const Guards& guards, Timestamp now);

}  // namespace slipway::monitor
