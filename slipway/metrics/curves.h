// The curves that show how a classifier of two classes behaves over its thresholds. `truth`: 1 = positive, 0 = not.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::metrics {

// One threshold: rows with at least that score are said to be positive.
struct ThresholdPoint {
  double threshold = 0;
  double false_positive_rate = 0;
  double recall = 0;     // the true positive rate
  double precision = 0;  // 1 where nothing is said to be positive
};
// By falling threshold, beginning with none (infinity), one point a distinct score: both the ROC and the
// precision-recall curve. kInvalidArgument for different lengths, scores that are no finite numbers, and one class
// alone.
Result<std::vector<ThresholdPoint>> ThresholdCurve(std::span<const uint8_t> truth, std::span<const double> scores);

// At most `most` points, evenly along the curve, the first and the last among them.
std::vector<ThresholdPoint> Thinned(const std::vector<ThresholdPoint>& points, size_t most);

// Do probabilities mean what they say? Rows by their probability, in bins of equal width; empty bins are left out.
struct CalibrationBin {
  double mean_probability = 0;
  double share_positive = 0;
  uint64_t rows = 0;
};
Result<std::vector<CalibrationBin>> Calibrate(std::span<const uint8_t> truth, std::span<const double> positive,
                                              size_t bins = 10);
// The mean distance between the two, by rows (expected calibration error).
double CalibrationError(std::span<const CalibrationBin> bins);

// Rows by falling score in `parts` parts of about equally many.
struct LiftPart {
  uint64_t rows = 0;
  double share_positive = 0;
  double lift = 0;      // share_positive beside that of all rows
  double captured = 0;  // of all positives, those in this part and before
};
Result<std::vector<LiftPart>> Lift(std::span<const uint8_t> truth, std::span<const double> scores, size_t parts = 10);

}  // namespace slipway::metrics
