#include "slipway/stats/quality/sampling.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <random>
#include <utility>

namespace slipway::stats {

std::vector<uint32_t> SampleRows(size_t rows, size_t wanted) {
  std::vector<uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0U);
  std::mt19937 random(42);
  for (auto i = static_cast<uint32_t>(rows); i-- > 1;) {
    const uint32_t mask = std::bit_ceil(i + 1) - 1;
    uint32_t j = 0;
    do j = static_cast<uint32_t>(random()) & mask;
    while (j > i);
    std::swap(order[i], order[j]);
  }
  order.resize(std::min(rows, wanted));
  return order;
}

}  // namespace slipway::stats
