#include "slipway/expressions/workflow/value.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::expressions::workflow {
namespace {

constexpr int kJsonDepthMax = 100;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The letter in upper case, of the alphabets whose pairs lie at a fixed distance.
uint32_t UpperOf(uint32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7)) return c - 32;
  if (c >= 0x100 && c <= 0x17f && c != 0x131 && c != 0x138 && c != 0x149 && c != 0x17f) {
    const bool odd_is_lower = (c <= 0x137) || (c >= 0x14a && c <= 0x177);
    return ((c & 1) == 1) == odd_is_lower ? c - 1 : c;
  }
  if (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) return c - 32;
  if (c >= 0x430 && c <= 0x44f) return c - 32;
  if (c >= 0x450 && c <= 0x45f) return c - 80;
  return c;
}

std::optional<double> ParseDigits(std::string_view digits, int base) {
  if (digits.empty()) return std::nullopt;
  double value = 0;
  for (const char c : digits) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 99;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

bool IsDecimal(std::string_view text) {
  size_t i = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  size_t digits = 0;
  const auto skip_digits = [&] {
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) ++digits;
  };
  skip_digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    skip_digits();
  }
  if (digits == 0) return false;
  if (i == text.size()) return true;
  if (text[i] != 'e' && text[i] != 'E') return false;
  ++i;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  digits = 0;
  skip_digits();
  return digits > 0 && i == text.size();
}

void AppendUtf8(uint32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else {  // UpperOf changes no letter beyond two bytes
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

int DepthOf(const nlohmann::ordered_json& json, int level = 1) {
  int deepest = level;
  if (level > kJsonDepthMax || !json.is_structured()) return deepest;
  for (const auto& item : json) deepest = std::max(deepest, DepthOf(item, level + 1));
  return deepest;
}

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Print(const Value& value, int level, std::string& out) {
  const auto new_line = [&](int at) { out += "\n" + std::string(static_cast<size_t>(at) * 2, ' '); };
  if (const Array* array = value.array()) {
    if (array->empty()) return void(out += "[]");
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      new_line(level + 1);
      Print((*array)[i], level + 1, out);
    }
    new_line(level);
    out += ']';
  } else if (const Object* object = value.object()) {
    if (object->members.empty()) return void(out += "{}");
    out += '{';
    bool is_first = true;
    for (const auto& [key, member] : object->members) {
      if (!std::exchange(is_first, false)) out += ',';
      new_line(level + 1);
      out += Quoted(key) + ": ";
      Print(member, level + 1, out);
    }
    new_line(level);
    out += '}';
  } else if (const std::string* text = value.text()) {
    out += Quoted(*text);
  } else {
    out += value.is_null() ? "null" : value.ToText();
  }
}

}  // namespace

const Value* Object::Find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (is_case_sensitive ? name == key : EqualsIgnoreCase(name, key)) return &value;
  return nullptr;
}

void Object::Set(std::string key, Value value) {
  for (auto& [name, old] : members)
    if (is_case_sensitive ? name == key : EqualsIgnoreCase(name, key)) return void(old = std::move(value));
  members.emplace_back(std::move(key), std::move(value));
}

Value Value::Of(Array array) {
  Value value;
  value.data_ = std::make_shared<const Array>(std::move(array));
  return value;
}

Value Value::Of(Object object) {
  Value value;
  value.data_ = std::make_shared<const Object>(std::move(object));
  return value;
}

const Array* Value::array() const {
  const auto* shared = std::get_if<std::shared_ptr<const Array>>(&data_);
  return shared ? shared->get() : nullptr;
}

const Object* Value::object() const {
  const auto* shared = std::get_if<std::shared_ptr<const Object>>(&data_);
  return shared ? shared->get() : nullptr;
}

bool Value::IsTruthy() const {
  if (const bool* boolean = this->boolean()) return *boolean;
  if (const double* number = this->number()) return *number != 0 && !std::isnan(*number);
  if (const std::string* text = this->text()) return !text->empty();
  return !is_null();
}

std::string Value::ToText() const {
  switch (kind()) {
    case Kind::kNull:
      return "";
    case Kind::kBoolean:
      return *boolean() ? "true" : "false";
    case Kind::kNumber:
      return FormatNumber(*number());
    case Kind::kString:
      return *text();
    case Kind::kArray:
      return "Array";
    case Kind::kObject:
      break;
  }
  return "Object";
}

