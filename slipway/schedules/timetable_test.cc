#include "slipway/schedules/timetable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/schedules/cron.h"
#include "slipway/schedules/windows_zones.h"

namespace slipway::schedules {
namespace {

using domain::CronTrigger;
using domain::RecurrenceTrigger;
using domain::Trigger;

constexpr const char* kBerlin = "W. Europe Standard Time";

Timestamp At(std::string_view text) {
  return *ParseTimestamp(text);
}

Timetable Make(const Trigger& trigger, std::string_view created_at = "2026-01-01") {
  auto made = Timetable::Make(trigger, At(created_at));
  EXPECT_TRUE(made) << made.error().ToString();
  return *made;
}

Trigger Cron(const std::string& expression, const std::string& zone = "UTC") {
  return {.rule = CronTrigger{expression}, .start_time = {}, .end_time = {}, .time_zone = zone};
}

Trigger Every(RecurrenceTrigger recurrence, const std::string& zone = "UTC") {
  return {.rule = std::move(recurrence), .start_time = {}, .end_time = {}, .time_zone = zone};
}

// The first `count` firings after `after`.
std::vector<std::string> Firings(const Timetable& timetable, std::string_view after, int count) {
  std::vector<std::string> times;
  Timestamp at = At(after);
  while (count-- > 0) {
    const auto next = timetable.NextAfter(at);
    if (!next) {
      times.push_back("never");
      break;
    }
    times.push_back(FormatTimestamp(*next, 0));
    at = *next;
  }
  return times;
}

using Times = std::vector<std::string>;

TEST(Zones, EveryWindowsNameHasRules) {
  for (const WindowsZone& zone : WindowsZones()) {
    const auto found = TimeZone::Find(zone.windows);
    EXPECT_TRUE(found) << found.error().ToString();
  }
}

TEST(Zones, AnIanaNameIsRefusedWithTheNameToWrite) {
  EXPECT_EQ(TimeZone::Find("Europe/Berlin").error().message(),
            "'Europe/Berlin' is an IANA time zone: write the Windows name 'W. Europe Standard Time'");
  EXPECT_NE(TimeZone::Find("W. Europ Standard Time").error().message().find("did you mean 'W. Europe Standard Time'?"),
            std::string::npos);
}

TEST(CronTimes, AreOnTheZonesClock) {
  EXPECT_EQ(Firings(Make(Cron("0 2 * * *")), "2026-03-04T05:00:00Z", 2),
            (Times{"2026-03-05T02:00:00Z", "2026-03-06T02:00:00Z"}));
  EXPECT_EQ(Firings(Make(Cron("0 2 * * *", kBerlin)), "2026-03-04T00:59:59Z", 2),
            (Times{"2026-03-04T01:00:00Z", "2026-03-05T01:00:00Z"}));
  EXPECT_EQ(Firings(Make(Cron("30 9 * * mon-fri", "India Standard Time")), "2026-03-06T04:00:00Z", 1),
            (Times{"2026-03-09T04:00:00Z"}));
}

TEST(CronTimes, AFiringIsStrictlyAfterTheTimeAsked) {
  EXPECT_EQ(Firings(Make(Cron("0 2 * * *")), "2026-03-04T02:00:00Z", 1), (Times{"2026-03-05T02:00:00Z"}));
}

// 2026-03-29: 02:00 to 03:00 does not exist in Berlin; the gap ends at 01:00 UTC.
TEST(ClocksSetForward, ATimeOfDayThatIsSkippedFiresAtTheEndOfTheGap) {
  EXPECT_EQ(Firings(Make(Cron("30 2 * * *", kBerlin)), "2026-03-28T12:00:00Z", 2),
            (Times{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}));
  EXPECT_EQ(Firings(Make(Cron("0,15,30 2,3 * * *", kBerlin)), "2026-03-28T22:00:00Z", 3),
            (Times{"2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z", "2026-03-29T01:30:00Z"}));
}

TEST(ClocksSetForward, ACronOfEveryHourSkipsWhatClocksSkip) {
  EXPECT_EQ(Firings(Make(Cron("30 * * * *", kBerlin)), "2026-03-29T00:00:00Z", 2),
            (Times{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}));
}

// 2026-10-25: 02:00 to 03:00 stands twice on Berlin's clocks, from 00:00 and from 01:00 UTC.
TEST(ClocksSetBack, ATimeOfDayThatComesTwiceFiresTheFirstTime) {
  EXPECT_EQ(Firings(Make(Cron("30 2 * * *", kBerlin)), "2026-10-24T12:00:00Z", 2),
            (Times{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}));
}

TEST(ClocksSetBack, ACronOfEveryHourFiresInBothHours) {
  EXPECT_EQ(Firings(Make(Cron("30 * * * *", kBerlin)), "2026-10-24T23:45:00Z", 3),
            (Times{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"}));
}

// What clocks do in 2026 in zones of an hour's, half an hour's and no summer time, and in Morocco's, which goes back
// for Ramadan. Cron and recurrence mean the same times of day.
TEST(ClocksOfTheWorld, ATimeOfDayFiresOnceADay) {
  struct Case {
    const char *what, *zone;
    int hour, minute;
    const char* after;
    Times expected;
  };
  const char *kNewYork = "Eastern Standard Time", *kLordHowe = "Lord Howe Standard Time",
             *kKathmandu = "Nepal Standard Time", *kCasablanca = "Morocco Standard Time";
  const Case kCases[] = {
      {"Berlin, forward", kBerlin, 2, 30, "2026-03-28T12:00:00Z", {"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
      {"Berlin, back", kBerlin, 2, 30, "2026-10-24T12:00:00Z", {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
      {"New York, forward", kNewYork, 2, 30, "2026-03-07T12:00:00Z", {"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
      {"New York, back", kNewYork, 1, 30, "2026-10-31T12:00:00Z", {"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
      {"Lord Howe, forward",
       kLordHowe,
       2,
       15,
       "2026-10-03T00:00:00Z",
       {"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
      {"Lord Howe, back", kLordHowe, 1, 45, "2026-04-04T00:00:00Z", {"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
      {"Kathmandu", kKathmandu, 2, 30, "2026-03-29T00:00:00Z", {"2026-03-29T20:45:00Z", "2026-03-30T20:45:00Z"}},
      {"Casablanca, back",
       kCasablanca,
       2,
       30,
       "2026-02-14T12:00:00Z",
       {"2026-02-15T01:30:00Z", "2026-02-16T02:30:00Z"}},
      {"Casablanca, forward",
       kCasablanca,
       2,
       30,
       "2026-03-21T12:00:00Z",
       {"2026-03-22T02:00:00Z", "2026-03-23T01:30:00Z"}},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(Firings(Make(Cron(fmt::format("{} {} * * *", c.minute, c.hour), c.zone)), c.after, 2), c.expected);
    const RecurrenceTrigger daily{.frequency = "day", .interval = 1, .hours = {c.hour}, .minutes = {c.minute}};
    EXPECT_EQ(Firings(Make(Every(daily, c.zone)), c.after, 2), c.expected);
  }
}

// 2010-11-07: a minute after midnight (02:31 UTC) clocks in Newfoundland were set back to 23:01 of the day before.
TEST(ClocksSetBack, OverMidnightTheDayBeforeComesAgain) {
  EXPECT_EQ(Firings(Make(Cron("0,30 * * * *", "Newfoundland Standard Time"), "2010-01-01"), "2010-11-07T02:00:00Z", 4),
            (Times{"2010-11-07T02:30:00Z", "2010-11-07T03:00:00Z", "2010-11-07T03:30:00Z", "2010-11-07T04:00:00Z"}));
}

TEST(ClocksSetForward, ADayThatDoesNotExistFiresOnce) {
  // Samoa left out 2011-12-30, which ended at 10:00 UTC of that day.
  EXPECT_EQ(Firings(Make(Cron("0 12 * * *", "Samoa Standard Time"), "2011-01-01"), "2011-12-29T23:00:00Z", 2),
            (Times{"2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"}));
}

TEST(CronTimes, RareDaysAreFoundAndImpossibleOnesNever) {
  EXPECT_EQ(Firings(Make(Cron("0 0 29 2 *")), "2096-03-01T00:00:00Z", 1), (Times{"2104-02-29T00:00:00Z"}));
  EXPECT_EQ(Firings(Make(Cron("0 0 30 2 *")), "2026-03-01T00:00:00Z", 1), (Times{"never"}));
}

TEST(StartAndEnd, AreInclusiveAndInTheZoneUnlessTheyHaveAnOffset) {
  Trigger trigger = Cron("0 2 * * *", kBerlin);
  trigger.start_time = "2026-03-04T02:00:00";
  trigger.end_time = "2026-03-05T02:00:00";
  EXPECT_EQ(Firings(Make(trigger), "2026-01-01", 3), (Times{"2026-03-04T01:00:00Z", "2026-03-05T01:00:00Z", "never"}));
  trigger.start_time = "2026-03-04T02:00:00Z";
  trigger.end_time = "2026-03-05T02:00:00+02:00";
  EXPECT_EQ(Firings(Make(trigger), "2026-01-01", 2), (Times{"never"}));
}

TEST(StartAndEnd, ATriggerWithoutStartBeginsWhenTheScheduleIsMade) {
  EXPECT_EQ(Firings(Make(Cron("0 2 * * *"), "2026-03-04T05:00:00Z"), "2020-01-01", 1), (Times{"2026-03-05T02:00:00Z"}));
}

TEST(StartAndEnd, AnEndBeforeTheStartIsRefused) {
  Trigger trigger = Cron("0 2 * * *");
  trigger.start_time = "2026-03-04";
  trigger.end_time = "2026-03-03";
  EXPECT_EQ(Timetable::Make(trigger, At("2026-01-01")).error().message(), "'end_time' is before the start");
  trigger.end_time = "soon";
  EXPECT_FALSE(Timetable::Make(trigger, At("2026-01-01")));
}

TEST(Recurrence, MinutesAndHoursAreElapsedTimeSinceTheStart) {
  EXPECT_EQ(
      Firings(Make(Every({.frequency = "hour", .interval = 5}), "2026-03-04T05:06:07Z"), "2026-03-04T05:06:07Z", 2),
      (Times{"2026-03-04T10:06:07Z", "2026-03-04T15:06:07Z"}));
  Trigger trigger = Every({.frequency = "minute", .interval = 90}, kBerlin);
  trigger.start_time = "2026-03-29T01:00:00";  // an hour before the gap
  EXPECT_EQ(Firings(Make(trigger), "2026-03-28T00:00:00Z", 3),
            (Times{"2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z", "2026-03-29T03:00:00Z"}));
}

TEST(Recurrence, APastStartFiresAtTheNextTimeCountedFromIt) {
  Trigger trigger = Every({.frequency = "day", .interval = 2});
  trigger.start_time = "2026-03-01T10:00:00";
  EXPECT_EQ(Firings(Make(trigger), "2026-03-04T12:00:00Z", 2), (Times{"2026-03-05T10:00:00Z", "2026-03-07T10:00:00Z"}));
}

TEST(Recurrence, DaysKeepTheTimeOfDayWhenClocksChange) {
  Trigger trigger = Every({.frequency = "day", .interval = 1}, kBerlin);
  trigger.start_time = "2026-03-28T02:30:00";
  EXPECT_EQ(Firings(Make(trigger), "2026-03-01", 3),
            (Times{"2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}));
}

TEST(Recurrence, HoursAndMinutesAreCombined) {
  EXPECT_EQ(Firings(Make(Every({.frequency = "day", .interval = 1, .hours = {4, 10}, .minutes = {0, 30}})),
                    "2026-03-04T04:00:00Z", 4),
            (Times{"2026-03-04T04:30:00Z", "2026-03-04T10:00:00Z", "2026-03-04T10:30:00Z", "2026-03-05T04:00:00Z"}));
}

TEST(Recurrence, WeeksBeginOnMonday) {
  RecurrenceTrigger recurrence{.frequency = "week",
                               .interval = 2,
                               .hours = {9},
                               .minutes = {0},
                               .month_days = {},
                               .week_days = {"sunday", "monday"}};
  // Created on Wednesday, 2026-03-04: its week has the Sunday after it, the next one is left out.
  EXPECT_EQ(Firings(Make(Every(recurrence), "2026-03-04"), "2026-03-04", 3),
            (Times{"2026-03-08T09:00:00Z", "2026-03-16T09:00:00Z", "2026-03-22T09:00:00Z"}));
}

TEST(Recurrence, AMonthWithoutTheDayIsLeftOut) {
  Trigger trigger = Every({.frequency = "month", .interval = 1});
  trigger.start_time = "2026-01-31T08:00:00";
  EXPECT_EQ(Firings(Make(trigger), "2026-01-01", 3),
            (Times{"2026-01-31T08:00:00Z", "2026-03-31T08:00:00Z", "2026-05-31T08:00:00Z"}));
  RecurrenceTrigger recurrence{
      .frequency = "month", .interval = 3, .hours = {0}, .minutes = {5}, .month_days = {1, 15}};
  EXPECT_EQ(Firings(Make(Every(recurrence), "2026-01-10"), "2026-01-10", 3),
            (Times{"2026-01-15T00:05:00Z", "2026-04-01T00:05:00Z", "2026-04-15T00:05:00Z"}));
}

TEST(Recurrence, WhatCannotBeMeantIsRefused) {
  const auto error = [](RecurrenceTrigger recurrence) {
    const auto made = Timetable::Make(Every(std::move(recurrence)), At("2026-01-01"));
    return made ? "" : made.error().message();
  };
  EXPECT_EQ(error({.frequency = "hour", .interval = 1, .hours = {1}}),
            "hours, minutes and days belong to the frequencies day, week and month, not to 'hour'");
  EXPECT_EQ(error({.frequency = "year"}), "'frequency' must be minute, hour, day, week or month, not 'year'");
  EXPECT_EQ(error({.frequency = "day", .interval = 0}), "'interval' must be 1 or more, not 0");
  EXPECT_EQ(error({.frequency = "day", .hours = {24}}), "'hours' must be from 0 to 23, not 24");
  EXPECT_EQ(error({.frequency = "week", .month_days = {3}}), "month_days belong to the frequency 'month'");
  EXPECT_EQ(error({.frequency = "week", .week_days = {"mondai"}}),
            "'mondai' is not a day of the week; did you mean 'monday'?");
}

// The second opinion: look at every minute after a time, one by one, and ask whether the rule fires in it.

using Minute = std::chrono::minutes;
using WallRule = std::function<bool(WallTime)>;

bool FiresAt(const TimeZone& zone, const WallRule& rule, bool follows_elapsed_time, Timestamp minute) {
  const WallTime wall = zone.WallAt(minute);
  if (follows_elapsed_time) return rule(wall);
  const auto came_before = [&](WallTime other) {
    for (Timestamp earlier = minute - std::chrono::hours(4); earlier < minute; earlier += Minute(1))
      if (zone.WallAt(earlier) == other) return true;
    return false;
  };
  if (rule(wall) && !came_before(wall)) return true;
  for (WallTime skipped = zone.WallAt(minute - Minute(1)) + Minute(1); skipped < wall; skipped += Minute(1))
    if (rule(skipped)) return true;
  return false;
}

std::optional<Timestamp> SearchAfter(const TimeZone& zone, const WallRule& rule, bool follows_elapsed_time,
                                     Timestamp time, int minutes) {
  Timestamp minute = std::chrono::floor<Minute>(time);
  for (int i = 0; i < minutes; ++i) {
    minute += Minute(1);
    if (FiresAt(zone, rule, follows_elapsed_time, minute)) return minute;
  }
  return std::nullopt;
}

struct WallFields {
  explicit WallFields(WallTime wall)
      : day(std::chrono::floor<std::chrono::days>(wall)),
        date(day),
        minute_of_day(static_cast<int>(std::chrono::floor<Minute>(wall - day).count())),
        week_day(std::chrono::weekday(day).c_encoding()) {}
  std::chrono::local_days day;
  std::chrono::year_month_day date;
  int minute_of_day;
  unsigned week_day;
};

constexpr const char* kZones[] = {"UTC",
                                  kBerlin,
                                  "Eastern Standard Time",
                                  "Lord Howe Standard Time",
                                  "Samoa Standard Time",
                                  "Nepal Standard Time",
                                  "Morocco Standard Time"};
// A little before clocks change in one of these zones, and two other days.
constexpr const char* kTimes[] = {"2026-03-28T12:00:00Z", "2026-10-24T20:00:00Z", "2026-03-08T01:00:00Z",
                                  "2026-11-01T00:30:00Z", "2026-04-04T10:00:00Z", "2026-10-03T11:59:00Z",
                                  "2011-12-29T10:00:00Z", "2026-06-15T00:00:00Z", "2028-02-28T23:59:30Z",
                                  "2026-02-14T12:00:00Z", "2026-03-21T12:00:00Z"};
constexpr int kDays = 9;

class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}
  int Below(int bound) { return static_cast<int>(random_.NextBelow(static_cast<uint64_t>(bound))); }
  template <typename List>
  auto Pick(const List& list) {
    return list[static_cast<size_t>(Below(static_cast<int>(std::size(list))))];
  }

 private:
  SplitMix64 random_;
};

std::string RandomField(Chance& chance, int min, int max, int star_in_ten) {
  if (chance.Below(10) < star_in_ten) return chance.Below(3) == 0 ? fmt::format("*/{}", 1 + chance.Below(max)) : "*";
  std::string field;
  for (int parts = 1 + chance.Below(3); parts > 0; --parts) {
    const int first = min + chance.Below(max - min + 1);
    field += fmt::format("{}{}", field.empty() ? "" : ",", first);
    if (chance.Below(3) == 0) field += fmt::format("-{}", first + chance.Below(max - first + 1));
  }
  return field;
}

// Follows the firings of some days, which the search must find too; beyond them both find nothing.
void Compare(const Trigger& trigger, const TimeZone& zone, const WallRule& rule, bool follows_elapsed_time,
             Timestamp time) {
  constexpr int kFirings = 12;
  auto made = Timetable::Make(trigger, At("2011-01-01"));
  ASSERT_TRUE(made) << made.error().ToString();
  for (int i = 0; i < kFirings; ++i) {
    const auto found = made->NextAfter(time);
    const auto searched = SearchAfter(zone, rule, follows_elapsed_time, time, kDays * 24 * 60);
    if (!searched) {
      EXPECT_TRUE(!found || *found > time + std::chrono::days(kDays) - Minute(1));
      return;
    }
    ASSERT_TRUE(found);
    ASSERT_EQ(FormatTimestamp(*found, 0), FormatTimestamp(*searched, 0));
    time = *found;
  }
}

// Half of the time in the small hours, when clocks change.
std::string RandomHours(Chance& chance) {
  if (chance.Below(2) == 0) return RandomField(chance, 0, 23, 4);
  return fmt::format("{},{}", chance.Below(4), chance.Below(4));
}

TEST(SecondOpinion, CronAgreesWithASearchMinuteByMinute) {
  Chance chance(20260304);
  for (int i = 0; i < 300; ++i) {
    const std::string expression =
        fmt::format("{} {} {} {} {}", RandomField(chance, 0, 59, 2), RandomHours(chance), RandomField(chance, 1, 31, 6),
                    RandomField(chance, 1, 12, 8), RandomField(chance, 0, 6, 6));
    const char* zone_name = chance.Pick(kZones);
    const Timestamp time = At(chance.Pick(kTimes)) + Minute(chance.Below(1200));
    SCOPED_TRACE(fmt::format("'{}' in {} after {}", expression, zone_name, FormatTimestamp(time)));
    const TimeZone zone = *TimeZone::Find(zone_name);
    const CronExpression cron = *CronExpression::Parse(expression);
    const WallRule rule = [&](WallTime wall) {
      const WallFields at(wall);
      return cron.minutes[static_cast<size_t>(at.minute_of_day % 60)] &&
             cron.hours[static_cast<size_t>(at.minute_of_day / 60)] &&
             cron.MatchesDay(static_cast<unsigned>(at.date.month()), static_cast<unsigned>(at.date.day()), at.week_day);
    };
    Compare(Cron(expression, zone_name), zone, rule, cron.hours.all(), time);
  }
}

// Counts days, Mondays and firsts of the month one by one from the start on.
bool IsRecurringDay(const RecurrenceTrigger& trigger, std::chrono::local_days start, std::chrono::local_days day) {
  constexpr const char* kNames[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  int days = 0, weeks = 0, months = 0;
  for (auto at = start; at < day; ++days) {
    at += std::chrono::days(1);
    if (std::chrono::weekday(at) == std::chrono::Monday) ++weeks;
    if (std::chrono::year_month_day(at).day() == std::chrono::day(1)) ++months;
  }
  const WallFields fields{WallTime(day)};
  const auto named = [&](const std::string& name) { return name == kNames[fields.week_day]; };
  const bool has_week_day = std::any_of(trigger.week_days.begin(), trigger.week_days.end(), named);
  const int month_day = static_cast<int>(static_cast<unsigned>(fields.date.day()));
  const bool has_month_day =
      std::find(trigger.month_days.begin(), trigger.month_days.end(), month_day) != trigger.month_days.end();
  if (trigger.frequency == "day") return days % trigger.interval == 0 && (trigger.week_days.empty() || has_week_day);
  if (trigger.frequency == "week") return weeks % trigger.interval == 0 && has_week_day;
  return months % trigger.interval == 0 && (has_week_day || has_month_day);
}

TEST(SecondOpinion, RecurrencesAgreeWithASearchMinuteByMinute) {
  constexpr const char* kFrequencies[] = {"day", "week", "month"};
  constexpr const char* kDayNames[] = {"sunday", "monday", "thursday", "saturday"};
  Chance chance(20261025);
  for (int i = 0; i < 120; ++i) {
    RecurrenceTrigger recurrence{.frequency = chance.Pick(kFrequencies), .interval = 1 + chance.Below(3)};
    for (int n = 1 + chance.Below(3); n > 0; --n)
      recurrence.hours.push_back(chance.Below(chance.Below(2) == 0 ? 4 : 24));
    for (int n = 1 + chance.Below(3); n > 0; --n) recurrence.minutes.push_back(chance.Below(60));
    if (recurrence.frequency == "week") recurrence.week_days = {chance.Pick(kDayNames), chance.Pick(kDayNames)};
    if (recurrence.frequency == "month") recurrence.month_days = {1 + chance.Below(31), 1 + chance.Below(31)};
    const char* zone_name = chance.Pick(kZones);
    const Timestamp time = At(chance.Pick(kTimes)) + Minute(chance.Below(1200));
    SCOPED_TRACE(fmt::format("{} {} in {} after {}", recurrence.interval, recurrence.frequency, zone_name,
                             FormatTimestamp(time)));
    const TimeZone zone = *TimeZone::Find(zone_name);
    const auto start = std::chrono::floor<std::chrono::days>(zone.WallAt(At("2011-01-01")));
    const WallRule rule = [&](WallTime wall) {
      const WallFields at(wall);
      const auto has = [](const std::vector<int>& list, int value) {
        return std::find(list.begin(), list.end(), value) != list.end();
      };
      return has(recurrence.hours, at.minute_of_day / 60) && has(recurrence.minutes, at.minute_of_day % 60) &&
             IsRecurringDay(recurrence, start, at.day);
    };
    Compare(Every(recurrence, zone_name), zone, rule, false, time);
  }
}

}  // namespace
}  // namespace slipway::schedules
