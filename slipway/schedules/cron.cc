#include "slipway/schedules/cron.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::schedules {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kWeekDays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};

struct Field {
  std::string_view name;
  int min, max;
  std::span<const std::string_view> names;  // of min, min + 1 …
};

constexpr Field kFields[] = {{"minute", 0, 59, {}},
                             {"hour", 0, 23, {}},
                             {"day of month", 1, 31, {}},
                             {"month", 1, 12, kMonths},
                             {"day of week", 0, 7, kWeekDays}};

using Values = std::vector<bool>;  // index = value

Error Wrong(const Field& field, std::string_view text) {
  return InvalidArgument(
      fmt::format("'{}' is not a {}: write a number from {} to {}, a range '{}-{}', '*', a list of "
                  "those, or any of them with a step '/n'",
                  text, field.name, field.min, field.max, field.min, field.max));
}

std::optional<int> NamedValue(const Field& field, std::string_view text) {
  for (size_t i = 0; i < field.names.size(); ++i) {
    const std::string_view name = field.names[i];
    if (EqualsIgnoreCase(text, name) || EqualsIgnoreCase(text, name.substr(0, 3)))
      return field.min + static_cast<int>(i);
  }
  return std::nullopt;
}

std::optional<int> ValueOf(const Field& field, std::string_view text) {
  if (const auto named = NamedValue(field, text)) return named;
  const bool is_number = !text.empty() && text.size() <= 2 &&
                         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto number = is_number ? ParseInt(text) : std::nullopt;
  if (!number || *number < field.min || *number > field.max) return std::nullopt;
  return static_cast<int>(*number);
}

struct Range {
  int first, last, step;
};

// "*", "5", "1-5", and "/n" behind each.
Result<Range> ParseRange(const Field& field, std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view body = text.substr(0, slash);
  Range range{field.min, field.name == "day of week" ? 6 : field.max, 1};
  if (body != "*" && body != "?") {
    const size_t dash = body.find('-');
    const auto first = ValueOf(field, body.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : ValueOf(field, body.substr(dash + 1));
    if (!first || !last || *first > *last) return Wrong(field, text);
    const bool runs_to_end = dash == std::string_view::npos && slash != std::string_view::npos;
    range = {*first, runs_to_end ? std::max(range.last, *first) : *last, 1};
  }
  if (slash != std::string_view::npos) {
    const auto step = ParseInt(text.substr(slash + 1));
    if (!step || *step < 1 || *step > field.max) return Wrong(field, text);
    range.step = static_cast<int>(*step);
  }
  return range;
}

Result<Values> ParseField(const Field& field, std::string_view text) {
  Values values(static_cast<size_t>(field.max) + 1);
  for (const std::string_view part : Split(text, ',')) {
    SLIPWAY_ASSIGN_OR_RETURN(const Range range, ParseRange(field, part));
    for (int value = range.first; value <= range.last; value += range.step) values[static_cast<size_t>(value)] = true;
  }
  return values;
}

struct Word {
  std::string_view text;
  int column;  // from 1
};

std::vector<Word> WordsOf(std::string_view text) {
  std::vector<Word> words;
  size_t at = 0;
  while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.push_back({text.substr(at, end - at), static_cast<int>(at) + 1});
    at = end;
  }
  return words;
}

template <size_t N>
std::bitset<N> Bits(const Values& values) {
  std::bitset<N> bits;
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i]) bits.set(i % N);
  return bits;
}

bool IsAny(std::string_view field) {
  return field.starts_with('*') || field == "?";
}

}  // namespace

Result<CronExpression> CronExpression::Parse(std::string_view text) {
  const std::vector<Word> words = WordsOf(text);
  if (words.size() != std::size(kFields)) {
    return InvalidArgument(
        fmt::format("a cron expression has 5 fields (minute, hour, day of month, month, day of week), '{}' has {}",
                    text, words.size()));
  }
  Values values[std::size(kFields)];
  for (size_t i = 0; i < words.size(); ++i) {
    auto parsed = ParseField(kFields[i], words[i].text);
    if (!parsed) return std::move(parsed.error()).At({"cron expression", 1, words[i].column});
    values[i] = std::move(*parsed);
  }
  CronExpression cron;
  cron.minutes = Bits<60>(values[0]);
  cron.hours = Bits<24>(values[1]);
  cron.month_days = Bits<32>(values[2]);
  cron.months = Bits<13>(values[3]);
  cron.week_days = Bits<7>(values[4]);
  cron.any_month_day = IsAny(words[2].text);
  cron.any_week_day = IsAny(words[4].text);
  return cron;
}

bool CronExpression::MatchesDay(unsigned month, unsigned month_day, unsigned week_day) const {
  if (!months[month]) return false;
  const bool by_month = month_days[month_day], by_week = week_days[week_day];
  return any_month_day || any_week_day ? by_month && by_week : by_month || by_week;
}

}  // namespace slipway::schedules
