#include "slipway/schedules/timetable.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/retry.h"
#include "slipway/base/text.h"
#include "slipway/schedules/cron.h"

namespace slipway::schedules {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::year_month_day;

// After as many years the Gregorian calendar repeats, week days included.
constexpr days kCalendarCycle{146'097};

constexpr std::array<std::string_view, 7> kWeekDays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};

local_days DayOf(WallTime wall) {
  return std::chrono::floor<days>(wall);
}

unsigned WeekDayOf(local_days day) {
  return std::chrono::weekday(day).c_encoding();
}

int MonthIndex(const year_month_day& date) {
  return static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month()));
}

}  // namespace

class Timetable::Rule {
 public:
  virtual ~Rule() = default;
  virtual std::optional<Timestamp> NextAfter(Timestamp time, const TimeZone& zone) const = 0;
};

namespace {

// Every `period` of elapsed time from `start` on.
class ElapsedRule final : public Timetable::Rule {
 public:
  ElapsedRule(Timestamp start, Duration period) : start_(start), period_(period) {}
  std::optional<Timestamp> NextAfter(Timestamp time, const TimeZone&) const override {
    if (time < start_) return start_;
    return start_ + ((time - start_) / period_ + 1) * period_;
  }

 private:
  Timestamp start_;
  Duration period_;
};

// Times of day on the days that HasDay() picks.
class DayRule : public Timetable::Rule {
 public:
  std::optional<Timestamp> NextAfter(Timestamp time, const TimeZone& zone) const final {
    const local_days today = DayOf(zone.WallAt(time));
    // Where clocks are set back over midnight, times of one day come after times of the next: the day before is looked
    // at too, and so is the day behind the first that has a firing.
    std::optional<Timestamp> next;
    for (local_days day = today - days(1); day <= today + kCalendarCycle; day += days(1)) {
      const bool is_last = next.has_value();
      if (HasDay(day)) next = Earlier(next, FirstOn(day, time, zone));
      if (is_last) break;
    }
    return next;
  }

 protected:
  // `follows_elapsed_time`: skip what clocks skipped and fire at both of two equal times.
  DayRule(std::vector<Duration> times, bool follows_elapsed_time)
      : times_(std::move(times)), follows_elapsed_time_(follows_elapsed_time) {}
  virtual bool HasDay(local_days day) const = 0;

 private:
  std::optional<Timestamp> FirstOn(local_days day, Timestamp after, const TimeZone& zone) const {
    std::optional<Timestamp> first;
    const auto consider = [&](Timestamp instant) {
      if (instant > after) first = Earlier(first, instant);
    };
    for (const Duration time : times_) {
      const WallTime wall = day + time;
      if (!follows_elapsed_time_) {
        consider(zone.Resolve(wall));
      } else {
        for (const Timestamp instant : zone.Instants(wall)) consider(instant);
      }
    }
    return first;
  }

  std::vector<Duration> times_;
  bool follows_elapsed_time_;
};

class CronRule final : public DayRule {
 public:
  explicit CronRule(const CronExpression& cron) : DayRule(TimesOf(cron), cron.hours.all()), cron_(cron) {}

 private:
  static std::vector<Duration> TimesOf(const CronExpression& cron) {
    std::vector<Duration> times;
    for (size_t hour = 0; hour < cron.hours.size(); ++hour) {
      for (size_t minute = 0; minute < cron.minutes.size(); ++minute) {
        if (cron.hours[hour] && cron.minutes[minute])
          times.push_back(std::chrono::hours(hour) + std::chrono::minutes(minute));
      }
    }
    return times;
  }
  bool HasDay(local_days day) const override {
    const year_month_day date(day);
    return cron_.MatchesDay(static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), WeekDayOf(day));
  }

  CronExpression cron_;
};

enum class Unit { kDay, kWeek, kMonth };

// Which days a recurrence of days, weeks or months has.
struct RecurringDays {
  Unit unit = Unit::kDay;
  int interval = 1;
  local_days start{};
  std::bitset<7> week_days;
  std::bitset<32> month_days;

