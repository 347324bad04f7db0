#include "slipway/scoring/feature_rows.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>

namespace slipway::scoring {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

float Settle(const Slot& slot, float value) {
  return value != value && slot.missing_is_lowest ? kLowest : value;
}

}  // namespace

RowLayout::RowLayout(size_t columns, const std::vector<Slot>& slots) : columns_(columns) {
  for (const Slot& slot : slots)
    template_.push_back(slot.feature.is_text ? Settle(slot, slot.feature.otherwise) : 0.0f);
  template_.push_back(kLowest);
  for (size_t column = 0; column < columns; ++column) {
    const bool is_text = std::any_of(slots.begin(), slots.end(), [column](const Slot& slot) {
      return slot.feature.column == column && slot.feature.is_text;
    });
    is_text ? AddTextColumn(column, slots) : AddNumberColumn(column, slots);
  }
}

void RowLayout::AddNumberColumn(size_t column, const std::vector<Slot>& slots) {
  // Of no slot and so of either kind: a text column that no tree asks for has an empty table.
  columns_[column].text = static_cast<uint32_t>(texts_.size());
  texts_.push_back({CategoryTable(), {0}, {}});
  columns_[column].first = static_cast<uint32_t>(writers_.size());
  for (uint32_t slot = 0; slot < slots.size(); ++slot) {
    const Feature& feature = slots[slot].feature;
    if (feature.column != column) continue;
    const auto first = static_cast<uint32_t>(steps_.size());
    steps_.insert(steps_.end(), feature.steps.begin(), feature.steps.end());
    writers_.push_back({slot, first, static_cast<uint32_t>(steps_.size()),
                        Settle(slots[slot], std::numeric_limits<float>::quiet_NaN())});
  }
  columns_[column].last = static_cast<uint32_t>(writers_.size());
}

void RowLayout::AddTextColumn(size_t column, const std::vector<Slot>& slots) {
  std::set<std::string> distinct;
  for (const Slot& slot : slots)
    if (slot.feature.column == column)
      for (const auto& [text, value] : slot.feature.table) distinct.insert(text);
  const std::vector<std::string> texts(distinct.begin(), distinct.end());
  TextColumn plan{CategoryTable(texts), {0}, {}};
  for (const std::string& text : texts) {
    for (uint32_t slot = 0; slot < slots.size(); ++slot) {
      if (slots[slot].feature.column != column) continue;
      const float value = Settle(slots[slot], slots[slot].feature.OfText(text));
      if (!(value == template_[slot])) plan.values.push_back({slot, value});
    }
    plan.first_value.push_back(static_cast<uint32_t>(plan.values.size()));
  }
  columns_[column].text = static_cast<uint32_t>(texts_.size());
  texts_.push_back(std::move(plan));
}

void FeatureRows::AddRow() noexcept {
  const size_t width = layout_.width();
  if (values_.size() < (rows_ + 1) * width) values_.resize(std::max((rows_ + 1) * width, 2 * values_.size()));
  std::copy_n(layout_.row_template().data(), width, at(rows_));
  ++rows_;
}

void FeatureRows::SetMissing(size_t row, size_t column) noexcept {
  layout_.WriteNumber(at(row), column, std::numeric_limits<float>::quiet_NaN());
  layout_.WriteText(at(row), column, {});
}

}  // namespace slipway::scoring
