#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/expressions/jmespath_ast.h"

namespace slipway::expressions::jmespath {
namespace {

std::string_view TypeName(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return "boolean";
  if (value.is_number()) return "number";
  if (value.is_string()) return "string";
  return value.is_array() ? "array" : "object";
}

bool IsArrayOf(const Json& value, bool (*is_type)(const Json&)) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is_type);
}
bool IsNumber(const Json& value) {
  return value.is_number();
}
bool IsString(const Json& value) {
  return value.is_string();
}

// What a parameter takes; the word stands in messages.
struct Type {
  std::string_view name;
  bool (*accepts)(const Argument&);
};
constexpr Type kAny{"any", [](const Argument& a) { return !a.expression; }};
constexpr Type kNumberType{"number", [](const Argument& a) { return !a.expression && a.value.is_number(); }};
constexpr Type kStringType{"string", [](const Argument& a) { return !a.expression && a.value.is_string(); }};
constexpr Type kArray{"array", [](const Argument& a) { return !a.expression && a.value.is_array(); }};
constexpr Type kObject{"object", [](const Argument& a) { return !a.expression && a.value.is_object(); }};
constexpr Type kExpression{"expression", [](const Argument& a) { return a.expression != nullptr; }};
constexpr Type kNumbers{"array of numbers",
                        [](const Argument& a) { return !a.expression && IsArrayOf(a.value, IsNumber); }};
constexpr Type kStrings{"array of strings",
                        [](const Argument& a) { return !a.expression && IsArrayOf(a.value, IsString); }};
constexpr Type kSortable{"array of numbers or of strings", [](const Argument& a) {
                           return !a.expression && (IsArrayOf(a.value, IsNumber) || IsArrayOf(a.value, IsString));
                         }};
constexpr Type kStringOrArray{
    "string or array", [](const Argument& a) { return !a.expression && (a.value.is_string() || a.value.is_array()); }};
constexpr Type kSized{"string, array or object", [](const Argument& a) {
                        return !a.expression && (a.value.is_string() || a.value.is_structured());
                      }};

using Arguments = std::vector<Argument>;

struct Function {
  std::string_view name;
  std::vector<Type> parameters;  // the last one repeats when `is_variadic`
  bool is_variadic;
  Result<Json> (*call)(const Arguments& arguments);
};

