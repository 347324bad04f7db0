// Functions of the language that SQL has no words for, as C++ code that the database calls. The host registers them
// under the names that emitted statements use.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace slipway::kql::native {

// NULL, bool, long (datetimes and timespans are ticks), real or text (dynamics are JSON).
using Argument = std::variant<std::monostate, bool, int64_t, double, std::string_view>;
using Value = std::variant<std::monostate, bool, int64_t, double, std::string>;
using Arguments = std::span<const Argument>;

struct Function {
  std::string_view name;        // without the prefix
  std::string_view parameters;  // a letter an argument: b bool, l long, r real, s text
  char result;
  Value (*code)(Arguments arguments);
  bool takes_nulls = false;  // otherwise any null gives null
};

// What names begin with in SQL.
inline constexpr std::string_view kPrefix = "kqln_";

// All functions, in no order; every name stands once.
std::vector<Function> AllFunctions();
// The form with this many arguments; nullptr when there is none.
const Function* FindFunction(std::string_view name, size_t arguments);
bool HasFunction(std::string_view name);

}  // namespace slipway::kql::native
