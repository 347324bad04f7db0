// Walking two sorted samples together.
#pragma once

#include <cstddef>
#include <span>

namespace slipway::stats {

// Calls visit(value, times in a, times in b) for each distinct value of both, rising.
template <typename Visit>
void ForEachPooledValue(std::span<const double> a, std::span<const double> b, const Visit& visit) {
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const double value = i < a.size() && (j == b.size() || a[i] <= b[j]) ? a[i] : b[j];
    const size_t i0 = i, j0 = j;
    while (i < a.size() && a[i] == value) ++i;
    while (j < b.size() && b[j] == value) ++j;
    visit(value, i - i0, j - j0);
  }
}

}  // namespace slipway::stats
