#include "slipway/tabular/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "slipway/base/hash.h"

namespace slipway::tabular {
namespace {

// The first `drawn` entries of a shuffled list of all rows.
std::vector<uint32_t> DrawRows(size_t rows, size_t drawn, uint64_t seed) {
  std::vector<uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  SplitMix64 random(seed);
  for (size_t i = 0; i < drawn; ++i) std::swap(order[i], order[i + random.NextBelow(rows - i)]);
  order.resize(drawn);
  return order;
}

// Shares such as 0.2 are a little above the fraction that is meant; a row must not come from that.
size_t TestRows(size_t rows, double share) {
  const double exact = share * static_cast<double>(rows);
  const double nearest = std::round(exact);
  const bool is_meant = std::abs(exact - nearest) <= 1e-9 * std::max(1.0, exact);
  return static_cast<size_t>(is_meant ? nearest : std::ceil(exact));
}

}  // namespace

Result<RowSplit> SplitRows(size_t rows, double test_share, uint64_t seed) {
  if (!(test_share >= 0 && test_share <= 1))
    return InvalidArgument(fmt::format("the share of test rows is {}, it has to be within 0 and 1", test_share));
  RowSplit split;
  split.test = DrawRows(rows, TestRows(rows, test_share), seed);
  std::sort(split.test.begin(), split.test.end());
  split.train.reserve(rows - split.test.size());
  auto next_test = split.test.begin();
  for (uint32_t row = 0; row < rows; ++row) {
    if (next_test != split.test.end() && *next_test == row)
      ++next_test;
    else
      split.train.push_back(row);
  }
  return split;
}

}  // namespace slipway::tabular
