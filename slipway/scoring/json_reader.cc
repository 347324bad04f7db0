#include "slipway/scoring/json_reader.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::scoring {
namespace {

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// More digits than 64 bits hold.
constexpr std::ptrdiff_t kDigitsMax = 19;
// Powers of ten that are doubles exactly.
constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int kExactPower = 22;

constexpr uint64_t kOnes = 0x0101'0101'0101'0101;
constexpr uint64_t kHighs = 0x8080'8080'8080'8080;

// The high bits of bytes that are zero; right up to the first of them.
constexpr uint64_t ZeroBytes(uint64_t word) {
  return (word - kOnes) & ~word & kHighs;
}

void AppendUtf8(uint32_t point, std::string& out) {
  const auto add = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      add(0xE0 | point >> 12);
    } else {
      add(0xF0 | point >> 18);
      add(0x80 | (point >> 12 & 0x3F));
    }
    add(0x80 | (point >> 6 & 0x3F));
  }
  add(0x80 | (point & 0x3F));
}

bool IsAscii(std::string_view text) {
  uint64_t all = 0;
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= sizeof all; at += sizeof all, left -= sizeof all) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    all |= word;
  }
  for (; left > 0; ++at, --left) all |= static_cast<uint64_t>(static_cast<unsigned char>(*at));
  return (all & kHighs) == 0;
}

}  // namespace

