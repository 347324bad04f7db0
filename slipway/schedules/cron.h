// Cron expressions: five fields, "minute hour day-of-month month day-of-week".
//
// A field is a list ("1,15") of numbers, ranges ("1-5"), "*", each with an optional step ("*/15", "8-18/2", "30/10" =
// from 30 to the end). Months and days of the week may be named by three letters or in full ("MON", "january"). 0 and 7
// are Sunday. "?" is "*". When both fields of days are restricted a day counts that matches either one, as in POSIX
// crontab; when one begins with "*" (or is "?") both have to match.
#pragma once

#include <bitset>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::schedules {

struct CronExpression {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> month_days;  // 1 to 31
  std::bitset<13> months;      // 1 to 12
  std::bitset<7> week_days;    // 0 = Sunday
  bool any_month_day = false, any_week_day = false;

  // kInvalidArgument says which field is wrong, with its column in the text.
  static Result<CronExpression> Parse(std::string_view text);

  // `week_day` from 0 = Sunday.
  bool MatchesDay(unsigned month, unsigned month_day, unsigned week_day) const;
};

}  // namespace slipway::schedules
