#include "slipway/kql/datetime_format.h"

#include <utility>

#include "slipway/base/text.h"

namespace slipway::kql {
namespace {

constexpr std::pair<std::string_view, DatePart> kParts[] = {
    {"year", DatePart::kYear},
    {"quarter", DatePart::kQuarter},
    {"month", DatePart::kMonth},
    {"week", DatePart::kWeek},
    {"week_of_year", DatePart::kWeek},
    {"day", DatePart::kDay},
    {"dayofyear", DatePart::kDayOfYear},
    {"hour", DatePart::kHour},
    {"minute", DatePart::kMinute},
    {"second", DatePart::kSecond},
    {"millisecond", DatePart::kMillisecond},
    {"microsecond", DatePart::kMicrosecond},
    {"nanosecond", DatePart::kNanosecond},
};

bool IsLength(char letter, int count) {
  switch (letter) {
    case 'y':
      return count == 2 || count == 4;
    case 'M':
    case 'd':
    case 'H':
    case 'h':
    case 'm':
    case 's':
      return count <= 2;
    case 'f':
    case 'F':
      return count <= 7;
    case 't':
      return count == 2;
    default:
      return false;
  }
}

}  // namespace

std::optional<DatePart> FindDatePart(std::string_view name) {
  for (const auto& [part_name, part] : kParts) {
    if (part_name == ToLower(name)) return part;
  }
  return std::nullopt;
}

std::vector<std::string> DatePartNames() {
  std::vector<std::string> names;
  for (const auto& [name, part] : kParts) names.emplace_back(name);
  return names;
}

std::optional<std::vector<FormatPiece>> ParseDateTimeFormat(std::string_view format) {
  std::vector<FormatPiece> pieces;
  for (size_t at = 0; at < format.size();) {
    const char c = format[at];
    if (std::string_view(" /-:,._[]TZ").find(c) != std::string_view::npos) {
      pieces.push_back({c, 0});
      ++at;
      continue;
    }
    int count = 0;
    while (at < format.size() && format[at] == c) ++at, ++count;
    if (!IsLength(c, count)) return std::nullopt;
    pieces.push_back({c, count});
  }
  return pieces;
}

}  // namespace slipway::kql
