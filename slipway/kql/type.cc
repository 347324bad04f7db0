#include "slipway/kql/type.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/kql/native/decimal.h"

namespace slipway::kql {
namespace {

constexpr std::array<std::string_view, 11> kTypeNames = {"bool",     "int",  "long",   "real",    "decimal", "datetime",
                                                         "timespan", "guid", "string", "dynamic", "unknown"};

constexpr std::pair<std::string_view, Type> kSynonyms[] = {
    {"boolean", Type::kBool},  {"int32", Type::kInt}, {"int64", Type::kLong},    {"double", Type::kReal},
    {"date", Type::kDateTime}, {"uuid", Type::kGuid}, {"uniqueid", Type::kGuid}, {"time", Type::kTimespan},
};

constexpr std::pair<std::string_view, double> kUnits[] = {
    {"d", 864e9},         {"day", 864e9},        {"days", 864e9},
    {"h", 36e9},          {"hr", 36e9},          {"hour", 36e9},
    {"hours", 36e9},      {"hrs", 36e9},         {"m", 6e8},
    {"min", 6e8},         {"minute", 6e8},       {"minutes", 6e8},
    {"s", 1e7},           {"sec", 1e7},          {"second", 1e7},
    {"seconds", 1e7},     {"ms", 1e4},           {"milli", 1e4},
    {"millis", 1e4},      {"millisecond", 1e4},  {"milliseconds", 1e4},
    {"micro", 10},        {"micros", 10},        {"microsecond", 10},
    {"microseconds", 10}, {"nano", 0.01},        {"nanos", 0.01},
    {"nanosecond", 0.01}, {"nanoseconds", 0.01}, {"tick", 1},
    {"ticks", 1},
};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Reads digits at `at`; nullopt when there are none.
std::optional<int64_t> ReadDigits(std::string_view text, size_t& at) {
  const size_t begin = at;
  while (at < text.size() && IsDigit(text[at]) && at - begin < 18) ++at;
  if (at == begin) return std::nullopt;
  return ParseInt(text.substr(begin, at - begin));
}

// The digits after a point as ticks; more than seven are cut.
int64_t FractionTicks(std::string_view digits) {
  int64_t ticks = 0;
  for (size_t i = 0; i < 7; ++i) ticks = ticks * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return ticks;
}

// "[d.]hh:mm[:ss[.fffffff]]" without a sign.
std::optional<int64_t> ParseClockSpan(std::string_view text) {
  size_t at = 0;
  auto first = ReadDigits(text, at);
  if (!first || at >= text.size()) return std::nullopt;
  int64_t days = 0;
  if (text[at] == '.') {
    days = *first;
    first = ReadDigits(text, ++at);
    if (!first || at >= text.size()) return std::nullopt;
  }
  if (text[at] != ':') return std::nullopt;
  const auto minutes = ReadDigits(text, ++at);
  if (!minutes || *first > 23 || *minutes > 59 || days > 10'675'199) return std::nullopt;
  int64_t seconds = 0, fraction = 0;
  if (at < text.size() && text[at] == ':') {
    const auto value = ReadDigits(text, ++at);
    if (!value || *value > 59) return std::nullopt;
    seconds = *value;
    if (at < text.size() && text[at] == '.') {
      const size_t begin = ++at;
      if (!ReadDigits(text, at)) return std::nullopt;
      fraction = FractionTicks(text.substr(begin, at - begin));
    }
  }
  if (at != text.size()) return std::nullopt;
  return days * kTicksPerDay + ((*first * 60 + *minutes) * 60 + seconds) * kTicksPerSecond + fraction;
}

std::string_view Unquote(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0];
  return quoted ? Trim(text.substr(1, text.size() - 2)) : text;
}

}  // namespace

std::string_view TypeName(Type type) {
  return kTypeNames[static_cast<size_t>(type)];
}

char TypeLetter(Type type) {
  constexpr std::string_view kLetters = "bilrcdtgsy.";
  return kLetters[static_cast<size_t>(type)];
}

