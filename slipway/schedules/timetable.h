// When a trigger fires: pure arithmetic on its rule, its time zone, its start and its end.
//
// Rules are about wall clocks; two days a year clocks jump:
//   - A cron expression for every hour ("*" or all 24 in the hour field), and recurrences of minutes and hours, follow
//     elapsed time: they skip what clocks skipped and fire in both of two equal hours.
//   - Every other rule means times of day: it fires once, at the first of two equal times, and at the end of the gap
//   for a
//     time that clocks skipped.
#pragma once

#include <memory>
#include <optional>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/schedule.h"
#include "slipway/schedules/time_zone.h"

namespace slipway::schedules {

// Immutable; copies share the rule. Thread-safe.
//
// Recurrences. Without hours and minutes a recurrence fires at its start and every `interval` minutes, hours, days,
// weeks or months after it; days, weeks and months keep the start's time of day and its day, and a month without that
// day is left out. With hours and minutes (each hour with each minute) it fires on every interval-th day; on the
// week_days (or the start's day) of every interval-th week, weeks beginning on Monday; or on the month_days or
// week_days (or the start's day) of every interval-th month.
class Timetable {
 public:
  // `created_at` is the start of a trigger that has none. kInvalidArgument tells what is wrong with the trigger.
  static Result<Timetable> Make(const domain::Trigger& trigger, Timestamp created_at);

  // The first firing after `time`; nullopt when there is none (within 400 years, after which the calendar repeats).
  std::optional<Timestamp> NextAfter(Timestamp time) const;

  // What the days of a rule look like; timetable.cc has the kinds.
  class Rule;

 private:
  Timetable(std::shared_ptr<const Rule> rule, TimeZone zone, Timestamp start, std::optional<Timestamp> end)
      : rule_(std::move(rule)), zone_(zone), start_(start), end_(end) {}

  std::shared_ptr<const Rule> rule_;
  TimeZone zone_;
  Timestamp start_;               // inclusive
  std::optional<Timestamp> end_;  // inclusive
};

}  // namespace slipway::schedules
