// Texts of cells as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tabular {

// Spaces and tabs around a number do not count. One leading '+' or '-' is taken.
enum class WholeNumber { kNone, kFits, kTooBig };  // kTooBig: digits, but beyond 64 bits
WholeNumber ParseWholeNumber(std::string_view text, int64_t& value);

// Decimal forms, "inf", "infinity" (in any case), "nan" and "NaN"; rounded correctly, out of range to infinity or zero.
// `is_whole` tells digits alone.
bool ParseNumber(std::string_view text, double& value, bool& is_whole);

// true, True, TRUE, false, False, FALSE.
std::optional<bool> ParseTruth(std::string_view text);

// ISO 8601 dates and times as ParseTimestamp of base reads them, in microseconds since 1970 UTC.
std::optional<int64_t> ParseDatetime(std::string_view text);

// A set of few short texts, asked once a cell.
class TextSet {
 public:
  explicit TextSet(const std::vector<std::string>& texts);
  bool Has(std::string_view text) const {
    const auto& peers = by_length_[text.size() < kLengths ? text.size() : kLengths];
    for (const std::string& peer : peers)
      if (peer.empty() || (peer[0] == text[0] && peer == text)) return true;  // an empty one has a list of its own
    return false;
  }

 private:
  static constexpr size_t kLengths = 16;  // longer ones share the last list
  std::vector<std::string> by_length_[kLengths + 1];
};

}  // namespace slipway::tabular