std::optional<Type> ParseTypeName(std::string_view name) {
  for (size_t i = 0; i + 1 < kTypeNames.size(); ++i) {
    if (kTypeNames[i] == name) return static_cast<Type>(i);
  }
  for (const auto& [synonym, type] : kSynonyms) {
    if (synonym == name) return type;
  }
  return std::nullopt;
}

namespace {

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};

// A month by its English name or the first three letters of it.
std::optional<int64_t> ReadMonthName(std::string_view word) {
  const std::string lower = ToLower(word);
  if (lower.size() < 3) return std::nullopt;
  for (size_t i = 0; i < std::size(kMonths); ++i) {
    if (lower.starts_with(kMonths[i])) return static_cast<int64_t>(i) + 1;
  }
  return std::nullopt;
}

std::vector<std::string_view> WordsOf(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = text.find_first_not_of(" ,", at);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(text.find_first_of(" ,", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    at = end;
  }
  return words;
}

// "2022/12/02", "12-02-2022" (month first), "20221202" as year, month and day.
std::optional<std::string> ReadNumericDate(std::string_view word) {
  const auto iso = [](int64_t year, int64_t month, int64_t day) -> std::optional<std::string> {
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
    return fmt::format("{:04}-{:02}-{:02}", year, month, day);
  };
  const bool digits = std::all_of(word.begin(), word.end(), IsDigit);
  if (word.size() == 8 && digits)
    return iso(*ParseInt(word.substr(0, 4)), *ParseInt(word.substr(4, 2)), *ParseInt(word.substr(6)));
  const size_t separator = word.find_first_of("/-.");
  if (separator == std::string_view::npos) return std::nullopt;
  const auto parts = Split(word, word[separator]);
  if (parts.size() != 3) return std::nullopt;
  int64_t numbers[3];
  for (size_t i = 0; i < 3; ++i) {
    if (parts[i].empty() || parts[i].size() > 4 || !std::all_of(parts[i].begin(), parts[i].end(), IsDigit))
      return std::nullopt;
    numbers[i] = *ParseInt(parts[i]);
  }
  if (parts[0].size() == 4) return iso(numbers[0], numbers[1], numbers[2]);
  return parts[2].size() == 4 ? iso(numbers[2], numbers[0], numbers[1]) : std::nullopt;
}

// "2 Dec 2022", "Dec 2, 2022", "Fri, 02 Dec 2022 13:45:56 GMT" and dates of numbers, each with a time or without, as
// ISO 8601.
std::optional<std::string> ToIso(std::string_view text) {
  std::vector<std::string_view> words = WordsOf(text);
  std::string zone = "Z";
  if (!words.empty() && (words.back() == "GMT" || words.back() == "UTC" || words.back() == "Z")) words.pop_back();
  std::string time = "00:00:00";
  if (!words.empty() && words.back().find(':') != std::string_view::npos) {
    time = words.back();
    if (time.find(':') == time.rfind(':')) time += ":00";
    if (time.find(':') == 1) time.insert(0, 1, '0');
    if (time.ends_with('Z') || time.find_first_of("+-") != std::string::npos) zone.clear();
    words.pop_back();
  }
  if (words.size() == 1) {
    const auto date = ReadNumericDate(words[0]);
    if (!date) return std::nullopt;
    return fmt::format("{}T{}{}", *date, time, zone);
  }
  if (words.size() == 4) words.erase(words.begin());  // the day of the week
  if (words.size() != 3) return std::nullopt;
  const bool month_first = ReadMonthName(words[0]).has_value();
  const auto month = ReadMonthName(words[month_first ? 0 : 1]);
  const auto day = ParseInt(words[month_first ? 1 : 0]), year = ParseInt(words[2]);
  if (!month || !day || !year || *day < 1 || *day > 31 || *year < 1 || *year > 9999) return std::nullopt;
  return fmt::format("{:04}-{:02}-{:02}T{}{}", *year, *month, *day, time, zone);
}

// "2025, 6, 14" and "2017 - 08 - 01" as ISO 8601.
std::optional<std::string> ToIsoOfParts(std::string_view text) {
  const size_t separator = text.find_first_of(",-");
  if (separator == std::string_view::npos) return std::nullopt;
  const auto words = Split(text, text[separator]);
  int64_t parts[6] = {0, 1, 1, 0, 0, 0};
  if (words.size() < 3 || words.size() > 6) return std::nullopt;
  for (size_t i = 0; i < words.size(); ++i) {
    const auto part = ParseInt(Trim(words[i]));
    if (!part || *part < 0 || *part > 9999 || (i > 0 && *part > 99)) return std::nullopt;
    parts[i] = *part;
  }
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts[0], parts[1], parts[2], parts[3], parts[4],
                     parts[5]);
}

