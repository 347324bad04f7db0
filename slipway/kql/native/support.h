// What the native functions share. Private to this room.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/kql/native/native.h"

namespace slipway::kql::native {

using Json = nlohmann::ordered_json;

// The parts of the table.
std::span<const Function> TextFunctions();
std::span<const Function> AddressFunctions();
std::span<const Function> DynamicFunctions();
std::span<const Function> SeriesFunctions();
std::span<const Function> AnalysisFunctions();
std::span<const Function> MathFunctions();
std::span<const Function> DecimalFunctions();
std::span<const Function> WalkFunctions();
std::span<const Function> PatternFunctions();

inline bool IsNull(const Argument& argument) {
  return argument.index() == 0;
}
inline std::string_view Text(const Argument& argument) {
  const auto* text = std::get_if<std::string_view>(&argument);
  return text == nullptr ? std::string_view() : *text;
}
inline int64_t Long(const Argument& argument) {
  return std::get<int64_t>(argument);
}
inline double Real(const Argument& argument) {
  return std::get<double>(argument);
}

// A dynamic; null for what is no JSON. Never throws.
Json ParseJson(const Argument& argument);
// Compact; the text that emitted SQL takes for a dynamic.
std::string Write(const Json& json);
// A number that stands for a whole one, as such where it fits.
inline Json Whole(double value) {
  return value > -9.2e18 && value < 9.2e18 ? Json(static_cast<int64_t>(value)) : Json(value);
}
// A dynamic result: JSON null is null.
Value Dynamic(const Json& json);

}  // namespace slipway::kql::native