  bool Has(local_days day) const {
    if (day < start) return false;
    switch (unit) {
      case Unit::kDay:
        return (day - start).count() % interval == 0 && (week_days.none() || week_days[WeekDayOf(day)]);
      case Unit::kWeek:
        return (Monday(day) - Monday(start)).count() / 7 % interval == 0 && week_days[WeekDayOf(day)];
      case Unit::kMonth:
        break;
    }
    const year_month_day date(day);
    return (MonthIndex(date) - MonthIndex(year_month_day(start))) % interval == 0 &&
           (week_days[WeekDayOf(day)] || month_days[static_cast<unsigned>(date.day())]);
  }

 private:
  static local_days Monday(local_days day) { return day - days((WeekDayOf(day) + 6) % 7); }
};

class RecurrenceRule final : public DayRule {
 public:
  RecurrenceRule(const RecurringDays& recurring, std::vector<Duration> times)
      : DayRule(std::move(times), false), days_(recurring) {}

 private:
  bool HasDay(local_days day) const override { return days_.Has(day); }
  RecurringDays days_;
};

Status CheckNumbers(const std::vector<int>& numbers, std::string_view what, int min, int max) {
  for (const int number : numbers) {
    if (number < min || number > max)
      return InvalidArgument(fmt::format("'{}' must be from {} to {}, not {}", what, min, max, number));
  }
  return {};
}

Result<std::bitset<7>> WeekDaysOf(const std::vector<std::string>& names) {
  std::bitset<7> bits;
  const std::vector<std::string> known(kWeekDays.begin(), kWeekDays.end());
  for (const std::string& name : names) {
    const auto found = std::find(known.begin(), known.end(), ToLower(name));
    if (found == known.end())
      return InvalidArgument(fmt::format("'{}' is not a day of the week{}", name, DidYouMean(ToLower(name), known)));
    bits.set(static_cast<size_t>(found - known.begin()));
  }
  return bits;
}

Result<RecurringDays> DaysOf(const domain::RecurrenceTrigger& trigger, Unit unit, local_days start) {
  RecurringDays result{unit, trigger.interval, start, {}, {}};
  SLIPWAY_RETURN_IF_ERROR(CheckNumbers(trigger.month_days, "month_days", 1, 31));
  if (unit != Unit::kMonth && !trigger.month_days.empty())
    return InvalidArgument("month_days belong to the frequency 'month'");
  SLIPWAY_ASSIGN_OR_RETURN(result.week_days, WeekDaysOf(trigger.week_days));
  for (const int day : trigger.month_days) result.month_days.set(static_cast<size_t>(day));
  if (result.week_days.any() || result.month_days.any()) return result;
  if (unit == Unit::kWeek) result.week_days.set(WeekDayOf(start));
  if (unit == Unit::kMonth) result.month_days.set(static_cast<unsigned>(year_month_day(start).day()));
  return result;
}

// Each hour with each minute; the start's time of day where the trigger says nothing.
Result<std::vector<Duration>> TimesOf(const domain::RecurrenceTrigger& trigger, Duration start) {
  SLIPWAY_RETURN_IF_ERROR(CheckNumbers(trigger.hours, "hours", 0, 23));
  SLIPWAY_RETURN_IF_ERROR(CheckNumbers(trigger.minutes, "minutes", 0, 59));
  if (trigger.hours.empty() && trigger.minutes.empty()) return std::vector{start};
  std::vector<int> hours = trigger.hours, minutes = trigger.minutes;
  if (hours.empty()) hours = {static_cast<int>(start / std::chrono::hours(1))};
  if (minutes.empty()) minutes = {0};
  std::vector<Duration> times;
  for (const int hour : hours)
    for (const int minute : minutes) times.push_back(std::chrono::hours(hour) + std::chrono::minutes(minute));
  return times;
}

using RulePointer = std::shared_ptr<const Timetable::Rule>;

