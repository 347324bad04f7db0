// The parts of a datetime by name, and the formats of format_datetime.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::kql {

enum class DatePart {
  kYear,
  kQuarter,
  kMonth,
  kWeek,
  kDay,
  kDayOfYear,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kNanosecond
};

std::optional<DatePart> FindDatePart(std::string_view name);
std::vector<std::string> DatePartNames();

// A run of one letter ("yyyy": 'y', 4), or a separator (count 0).
struct FormatPiece {
  char letter = ' ';
  int count = 0;
};
// nullopt for a letter or a length that formats do not have.
std::optional<std::vector<FormatPiece>> ParseDateTimeFormat(std::string_view format);

}  // namespace slipway::kql