size_t CodePoints(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Result<Json> Abs(const Arguments& a) {
  const Json& number = a[0].value;
  if (number.is_number_float()) return Json(std::abs(number.get<double>()));
  return Json(std::abs(number.get<int64_t>()));
}

Json Sum(const Json& numbers) {
  const bool is_whole = std::none_of(numbers.begin(), numbers.end(), [](const Json& n) { return n.is_number_float(); });
  int64_t whole = 0;
  double sum = 0;
  for (const Json& number : numbers) {
    if (is_whole) whole += number.get<int64_t>();
    sum += number.get<double>();
  }
  return is_whole ? Json(whole) : Json(sum);
}

Result<Json> Average(const Arguments& a) {
  const Json& numbers = a[0].value;
  if (numbers.empty()) return Json(nullptr);
  return Json(Sum(numbers).get<double>() / static_cast<double>(numbers.size()));
}

Json Rounded(double number) {
  return std::abs(number) < 9e18 ? Json(static_cast<int64_t>(number)) : Json(number);
}

Result<Json> Contains(const Arguments& a) {
  const Json& subject = a[0].value;
  if (subject.is_string())
    return Json(a[1].value.is_string() &&
                subject.get_ref<const std::string&>().find(a[1].value.get<std::string>()) != std::string::npos);
  return Json(
      std::any_of(subject.begin(), subject.end(), [&](const Json& item) { return AreEqual(item, a[1].value); }));
}

Result<Json> JoinStrings(const Arguments& a) {
  std::vector<std::string> parts;
  for (const Json& part : a[1].value) parts.push_back(part.get<std::string>());
  return Json(Join(parts, a[0].value.get<std::string>()));
}

Result<Json> Keys(const Arguments& a) {
  Json keys = Json::array();
  for (const auto& member : a[0].value.items()) keys.push_back(member.key());
  return keys;
}

Result<Json> Values(const Arguments& a) {
  Json values = Json::array();
  for (const Json& value : a[0].value) values.push_back(value);
  return values;
}

Result<Json> Length(const Arguments& a) {
  return Json(a[0].value.is_string() ? CodePoints(a[0].value.get_ref<const std::string&>()) : a[0].value.size());
}

Result<Json> Map(const Arguments& a) {
  Json results = Json::array();
  for (const Json& item : a[1].value) {
    SLIPWAY_ASSIGN_OR_RETURN(Json result, Evaluate(*a[0].expression, item));
    results.push_back(std::move(result));
  }
  return results;
}

Result<Json> Max(const Arguments& a) {
  const Json& items = a[0].value;
  return items.empty() ? Json(nullptr) : *std::max_element(items.begin(), items.end());
}

Result<Json> Min(const Arguments& a) {
  const Json& items = a[0].value;
  return items.empty() ? Json(nullptr) : *std::min_element(items.begin(), items.end());
}

struct Keyed {
  Json key;
  const Json* item;
};

// The key of each element: all numbers, or all strings.
Result<std::vector<Keyed>> KeyedItems(const char* function, const Arguments& a) {
  std::vector<Keyed> keyed;
  for (const Json& item : a[0].value) {
    SLIPWAY_ASSIGN_OR_RETURN(Json key, Evaluate(*a[1].expression, item));
    const bool is_good =
        (key.is_number() || key.is_string()) && (keyed.empty() || keyed[0].key.is_number() == key.is_number());
    if (!is_good)
      return InvalidArgument(fmt::format("{}(): the keys have to be all numbers or all strings; element {} has {} {}",
                                         function, keyed.size(), TypeName(key), key.dump()));
    keyed.push_back({std::move(key), &item});
  }
  return keyed;
}

bool HasLesserKey(const Keyed& a, const Keyed& b) {
  return a.key < b.key;
}

Result<Json> MaxBy(const Arguments& a) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto keyed, KeyedItems("max_by", a));
  return keyed.empty() ? Json(nullptr) : *std::max_element(keyed.begin(), keyed.end(), HasLesserKey)->item;
}

Result<Json> MinBy(const Arguments& a) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto keyed, KeyedItems("min_by", a));
  return keyed.empty() ? Json(nullptr) : *std::min_element(keyed.begin(), keyed.end(), HasLesserKey)->item;
}

Result<Json> SortBy(const Arguments& a) {
  SLIPWAY_ASSIGN_OR_RETURN(auto keyed, KeyedItems("sort_by", a));
  std::stable_sort(keyed.begin(), keyed.end(), HasLesserKey);
  Json sorted = Json::array();
  for (const Keyed& each : keyed) sorted.push_back(*each.item);
  return sorted;
}

Result<Json> Merge(const Arguments& a) {
  Json merged = Json::object();
  for (const Argument& argument : a)
    for (const auto& member : argument.value.items()) merged[member.key()] = member.value();
  return merged;
}

Result<Json> NotNull(const Arguments& a) {
  for (const Argument& argument : a)
    if (!argument.value.is_null()) return argument.value;
  return Json(nullptr);
}

std::string ReversedText(const std::string& text) {
  std::string reversed;
  for (size_t end = text.size(); end > 0;) {
    size_t start = end - 1;
    while (start > 0 && (text[start] & 0xC0) == 0x80) --start;
    reversed += text.substr(start, end - start);
    end = start;
  }
  return reversed;
}

