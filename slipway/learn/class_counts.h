// What a node's rows are summed up to, as arrays of cells that a histogram can hold one after another. Header-only: the
// inner loops of growing are made of these.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace slipway::learn {

// One drawn row: how often it was drawn, that times its weight, and what it says.
struct DrawnRow {
  uint32_t draws = 1;
  double weight = 1;
  uint32_t class_index = 0;
  double value = 0;
};

// A row of a bag, and what it adds to counts.
template <typename Counts>
struct Sample {
  uint32_t row;
  typename Counts::Row added;
};

// Two classes, rows without weights of their own: rows, weight and weight of class 1 packed into one word, so that
// adding a row is one addition. Bits from the top: 22 of rows, 21 of weight, 21 of weight of class 1.
class BinaryCounts {
 public:
  using Cell = uint64_t;
  using Sums = std::array<Cell, 1>;
  using Row = uint32_t;  // how often it was drawn; the top bit: class 1
  static constexpr bool kIsRegression = false;
  static constexpr uint64_t kWeightMax = (uint64_t{1} << 21) - 1;

  explicit BinaryCounts(size_t) {}
  static constexpr size_t width() { return 1; }
  static Sums NoSums() { return {}; }
  static constexpr size_t classes() { return 2; }

  static Row MakeRow(const DrawnRow& row) { return row.draws | row.class_index << 31; }
  static void AddRow(Cell* cell, Row row) { *cell += Add(row); }
  static void AddRowIf(Cell* cell, Row row, bool is_added) { *cell += is_added ? Add(row) : 0; }
  static uint64_t rows(const Cell* cell) { return *cell >> 42; }
  static uint64_t weight(const Cell* cell) { return *cell >> 21 & kWeightMax; }
  static uint64_t of_class(const Cell* cell, size_t index) {
    const uint64_t ones = *cell & kWeightMax;
    return index == 1 ? ones : weight(cell) - ones;
  }

 private:
  static Cell Add(Row row) {
    const uint64_t draws = row & kWeightMax;
    return uint64_t{1} << 42 | draws << 21 | (draws & (0 - uint64_t{row >> 31}));
  }
};

// Any number of classes: rows, weight, then a weight per class. With uint64_t, weights are whole numbers of a small
// unit, so that sums and differences are exact here, too.
template <typename T>
class ClassCounts {
 public:
  using Cell = T;
  using Sums = std::vector<Cell>;
  struct Row {
    T weight;
    uint32_t class_index;
  };
  static constexpr bool kIsRegression = false;

  explicit ClassCounts(size_t classes) : classes_(classes) {}
  size_t width() const { return classes_ + 2; }
  Sums NoSums() const { return Sums(width(), 0); }
  size_t classes() const { return classes_; }

  static Row MakeRow(const DrawnRow& row) { return {static_cast<T>(std::llround(row.weight)), row.class_index}; }
  static void AddRow(Cell* cell, const Row& row) {
    cell[0] += 1;
    cell[1] += row.weight;
    cell[2 + row.class_index] += row.weight;
  }
  static void AddRowIf(Cell* cell, const Row& row, bool is_added) {
    if (is_added) AddRow(cell, row);
  }
  static uint64_t rows(const Cell* cell) { return cell[0]; }
  static uint64_t weight(const Cell* cell) { return cell[1]; }
  static uint64_t of_class(const Cell* cell, size_t index) { return cell[2 + index]; }

 private:
  size_t classes_;
};

// Numbers to be predicted: rows, weight, and the weighted sum of the numbers.
class ValueSums {
 public:
  using Cell = double;
  using Sums = std::array<Cell, 3>;
  struct Row {
    double weight, value;
  };
  static constexpr bool kIsRegression = true;

  explicit ValueSums(size_t) {}
  static constexpr size_t width() { return 3; }
  static Sums NoSums() { return {}; }

  static Row MakeRow(const DrawnRow& row) { return {row.weight, row.value}; }
  static void AddRow(Cell* cell, const Row& row) {
    cell[0] += 1;
    cell[1] += row.weight;
    cell[2] += row.weight * row.value;
  }
  static void AddRowIf(Cell* cell, const Row& row, bool is_added) {
    if (is_added) AddRow(cell, row);
  }
  static uint64_t rows(const Cell* cell) { return static_cast<uint64_t>(cell[0]); }
  static double weight(const Cell* cell) { return cell[1]; }
  static double sum(const Cell* cell) { return cell[2]; }
};

}  // namespace slipway::learn