std::optional<int64_t> ParseIsoTicks(std::string_view text) {
  const auto time = ParseTimestamp(text);
  if (!time) return std::nullopt;
  const int64_t ticks = time->time_since_epoch().count() * kTicksPerMicrosecond + kUnixEpochTicks;
  // The seventh digit of a fraction is finer than a Timestamp.
  const size_t point = text.find('.');
  const bool has_seventh = point != std::string_view::npos && point + 7 < text.size() &&
                           text.find_first_not_of("0123456789", point + 1) > point + 7;
  const int64_t exact = ticks + (has_seventh ? text[point + 7] - '0' : 0);
  if (exact < 0 || exact > kMaxDateTimeTicks) return std::nullopt;
  return exact;
}

}  // namespace

std::optional<int64_t> ParseDateTimeTicks(std::string_view text) {
  text = Unquote(Trim(text));
  if (const auto ticks = ParseIsoTicks(text)) return ticks;
  const auto iso = ToIso(text);
  if (iso) return ParseIsoTicks(*iso);
  const auto parts = ToIsoOfParts(text);
  return parts ? ParseIsoTicks(*parts) : std::nullopt;
}

std::optional<double> TicksOfUnit(std::string_view unit) {
  for (const auto& [name, ticks] : kUnits) {
    if (name == unit) return ticks;
  }
  return std::nullopt;
}

std::optional<int64_t> ParseTimespanTicks(std::string_view text) {
  text = Unquote(Trim(text));
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto sign = [negative](int64_t ticks) { return negative ? -ticks : ticks; };
  if (const auto span = ParseClockSpan(text)) return sign(*span);
  size_t at = 0;
  while (at < text.size() && (IsDigit(text[at]) || text[at] == '.')) ++at;
  const auto number = ParseDouble(text.substr(0, at));
  if (!number || at == 0) return std::nullopt;
  const std::string_view unit = Trim(text.substr(at));
  const auto factor = unit.empty() ? std::optional<double>(864e9) : TicksOfUnit(unit);
  if (!factor || *number * *factor > 9.2e18) return std::nullopt;
  return sign(std::llround(*number * *factor));
}

std::optional<std::string> ParseGuid(std::string_view text) {
  text = Unquote(Trim(text));
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') text = text.substr(1, text.size() - 2);
  std::string digits;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c))) {
      digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (c != '-') {
      return std::nullopt;
    }
  }
  if (digits.size() != 32) return std::nullopt;
  for (const size_t at : {20, 16, 12, 8}) digits.insert(at, "-");
  return digits;
}

