// What an alert rule does about a measured value: a pure function, after Azure Monitor's log alerts.
//
// With auto_mitigate a rule fires once when the condition is met and not again until it has been resolved, which the
// first evaluation does that does not meet the condition. Without, it fires at every evaluation that does, and never
// resolves. Either way it does not fire within mute_seconds of the last firing. No data is no breach.
#pragma once

#include <optional>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/schedule.h"
#include "slipway/logstore/log_store.h"

namespace slipway::monitor {

struct AlertState {
  bool is_fired = false;  // fired and not resolved
  std::optional<Timestamp> last_fired_at;
};

enum class Decision { kNothing, kFire, kResolve };

bool IsBreached(const domain::AlertRule& rule, std::optional<double> value);
Decision Decide(const domain::AlertRule& rule, const AlertState& state, std::optional<double> value, Timestamp now);

// The rule's aggregate over a query's rows: their number, or Count, Average, Minimum, Maximum or Total of the measure
// column's values, nulls and NaN left out. Nullopt when there is nothing to aggregate; no rows count as 0.
// kInvalidArgument for a column that is missing or not of numbers.
Result<std::optional<double>> Measure(const domain::AlertRule& rule, const logstore::QueryResult& result);

}  // namespace slipway::monitor
