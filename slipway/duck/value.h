// A scalar on its way into a statement.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace slipway::duck {

// NULL, BOOLEAN, BIGINT, DOUBLE or VARCHAR. The statement casts where it wants another type.
using Value = std::variant<std::monostate, bool, int64_t, double, std::string>;

}  // namespace slipway::duck
