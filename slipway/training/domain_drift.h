// Drift of all columns together: can a model tell current rows from reference rows? A random forest learns to, and is
// judged by cross-validation; what it goes by is what drifted, also where no column by itself did. (Rabanser,
// Günnemann, Lipton, "Failing Loudly: An Empirical Study of Methods for Detecting Dataset Shift", NeurIPS 2019.)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/stats/domain_drift.h"
#include "slipway/tabular/table.h"

namespace slipway::training {

struct DomainDriftOptions {
  std::vector<std::string> ignored = {};  // columns; ids and times give the answer away
  size_t rows_max = 5'000;                // of each side, drawn at random
  size_t rows_min = 200;                  // of each side, for a verdict
  int folds = 5;
  int trees = 100;
  double auc = 0.6;  // drifted from here on, when it is beyond 0.5 by more than three standard errors, too
  uint64_t seed = 0;
};

// Looks at the columns that both have, of like types, but times. kInvalidArgument when there is none. With fewer than
// rows_min rows on a side nothing is learnt.
Result<stats::DomainDrift> MeasureDomainDrift(const tabular::Table& reference, const tabular::Table& current,
                                              const DomainDriftOptions& options);

}  // namespace slipway::training
