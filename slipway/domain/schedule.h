// Schedules (cron, recurrence) that create jobs, and alert rules (a KQL query over a threshold) that do the same.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slipway/domain/common.h"
#include "slipway/domain/job.h"

namespace slipway::domain {

struct CronTrigger {
  std::string expression;  // minute hour day-of-month month day-of-week; all five honoured
};

struct RecurrenceTrigger {
  std::string frequency;  // minute, hour, day, week, month
  int interval = 1;
  std::vector<int> hours{}, minutes{}, month_days{};
  std::vector<std::string> week_days{};  // monday …
};

struct Trigger {
  std::variant<CronTrigger, RecurrenceTrigger> rule;
  std::optional<std::string> start_time, end_time;  // as written; without an offset they are in time_zone
  std::string time_zone = "UTC";                    // Windows zone name, as Azure takes them
};

struct Schedule {
  std::string name;
  std::string display_name, description;
  Tags tags;
  Tags properties;
  Trigger trigger;
  JobSpec create_job;
  bool is_enabled = true;
  std::optional<Timestamp> last_fired_at, next_fire_at;
  CreationContext context;
};

enum class CompareOperator { kGreaterThan, kGreaterThanOrEqual, kLessThan, kLessThanOrEqual, kEqual };

// A scheduled query rule (Azure Monitor's scheduledQueryRules), of the kind "count of rows, or a measure column,
// against a threshold".
struct AlertRule {
  std::string name;
  std::string display_name, description;
  Tags tags;
  int severity = 3;  // 0 critical … 4 verbose
  bool is_enabled = true;
  std::string query;
  int64_t evaluation_frequency_seconds = 300;
  int64_t window_size_seconds = 300;
  std::string time_aggregation = "Count";  // Count, Average, Minimum, Maximum, Total
  std::string metric_measure_column;       // "" with Count
  CompareOperator compare = CompareOperator::kGreaterThan;
  double threshold = 0;
  bool auto_mitigate = true;
  int64_t mute_seconds = 0;           // no second firing within this time
  std::optional<JobSpec> create_job;  // the action
  // State.
  std::optional<Timestamp> last_evaluated_at;
  bool is_fired = false;
  std::string last_error;  // why the last evaluation failed; "" when it did not
  CreationContext context;
};

struct AlertEvent {
  std::string id;
  std::string rule;
  Timestamp fired_at{};
  std::optional<Timestamp> resolved_at;
  double value = 0;
  double threshold = 0;
  std::string job;    // the job the action started; "" when none
  std::string error;  // why the action failed; "" otherwise
};

}  // namespace slipway::domain
