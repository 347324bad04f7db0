// How well scores order the rows, with scikit-learn's semantics (1.2).
#pragma once

#include <cstdint>
#include <span>

#include "slipway/base/result.h"

namespace slipway::metrics {

// The area under the ROC curve: the chance that a positive row has a higher score than a negative one, ties counting
// half, exactly. `truth`: 1 = positive, 0 = not. kInvalidArgument when all rows are of one class, for different lengths
// and for scores that are no finite numbers. Time n log n.
Result<double> RocAuc(std::span<const uint8_t> truth, std::span<const double> scores);

// The mean over the classes of RocAuc(class against the rest) (multi_class="ovr", average="macro"). `scores` holds
// `classes` numbers a row, row after row. kInvalidArgument when a class does not occur.
Result<double> RocAucOneVsRest(std::span<const uint32_t> truth, std::span<const double> scores, size_t classes);

// The sum over the thresholds of (recall gained there) times (precision there); 0 without a positive row.
Result<double> AveragePrecision(std::span<const uint8_t> truth, std::span<const double> scores);

}  // namespace slipway::metrics