Result<RulePointer> MakeElapsed(const domain::RecurrenceTrigger& trigger, Duration unit, Timestamp start) {
  const bool has_pattern =
      !trigger.hours.empty() || !trigger.minutes.empty() || !trigger.week_days.empty() || !trigger.month_days.empty();
  if (has_pattern) {
    return InvalidArgument(fmt::format(
        "hours, minutes and days belong to the frequencies day, week and month, not to '{}'", trigger.frequency));
  }
  return std::make_shared<ElapsedRule>(start, unit * trigger.interval);
}

Result<RulePointer> MakeRecurrence(const domain::RecurrenceTrigger& trigger, const TimeZone& zone, Timestamp start) {
  if (trigger.interval < 1)
    return InvalidArgument(fmt::format("'interval' must be 1 or more, not {}", trigger.interval));
  if (trigger.frequency == "minute") return MakeElapsed(trigger, std::chrono::minutes(1), start);
  if (trigger.frequency == "hour") return MakeElapsed(trigger, std::chrono::hours(1), start);
  const std::vector<std::string> units = {"day", "week", "month"};
  const auto unit = std::find(units.begin(), units.end(), trigger.frequency);
  if (unit == units.end()) {
    return InvalidArgument(
        fmt::format("'frequency' must be minute, hour, day, week or month, not '{}'", trigger.frequency));
  }
  const WallTime wall = zone.WallAt(start);
  SLIPWAY_ASSIGN_OR_RETURN(const RecurringDays recurring,
                           DaysOf(trigger, static_cast<Unit>(unit - units.begin()), DayOf(wall)));
  SLIPWAY_ASSIGN_OR_RETURN(auto times, TimesOf(trigger, wall - DayOf(wall)));
  return std::make_shared<RecurrenceRule>(recurring, std::move(times));
}

Result<RulePointer> MakeRule(const domain::Trigger& trigger, const TimeZone& zone, Timestamp start) {
  if (const auto* recurrence = std::get_if<domain::RecurrenceTrigger>(&trigger.rule))
    return MakeRecurrence(*recurrence, zone, start);
  SLIPWAY_ASSIGN_OR_RETURN(const CronExpression cron,
                           CronExpression::Parse(std::get<domain::CronTrigger>(trigger.rule).expression));
  return std::make_shared<CronRule>(cron);
}

// A time with an offset is that instant; one without is on the zone's wall clock.
Result<std::optional<Timestamp>> InstantOf(const std::optional<std::string>& text, const TimeZone& zone,
                                           std::string_view what) {
  if (!text) return std::optional<Timestamp>();
  SLIPWAY_ASSIGN_OR_RETURN(const Timestamp read, With(ParseTimestamp(*text), std::string(what)));
  constexpr size_t kDateLength = 10;  // its '-' are no offsets
  const bool has_offset = text->find_first_of("Zz+-", kDateLength) != std::string::npos;
  return std::optional(has_offset ? read : zone.Resolve(WallTime(read.time_since_epoch())));
}

}  // namespace

Result<Timetable> Timetable::Make(const domain::Trigger& trigger, Timestamp created_at) {
  SLIPWAY_ASSIGN_OR_RETURN(const TimeZone zone, TimeZone::Find(trigger.time_zone));
  SLIPWAY_ASSIGN_OR_RETURN(const auto start, InstantOf(trigger.start_time, zone, "start_time"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto end, InstantOf(trigger.end_time, zone, "end_time"));
  if (end && *end < start.value_or(created_at)) return InvalidArgument("'end_time' is before the start");
  SLIPWAY_ASSIGN_OR_RETURN(auto rule, MakeRule(trigger, zone, start.value_or(created_at)));
  return Timetable(std::move(rule), zone, start.value_or(created_at), end);
}

std::optional<Timestamp> Timetable::NextAfter(Timestamp time) const {
  const auto next = rule_->NextAfter(std::max(time, start_ - Duration(1)), zone_);
  return next && end_ && *next > *end_ ? std::nullopt : next;
}

}  // namespace slipway::schedules
