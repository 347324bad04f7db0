// Data-quality suites (deepchecks' data_integrity and train_test_validation) on tables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slipway/sdk/table.h"

namespace slipway::sdk {

struct QualityOptions {
  std::string label;                     // the label column; "" = none
  std::vector<std::string> categorical;  // "" = derived from the data
};

class QualityReport {
 public:
  static QualityReport DataIntegrity(const Table& table, const QualityOptions& options);
  static QualityReport TrainTestValidation(const Table& train, const Table& test, const QualityOptions& options);

  int passed() const;
  int failed() const;
  std::string ToJson() const;
  void WriteHtml(const std::string& path) const;

 private:
  struct Impl;
  explicit QualityReport(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace slipway::sdk
