// Conversions between types, and the types that operations meet at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/kql/plan/plan.h"

namespace slipway::kql::bind {

// `scalar` as `type`, by the language's conversion functions; constants are converted at once where that is exact.
plan::Scalar Convert(plan::Scalar scalar, Type type);

// The type that both sides of a comparison, or all branches of a choice, are read as; nullopt when there is none.
std::optional<Type> CommonType(Type a, Type b);

// The strings of a JSON array of strings, as dynamic literals write it.
std::vector<std::string> StringsOfArray(const std::string& json);

inline bool IsOrdered(Type type) {
  return type != Type::kDynamic;
}

}  // namespace slipway::kql::bind
