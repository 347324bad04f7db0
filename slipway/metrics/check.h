// What the metrics ask of their inputs.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::metrics {

// kInvalidArgument when there is nothing, or not as many of `what` as of the truth.
Status CheckLengths(size_t truth, size_t others, std::string_view what);
// kInvalidArgument for NaN and infinities; `what` names a value.
Status CheckFinite(std::span<const double> values, std::string_view what);
// kInvalidArgument for what is outside 0 and 1.
Status CheckProbabilities(std::span<const double> values);

}  // namespace slipway::metrics
