// Scalar functions of ours that SQL can call.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "slipway/base/result.h"
#include "slipway/duck/connection.h"
#include "slipway/duck/value.h"

namespace slipway::duck {

// One argument: NULL, BOOLEAN, BIGINT, DOUBLE or VARCHAR. A text lives as long as the call.
using Argument = std::variant<std::monostate, bool, int64_t, double, std::string_view>;

// Pure: DuckDB may call it from several threads, and compute it once for equal arguments.
using ScalarCode = Value (*)(std::span<const Argument> arguments);

struct ScalarFunction {
  std::string name;
  std::string parameters;  // a letter an argument: b BOOLEAN, l BIGINT, r DOUBLE, s VARCHAR
  char result = 's';
  ScalarCode code = nullptr;
  bool takes_nulls = false;  // otherwise any NULL gives NULL without a call
};

// Makes the function known to every connection of the database.
Status Register(Connection& connection, const ScalarFunction& function);

}  // namespace slipway::duck
