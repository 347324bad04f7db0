#include "slipway/base/time.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace slipway {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Reads text left to right; every Take* returns false and moves nothing when the text does not fit.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool empty() const { return rest_.empty(); }
  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool TakeDigits(int count, int& value) {
    if (rest_.size() < static_cast<size_t>(count)) return false;
    int result = 0;
    for (int i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      result = result * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    value = result;
    return true;
  }
  // The digits after a decimal point, as microseconds; more than nine are refused.
  bool TakeFraction(int& micros) {
    int count = 0, value = 0;
    for (; count < static_cast<int>(rest_.size()) && rest_[count] >= '0' && rest_[count] <= '9'; ++count) {
      if (count < 6) value = value * 10 + (rest_[count] - '0');
    }
    if (count == 0 || count > 9) return false;
    for (int i = count; i < 6; ++i) value *= 10;
    rest_.remove_prefix(count);
    micros = value;
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

bool TakeTimeOfDay(Cursor& cursor, microseconds& time) {
  int hour = 0, minute = 0, second = 0, micros = 0;
  if (!cursor.TakeDigits(2, hour) || !cursor.Take(':') || !cursor.TakeDigits(2, minute)) return false;
  if (cursor.Take(':')) {
    if (!cursor.TakeDigits(2, second)) return false;
    if ((cursor.Take('.') || cursor.Take(',')) && !cursor.TakeFraction(micros)) return false;
  }
  if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && (minute || second || micros))) return false;
  time = hours(hour) + minutes(minute) + seconds(second) + microseconds(micros);
  return true;
}

bool TakeZone(Cursor& cursor, microseconds& offset) {
  offset = microseconds(0);
  if (cursor.empty() || cursor.Take('Z') || cursor.Take('z')) return true;
  const bool negative = cursor.Take('-');
  if (!negative && !cursor.Take('+')) return false;
  int hour = 0, minute = 0;
  if (!cursor.TakeDigits(2, hour)) return false;
  cursor.Take(':');
  if (!cursor.empty() && !cursor.TakeDigits(2, minute)) return false;
  if (hour > 23 || minute > 59) return false;
  offset = hours(hour) + minutes(minute);
  if (negative) offset = -offset;
  return true;
}

}  // namespace

Timestamp SystemClock::Now() const {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

Timestamp ManualClock::Now() const {
  std::lock_guard lock(mutex_);
  return now_;
}

void ManualClock::Advance(Duration by) {
  std::lock_guard lock(mutex_);
  now_ += by;
}

void ManualClock::Set(Timestamp now) {
  std::lock_guard lock(mutex_);
  now_ = now;
}

// By hand, as every log row has one.
std::string FormatTimestamp(Timestamp time, int digits) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text = "0000-00-00T00:00:00.000000";
  const auto put = [&text](size_t at, size_t count, int64_t number) {
    for (size_t i = count; i-- > 0; number /= 10) text[at + i] = static_cast<char>('0' + number % 10);
  };
  const int year = static_cast<int>(date.year());
  put(0, 4, std::abs(year));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, clock.hours().count());
  put(14, 2, clock.minutes().count());
  put(17, 2, clock.seconds().count());
  put(20, 6, clock.subseconds().count());
  constexpr size_t kSecondsEnd = 19;
  text.resize(digits > 0 ? kSecondsEnd + 1 + static_cast<size_t>(std::min(digits, 6)) : kSecondsEnd);
  if (year < 0 || year > 9999) text.replace(0, 4, fmt::format("{:04}", year));
  return text.append("Z");
}

Result<Timestamp> ParseTimestamp(std::string_view text) {
  const auto fail = [&] {
    return InvalidArgument(fmt::format("'{}' is not an ISO 8601 date-time such as 2026-03-04T05:06:07Z", text));
  };
  Cursor cursor(text);
  int year = 0, month = 0, day = 0;
  if (!cursor.TakeDigits(4, year) || !cursor.Take('-') || !cursor.TakeDigits(2, month) || !cursor.Take('-') ||
      !cursor.TakeDigits(2, day)) {
    return fail();
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return fail();
  microseconds time(0), offset(0);
  if (!cursor.empty()) {
    if (!cursor.Take('T') && !cursor.Take('t') && !cursor.Take(' ')) return fail();
    if (!TakeTimeOfDay(cursor, time) || !TakeZone(cursor, offset) || !cursor.empty()) return fail();
  }
  return Timestamp(std::chrono::sys_days(date)) + time - offset;
}

Result<Duration> ParseIsoDuration(std::string_view text) {
  const auto fail = [&] {
    return InvalidArgument(fmt::format("'{}' is not an ISO 8601 duration such as PT5S or P1D", text));
  };
  Cursor cursor(text);
  const bool negative = cursor.Take('-');
  if (!cursor.Take('P') || cursor.empty()) return fail();
  bool in_time = false;
  double total = 0;  // microseconds
  while (!cursor.empty()) {
    if (!in_time && cursor.Take('T')) {
      in_time = true;
      if (cursor.empty()) return fail();
      continue;
    }
    double value = 0;
    const std::string_view rest = cursor.rest();
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    const size_t used = end - rest.data();
    if (error != std::errc() || rest[0] == '-' || used == rest.size()) return fail();
    for (size_t i = 0; i < used; ++i) cursor.Take(rest[i]);
    double unit = 0;
    if (!in_time && cursor.Take('W'))
      unit = 7 * 86400e6;
    else if (!in_time && cursor.Take('D'))
      unit = 86400e6;
    else if (in_time && cursor.Take('H'))
      unit = 3600e6;
    else if (in_time && cursor.Take('M'))
      unit = 60e6;
    else if (in_time && cursor.Take('S'))
      unit = 1e6;
    else
      return fail();
    total += value * unit;
  }
  if (!(total < 9e18)) return fail();
  const auto micros = static_cast<int64_t>(total + 0.5);
  return Duration(negative ? -micros : micros);
}

std::string FormatIsoDuration(Duration duration) {
  std::string text = duration.count() < 0 ? "-P" : "P";
  int64_t micros = duration.count() < 0 ? -duration.count() : duration.count();
  const auto take = [&](int64_t unit) {
    const int64_t count = micros / unit;
    micros %= unit;
    return count;
  };
  if (const int64_t count = take(86'400'000'000)) text += fmt::format("{}D", count);
  if (micros == 0) return text.back() == 'P' ? text + "T0S" : text;
  text += "T";
  if (const int64_t count = take(3'600'000'000)) text += fmt::format("{}H", count);
  if (const int64_t count = take(60'000'000)) text += fmt::format("{}M", count);
  if (micros % 1'000'000 == 0) {
    if (micros > 0) text += fmt::format("{}S", micros / 1'000'000);
    return text;
  }
  std::string seconds_text = fmt::format("{}.{:06}", micros / 1'000'000, micros % 1'000'000);
  while (seconds_text.back() == '0') seconds_text.pop_back();
  return text + seconds_text + "S";
}

}  // namespace slipway
