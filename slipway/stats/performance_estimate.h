// How well a binary classifier does on rows whose labels are not known yet: confidence-based performance estimation
// (CBPE; Białek, Kuberski, Perrakis, Bifet, "Estimating Model Performance Under Covariate Shift Without Labels", 2024,
// arXiv:2401.08348). Calibrated probabilities say how many of the answers should be right.
//
// It sees what a shift of the inputs does. It cannot see that labels come to follow from inputs in another way (concept
// drift), nor what happens where the reference has no rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::stats {

// Of a binary classifier; NaN where nothing is below the line.
struct BinaryPerformance {
  double accuracy = 0, precision = 0, recall = 0, specificity = 0, f1 = 0, roc_auc = 0;
};
struct BinaryMetric {
  std::string_view name;
  double BinaryPerformance::*value;
};
std::span<const BinaryMetric> BinaryMetrics();

// Rows as a classifier answered them. Of equal length.
struct ScoredRows {
  std::vector<double> scores;      // raw, of the positive class; finite
  std::vector<uint8_t> predicted;  // 1 where the answer was positive
  size_t size() const { return scores.size(); }
};

// The expected performance where `probabilities` are those of the positive class being true; the realised one where
// they are the labels, 1 and 0. ROC AUC goes by the raw scores, ties counting half.
BinaryPerformance ExpectedPerformance(std::span<const double> probabilities, const ScoredRows& rows);

struct EstimateOptions {
  size_t chunks = 10;     // of the current rows, in their order
  size_t chunk_rows = 0;  // in place of `chunks`, when not 0
  size_t rows_min = 100;  // a smaller chunk has no estimate: not enough data
  size_t draws = 200;     // of labels, for the bands
  uint64_t seed = 42;
};

struct MetricEstimate {
  double estimated = 0;
  double low = 0, high = 0;  // 95 % of what the metric may come out at, the labels being drawn by their probabilities
  double realised = 0;       // NaN without labels
  bool is_alarming = false;  // the estimate is outside of the limits
};

// Where the realised metric of the reference's chunks lies: their mean and three standard deviations around it, within
// 0 and 1.
struct MetricLimits {
  double mean = 0, low = 0, high = 1;
};

struct EstimatedChunk {
  size_t first_row = 0, rows = 0;
  std::vector<MetricEstimate> metrics;  // by BinaryMetrics(); empty when there is not enough data
};

struct PerformanceEstimate {
  std::vector<MetricLimits> limits;  // by BinaryMetrics()
  std::vector<EstimatedChunk> chunks;
  bool is_calibrated = false;        // isotonic calibration was of use
  double calibration_error = 0;      // of what is used, on rows that it was not fitted to
  std::optional<std::string> alarm;  // "the estimated accuracy …": the worst one of the newest chunk
};

// `reference`: rows with labels that the model did not learn from. `current_truth` may be empty. kInvalidArgument for
// fewer than `rows_min` reference rows, labels of one class only, lists of different lengths and scores that are not
// finite.
Result<PerformanceEstimate> EstimatePerformance(const ScoredRows& reference, std::span<const uint8_t> reference_truth,
                                                const ScoredRows& current, std::span<const uint8_t> current_truth,
                                                const EstimateOptions& options);

}  // namespace slipway::stats
