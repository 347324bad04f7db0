// What a rule measures: numbers out of query results, by combination of the condition's dimensions, window by window,
// and the verdict over the last windows. Values in, values out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/alert.h"
#include "slipway/logstore/log_store.h"

namespace slipway::monitor {

// Values of the dimensions by name; empty for a condition without dimensions.
using Combination = domain::Tags;
// Nullopt: there is nothing to aggregate.
using Measured = std::map<Combination, std::optional<double>>;

// The condition's aggregate over a query's rows: their number, or Count, Average, Minimum, Maximum or Total of the
// measure column's values, nulls and NaN left out. Without dimensions there is one combination, also without rows (a
// Count of 0). kInvalidArgument for a column that is missing or not of numbers.
Result<Measured> Measure(const domain::AlertCondition& condition, const logstore::QueryResult& result);

bool IsBreached(const domain::AlertCondition& condition, std::optional<double> value);

// The KQL over AzureMetrics that measures a metric condition of `resource`; its result has the column "Value" and one
// of each dimension's name.
std::string MetricQuery(const domain::AlertCondition& condition, const std::string& resource);

struct Verdict {
  bool is_breached = false;                   // in failing_periods of the last evaluation_periods windows
  std::vector<std::optional<double>> values;  // of each condition in the newest window
};

// windows[c][i]: what condition c measured in the i-th window, newest first. A window is bad for a combination when
// all conditions are breached. `open` are combinations that fired and are not resolved: they get a verdict whether or
// not they were measured, a good one when the rule splits by other dimensions meanwhile. A log rule's combination that
// was not measured has a Count of 0; otherwise there is no data, which is no breach.
std::map<Combination, Verdict> Judge(const domain::AlertRule& rule, const std::vector<std::vector<Measured>>& windows,
                                     const std::vector<Combination>& open);

}  // namespace slipway::monitor
