// How good a model's predictions are on labelled rows: metrics with intervals, confusion, curves, and the same metrics
// by segments of the rows. Values in, values out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/metrics/curves.h"
#include "slipway/metrics/measured.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/tabular/table.h"

namespace slipway::training {

// Predictions beside the truth; one of the two kinds is filled.
struct Judged {
  std::vector<std::string> classes;  // empty for a regressor
  std::vector<uint32_t> true_classes, predicted_classes;
  std::vector<double> probabilities;  // rows × classes
  std::vector<double> true_values, predicted_values;

  bool is_classifier() const { return !classes.empty(); }
  bool is_binary() const { return classes.size() == 2; }
  size_t rows() const { return is_classifier() ? true_classes.size() : true_values.size(); }
  // Of two classes: the probability of the second one, a row.
  std::vector<double> SecondProbabilities() const;
  std::vector<uint8_t> IsSecond() const;  // the truth
  Judged TakeRows(std::span<const uint32_t> rows) const;
};
// kInvalidArgument for labels the model does not know, kUnimplemented for regressors of several outputs.
Result<Judged> Judge(const scoring::Predictions& predictions, const tabular::Column& truth);

// The metrics that fit, of metrics/measured.h.
Result<std::vector<metrics::Resampled>> Resample(const Judged& judged, const metrics::IntervalOptions& options);
Result<std::vector<metrics::Measured>> Measure(const Judged& judged, const metrics::IntervalOptions& options);

struct ClassRow {
  std::string label;
  uint64_t rows = 0;
  double precision = 0, recall = 0, f1 = 0;
};

struct Evaluation {
  size_t rows = 0;
  std::vector<std::string> classes;
  std::vector<metrics::Measured> metrics;
  std::vector<std::vector<uint64_t>> confusion;  // truth × predicted
  std::vector<ClassRow> by_class;
  // Of two classes, when both occur.
  std::vector<metrics::ThresholdPoint> curve;
  std::vector<metrics::CalibrationBin> calibration;
  std::vector<metrics::LiftPart> lift;

  const metrics::Measured* Find(std::string_view metric) const;
};
Result<Evaluation> Evaluate(const Judged& judged, const metrics::IntervalOptions& options);

// Rows of one value, or range of values, of a column. Shares are NaN where there are no rows to take them of.
struct Segment {
  std::string label;
  uint64_t rows = 0;
  // Of two classes: the second one is "positive".
  double share_positive = 0, share_said_positive = 0, recall = 0, false_positive_rate = 0, precision = 0;
  double accuracy = 0;  // of classes
  double score = 0;     // ROC AUC of two classes; NaN with one class alone
  // Of values.
  double mean_truth = 0, mean_prediction = 0, rmse = 0, mae = 0;
};
struct SegmentedColumn {
  std::string column;
  std::vector<Segment> segments;
  // Of two classes, over segments of at least kSegmentRows rows: how far apart shares of rows said to be positive, and
  // recalls and false positive rates (the larger gap), are (demographic parity and equalised odds).
  double parity_gap = 0, odds_gap = 0;
};
inline constexpr size_t kSegmentRows = 30;

// The rows of one segment.
struct SegmentRows {
  std::string label;
  std::vector<uint32_t> rows;
};
// Texts and booleans: a segment a value, the rare ones together; ages in bands (under 25, by tens, 65 and over), other
// numbers in quarters. kNotFound (with the nearest name) for a column that is not there.
Result<std::vector<SegmentRows>> SegmentRowsOf(const tabular::Table& table, const std::string& column);
Result<SegmentedColumn> EvaluateSegments(const Judged& judged, const tabular::Table& table, const std::string& column);

// The columns of a table whose names are those of traits that a model is usually asked to be fair about.
std::vector<std::string> FairnessColumns(const tabular::Table& table);

}  // namespace slipway::training
