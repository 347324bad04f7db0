// Random splits of a table's rows that come out the same on every machine.
#pragma once

#include <cstdint>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::tabular {

// Row numbers, each ascending; together every row once.
struct RowSplit {
  std::vector<uint32_t> train, test;
};

// ceil(test_share * rows) rows drawn without replacement go to `test` (as scikit-learn counts), by a Fisher-Yates
// shuffle over SplitMix64(seed). kInvalidArgument when the share is not within 0 and 1.
Result<RowSplit> SplitRows(size_t rows, double test_share, uint64_t seed);

}  // namespace slipway::tabular
