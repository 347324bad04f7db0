#include "slipway/kql/native/walk_operations.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "slipway/base/text.h"
#include "slipway/kql/native/support.h"
#include "slipway/kql/type.h"

namespace slipway::kql::native {
namespace {

Value Own(const Argument& argument) {
  return std::visit(
      [](const auto& value) -> Value {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
          return std::string(value);
        } else {
          return value;
        }
      },
      argument);
}

bool Truth(const Argument& argument) {
  const bool* truth = std::get_if<bool>(&argument);
  return truth != nullptr && *truth;
}

// Logic of three values.
Value And(Arguments a) {
  bool any_null = false;
  for (const Argument& argument : a) {
    if (IsNull(argument))
      any_null = true;
    else if (!Truth(argument))
      return false;
  }
  return any_null ? Value() : Value(true);
}
Value Or(Arguments a) {
  bool any_null = false;
  for (const Argument& argument : a) {
    if (IsNull(argument))
      any_null = true;
    else if (Truth(argument))
      return true;
  }
  return any_null ? Value() : Value(false);
}
Value Not(Arguments a) {
  return !Truth(a[0]);
}
Value Iff(Arguments a) {
  return Own(Truth(a[0]) ? a[1] : a[2]);
}
Value Case(Arguments a) {
  for (size_t i = 0; i + 1 < a.size(); i += 2) {
    if (Truth(a[i])) return Own(a[i + 1]);
  }
  return Own(a.back());
}

bool IsEmptyValue(const Argument& argument) {
  return IsNull(argument) || (std::holds_alternative<std::string_view>(argument) && Text(argument).empty());
}
// A dynamic is empty as its text is.
bool IsEmptyDynamic(const Argument& argument) {
  return IsEmptyValue(argument) || Text(argument) == "\"\"";
}
Value Coalesce(Arguments a) {
  for (const Argument& argument : a) {
    if (!IsEmptyValue(argument)) return Own(argument);
  }
  return Own(a.back());
}
Value IsNullOf(Arguments a) {
  return IsNull(a[0]);
}
Value IsNotNull(Arguments a) {
  return !IsNull(a[0]);
}
Value Never(Arguments) {
  return false;
}
Value Always(Arguments) {
  return true;
}
Value IsEmpty(Arguments a) {
  return IsEmptyValue(a[0]);
}
Value IsNotEmpty(Arguments a) {
  return !IsEmptyValue(a[0]);
}
Value IsEmptyBag(Arguments a) {
  return IsEmptyDynamic(a[0]);
}
Value IsNotEmptyBag(Arguments a) {
  return !IsEmptyDynamic(a[0]);
}

// One side null: not equal. Both null: null.
Value Equal(Arguments a) {
  if (IsNull(a[0]) && IsNull(a[1])) return {};
  return !IsNull(a[0]) && !IsNull(a[1]) && a[0] == a[1];
}
Value NotEqual(Arguments a) {
  if (IsNull(a[0]) && IsNull(a[1])) return {};
  return IsNull(a[0]) || IsNull(a[1]) || a[0] != a[1];
}
Value Same(Arguments a) {
  return a[0] == a[1];
}
Value In(Arguments a) {
  return !IsNull(a[0]) && std::find(a.begin() + 1, a.end(), a[0]) != a.end();
}
Value Less(Arguments a) {
  return a[0] < a[1];
}
Value LessOrEqual(Arguments a) {
  return a[0] <= a[1];
}
Value Greater(Arguments a) {
  return a[0] > a[1];
}
Value GreaterOrEqual(Arguments a) {
  return a[0] >= a[1];
}
Value Between(Arguments a) {
  return a[0] >= a[1] && a[0] <= a[2];
}
Value Greatest(Arguments a) {
  const Argument* best = nullptr;
  for (const Argument& argument : a) {
    if (!IsNull(argument) && (best == nullptr || argument > *best)) best = &argument;
  }
  return best == nullptr ? Value() : Own(*best);
}
Value Least(Arguments a) {
  const Argument* best = nullptr;
  for (const Argument& argument : a) {
    if (!IsNull(argument) && (best == nullptr || argument < *best)) best = &argument;
  }
  return best == nullptr ? Value() : Own(*best);
}

// Beyond 64 bits there is no value.
Value AddLong(Arguments a) {
  int64_t sum = 0;
  return __builtin_add_overflow(Long(a[0]), Long(a[1]), &sum) ? Value() : Value(sum);
}
Value SubtractLong(Arguments a) {
  int64_t difference = 0;
  return __builtin_sub_overflow(Long(a[0]), Long(a[1]), &difference) ? Value() : Value(difference);
}
Value MultiplyLong(Arguments a) {
  int64_t product = 0;
  return __builtin_mul_overflow(Long(a[0]), Long(a[1]), &product) ? Value() : Value(product);
}
Value AddReal(Arguments a) {
  return Real(a[0]) + Real(a[1]);
}
Value SubtractReal(Arguments a) {
  return Real(a[0]) - Real(a[1]);
}
Value MultiplyReal(Arguments a) {
  return Real(a[0]) * Real(a[1]);
}
bool CanDivide(int64_t dividend, int64_t divisor) {
  return divisor != 0 && !(dividend == std::numeric_limits<int64_t>::min() && divisor == -1);
}
Value DivideLong(Arguments a) {
  return CanDivide(Long(a[0]), Long(a[1])) ? Value(Long(a[0]) / Long(a[1])) : Value();
}
Value DivideReal(Arguments a) {
  return Real(a[0]) / Real(a[1]);
}
// Never negative.
Value ModuloLong(Arguments a) {
  if (!CanDivide(Long(a[0]), Long(a[1]))) return Long(a[1]) == 0 ? Value() : Value(int64_t{0});
  const int64_t divisor = Long(a[1]), rest = Long(a[0]) % divisor;
  if (rest >= 0) return rest;
  return divisor < 0 ? rest - divisor : rest + divisor;
}
Value ModuloReal(Arguments a) {
  return Real(a[0]) - std::trunc(Real(a[0]) / Real(a[1])) * Real(a[1]);
}
Value NegateLong(Arguments a) {
  return Long(a[0]) == std::numeric_limits<int64_t>::min() ? Value() : Value(-Long(a[0]));
}
Value NegateReal(Arguments a) {
  return -Real(a[0]);
}
Value AbsLong(Arguments a) {
  return Long(a[0]) < 0 ? NegateLong(a) : Value(Long(a[0]));
}
Value AbsReal(Arguments a) {
  return std::abs(Real(a[0]));
}

Value WholeOf(double value) {
  const double whole = std::trunc(value);
  return whole >= -9223372036854775808.0 && whole < 9223372036854775808.0 ? Value(static_cast<int64_t>(whole))
                                                                          : Value();
}
double Number(const Argument& argument) {
  const auto* whole = std::get_if<int64_t>(&argument);
  return whole != nullptr ? static_cast<double>(*whole) : Real(argument);
}
Value ScaleTimespan(Arguments a) {
  return WholeOf(std::round(Number(a[0]) * Number(a[1])));
}
Value DivideTimespan(Arguments a) {
  return Number(a[1]) == 0 ? Value() : WholeOf(Number(a[0]) / Number(a[1]));
}
Value BinLong(Arguments a) {
  const int64_t size = Long(a[1]);
  if (size <= 0) return {};
  const int64_t rest = Long(a[0]) % size;
  int64_t begin = 0;
  return __builtin_sub_overflow(Long(a[0]), rest < 0 ? rest + size : rest, &begin) ? Value() : Value(begin);
}
Value BinReal(Arguments a) {
  return Real(a[1]) > 0 ? Value(std::floor(Real(a[0]) / Real(a[1])) * Real(a[1])) : Value();
}

Value RealToLong(Arguments a) {
  return WholeOf(Real(a[0]));
}
Value FitInt(const Value& value) {
  const auto* whole = std::get_if<int64_t>(&value);
  const bool fits = whole != nullptr && *whole == static_cast<int32_t>(*whole);
  return fits ? value : Value();
}
Value RealToInt(Arguments a) {
  return FitInt(WholeOf(Real(a[0])));
}
Value LongToInt(Arguments a) {
  return FitInt(Long(a[0]));
}
Value ToReal(Arguments a) {
  return Number(a[0]);
}
Value BoolToLong(Arguments a) {
  return int64_t{Truth(a[0])};
}
Value BoolToReal(Arguments a) {
  return Truth(a[0]) ? 1.0 : 0.0;
}
Value NumberToBool(Arguments a) {
  return Number(a[0]) != 0;
}
Value Identity(Arguments a) {
  return Own(a[0]);
}
Value BoolText(Arguments a) {
  return IsNull(a[0]) ? std::string() : std::string(Truth(a[0]) ? "True" : "False");
}
Value LongText(Arguments a) {
  return IsNull(a[0]) ? std::string() : std::to_string(Long(a[0]));
}
Value DateTimeText(Arguments a) {
  return IsNull(a[0]) ? std::string() : FormatDateTimeTicks(Long(a[0]));
}
Value TimespanText(Arguments a) {
  return IsNull(a[0]) ? std::string() : FormatTimespanTicks(Long(a[0]));
}
// A string inside a dynamic is its own text, anything else its JSON.
Value DynamicText(Arguments a) {
  const Json json = ParseJson(a[0]);
  if (json.is_null()) return std::string();
  return json.is_string() ? json.get<std::string>() : std::string(Text(a[0]));
}
Value BoolJson(Arguments a) {
  return std::string(Truth(a[0]) ? "true" : "false");
}
Value LongJson(Arguments a) {
  return std::to_string(Long(a[0]));
}
Value TextJson(Arguments a) {
  return JsonQuote(Text(a[0]));
}
Value DateTimeJson(Arguments a) {
  return JsonQuote(FormatDateTimeTicks(Long(a[0])));
}
Value TimespanJson(Arguments a) {
  return JsonQuote(FormatTimespanTicks(Long(a[0])));
}

Value Concatenate(Arguments a) {
  std::string text;
  for (const Argument& argument : a) text += Text(argument);
  return text;
}
Value Length(Arguments a) {
  const std::string_view text = Text(a[0]);
  return static_cast<int64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}
Value Contains(Arguments a) {
  return Text(a[0]).find(Text(a[1])) != std::string_view::npos;
}
Value StartsWith(Arguments a) {
  return Text(a[0]).starts_with(Text(a[1]));
}
Value EndsWith(Arguments a) {
  return Text(a[0]).ends_with(Text(a[1]));
}

Json Element(const Json& json, int64_t index) {
  if (!json.is_array()) return nullptr;
  const auto size = static_cast<int64_t>(json.size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? json[static_cast<size_t>(index)] : Json(nullptr);
}
Value ElementAt(Arguments a) {
  return Dynamic(Element(ParseJson(a[0]), Long(a[1])));
}
Value ArrayLength(Arguments a) {
  const Json json = ParseJson(a[0]);
  return json.is_array() ? Value(static_cast<int64_t>(json.size())) : Value();
}
Value PackArray(Arguments a) {
  Json array = Json::array();
  for (const Argument& argument : a) array.push_back(ParseJson(argument));
  return Write(array);
}
Value ConcatenateArrays(Arguments a) {
  Json all = Json::array();
  for (const Argument& argument : a) {
    const Json json = ParseJson(argument);
    if (json.is_array()) all.insert(all.end(), json.begin(), json.end());
  }
  return Write(all);
}
Value HasElement(Arguments a) {
  const Json json = ParseJson(a[0]), wanted = ParseJson(a[1]);
  return !wanted.is_null() && json.is_array() && std::find(json.begin(), json.end(), wanted) != json.end();
}

struct Row {
  std::string_view name;
  // One letter an argument; '.' is any type, '#' an int, long, datetime or timespan, '+' repeats the one before.
  std::string_view types;
  WalkOperation operation;
};

constexpr bool kNulls = true;

constexpr Row kRows[] = {
    {"and", ".+", {And, kNulls}},
    {"or", ".+", {Or, kNulls}},
    {"not", "b", {Not}},
    {"iff", "b..", {Iff, kNulls}},
    {"case", ".+", {Case, kNulls}},
    {"coalesce", ".+", {Coalesce, kNulls}},
    {"isnull", "s", {Never, kNulls}},
    {"isnull", ".", {IsNullOf, kNulls}},
    {"isnotnull", "s", {Always, kNulls}},
    {"isnotnull", ".", {IsNotNull, kNulls}},
    {"isempty", "y", {IsEmptyBag, kNulls}},
    {"isempty", ".", {IsEmpty, kNulls}},
    {"isnotempty", "y", {IsNotEmptyBag, kNulls}},
    {"isnotempty", ".", {IsNotEmpty, kNulls}},
    {"eq", "..", {Equal, kNulls}},
    {"ne", "..", {NotEqual, kNulls}},
    {"same", "..", {Same, kNulls}},
    {"in", ".+", {In, kNulls}},
    {"lt", "..", {Less}},
    {"le", "..", {LessOrEqual}},
    {"gt", "..", {Greater}},
    {"ge", "..", {GreaterOrEqual}},
    {"between", "...", {Between}},
    {"max_of", ".+", {Greatest, kNulls}},
    {"min_of", ".+", {Least, kNulls}},
    {"add", "##", {AddLong}},
    {"add", "rr", {AddReal}},
    {"subtract", "##", {SubtractLong}},
    {"subtract", "rr", {SubtractReal}},
    {"multiply", "##", {MultiplyLong}},
    {"multiply", "rr", {MultiplyReal}},
    {"divide_integer", "##", {DivideLong}},
    {"divide_real", "rr", {DivideReal}},
    {"modulo", "##", {ModuloLong}},
    {"modulo", "rr", {ModuloReal}},
    {"negate", "#", {NegateLong}},
    {"negate", "r", {NegateReal}},
    {"abs", "#", {AbsLong}},
    {"abs", "r", {AbsReal}},
    {"scale_timespan", "..", {ScaleTimespan}},
    {"divide_timespan", "..", {DivideTimespan}},
    {"bin", "##", {BinLong}},
    {"bin", "rr", {BinReal}},
    {"to_long", "r", {RealToLong}},
    {"to_long", "b", {BoolToLong}},
    {"to_long", "#", {Identity}},
    {"to_int", "r", {RealToInt}},
    {"to_int", "b", {BoolToLong}},
    {"to_int", "#", {LongToInt}},
    {"to_real", "b", {BoolToReal}},
    {"to_real", "#", {ToReal}},
    {"to_bool", "#", {NumberToBool}},
    {"to_bool", "r", {NumberToBool}},
    {"to_datetime", "#", {Identity}},
    {"to_timespan", "#", {Identity}},
    {"to_string", "b", {BoolText, kNulls}},
    {"to_string", "i", {LongText, kNulls}},
    {"to_string", "l", {LongText, kNulls}},
    {"to_string", "d", {DateTimeText, kNulls}},
    {"to_string", "t", {TimespanText, kNulls}},
    {"to_string", "y", {DynamicText, kNulls}},
    {"to_string", "s", {Identity}},
    {"to_string", "g", {Identity}},
    {"to_dynamic", "b", {BoolJson}},
    {"to_dynamic", "i", {LongJson}},
    {"to_dynamic", "l", {LongJson}},
    {"to_dynamic", "s", {TextJson}},
    {"to_dynamic", "g", {TextJson}},
    {"to_dynamic", "d", {DateTimeJson}},
    {"to_dynamic", "t", {TimespanJson}},
    {"strcat", "s+", {Concatenate}},
    {"strlen", "s", {Length}},
    {"contains_cs", "ss", {Contains}},
    {"startswith_cs", "ss", {StartsWith}},
    {"endswith_cs", "ss", {EndsWith}},
    {"element", "yl", {ElementAt}},
    {"array_length", "y", {ArrayLength}},
    {"pack_array", "y+", {PackArray, kNulls}},
    {"array_concat", "y+", {ConcatenateArrays, kNulls}},
    {"set_has_element", "yy", {HasElement, kNulls}},
};

bool Fits(char wanted, char type) {
  return wanted == '.' || wanted == type || (wanted == '#' && std::string_view("ildt").find(type) != std::string::npos);
}

bool Fits(std::string_view wanted, std::string_view types) {
  const bool repeats = wanted.ends_with('+');
  if (repeats) wanted.remove_suffix(1);
  if (repeats ? types.size() < wanted.size() : types.size() != wanted.size()) return false;
  for (size_t i = 0; i < types.size(); ++i) {
    if (!Fits(wanted[std::min(i, wanted.size() - 1)], types[i])) return false;
  }
  return true;
}

// How values of a type stand in the signatures of native functions.
char NativeLetter(char type) {
  if (Fits('#', type)) return 'l';
  return type == 'b' || type == 'r' ? type : 's';
}

}  // namespace

std::optional<WalkOperation> FindWalkOperation(std::string_view operation, std::string_view types) {
  for (const Row& row : kRows) {
    if (row.name == operation && Fits(row.types, types)) return row.operation;
  }
  const Function* function = FindFunction(operation, types.size());
  if (function == nullptr) return std::nullopt;
  for (size_t i = 0; i < types.size(); ++i) {
    if (function->parameters[i] != NativeLetter(types[i])) return std::nullopt;
  }
  return WalkOperation{function->code, function->takes_nulls};
}

}  // namespace slipway::kql::native
