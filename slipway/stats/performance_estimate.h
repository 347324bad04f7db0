// How well a classifier does on rows whose labels are not known yet: confidence-based performance estimation (CBPE;
// Białek, Kuberski, Perrakis, Bifet, "Estimating Model Performance Under Covariate Shift Without Labels", 2024,
// arXiv:2401.08348). Calibrated probabilities say how many of the answers should be right. More than two classes are
// estimated as NannyML documents it ("How it works: Estimation of Performance of the Monitored Model", Multiclass
// Classification): each class against the rest as two classes are, then the mean over the classes; accuracy is the mean
// probability of the predicted classes.
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

// Of two classes: of the positive one; NaN where nothing is below the line. Of more: means over the classes. As in
// metrics/measured.h, precision, recall and F1 are of the classes that occur among truth or predictions, a ratio
// without anything below the line being 0; specificity and ROC AUC are of the classes that have one.
struct ClassPerformance {
  double accuracy = 0, precision = 0, recall = 0, specificity = 0, f1 = 0, roc_auc = 0;
};
struct PerformanceMetric {
  std::string_view name;
  double ClassPerformance::*value;
};
std::span<const PerformanceMetric> PerformanceMetrics();

// Rows as a classifier answered them. Of equal length.
struct ScoredRows {
  std::vector<double> scores;      // raw, of the positive class; finite
  std::vector<uint8_t> predicted;  // 1 where the answer was positive
  size_t size() const { return scores.size(); }
};

// The same of several classes; classes are indices.
struct ScoredClassRows {
  std::vector<std::vector<double>> scores;  // by class, then row; raw, finite
  std::vector<uint32_t> predicted;          // the class that was answered
  size_t size() const { return predicted.size(); }
};

// The expected performance where `probabilities` are those of the positive class being true; the realised one where
// they are the labels, 1 and 0. ROC AUC goes by the raw scores, ties counting half.
ClassPerformance ExpectedPerformance(std::span<const double> probabilities, const ScoredRows& rows);
// `probabilities`: by class, then row.
ClassPerformance ExpectedPerformance(const std::vector<std::vector<double>>& probabilities,
                                     const ScoredClassRows& rows);

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
  std::vector<MetricEstimate> metrics;  // by PerformanceMetrics(); empty when there is not enough data
};

struct PerformanceEstimate {
  std::vector<std::string> classes;  // that the metrics are means over; empty where they are of the positive one of two
  std::vector<MetricLimits> limits;  // by PerformanceMetrics()
  std::vector<EstimatedChunk> chunks;
  bool is_calibrated = false;        // isotonic calibration was of use (for one class at least)
  double calibration_error = 0;      // of what is used, on rows that it was not fitted to; of classes the worst one's
  std::optional<std::string> alarm;  // "the estimated accuracy …": the worst one of the newest chunk
};

// `reference`: rows with labels that the model did not learn from. `current_truth` may be empty. kInvalidArgument for
// fewer than `rows_min` reference rows, labels of one class only, lists of different lengths and scores that are not
// finite.
Result<PerformanceEstimate> EstimatePerformance(const ScoredRows& reference, std::span<const uint8_t> reference_truth,
                                                const ScoredRows& current, std::span<const uint8_t> current_truth,
                                                const EstimateOptions& options);

// Of several classes, which have these names: each one's scores are calibrated against its labels in the reference.
// Besides, kInvalidArgument for a class that no reference row is of.
Result<PerformanceEstimate> EstimatePerformance(std::vector<std::string> classes, const ScoredClassRows& reference,
                                                std::span<const uint32_t> reference_truth,
                                                const ScoredClassRows& current, std::span<const uint32_t> current_truth,
                                                const EstimateOptions& options);

}  // namespace slipway::stats
