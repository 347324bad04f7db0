// The predictive power score: how well one column alone foretells another (ppscore 1.2, as deepchecks calls it). 0: no
// better than a guess that knows only the label; 1: always right.
#pragma once

#include <cstdint>
#include <vector>

#include "slipway/stats/quality/dataset.h"
#include "slipway/tabular/table.h"

namespace slipway::stats {

// Of `feature` for `label` on `rows` (their order matters: it decides the sample and the folds of the 4-fold
// cross-validation, all of which are drawn as the original draws them). Text and boolean labels are classified
// (weighted F1 of one fully grown decision tree), numeric ones regressed (mean absolute error). At most 5,000 rows are
// used.
double PredictivePower(const tabular::Column& feature, const tabular::Column& label, const std::vector<uint32_t>& rows);

}  // namespace slipway::stats
