// The scalar types of the language and constant values of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace slipway::kql {

// kError is the type of what could not be bound: it fits everywhere, so that one mistake gives one complaint.
enum class Type { kBool, kInt, kLong, kReal, kDecimal, kDateTime, kTimespan, kGuid, kString, kDynamic, kError };

// "bool", "int", "long", "real", "decimal", "datetime", "timespan", "guid", "string", "dynamic".
std::string_view TypeName(Type type);
// A letter for each type: b i l r c d t g s y, and . for kError.
char TypeLetter(Type type);
// Takes synonyms too ("double", "date", "boolean", "int64", …).
std::optional<Type> ParseTypeName(std::string_view name);

inline bool IsInteger(Type type) {
  return type == Type::kInt || type == Type::kLong;
}
inline bool IsNumber(Type type) {
  return IsInteger(type) || type == Type::kReal;
}

// A constant. Null is std::monostate (a string is never null); int, long, datetime and timespan are int64_t (the last
// two in ticks of 100 ns, datetimes since 0001-01-01); guid, string and dynamic (as JSON text) are strings.
struct Constant {
  Type type = Type::kDynamic;
  std::variant<std::monostate, bool, int64_t, double, std::string> value;

  bool is_null() const { return value.index() == 0; }
  bool operator==(const Constant&) const = default;
};

inline constexpr int64_t kTicksPerMicrosecond = 10;
inline constexpr int64_t kTicksPerSecond = 10'000'000;
inline constexpr int64_t kTicksPerDay = 86'400 * kTicksPerSecond;
// Ticks from 0001-01-01 to 1970-01-01.
inline constexpr int64_t kUnixEpochTicks = 621'355'968'000'000'000;
inline constexpr int64_t kMaxDateTimeTicks = 3'155'378'975'999'999'999;

// The text of a literal: "datetime(…)", "timespan(…)" contents. nullopt when they cannot be read.
std::optional<int64_t> ParseDateTimeTicks(std::string_view text);
std::optional<int64_t> ParseTimespanTicks(std::string_view text);
// The ticks of one unit as literals name it ("d", "hours", "ms", "tick", …).
std::optional<double> TicksOfUnit(std::string_view unit);
// 32 hex digits with or without dashes and braces, as lower case with dashes.
std::optional<std::string> ParseGuid(std::string_view text);

// What stands between the parentheses of a literal such as "long(5)"; nullopt when it is no constant of the type.
std::optional<Constant> ParseConstant(Type type, std::string_view text);

// "2024-01-02T03:04:05.6000000Z".
std::string FormatDateTimeTicks(int64_t ticks);
// "[-][d.]hh:mm:ss[.fffffff]".
std::string FormatTimespanTicks(int64_t ticks);
// A constant as the language writes it, for explain texts and messages.
std::string FormatConstant(const Constant& constant);
// A constant as it stands inside a dynamic; datetimes and timespans become texts.
std::string ConstantToJson(const Constant& constant);
// A JSON string literal.
std::string JsonQuote(std::string_view text);

}  // namespace slipway::kql
