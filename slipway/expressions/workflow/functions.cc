#include "slipway/expressions/workflow/functions.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::expressions::workflow {
namespace {

using Arguments = std::span<const Value>;

constexpr size_t kResultMax = 10 << 20;  // nested calls of format() could grow without bound otherwise

Result<Value> Bounded(std::string text, std::string_view function) {
  if (text.size() <= kResultMax) return Value(std::move(text));
  return Error(Code::kResourceExhausted, fmt::format("{}: the result is longer than 10 MiB", function));
}

Result<Value> Contains(Arguments arguments) {
  const Value &where = arguments[0], &what = arguments[1];
  if (const Array* array = where.array()) {
    for (const Value& item : *array)
      if (LooselyEqual(item, what)) return Value(true);
    return Value(false);
  }
  if (!where.is_primitive() || !what.is_primitive()) return Value(false);
  return Value(ToUpper(where.ToText()).find(ToUpper(what.ToText())) != std::string::npos);
}

Result<Value> StartsWith(Arguments arguments) {
  if (!arguments[0].is_primitive() || !arguments[1].is_primitive()) return Value(false);
  return Value(ToUpper(arguments[0].ToText()).starts_with(ToUpper(arguments[1].ToText())));
}

Result<Value> EndsWith(Arguments arguments) {
  if (!arguments[0].is_primitive() || !arguments[1].is_primitive()) return Value(false);
  return Value(ToUpper(arguments[0].ToText()).ends_with(ToUpper(arguments[1].ToText())));
}

Error BadFormat(std::string_view text, std::string why) {
  return InvalidArgument(fmt::format("format: '{}': {}", text.substr(0, 200), why));
}

Result<Value> Format(Arguments arguments) {
  const std::string text = arguments[0].ToText();
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_doubled = i + 1 < text.size() && text[i + 1] == c;
    if (c == '}' && !is_doubled) return BadFormat(text, "a single '}' has to be written as '}}'");
    if ((c == '{' || c == '}') && is_doubled) {
      out += c;
      ++i;
    } else if (c == '{') {
      const size_t end = text.find('}', i);
      if (end == std::string::npos) return BadFormat(text, "a single '{' has to be written as '{{'");
      const std::string_view index = std::string_view(text).substr(i + 1, end - i - 1);
      const auto number = index.find_first_not_of("0123456789") == index.npos ? ParseInt(index) : std::nullopt;
      if (!number) return BadFormat(text, fmt::format("'{{{}}}' is no placeholder such as '{{0}}'", index));
      if (static_cast<size_t>(*number) + 1 >= arguments.size())
        return BadFormat(text, fmt::format("there is no argument for '{{{}}}'", index));
      out += arguments[static_cast<size_t>(*number) + 1].ToText();
      i = end;
    } else {
      out += c;
    }
    if (out.size() > kResultMax) break;
  }
  return Bounded(std::move(out), "format");
}

Result<Value> JoinItems(Arguments arguments) {
  const std::string separator =
      arguments.size() > 1 && arguments[1].is_primitive() ? arguments[1].ToText() : std::string(",");
  const Array* array = arguments[0].array();
  if (!array) return Value(arguments[0].is_primitive() ? arguments[0].ToText() : std::string());
  std::string out;
  for (size_t i = 0; i < array->size() && out.size() <= kResultMax; ++i) {
    if (i > 0) out += separator;
    out += (*array)[i].ToText();
  }
  return Bounded(std::move(out), "join");
}

Result<Value> ToJsonText(Arguments arguments) {
  return Bounded(PrettyJson(arguments[0]), "toJSON");
}

Result<Value> FromJsonText(Arguments arguments) {
  return With(ParseJson(arguments[0].ToText()), "fromJSON");
}

constexpr size_t kMany = 255;
constexpr Function kFunctions[] = {
    {"contains", 2, 2, FunctionKind::kPlain, Contains},
    {"startsWith", 2, 2, FunctionKind::kPlain, StartsWith},
    {"endsWith", 2, 2, FunctionKind::kPlain, EndsWith},
    {"format", 1, kMany, FunctionKind::kPlain, Format},
    {"join", 1, 2, FunctionKind::kPlain, JoinItems},
    {"toJSON", 1, 1, FunctionKind::kPlain, ToJsonText},
    {"fromJSON", 1, 1, FunctionKind::kPlain, FromJsonText},
    {"hashFiles", 1, kMany, FunctionKind::kHashFiles},
    {"case", 3, kMany, FunctionKind::kCase},
    {"success", 0, 0, FunctionKind::kStatus},
    {"failure", 0, 0, FunctionKind::kStatus},
    {"always", 0, 0, FunctionKind::kStatus},
    {"cancelled", 0, 0, FunctionKind::kStatus},
};

}  // namespace

const Function* FindFunction(std::string_view name) {
  for (const Function& function : kFunctions)
    if (EqualsIgnoreCase(function.name, name)) return &function;
  return nullptr;
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const Function& function : kFunctions) names.emplace_back(function.name);
  return names;
}

}  // namespace slipway::expressions::workflow
