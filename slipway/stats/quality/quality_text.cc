#include "slipway/stats/quality/quality_text.h"

#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace slipway::stats {
namespace {

// "1.50" becomes "1.5", "2.00" becomes "2".
std::string WithoutTrailingZeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

// "6.22E-3": an exponent without leading zeros.
std::string Scientific(double value) {
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
  std::string mantissa = fmt::format("{:.2f}", value / std::pow(10.0, exponent));
  // 9.999 rounds up to ten.
  if (mantissa.starts_with("10.") || mantissa.starts_with("-10."))
    return fmt::format("{:.2f}E{}", value / std::pow(10.0, exponent + 1), exponent + 1);
  return fmt::format("{}E{}", mantissa, exponent);
}

std::string WithThousands(std::string digits) {
  for (size_t at = digits.size(); at > 3 && digits[at - 4] != '-';) digits.insert(at -= 3, ",");
  return digits;
}

// One code point, and how many bytes it takes; a broken byte stands for itself.
struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 1;
};

CodePoint Decode(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const size_t bytes = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (bytes == 1 || at + bytes > text.size()) return {lead, 1};
  uint32_t value = lead & (0xFFU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) value = (value << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return {value, bytes};
}

void Encode(uint32_t value, std::string& out) {
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0 | (value >> 6));
    out += static_cast<char>(0x80 | (value & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (value >> 12));
    out += static_cast<char>(0x80 | ((value >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (value & 0x3F));
  }
}

bool IsLetterOrDigit(uint32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (c < 0xC0) return c == 0xAA || c == 0xB2 || c == 0xB3 || c == 0xB5 || c == 0xB9 || c == 0xBA;
  if (c == 0xD7 || c == 0xF7) return false;
  const bool is_sign = (c >= 0x2000 && c < 0x2C00) || (c >= 0x3000 && c <= 0x3004) || (c >= 0x3008 && c <= 0x3020) ||
                       (c >= 0xFF01 && c <= 0xFF0F) || (c >= 0xFE00 && c <= 0xFE6F) || c >= 0x1F000;
  return !is_sign;
}

uint32_t Lowered(uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c >= 0xC0 && c <= 0xDE) return c + 32;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  // Pairs of capital and small letter, side by side; the runs that start at an odd number come second.
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c % 2 == 1 ? c + 1 : c;
  if (c >= 0x100 && c <= 0x177 && c != 0x130 && c != 0x131) return c % 2 == 0 ? c + 1 : c;
  return c;
}

}  // namespace

std::string FormatPercent(double ratio) {
  if (ratio < 0) return "-" + FormatPercent(-ratio);
  if (ratio == std::floor(ratio)) return fmt::format("{:.0f}%", 100 * ratio);
  if (ratio > 1 - 1e-4 && ratio < 1) return "99.99%";
  if (ratio >= 1e-4) return WithoutTrailingZeros(fmt::format("{:.2f}", 100 * ratio)) + "%";
  if (ratio > 1e-6) return WithoutTrailingZeros(fmt::format("{:.4f}", 100 * ratio)) + "%";
  return Scientific(100 * ratio) + "%";
}

std::string FormatNumber(double value) {
  if (std::isnan(value)) return "none";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  if (std::abs(value) < 0.01) return Scientific(value);
  std::string text = WithoutTrailingZeros(fmt::format("{:.2f}", value));
  const size_t dot = text.find('.');
  return WithThousands(text.substr(0, dot)) + (dot == std::string::npos ? "" : text.substr(dot));
}

std::string QuotedList(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) out += fmt::format("{}'{}'", out.size() > 1 ? ", " : "", name);
  return out + "]";
}

std::string QuotedMap(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out = "{";
  for (const auto& [key, value] : entries) out += fmt::format("{}'{}': '{}'", out.size() > 1 ? ", " : "", key, value);
  return out + "}";
}

std::string BaseForm(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = Decode(text, at);
    if (point.value >= 0x10000)
      out += text.substr(at, IsLetterOrDigit(point.value) ? point.bytes : 0);
    else if (IsLetterOrDigit(point.value))
      Encode(Lowered(point.value), out);
    at += point.bytes;
  }
  return out.empty() ? std::string(text) : out;
}

bool HasLetterOrDigit(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = Decode(text, at);
    if (IsLetterOrDigit(point.value)) return true;
    at += point.bytes;
  }
  return false;
}

}  // namespace slipway::stats
