#include "slipway/gateway/json_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "slipway/base/text.h"

namespace slipway::gateway {
namespace {

bool NeedsEscape(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\';
}

bool IsPlainAscii(std::string_view text) {
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

void JsonRow::Key(std::string_view key) {
  out_.append(is_first_ ? "\"" : ",\"").append(key).append("\":");
  is_first_ = false;
}

JsonRow& JsonRow::Text(std::string_view key, std::string_view value) {
  Key(key);
  AppendJsonString(out_, value);
  return *this;
}

JsonRow& JsonRow::Number(std::string_view key, int64_t value) {
  Key(key);
  std::array<char, 20> digits;
  out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  return *this;
}

JsonRow& JsonRow::Real(std::string_view key, double value) {
  Key(key);
  fmt::format_to(std::back_inserter(out_), "{:.3f}", value);
  return *this;
}

JsonRow& JsonRow::Tenths(std::string_view key, int64_t tenths) {
  Number(key, tenths / 10);
  out_.push_back('.');
  out_.push_back(static_cast<char>('0' + tenths % 10));
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
