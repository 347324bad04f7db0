// What a rule would have done over past data: the same measuring, judging and deciding as live, without storing.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/alert.h"
#include "slipway/monitor/measure.h"

namespace slipway::monitor {

struct ReplayedEvent {
  Combination dimensions;
  Timestamp fired_at{};
  std::optional<Timestamp> resolved_at;  // unset: still firing at the end, or the rule never resolves
  double value = 0;
};

struct Replay {
  Timestamp begin{}, end{};
  int64_t evaluations = 0;
  std::vector<ReplayedEvent> events;        // oldest first
  std::optional<double> smallest, largest;  // of the first condition's values
};

// What the rule's conditions measured in the windows that end at `now`; as Judge takes it.
using MeasureWindows =
    std::function<Result<std::vector<std::vector<Measured>>>(const domain::AlertRule&, Timestamp now)>;

// Evaluates at `begin` + k × evaluation frequency, up to `end`; stops with `measure`'s first error. kInvalidArgument
// for more than 20,000 evaluations.
Result<Replay> ReplayRule(const domain::AlertRule& rule, Timestamp begin, Timestamp end, const MeasureWindows& measure);

}  // namespace slipway::monitor
