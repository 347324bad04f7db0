#include <algorithm>

#include "slipway/base/text.h"
#include "slipway/cli/formats.h"
#include "slipway/cli/scalar_text.h"

namespace slipway::cli {
namespace {

using Json = nlohmann::ordered_json;

bool HasControl(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Plain YAML 1.1 scalars that would not be read back as text.
bool LooksLikeOtherType(const std::string& text) {
  static constexpr std::string_view kWords[] = {"null", "~", "true", "false", "yes", "no", "on", "off", "=", "<<"};
  for (std::string_view word : kWords)
    if (EqualsIgnoreCase(text, word)) return true;
  if (ParseDouble(text) || EqualsIgnoreCase(text, ".nan") || EqualsIgnoreCase(text, ".inf")) return true;
  const bool is_date = text.size() >= 8 && text.find_first_not_of("0123456789-:TZ. +") == std::string::npos &&
                       std::count(text.begin(), text.end(), '-') >= 2;
  const bool is_sexagesimal =
      text.find(':') != std::string::npos && text.find_first_not_of("0123456789:.") == std::string::npos;
  return is_date || is_sexagesimal;
}

bool IsPlain(const std::string& text) {
  if (text.empty() || LooksLikeOtherType(text) || text.front() == ' ' || text.back() == ' ') return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos) {
    const bool is_harmless = text.size() > 1 && (text[0] == '-' || text[0] == '?' || text[0] == ':') && text[1] != ' ';
    if (!is_harmless) return false;
  }
  return text.find(": ") == std::string::npos && text.find(" #") == std::string::npos && text.back() != ':';
}

std::string Text(const std::string& text) {
  if (HasControl(text)) return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return IsPlain(text) ? text : "'" + ReplaceAll(text, "'", "''") + "'";
}

std::string Scalar(const Json& value) {
  if (value.is_string()) return Text(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  return ScalarText(value, "null");
}

void Write(const Json& value, size_t indent, std::string& out);

// What follows "key:" or "-".
void WriteAfter(const Json& value, size_t indent, bool in_list, std::string& out) {
  if (!value.is_structured() || value.empty()) {
    out += " " + (value.is_structured() ? std::string(value.is_object() ? "{}" : "[]") : Scalar(value)) + "\n";
    return;
  }
  if (in_list) {
    std::string inner;
    Write(value, indent + 2, inner);
    out += " " + inner.substr(indent + 2);
    return;
  }
  out += "\n";
  Write(value, value.is_array() ? indent : indent + 2, out);
}

void Write(const Json& value, size_t indent, std::string& out) {
  const std::string spaces(indent, ' ');
  if (value.is_array()) {
    for (const Json& item : value) {
      out += spaces + "-";
      WriteAfter(item, indent, true, out);
    }
    return;
  }
  std::vector<std::string> keys;
  for (const auto& member : value.items()) keys.push_back(member.key());
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) {
    out += spaces + Text(key) + ":";
    WriteAfter(value.at(key), indent, false, out);
  }
}

}  // namespace

std::string FormatYaml(const Json& value) {
  if (!value.is_structured()) return Scalar(value) + "\n...\n";
  if (value.empty()) return value.is_object() ? "{}\n" : "[]\n";
  std::string out;
  Write(value, 0, out);
  return out;
}

}  // namespace slipway::cli
