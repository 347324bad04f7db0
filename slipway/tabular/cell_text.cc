#include "slipway/tabular/cell_text.h"

#include <charconv>
#include <cstdlib>
#include <limits>

#include "slipway/base/time.h"

namespace slipway::tabular {
namespace {

bool IsDigit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes a sign off `text`; true for '-'.
bool TakeSign(std::string_view& text) {
  if (text.empty() || (text[0] != '-' && text[0] != '+')) return false;
  const bool is_negative = text[0] == '-';
  text.remove_prefix(1);
  return is_negative;
}

struct Decimal {
  uint64_t digits = 0;  // without the point; right while count <= 19
  size_t count = 0;     // of digits
  size_t fraction = 0;  // of those behind the point
  bool has_point = false;
  bool is_plain = false;  // digits and at most one point, nothing else
};

Decimal ScanDecimal(std::string_view text) {
  Decimal decimal;
  for (char c : text) {
    if (IsDigit(c)) {
      decimal.digits = 10 * decimal.digits + static_cast<uint64_t>(c - '0');
      ++decimal.count;
      decimal.fraction += decimal.has_point ? 1 : 0;
    } else if (c == '.' && !decimal.has_point) {
      decimal.has_point = true;
    } else {
      return decimal;
    }
  }
  decimal.is_plain = decimal.count > 0;
  return decimal;
}

constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// Digits below 2^53 and a power of ten up to 1e22 are exact doubles, so that one division rounds correctly (Clinger,
// "How to read floating point numbers accurately", 1990).
bool IsExact(const Decimal& decimal) {
  return decimal.is_plain && decimal.count <= 19 && decimal.digits < (1ULL << 53) && decimal.fraction <= 22;
}

// The same for every form; `text` has no sign.
bool ParseAnyForm(std::string_view text, double& value) {
  if (text.empty() || text[0] == '-' || text.find('(') != std::string_view::npos) return false;
  if ((text[0] | 0x20) == 'n' && text != "nan" && text != "NaN") return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return false;
  // from_chars leaves the value alone when it is out of range; strtod says in which direction.
  if (error == std::errc::result_out_of_range) value = std::strtod(std::string(text).c_str(), nullptr);
  return true;
}

}  // namespace

WholeNumber ParseWholeNumber(std::string_view text, int64_t& value) {
  text = TrimBlanks(text);
  const bool is_negative = TakeSign(text);
  if (text.empty()) return WholeNumber::kNone;
  uint64_t digits = 0;
  bool is_too_big = false;
  for (char c : text) {
    if (!IsDigit(c)) return WholeNumber::kNone;
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    is_too_big = is_too_big || digits > (std::numeric_limits<uint64_t>::max() - digit) / 10;
    digits = 10 * digits + digit;
  }
  const uint64_t limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (is_negative ? 1 : 0);
  if (is_too_big || digits > limit) return WholeNumber::kTooBig;
  value = static_cast<int64_t>(is_negative ? 0 - digits : digits);
  return WholeNumber::kFits;
}

bool ParseNumber(std::string_view text, double& value, bool& is_whole) {
  text = TrimBlanks(text);
  const bool is_negative = TakeSign(text);
  const Decimal decimal = ScanDecimal(text);
  is_whole = decimal.is_plain && !decimal.has_point;
  if (IsExact(decimal))
    value = static_cast<double>(decimal.digits) / kPowersOfTen[decimal.fraction];
  else if (!ParseAnyForm(text, value))
    return false;
  if (is_negative) value = -value;
  return true;
}

std::optional<bool> ParseTruth(std::string_view text) {
  if (text == "True" || text == "true" || text == "TRUE") return true;
  if (text == "False" || text == "false" || text == "FALSE") return false;
  return std::nullopt;
}

std::optional<int64_t> ParseDatetime(std::string_view text) {
  // Most texts that are no dates fail here, without an Error being made for them.
  constexpr size_t kDateLength = 10;
  if (text.size() < kDateLength || !IsDigit(text[0]) || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto time = ParseTimestamp(text);
  if (!time) return std::nullopt;
  return time->time_since_epoch().count();
}

TextSet::TextSet(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) by_length_[text.size() < kLengths ? text.size() : kLengths].push_back(text);
}

}  // namespace slipway::tabular
