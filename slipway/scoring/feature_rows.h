// Cells straight into feature rows: each column knows the slots it fills.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "slipway/scoring/category_table.h"
#include "slipway/scoring/cell_sink.h"
#include "slipway/scoring/feature.h"

namespace slipway::scoring {

// A feature, and whether its NaN is to stand as -inf: a tree then sends a missing value left without a test of its own.
struct Slot {
  Feature feature;
  bool missing_is_lowest = false;

  bool operator<(const Slot& other) const {
    return feature == other.feature ? missing_is_lowest < other.missing_is_lowest : feature < other.feature;
  }
};

// How rows are filled. Slot `slots.size()` of every row holds -inf, for the leaves of packed trees. Immutable.
class RowLayout {
 public:
  RowLayout(size_t columns, const std::vector<Slot>& slots);

  size_t width() const { return template_.size(); }
  std::span<const float> row_template() const { return template_; }

  void WriteNumber(float* row, size_t column, float value) const noexcept {
    const Column& plan = columns_[column];
    for (uint32_t i = plan.first; i < plan.last; ++i) {
      const Writer& writer = writers_[i];
      float result = value;
      for (uint32_t s = writer.first_step; s < writer.last_step; ++s) result = Apply(steps_[s], result);
      row[writer.slot] = result != result ? writer.nan : result;
    }
  }

  void WriteText(float* row, size_t column, std::string_view text) const noexcept {
    const TextColumn& plan = texts_[columns_[column].text];
    const uint32_t code = plan.table.Find(text);
    if (code == CategoryTable::kUnknown) return;  // the template holds the values of unknown texts
    for (uint32_t i = plan.first_value[code]; i < plan.first_value[code + 1]; ++i)
      row[plan.values[i].slot] = plan.values[i].value;
  }

 private:
  struct Column {
    uint32_t first = 0, last = 0;  // writers of a number
    uint32_t text = 0;             // index into texts_
  };
  struct Writer {
    uint32_t slot = 0;
    uint32_t first_step = 0, last_step = 0;
    float nan = 0;  // what NaN becomes
  };
  struct SlotValue {
    uint32_t slot = 0;
    float value = 0;
  };
  struct TextColumn {
    CategoryTable table;
    std::vector<uint32_t> first_value;  // per code, and one more
    std::vector<SlotValue> values;      // that differ from the template
  };

  void AddNumberColumn(size_t column, const std::vector<Slot>& slots);
  void AddTextColumn(size_t column, const std::vector<Slot>& slots);

  std::vector<Column> columns_;
  std::vector<Writer> writers_;
  std::vector<NumberStep> steps_;
  std::vector<TextColumn> texts_;
  std::vector<float> template_;
};

// Rows of one batch, row-major. Not thread-safe; keeps its memory.
class FeatureRows final : public CellSink {
 public:
  explicit FeatureRows(const RowLayout& layout) : layout_(layout) {}

  void Clear() noexcept override { rows_ = 0; }
  void AddRow() noexcept override;
  size_t rows() const noexcept override { return rows_; }
  void SetReal(size_t row, size_t column, double value) noexcept override {
    layout_.WriteNumber(at(row), column, static_cast<float>(value));
  }
  void SetInteger(size_t row, size_t column, int64_t value) noexcept override {
    layout_.WriteNumber(at(row), column, static_cast<float>(value));
  }
  void SetText(size_t row, size_t column, std::string_view value) noexcept override {
    layout_.WriteText(at(row), column, value);
  }
  void SetMissing(size_t row, size_t column) noexcept override;

  const float* data() const { return values_.data(); }
  const float* row(size_t index) const { return values_.data() + index * layout_.width(); }

 private:
  float* at(size_t row) { return values_.data() + row * layout_.width(); }

  const RowLayout& layout_;
  std::vector<float> values_;
  size_t rows_ = 0;
};

}  // namespace slipway::scoring
