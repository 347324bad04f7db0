// What is kept beside a trained model for live drift: what its inputs and its scores looked like.
#pragma once

#include <optional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/learn/fitted_model.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/stats/baseline.h"
#include "slipway/tabular/table.h"

namespace slipway::training {

// Of the columns of `train` that are features of the model.
Result<stats::Baseline> DescribeFeatures(const tabular::Table& train, const learn::FittedModel& model);
// Of a classifier's probabilities of its last class, otherwise of the predictions. Rows that the model learned from
// flatter it: give it others.
std::optional<stats::BaselineColumn> DescribePredictions(const scoring::Predictions& predictions);

// The content of the file stats::kBaselineFile.
std::string BaselineText(const stats::Baseline& baseline);

}  // namespace slipway::training
