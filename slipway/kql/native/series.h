// Numbers in arrays, for the functions of series. Private to this room.
#pragma once

#include <optional>
#include <vector>

#include "slipway/kql/native/support.h"

namespace slipway::kql::native {

// The numbers of an array (a truth counts as 1 or 0); nullopt when something else is in it.
std::optional<std::vector<double>> NumbersOf(const Json& json);
// NaN and infinities as texts.
Json NumberJson(double value);
Json ArrayOf(const std::vector<double>& numbers);

// A straight line through y[begin, end) over 0, 1, 2, …; variances are of samples.
struct Line {
  double rsquare = 0, slope = 0, interception = 0, variance = 0, rvariance = 0, residual = 0;
};
Line FitLine(const std::vector<double>& y, size_t begin, size_t end);

}  // namespace slipway::kql::native
