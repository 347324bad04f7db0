// The counts of columns' codes among a node's rows. Header-only, as class_counts.h.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "slipway/learn/binning.h"
#include "slipway/learn/class_counts.h"

namespace slipway::learn {

class CodeSet {
 public:
  void Add(uint32_t code, bool is_in = true) { words_[code / 64] |= uint64_t{is_in} << (code % 64); }
  int size() const {
    int size = 0;
    for (const uint64_t word : words_) size += std::popcount(word);
    return size;
  }
  // In ascending order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (uint32_t word = 0; word < std::size(words_); ++word)
      for (uint64_t bits = words_[word]; bits != 0; bits &= bits - 1)
        visit(word * 64 + static_cast<uint32_t>(std::countr_zero(bits)));
  }

 private:
  uint64_t words_[kBinsMax / 64] = {};
};

// For one node after the other: Want() the columns, Fill() them, look, Clear(). Not thread-safe; buffers are kept.
template <typename Counts>
class Histograms {
 public:
  using Cell = typename Counts::Cell;
  using Samples = std::span<const Sample<Counts>>;

  Histograms(const BinnedTable& table, const Counts& counts)
      : table_(table), counts_(counts), histograms_(table.columns.size()) {}

  // Where rows are few, categories are counted when they are asked for.
  void Want(uint32_t column, uint32_t rows) {
    Histogram& histogram = histograms_[column];
    if (histogram.is_filled || (is_categorical(column) && rows < kFewRows)) return;
    histogram.cells.resize(table_.columns[column].bins * width());
    histogram.is_filled = true;
    filled_.push_back(column);
    const bool is_sparse = !is_categorical(column) && rows < table_.columns[column].bins;
    (is_sparse ? sparse_ : dense_).push_back(column);
  }

  // Counts those that came to be wanted since the last time.
  void Fill(Samples samples) {
    for (const uint32_t column : sparse_) AddFewRows(samples, column);
    const std::span<const uint32_t> dense = dense_;
    for (size_t i = 0; i < dense.size(); i += kColumnsTogether)
      AddRows(samples, dense.subspan(i, std::min(kColumnsTogether, dense.size() - i)),
              std::make_index_sequence<kColumnsTogether>());
    for (const uint32_t column : dense)
      if (!is_categorical(column)) FindPresent(column);
    sparse_.clear();
    dense_.clear();
  }

  // Of a numeric column that was wanted: the codes that occur, and what their rows sum up to.
  const CodeSet& present(uint32_t column) const { return histograms_[column].present; }
  const Cell* cell(uint32_t column, uint32_t code) const { return &histograms_[column].cells[code * width()]; }

  // Of a categorical column that was wanted.
  void Count(Samples samples, uint32_t column, uint32_t category, typename Counts::Sums& sums) const {
    if (histograms_[column].is_filled) {
      std::copy_n(cell(column, category), width(), sums.begin());
      return;
    }
    std::fill(sums.begin(), sums.end(), Cell{0});
    const uint8_t* codes = table_.codes.first(column);
    const size_t stride = table_.codes.row_stride();
    for (const auto& sample : samples)
      Counts::AddRowIf(sums.data(), sample.added, codes[sample.row * stride] == category);
  }

  void Clear() {
    for (const uint32_t column : filled_) {
      Histogram& histogram = histograms_[column];
      histogram.is_filled = false;
      Cell* cells = histogram.cells.data();
      if (is_categorical(column)) {
        std::fill(histogram.cells.begin(), histogram.cells.end(), Cell{0});
      } else {
        histogram.present.ForEach([&](uint32_t code) { std::fill_n(cells + code * width(), width(), Cell{0}); });
      }
    }
    filled_.clear();
  }

 private:
  static constexpr uint32_t kFewRows = 64;
  static constexpr size_t kColumnsTogether = 8;  // that are counted in one pass over the rows

  struct Histogram {
    std::vector<Cell> cells;  // zero unless filled
    CodeSet present;          // numeric: the codes that occur
    bool is_filled = false;
  };

  size_t width() const { return counts_.width(); }  // a constant for most
  bool is_categorical(uint32_t column) const { return table_.columns[column].is_categorical; }

  template <size_t... kIndex>
  void AddRows(Samples samples, std::span<const uint32_t> columns, std::index_sequence<kIndex...>) {
    ((columns.size() == kIndex + 1 ? AddRowsOf<kIndex + 1>(samples, columns) : void()), ...);
  }

  // A row is read once for all columns, and the additions of one row do not wait for each other.
  template <size_t kColumns>
  void AddRowsOf(Samples samples, std::span<const uint32_t> columns) {
    const uint8_t* codes[kColumns];
    Cell* cells[kColumns];
    for (size_t c = 0; c < kColumns; ++c) {
      codes[c] = table_.codes.first(columns[c]);
      cells[c] = histograms_[columns[c]].cells.data();
    }
    const size_t stride = table_.codes.row_stride();
    for (const auto& sample : samples) {
      const size_t place = sample.row * stride;
      for (size_t c = 0; c < kColumns; ++c) Counts::AddRow(cells[c] + codes[c][place] * width(), sample.added);
    }
  }

  void FindPresent(uint32_t column) {
    CodeSet present;
    for (uint32_t code = 0; code < table_.columns[column].bins; ++code)
      present.Add(code, counts_.rows(cell(column, code)) != 0);
    histograms_[column].present = present;
  }

  // Fewer rows than bins: the codes are noted on the way, so that nothing has to look at all cells.
  void AddFewRows(Samples samples, uint32_t column) {
    const uint8_t* codes = table_.codes.first(column);
    const size_t stride = table_.codes.row_stride();
    Cell* cells = histograms_[column].cells.data();
    CodeSet present;
    for (const auto& sample : samples) {
      const uint8_t code = codes[sample.row * stride];
      present.Add(code);
      Counts::AddRow(cells + code * width(), sample.added);
    }
    histograms_[column].present = present;
  }

  const BinnedTable& table_;
  const Counts counts_;
  std::vector<Histogram> histograms_;
  std::vector<uint32_t> filled_, sparse_, dense_;
};

}  // namespace slipway::learn
