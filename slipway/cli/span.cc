#include "slipway/cli/span.h"

#include <utility>

#include <fmt/format.h>

#include "slipway/base/time.h"

namespace slipway::cli {

Result<std::string> IsoSpan(const std::string& text, std::string_view flag) {
  if (ParseIsoDuration(text)) return text;
  std::string days, times, number;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number += c;
    } else if (!number.empty() && c == 'd' && times.empty()) {
      days += std::exchange(number, {}) + "D";
    } else if (!number.empty() && (c == 'h' || c == 'm' || c == 's')) {
      times += std::exchange(number, {}) + static_cast<char>(c - 'a' + 'A');
    } else {
      return InvalidArgument(fmt::format("{} '{}' is not a span such as 7d, 36h, 90m, 1d12h or PT1H", flag, text));
    }
  }
  if (!number.empty())
    return InvalidArgument(fmt::format("{} '{}' needs a unit after {}: d, h, m or s", flag, text, number));
  std::string iso = fmt::format("P{}{}{}", days, times.empty() ? "" : "T", times);
  if (!ParseIsoDuration(iso))
    return InvalidArgument(fmt::format("{} '{}' is not a span such as 7d, 36h, 90m, 1d12h or PT1H", flag, text));
  return iso;
}

}  // namespace slipway::cli
