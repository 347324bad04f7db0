// Weighted class counts of a set of rows, as arrays of cells that a histogram can hold one after another, and the two
// criteria that judge a split by them. Header-only: the inner loops of growing are made of these.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace slipway::learn {

// Two classes: rows, weight and weight of class 1 packed into one word, so that adding a row is one addition. Bits from
// the top: 22 of rows, 21 of weight, 21 of weight of class 1.
class BinaryCounts {
 public:
  using Cell = uint64_t;
  using Row = uint64_t;  // what one row adds
  static constexpr uint64_t kWeightMax = (uint64_t{1} << 21) - 1;

  explicit BinaryCounts(size_t) {}
  static constexpr size_t width() { return 1; }
  static constexpr size_t classes() { return 2; }

  static Row MakeRow(uint32_t class_index, uint32_t weight) {
    return uint64_t{1} << 42 | uint64_t{weight} << 21 | (class_index != 0 ? weight : 0);
  }
  static void AddRow(Cell* cell, Row row) { *cell += row; }
  static uint64_t rows(const Cell* cell) { return *cell >> 42; }
  static uint64_t weight(const Cell* cell) { return *cell >> 21 & kWeightMax; }
  static uint64_t of_class(const Cell* cell, size_t index) {
    const uint64_t ones = *cell & kWeightMax;
    return index == 1 ? ones : weight(cell) - ones;
  }
};

// Any number of classes: rows, weight, then a weight per class.
class ManyCounts {
 public:
  using Cell = uint32_t;
  using Row = uint64_t;

  explicit ManyCounts(size_t classes) : classes_(classes) {}
  size_t width() const { return classes_ + 2; }
  size_t classes() const { return classes_; }

  static Row MakeRow(uint32_t class_index, uint32_t weight) { return uint64_t{class_index} << 32 | weight; }
  static void AddRow(Cell* cell, Row row) {
    const uint32_t weight = static_cast<uint32_t>(row);
    cell[0] += 1;
    cell[1] += weight;
    cell[2 + (row >> 32)] += weight;
  }
  static uint64_t rows(const Cell* cell) { return cell[0]; }
  static uint64_t weight(const Cell* cell) { return cell[1]; }
  static uint64_t of_class(const Cell* cell, size_t index) { return cell[2 + index]; }

 private:
  size_t classes_;
};

// A side's share of a split's score; the score of a split is the sum of both sides', and higher is purer. Equal to
// weight * (constant - impurity).
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
  explicit EntropyScore(std::span<const double> n_log2_n) : table_(n_log2_n) {}
  template <typename Counts>
  double Side(const Counts& counts, const typename Counts::Cell* cell) const {
    double sum = -NLog2N(counts.weight(cell));
    for (size_t k = 0; k < counts.classes(); ++k) sum += NLog2N(counts.of_class(cell, k));
    return sum;
  }

 private:
  double NLog2N(uint64_t n) const {
    return n < table_.size() ? table_[n] : static_cast<double>(n) * std::log2(static_cast<double>(n));
  }
  std::span<const double> table_;
};

}  // namespace slipway::learn
