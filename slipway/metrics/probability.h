// How good predicted probabilities are, with scikit-learn's semantics (1.2).
#pragma once

#include <cstdint>
#include <span>

#include "slipway/base/result.h"

namespace slipway::metrics {

// The mean of -ln(probability given to what is true), probabilities kept off 0 and 1 by 2^-52. `positive` holds each
// row's probability of class 1, `truth` 1 or 0. kInvalidArgument for probabilities outside 0 and 1.
Result<double> LogLoss(std::span<const uint8_t> truth, std::span<const double> positive);
// The same for more classes: `classes` probabilities a row, row after row; each row is scaled to add up to 1.
Result<double> LogLoss(std::span<const uint32_t> truth, std::span<const double> probabilities, size_t classes);

// The mean squared distance between probability and truth (Brier, 1950).
Result<double> BrierScore(std::span<const uint8_t> truth, std::span<const double> positive);

}  // namespace slipway::metrics