double Value::ToNumber() const {
  if (is_null()) return 0;
  if (const bool* boolean = this->boolean()) return *boolean ? 1 : 0;
  if (const double* number = this->number()) return *number;
  if (const std::string* text = this->text()) return ParseNumber(*text);
  return kNan;
}

std::string_view Value::KindName() const {
  constexpr std::string_view kNames[] = {"Null", "Boolean", "Number", "String", "Array", "Object"};
  return kNames[static_cast<int>(kind())];
}

bool IsSame(const Value& a, const Value& b) {
  return a.data_ == b.data_;  // pointers compare by address
}

bool LooselyEqual(const Value& a, const Value& b) {
  if (a.kind() != b.kind() || a.number()) {
    if (a.is_primitive() && b.is_primitive()) return a.ToNumber() == b.ToNumber();  // NaN equals nothing
    return false;
  }
  if (a.text()) return ToUpper(*a.text()) == ToUpper(*b.text());
  return IsSame(a, b);
}

bool LooselyLess(const Value& a, const Value& b) {
  if (a.text() && b.text()) return ToUpper(*a.text()) < ToUpper(*b.text());
  return a.ToNumber() < b.ToNumber();
}

std::string FormatNumber(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == 0) return "0";
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.15g", number);
  std::string text = buffer;
  if (const size_t exponent = text.find('e'); exponent != std::string::npos) text[exponent] = 'E';
  return text;
}

double ParseNumber(std::string_view text) {
  text = Trim(text);
  if (text.empty()) return 0;
  if (text == "Infinity" || text == "+Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (text.starts_with("0x")) return ParseDigits(text.substr(2), 16).value_or(kNan);
  if (text.starts_with("0o")) return ParseDigits(text.substr(2), 8).value_or(kNan);
  if (!IsDecimal(text)) return kNan;
  return std::strtod(std::string(text).c_str(), nullptr);
}

std::string ToUpper(std::string_view text) {
  std::string upper;
  upper.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_pair = byte >= 0xc2 && byte <= 0xdf && i + 1 < text.size();
    if (byte < 0x80) {
      AppendUtf8(UpperOf(byte), upper);
    } else if (is_pair) {
      AppendUtf8(UpperOf((byte & 0x1fU) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3fU)), upper);
    } else {
      upper += text[i];
    }
  }
  return upper;
}

Value FromJson(const nlohmann::ordered_json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    Array array;
    for (const auto& item : json) array.push_back(FromJson(item));
    return Value::Of(std::move(array));
  }
  if (!json.is_object()) return {};
  Object object;
  for (const auto& [key, member] : json.items()) object.members.emplace_back(key, FromJson(member));
  return Value::Of(std::move(object));
}

nlohmann::ordered_json ToJson(const Value& value) {
  if (const bool* boolean = value.boolean()) return *boolean;
  if (const std::string* text = value.text()) return *text;
  if (const double* number = value.number()) {
    const bool is_integer = *number == std::floor(*number) && std::abs(*number) < 9e15;
    if (is_integer) return static_cast<int64_t>(*number);
    return *number;
  }
  nlohmann::ordered_json json;
  if (const Array* array = value.array()) {
    json = nlohmann::ordered_json::array();
    for (const Value& item : *array) json.push_back(ToJson(item));
  } else if (const Object* object = value.object()) {
    json = nlohmann::ordered_json::object();
    for (const auto& [key, member] : object->members) json[key] = ToJson(member);
  }
  return json;
}

Result<Value> ParseJson(std::string_view text) {
  try {
    const auto json = nlohmann::ordered_json::parse(text);
    if (DepthOf(json) > kJsonDepthMax)
      return InvalidArgument(fmt::format("JSON nested deeper than {} levels", kJsonDepthMax));
    return FromJson(json);
  } catch (const nlohmann::json::exception&) {
    const std::string shown = text.size() > 60 ? std::string(text.substr(0, 60)) + "…" : std::string(text);
    if (Trim(text).empty()) return InvalidArgument("the text is empty, which is no JSON");
    return InvalidArgument(fmt::format("'{}' is no JSON", shown));
  }
}

std::string PrettyJson(const Value& value) {
  std::string text;
  Print(value, 0, text);
  return text;
}

}  // namespace slipway::expressions::workflow
