#include "slipway/scoring/category_check.h"

#include <algorithm>

#include <fmt/format.h>

namespace slipway::scoring {

CategoryChecks::CategoryChecks(std::vector<CategoryCheck> checks, std::vector<Slot>& slots)
    : checks_(std::move(checks)) {
  for (const CategoryCheck& check : checks_) {
    first_slots_.push_back(slots.size());
    for (const Feature& indicator : check.indicators) slots.push_back({indicator, false});
  }
}

Status CategoryChecks::Run(const FeatureRows& rows, const InputColumns& columns) const {
  for (size_t i = 0; i < checks_.size(); ++i) {
    for (size_t row = 0; row < rows.rows(); ++row) {
      const float* const first = rows.row(row) + first_slots_[i];
      const bool is_known =
          std::any_of(first, first + checks_[i].indicators.size(), [](float indicator) { return indicator != 0; });
      if (!is_known) return Unknown(row, checks_[i], columns);
    }
  }
  return {};
}

Error CategoryChecks::Unknown(size_t row, const CategoryCheck& check, const InputColumns& columns) const {
  const size_t column = check.indicators.front().column;
  const std::string where = column < columns.size() ? columns[column].Describe(column) : check.node;
  return InvalidArgument(
      fmt::format("row {}, {}: a category that the model does not know; it knows {}", row, where, check.known));
}

}  // namespace slipway::scoring