// The nearest double by one multiplication or division of exact doubles, where that is enough (Clinger, 1990).
std::optional<double> JsonNumber::real() const noexcept {
  if (is_exact && digits <= uint64_t{1} << std::numeric_limits<double>::digits && exponent >= -kExactPower &&
      exponent <= kExactPower) {
    const auto whole = static_cast<double>(digits);
    const double value = exponent < 0 ? whole / kPowers[-exponent] : whole * kPowers[exponent];
    return is_negative ? -value : value;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc()) return value;
  // Out of range: too large, or closer to zero than any other double, which is zero then.
  value = std::strtod(text.data(), nullptr);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<int64_t> JsonNumber::integer() const noexcept {
  if (!is_whole) return std::nullopt;
  if (is_exact && digits <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    const auto value = static_cast<int64_t>(digits);
    return is_negative ? -value : value;
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

Status JsonReader::Open(std::string_view text) {
  if (text_.size() < text.size() + kPadding) text_.resize(text.size() + kPadding);
  if (!text.empty()) std::memcpy(text_.data(), text.data(), text.size());
  std::memset(text_.data() + text.size(), 0, kPadding);
  at_ = text_.data();
  end_ = at_ + text.size();
  if (!IsAscii(text) && !IsUtf8(text)) return InvalidArgument("the request is not valid JSON: it is not UTF-8");
  return {};
}

Status JsonReader::CheckEnd() {
  SkipBlanks();
  return at_ == end_ ? Status() : Unexpected("the end");
}

bool JsonReader::Number(JsonNumber& number) noexcept {
  const char* const begin = at_;
  const char* at = at_;
  number.is_negative = *at == '-';
  at += number.is_negative ? 1 : 0;
  const char* const digits = at;
  uint64_t value = 0;
  while (IsDigit(*at)) value = value * 10 + static_cast<uint64_t>(*at++ - '0');
  std::ptrdiff_t count = at - digits;
  if (count == 0) return Fail("a digit is expected");
  if (*digits == '0' && count > 1) return Fail("numbers do not begin with 0");
  number.exponent = 0;
  number.is_whole = true;
  if (*at == '.') {
    const char* const fraction = ++at;
    while (IsDigit(*at)) value = value * 10 + static_cast<uint64_t>(*at++ - '0');
    if (at == fraction) return Fail("a digit is expected after the point");
    count += at - fraction;
    number.exponent = fraction - at;
    number.is_whole = false;
  }
  number.digits = value;
  number.is_exact = count <= kDigitsMax;
  at_ = at;
  if ((*at == 'e' || *at == 'E') && !Exponent(number)) return false;
  number.text = {begin, static_cast<size_t>(at_ - begin)};
  return true;
}

bool JsonReader::Exponent(JsonNumber& number) noexcept {
  constexpr int64_t kMost = 1'000'000;
  ++at_;
  const bool is_negative = *at_ == '-';
  if (*at_ == '-' || *at_ == '+') ++at_;
  if (!IsDigit(*at_)) return Fail("a digit is expected in the exponent");
  int64_t value = 0;
  for (; IsDigit(*at_); ++at_) value = value < kMost ? value * 10 + (*at_ - '0') : value;
  number.exponent += is_negative ? -value : value;
  number.is_whole = false;
  return true;
}

bool JsonReader::Boolean(bool& value) noexcept {
  value = *at_ == 't';
  return TakeWord(value ? "true" : "false") || Fail("'true' or 'false' is misspelt");
}

// Eight bytes at a time: the zeros after the text end it, as control characters.
const char* JsonReader::PlainEnd(const char* at) noexcept {
  for (;; at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    const uint64_t below_blank = (word - kOnes * ' ') & ~word & kHighs;
    const uint64_t found = ZeroBytes(word ^ kOnes * '"') | ZeroBytes(word ^ kOnes * '\\') | below_blank;
    if (found == 0) continue;
    static_assert(std::endian::native == std::endian::little);
    return at + std::countr_zero(found) / 8;
  }
}

bool JsonReader::String(std::string_view& text, std::string& buffer) {
  if (!Take('"')) return Fail("a text in quotes is expected");
  const char* const begin = at_;
  at_ = PlainEnd(begin);
  if (*at_ == '\\') {
    if (!Unescape(begin, buffer)) return false;
    text = buffer;
    return true;
  }
  text = {begin, static_cast<size_t>(at_ - begin)};
  return Take('"') || FailText();
}

bool JsonReader::FailText() noexcept {
  return Fail(at_ == end_ ? "the text does not end" : "a control character stands in a text");
}

bool JsonReader::Unescape(const char* begin, std::string& buffer) {
  buffer.clear();
  for (;;) {
    buffer.append(begin, at_);
    if (Take('"')) return true;
    if (!Take('\\')) return FailText();
    if (!Escape(buffer)) return false;
    begin = at_;
    at_ = PlainEnd(at_);
  }
}

bool JsonReader::Escape(std::string& buffer) {
  constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  const size_t index = *at_ == 0 ? std::string_view::npos : kNames.find(*at_);
  if (index != std::string_view::npos) {
    buffer += kMeanings[index];
    ++at_;
    return true;
  }
  return Take('u') ? UnicodeEscape(buffer) : Fail("there is no such escape");
}

bool JsonReader::CodeUnit(unsigned& unit) noexcept {
  const auto [end, error] = std::from_chars(at_, at_ + 4, unit, 16);
  if (error != std::errc() || end != at_ + 4) return Fail("four hexadecimal digits are expected after \\u");
  at_ = end;
  return true;
}

bool JsonReader::UnicodeEscape(std::string& buffer) {
  unsigned unit = 0, low = 0;
  if (!CodeUnit(unit)) return false;
  if (unit < 0xD800 || unit > 0xDFFF) {
    AppendUtf8(unit, buffer);
    return true;
  }
  const bool is_high = unit < 0xDC00 && TakeWord("\\u");
  if (!is_high || !CodeUnit(low) || low < 0xDC00 || low > 0xDFFF)
    return Fail("half of a pair of \\u escapes stands alone");
  AppendUtf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), buffer);
  return true;
}

Status JsonReader::SkipValue(int depth, bool takes_not_finite) {
  if (depth > kMaxDepth) return InvalidArgument(fmt::format("the request is nested deeper than {} levels", kMaxDepth));
  JsonNumber number;
  std::string_view text;
  bool truth = false;
  switch (Peek()) {
    case Type::kObject:
      return Object([&](std::string_view) { return SkipValue(depth + 1, takes_not_finite); });
    case Type::kList:
      return List([&] { return SkipValue(depth + 1, takes_not_finite); });
    case Type::kText:
      return Text(text) ? Status() : error();
    case Type::kNumber:
      return Number(number) || (takes_not_finite && TakeNotFinite()) ? Status() : error();
    case Type::kBoolean:
      return Boolean(truth) ? Status() : error();
    case Type::kNull:
      return Null() || (takes_not_finite && TakeNotFinite()) ? Status() : error();
    case Type::kNone:
      break;
  }
  return takes_not_finite && TakeNotFinite() ? Status() : Unexpected("a value");
}

bool JsonReader::TakeNotFinite() noexcept {
  const char* const begin = at_;
  if (*at_ == '-') ++at_;
  for (const std::string_view word : {"NaN", "nan", "Infinity", "Inf", "inf"})
    if (TakeWord(word)) return true;
  at_ = begin;
  return false;
}

std::string JsonReader::Snippet() const {
  const char* end = at_;
  if (*end == '"') {
    do ++end;
    while (end < end_ && (*end != '"' || end[-1] == '\\'));
    end = std::min(end + 1, end_);
  } else if (*end == '[' || *end == '{') {
    ++end;
  } else {
    while (end < end_ && std::string_view(" \n\r\t,:]}").find(*end) == std::string_view::npos) ++end;
  }
  return Shortened({at_, static_cast<size_t>(end - at_)});
}

Error JsonReader::error() const {
  return InvalidArgument(fmt::format("the request is not valid JSON: {} (byte {})", what_, at_ - text_.data()));
}

Status JsonReader::Unexpected(std::string_view expected) const {
  if (at_ == end_)
    return InvalidArgument(fmt::format("the request is not valid JSON: it ends where {} is expected", expected));
  return InvalidArgument(fmt::format("the request is not valid JSON: {} is expected, not {} (byte {})", expected,
                                     Snippet(), at_ - text_.data()));
}

std::string Shortened(std::string_view text) {
  constexpr size_t kMax = 40;
  if (text.size() <= kMax) return std::string(text);
  size_t size = kMax;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "…";
}

std::string_view TypeName(JsonReader::Type type) {
  using Type = JsonReader::Type;
  switch (type) {
    case Type::kObject:
      return "an object";
    case Type::kList:
      return "a list";
    case Type::kText:
      return "a text";
    case Type::kNumber:
      return "a number";
    case Type::kBoolean:
      return "a boolean";
    case Type::kNull:
      return "null";
    case Type::kNone:
      break;
  }
  return "no value";
}

}  // namespace slipway::scoring
