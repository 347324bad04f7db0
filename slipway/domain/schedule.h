// Schedules (cron, recurrence) that create jobs.
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

}  // namespace slipway::domain
