#include <algorithm>

#include "slipway/base/text.h"
#include "slipway/cli/formats.h"

namespace slipway::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kKeyColor = "\033[94m", kTextColor = "\033[33m", kNumberColor = "\033[34m",
                           kNoColor = "\033[39m";

std::string Colored(std::string_view color, std::string text, bool colored) {
  return colored ? std::string(color) + std::move(text) + std::string(kNoColor) : text;
}

std::string Scalar(const Json& value, bool colored) {
  if (value.is_string())
    return Colored(kTextColor, value.dump(-1, ' ', false, Json::error_handler_t::replace), colored);
  if (value.is_number_float()) {
    const double number = value.get<double>();
    std::string text = FormatDouble(number);
    // Python prints 1.0 for a float that is whole.
    if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
    return Colored(kNumberColor, text, colored);
  }
  return Colored(kNumberColor, value.dump(), colored);
}

void Write(const Json& value, size_t indent, bool colored, std::string& out) {
  const std::string inner(indent + 2, ' ');
  if (value.is_object() && !value.empty()) {
    std::vector<const std::string*> keys;
    for (const auto& member : value.items()) keys.push_back(&member.key());
    std::sort(keys.begin(), keys.end(), [](const std::string* a, const std::string* b) { return *a < *b; });
    out += "{\n";
    for (size_t i = 0; i < keys.size(); ++i) {
      out += inner + Colored(kKeyColor, Json(*keys[i]).dump(-1, ' ', false, Json::error_handler_t::replace), colored) +
             ": ";
      Write(value.at(*keys[i]), indent + 2, colored, out);
      out += i + 1 < keys.size() ? ",\n" : "\n";
    }
    out += std::string(indent, ' ') + "}";
  } else if (value.is_array() && !value.empty()) {
    out += "[\n";
    for (size_t i = 0; i < value.size(); ++i) {
      out += inner;
      Write(value[i], indent + 2, colored, out);
      out += i + 1 < value.size() ? ",\n" : "\n";
    }
    out += std::string(indent, ' ') + "]";
  } else if (value.is_structured()) {
    out += value.is_object() ? "{}" : "[]";
  } else {
    out += Scalar(value, colored);
  }
}

}  // namespace

std::string FormatJson(const Json& value, bool colored) {
  std::string out;
  Write(value, 0, colored, out);
  return out + "\n";
}

Json SortKeys(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(SortKeys(item));
    return list;
  }
  if (!value.is_object()) return value;
  std::vector<std::pair<std::string, const Json*>> members;
  for (const auto& member : value.items()) members.emplace_back(member.key(), &member.value());
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json object = Json::object();
  for (const auto& [key, member] : members) object[key] = SortKeys(*member);
  return object;
}

}  // namespace slipway::cli
