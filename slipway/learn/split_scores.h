// The criteria that judge a split. Side() is one side's share of its score; the score of a split is the sum of both
// sides', and higher is purer: it equals weight × (constant - impurity). Header-only, as class_counts.h.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "slipway/learn/class_counts.h"

namespace slipway::learn {

class GiniScore {
 public:
  explicit GiniScore(std::span<const double>) {}
  template <typename Counts>
  double Side(const Counts& counts, const typename Counts::Cell* cell) const {
    double squares = 0;
    for (size_t k = 0; k < counts.classes(); ++k) {
      const double weight = static_cast<double>(counts.of_class(cell, k));
      squares += weight * weight;
    }
    return squares / static_cast<double>(counts.weight(cell));
  }
};

class EntropyScore {
 public:
  // x * log2(x) of the first whole numbers.
  explicit EntropyScore(std::span<const double> n_log2_n) : table_(n_log2_n) {}
  template <typename Counts>
  double Side(const Counts& counts, const typename Counts::Cell* cell) const {
    const uint64_t weight = counts.weight(cell);
    return weight < table_.size() ? Sum(counts, cell, [this](uint64_t n) { return table_[n]; })
                                  : Sum(counts, cell, [this](uint64_t n) { return NLog2N(n); });
  }

 private:
  template <typename Counts, typename Term>
  static double Sum(const Counts& counts, const typename Counts::Cell* cell, Term term) {
    double sum = -term(counts.weight(cell));
    for (size_t k = 0; k < counts.classes(); ++k) sum += term(counts.of_class(cell, k));
    return sum;
  }

  double NLog2N(uint64_t n) const {
    if (n < table_.size()) return table_[n];
    return n == 0 ? 0 : static_cast<double>(n) * std::log2(static_cast<double>(n));
  }
  std::span<const double> table_;
};

class SquaredErrorScore {
 public:
  explicit SquaredErrorScore(std::span<const double>) {}
  double Side(const ValueSums& sums, const double* cell) const {
    return sums.sum(cell) * sums.sum(cell) / sums.weight(cell);
  }
};

// Not a function of sums: absolute_error.h does it from the rows.
class AbsoluteErrorScore {
 public:
  explicit AbsoluteErrorScore(std::span<const double>) {}
  double Side(const ValueSums&, const double*) const { return 0; }
};

}  // namespace slipway::learn
