// Random rows as numpy's RandomState draws them, so that sampled checks see the rows that the original sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace slipway::stats {

// min(wanted, rows) of the row numbers 0 … rows - 1 without replacement, in random order; a shuffle when all are
// wanted. Always the same for the same numbers: MT19937 seeded with 42, Fisher and Yates from the back, masked
// rejection.
std::vector<uint32_t> SampleRows(size_t rows, size_t wanted);

}  // namespace slipway::stats
