// Metrics of predictions against a labelled table: what Model::Evaluate and Classifier::Evaluate answer.
#pragma once

#include <map>
#include <string>

#include "slipway/base/result.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/tabular/table.h"

namespace slipway::sdk {

// Classifiers: "accuracy", "precision", "recall", "f1_score", "roc_auc", "log_loss"; of the second class for two
// classes, macro averages (one against the rest) for more. Regressors: "rmse", "mae", "r2_score". kInvalidArgument for
// a label the model does not know, and where a metric has no meaning (one class alone has no ROC curve).
Result<std::map<std::string, double>> EvaluatePredictions(const scoring::Predictions& predictions,
                                                          const tabular::Table& labelled, const std::string& target);

}  // namespace slipway::sdk