std::optional<Constant> ParseConstant(Type type, std::string_view text) {
  text = Trim(text);
  if (text == "null") return Constant{type, {}};
  switch (type) {
    case Type::kDateTime:
      if (const auto ticks = ParseDateTimeTicks(text)) return Constant{type, *ticks};
      return std::nullopt;
    case Type::kTimespan:
      if (const auto ticks = ParseTimespanTicks(text)) return Constant{type, *ticks};
      return std::nullopt;
    case Type::kGuid:
      if (auto guid = ParseGuid(text)) return Constant{type, std::move(*guid)};
      return std::nullopt;
    case Type::kReal:
      if (const auto value = ParseDouble(text.starts_with('+') ? text.substr(1) : text)) return Constant{type, *value};
      return std::nullopt;
    case Type::kBool: {
      const std::string word = ToLower(text);
      if (word == "true" || word == "1") return Constant{type, true};
      if (word == "false" || word == "0") return Constant{type, false};
      return std::nullopt;
    }
    case Type::kDecimal:
      if (auto decimal = NormalizeDecimal(text)) return Constant{type, std::move(*decimal)};
      return std::nullopt;
    case Type::kString:
    case Type::kDynamic:
      return std::nullopt;
    default: {
      const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
      int64_t value = 0;
      if (is_hex) {
        for (const char c : text.substr(2)) {
          const size_t digit = std::string_view("0123456789abcdef").find(static_cast<char>(c | 32));
          if (digit == std::string_view::npos || text.size() > 17) return std::nullopt;
          value = value * 16 + static_cast<int64_t>(digit);
        }
      } else if (const auto number = ParseInt(text)) {
        value = *number;
      } else {
        return std::nullopt;
      }
      if (type == Type::kInt && value != static_cast<int32_t>(value)) return std::nullopt;
      return Constant{type, value};
    }
  }
}

std::string FormatDateTimeTicks(int64_t ticks) {
  const int64_t microseconds = (ticks - kUnixEpochTicks - ((ticks % 10) + 10) % 10) / kTicksPerMicrosecond;
  std::string text = FormatTimestamp(Timestamp(Duration(microseconds)), 6);
  text.insert(text.size() - 1, 1, static_cast<char>('0' + ticks % 10));
  return text;
}

std::string FormatTimespanTicks(int64_t ticks) {
  const bool negative = ticks < 0;
  const uint64_t value = negative ? uint64_t{0} - static_cast<uint64_t>(ticks) : static_cast<uint64_t>(ticks);
  const uint64_t seconds = value / kTicksPerSecond, days = seconds / 86'400, fraction = value % kTicksPerSecond;
  std::string text = negative ? "-" : "";
  if (days > 0) text += fmt::format("{}.", days);
  text += fmt::format("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
  if (fraction > 0) text += fmt::format(".{:07}", fraction);
  return text;
}

std::string FormatConstant(const Constant& constant) {
  const std::string_view type = TypeName(constant.type);
  if (constant.is_null()) return fmt::format("{}(null)", type);
  switch (constant.type) {
    case Type::kBool:
      return std::get<bool>(constant.value) ? "true" : "false";
    case Type::kLong:
      return std::to_string(std::get<int64_t>(constant.value));
    case Type::kInt:
      return fmt::format("int({})", std::get<int64_t>(constant.value));
    case Type::kReal:
      return fmt::format("real({})", FormatDouble(std::get<double>(constant.value)));
    case Type::kDateTime:
      return fmt::format("datetime({})", FormatDateTimeTicks(std::get<int64_t>(constant.value)));
    case Type::kTimespan:
      return fmt::format("timespan({})", FormatTimespanTicks(std::get<int64_t>(constant.value)));
    case Type::kString:
      return JsonQuote(std::get<std::string>(constant.value));
    default:
      return fmt::format("{}({})", type, std::get<std::string>(constant.value));
  }
}

std::string ConstantToJson(const Constant& constant) {
  if (constant.is_null()) return "null";
  switch (constant.type) {
    case Type::kBool:
      return std::get<bool>(constant.value) ? "true" : "false";
    case Type::kInt:
    case Type::kLong:
      return std::to_string(std::get<int64_t>(constant.value));
    case Type::kReal: {
      const double value = std::get<double>(constant.value);
      const std::string text = FormatDouble(value);
      if (!std::isfinite(value)) return JsonQuote(text);
      return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
    }
    case Type::kDateTime:
      return JsonQuote(FormatDateTimeTicks(std::get<int64_t>(constant.value)));
    case Type::kTimespan:
      return JsonQuote(FormatTimespanTicks(std::get<int64_t>(constant.value)));
    case Type::kDynamic:
      return std::get<std::string>(constant.value);
    default:
      return JsonQuote(std::get<std::string>(constant.value));
  }
}

std::string JsonQuote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\t':
        quoted += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          quoted += c;
        }
    }
  }
  return quoted + "\"";
}

}  // namespace slipway::kql
