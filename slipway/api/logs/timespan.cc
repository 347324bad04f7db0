#include "slipway/api/logs/timespan.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"

namespace slipway::api {
namespace {

bool IsDuration(std::string_view text) {
  return text.starts_with('P') || text.starts_with('p');
}

Result<logstore::TimeRange> Parse(std::string_view text, Timestamp now) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    SLIPWAY_ASSIGN_OR_RETURN(const Duration length, ParseIsoDuration(text));
    return logstore::TimeRange{now - length, now};
  }
  const std::string_view first = text.substr(0, slash), second = text.substr(slash + 1);
  if (IsDuration(first)) {
    SLIPWAY_ASSIGN_OR_RETURN(const Duration length, ParseIsoDuration(first));
    SLIPWAY_ASSIGN_OR_RETURN(const Timestamp end, ParseTimestamp(second));
    return logstore::TimeRange{end - length, end};
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Timestamp begin, ParseTimestamp(first));
  if (IsDuration(second)) {
    SLIPWAY_ASSIGN_OR_RETURN(const Duration length, ParseIsoDuration(second));
    return logstore::TimeRange{begin, begin + length};
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Timestamp end, ParseTimestamp(second));
  return logstore::TimeRange{begin, end};
}

}  // namespace

Result<logstore::TimeRange> ParseTimespan(std::string_view text, Timestamp now) {
  text = Trim(text);
  if (text.empty()) return logstore::TimeRange{};
  auto range = Parse(text, now);
  if (range) return range;
  return InvalidArgument(
      fmt::format("the timespan '{}' is none of: a duration (P1D, PT2H), from/to, from/duration, duration/to: {}", text,
                  range.error().message()));
}

}  // namespace slipway::api
