// Which columns a model's predictions hang on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/tabular/table.h"

namespace slipway::training {

struct ColumnImportance {
  std::string column;
  double value = 0;
  double deviation = 0;  // over the repeats
};

struct PermutationOptions {
  size_t rows = 2000;  // at most so many, the first ones
  int repeats = 3;
  uint64_t seed = 0;
};

// By how much the model's quality falls when a column's values are shuffled between the rows (Breiman 2001): ROC AUC of
// two classes, accuracy of more, R² of values. Largest first.
Result<std::vector<ColumnImportance>> PermutationImportance(const scoring::CompiledModel& model,
                                                            const tabular::Table& labelled, const std::string& target,
                                                            const PermutationOptions& options);
// What "quality" is there: "roc_auc".
std::string PermutationMetric(size_t classes);

// The mean absolute SHAP value over the first `rows` rows, all classes together. Largest first. Errors as
// CompiledModel::CheckExplainable.
Result<std::vector<ColumnImportance>> ShapImportance(const scoring::CompiledModel& model, const tabular::Table& table,
                                                     size_t rows);

}  // namespace slipway::training
