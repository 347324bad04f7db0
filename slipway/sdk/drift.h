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
  void WriteHtml(const std::string& path) const;

 private:
  struct Impl;
  explicit DriftReport(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace slipway::sdk