Result<Json> Reverse(const Arguments& a) {
  if (a[0].value.is_string()) return Json(ReversedText(a[0].value.get<std::string>()));
  Json reversed = a[0].value;
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

Result<Json> Sort(const Arguments& a) {
  std::vector<Json> items(a[0].value.begin(), a[0].value.end());
  std::stable_sort(items.begin(), items.end());
  return Json(std::move(items));
}

Result<Json> ToArray(const Arguments& a) {
  return a[0].value.is_array() ? a[0].value : Json::array({a[0].value});
}

Result<Json> ToNumber(const Arguments& a) {
  const Json& value = a[0].value;
  if (value.is_number()) return value;
  if (!value.is_string()) return Json(nullptr);
  const std::string_view text = Trim(value.get_ref<const std::string&>());
  if (const auto integer = ParseInt(text)) return Json(*integer);
  if (const auto number = ParseDouble(text)) return Json(*number);
  return Json(nullptr);
}

Result<Json> ToString(const Arguments& a) {
  if (a[0].value.is_string()) return a[0].value;
  return Json(a[0].value.dump(-1, ' ', true, Json::error_handler_t::replace));
}

const std::vector<Function>& Functions() {
  static const std::vector<Function> functions = {
      {"abs", {kNumberType}, false, Abs},
      {"avg", {kNumbers}, false, Average},
      {"ceil",
       {kNumberType},
       false,
       [](const Arguments& a) -> Result<Json> { return Rounded(std::ceil(a[0].value.get<double>())); }},
      {"contains", {kStringOrArray, kAny}, false, Contains},
      {"ends_with",
       {kStringType, kStringType},
       false,
       [](const Arguments& a) -> Result<Json> {
         return Json(a[0].value.get<std::string>().ends_with(a[1].value.get<std::string>()));
       }},
      {"floor",
       {kNumberType},
       false,
       [](const Arguments& a) -> Result<Json> { return Rounded(std::floor(a[0].value.get<double>())); }},
      {"join", {kStringType, kStrings}, false, JoinStrings},
      {"keys", {kObject}, false, Keys},
      {"length", {kSized}, false, Length},
      {"map", {kExpression, kArray}, false, Map},
      {"max", {kSortable}, false, Max},
      {"max_by", {kArray, kExpression}, false, MaxBy},
      {"merge", {kObject}, true, Merge},
      {"min", {kSortable}, false, Min},
      {"min_by", {kArray, kExpression}, false, MinBy},
      {"not_null", {kAny}, true, NotNull},
      {"reverse", {kStringOrArray}, false, Reverse},
      {"sort", {kSortable}, false, Sort},
      {"sort_by", {kArray, kExpression}, false, SortBy},
      {"starts_with",
       {kStringType, kStringType},
       false,
       [](const Arguments& a) -> Result<Json> {
         return Json(a[0].value.get<std::string>().starts_with(a[1].value.get<std::string>()));
       }},
      {"sum", {kNumbers}, false, [](const Arguments& a) -> Result<Json> { return Sum(a[0].value); }},
      {"to_array", {kAny}, false, ToArray},
      {"to_number", {kAny}, false, ToNumber},
      {"to_string", {kAny}, false, ToString},
      {"type", {kAny}, false, [](const Arguments& a) -> Result<Json> { return Json(TypeName(a[0].value)); }},
      {"values", {kObject}, false, Values},
  };
  return functions;
}

Status CheckArguments(const Function& function, const Arguments& arguments) {
  const size_t needed = function.parameters.size();
  const bool is_count_good = function.is_variadic ? arguments.size() >= needed : arguments.size() == needed;
  if (!is_count_good)
    return InvalidArgument(fmt::format("{}() takes {}{} argument{}, not {}", function.name,
                                       function.is_variadic ? "at least " : "", needed, needed == 1 ? "" : "s",
                                       arguments.size()));
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Type& type = function.parameters[std::min(i, needed - 1)];
    if (!type.accepts(arguments[i]))
      return InvalidArgument(fmt::format("{}(): argument {} has to be {}, not {}", function.name, i + 1, type.name,
                                         arguments[i].expression ? "an expression" : TypeName(arguments[i].value)));
  }
  return {};
}

}  // namespace

Result<Json> CallFunction(const std::string& name, std::vector<Argument> arguments) {
  std::vector<std::string> names;
  for (const Function& function : Functions()) {
    if (function.name == name) {
      SLIPWAY_RETURN_IF_ERROR(CheckArguments(function, arguments));
      return function.call(arguments);
    }
    names.emplace_back(function.name);
  }
  return InvalidArgument(fmt::format("there is no function '{}'{}", name, DidYouMean(name, names)));
}

}  // namespace slipway::expressions::jmespath
