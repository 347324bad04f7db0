#include "slipway/gateway/json_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>

#include "slipway/base/assert.h"
#include "slipway/base/text.h"

namespace slipway::gateway {
namespace {

bool NeedsEscape(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\';
}

// Whether one of eight bytes is no plain ASCII; by bits, as each value of each log row passes here.
bool HasSpecial(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighBits = 0x80 * kOnes;
  const auto below = [](uint64_t each, uint64_t limit) { return (each - limit * kOnes) & ~each; };
  return ((bytes | below(bytes, 0x20) | below(bytes ^ ('"' * kOnes), 1) | below(bytes ^ ('\\' * kOnes), 1)) &
          kHighBits) != 0;
}

bool IsPlainAscii(std::string_view text) {
  for (; text.size() >= sizeof(uint64_t); text.remove_prefix(sizeof(uint64_t))) {
    uint64_t bytes;
    std::memcpy(&bytes, text.data(), sizeof(bytes));
    if (HasSpecial(bytes)) return false;
  }
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return NeedsEscape(c) || c >= 0x80; });
}

void AppendEscaped(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
  }
}

void AppendValid(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto stop = std::find_if(text.begin(), text.end(), NeedsEscape);
    const auto plain = static_cast<size_t>(stop - text.begin());
    out.append(text.substr(0, plain));
    if (stop == text.end()) return;
    AppendEscaped(out, static_cast<unsigned char>(*stop));
    text.remove_prefix(plain + 1);
  }
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out.push_back('"');
  if (IsPlainAscii(text)) {
    out.append(text);
  } else if (IsUtf8(text)) {
    AppendValid(out, text);
  } else {
    std::string ascii(text);
    std::replace_if(
        ascii.begin(), ascii.end(), [](unsigned char c) { return c >= 0x80; }, '?');
    AppendValid(out, ascii);
  }
  out.push_back('"');
}

// A short member is put together on the stack and appended once: a row has some thirty of them.
class JsonRow::Member {
 public:
  static constexpr size_t kBytesMax = 256, kKeyBytesMax = 96, kValueBytesMax = kBytesMax - kKeyBytesMax - 6;

  Member(std::string_view key, bool is_first) { Put(is_first ? "\"" : ",\"").Put(key).Put("\":"); }
  Member& Put(std::string_view text) {
    end_ = std::copy(text.begin(), text.end(), end_);  // an empty text may have no address, which memcpy must not see
    return *this;
  }
  Member& Put(int64_t number) {
    end_ = std::to_chars(end_, text_ + kBytesMax, number).ptr;
    return *this;
  }
  std::string_view text() const { return {text_, static_cast<size_t>(end_ - text_)}; }

 private:
  char text_[kBytesMax];
  char* end_ = text_;
};

void JsonRow::Append(const Member& member) {
  out_.append(member.text());
  is_first_ = false;
}

void JsonRow::Key(std::string_view key) {
  out_.append(is_first_ ? "\"" : ",\"").append(key).append("\":");
  is_first_ = false;
}

JsonRow& JsonRow::Text(std::string_view key, std::string_view value) {
  const bool is_short = key.size() <= Member::kKeyBytesMax && value.size() <= Member::kValueBytesMax;
  if (is_short && IsPlainAscii(value)) {
    Append(Member(key, is_first_).Put("\"").Put(value).Put("\""));
  } else {
    Key(key);
    AppendJsonString(out_, value);
  }
  return *this;
}

JsonRow& JsonRow::Number(std::string_view key, int64_t value) {
  SLIPWAY_ASSERT(key.size() <= Member::kKeyBytesMax);
  Append(Member(key, is_first_).Put(value));
  return *this;
}

JsonRow& JsonRow::Real(std::string_view key, double value) {
  Key(key);
  fmt::format_to(std::back_inserter(out_), "{:.3f}", value);
  return *this;
}

JsonRow& JsonRow::Tenths(std::string_view key, int64_t tenths) {
  SLIPWAY_ASSERT(key.size() <= Member::kKeyBytesMax);
  const char fraction[2] = {'.', static_cast<char>('0' + tenths % 10)};
  Append(Member(key, is_first_).Put(tenths / 10).Put({fraction, sizeof(fraction)}));
  return *this;
}

JsonRow& JsonRow::Object(std::string_view key, std::string_view members) {
  Key(key);
  out_.append("{").append(members).append("}");
  return *this;
}

JsonRow& JsonRow::Boolean(std::string_view key, bool value) {
  Key(key);
  out_.append(value ? "true" : "false");
  return *this;
}

JsonRow& JsonRow::Members(std::string_view members) {
  if (!members.empty() && !is_first_) out_.push_back(',');
  if (!members.empty()) is_first_ = false;
  out_.append(members);
  return *this;
}

}  // namespace slipway::gateway
