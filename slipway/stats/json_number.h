// JSON knows no NaN and no infinities.
#pragma once

#include <cmath>

#include <nlohmann/json.hpp>

namespace slipway::stats {

inline nlohmann::ordered_json NumberOrNull(double number) {
  return std::isfinite(number) ? nlohmann::ordered_json(number) : nlohmann::ordered_json(nullptr);
}

}  // namespace slipway::stats
