// Data drift between a reference and a current table, with Evidently's default tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slipway/sdk/table.h"

namespace slipway::sdk {

struct DriftOptions {
  std::vector<std::string> numeric, categorical;  // both empty: derived from the data
  std::string target, prediction;                 // "" = none
  std::vector<std::string> ignored = {};

  // Whether a model can tell current rows from reference rows: drift of all columns together.
  bool together = false;
  // Windows over time, where either is given: "1d", "12h" or a number of rows; the column of times.
  std::string every = {}, time_column = {};
  bool weekdays = false;            // days are compared with days of the same weekday
  std::string bad_windows = "3/5";  // alarm at 3 bad windows of the last 5
  std::string importance = {};      // a model's folder: columns count by how much it hangs on them
  // The column of scores of the positive class, or "a=A, b=B, c=C" with the column of each class: estimates how well
  // the model does; takes the target in the reference. The threshold is for two classes.
  std::string score = {};
  double threshold = 0.5;
};

class DriftReport {
 public:
  static DriftReport Compare(const Table& reference, const Table& current, const DriftOptions& options = {});

  bool dataset_drift() const;
  double drifted_share() const;  // of the columns
  // The JSON objects that the monitoring queries unpack: one object; an array of one object a column.
  std::string OverallMetricsJson() const;
  std::string FeatureMetricsJson() const;
  std::string ToText() const;  // a table for the terminal
  // What else was found, and the parts that were asked for: findings, domain_classifier, windows, performance.
  std::string StudyJson() const;
  // "note", "warning" or "error"; whether that is as bad as `gate` ("none", "warning", "error").
  std::string worst() const;
  bool FailsOn(const std::string& gate) const;
  void WriteHtml(const std::string& path) const;

 private:
  struct Impl;
  explicit DriftReport(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace slipway::sdk
