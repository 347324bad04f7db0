// Data-quality suites (deepchecks' data_integrity and train_test_validation) on tables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slipway/sdk/table.h"

namespace slipway::sdk {

struct QualityOptions {
  std::string label;                     // the label column; "" = none
  std::vector<std::string> categorical;  // features; empty: derived from the data
  std::string index = {};                // the column that numbers the rows; "" = none
  std::string datetime = {};             // the column that dates the rows; "" = none
};

class QualityReport {
 public:
  static QualityReport DataIntegrity(const Table& table, const QualityOptions& options);
  static QualityReport TrainTestValidation(const Table& train, const Table& test, const QualityOptions& options);

  // Checks of which every condition holds, and those of which one does not (warnings too). Checks without conditions
  // and checks that did not run are in neither.
  int passed() const;
  int failed() const;
  // Whether a check is as bad as `gate`: "none", "warning", "error" (a condition that fails).
  bool FailsOn(const std::string& gate) const;
  // Suite, counts, and each check with its conditions and value.
  std::string ToJson() const;
  // A page that stands alone.
  void WriteHtml(const std::string& path) const;

 private:
  struct Impl;
  explicit QualityReport(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace slipway::sdk
