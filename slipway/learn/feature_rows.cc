#include "slipway/learn/feature_rows.h"

namespace slipway::learn {

size_t FeatureCount(std::span<const FeatureColumn> columns) {
  size_t count = 0;
  for (const FeatureColumn& column : columns) count += column.is_categorical() ? column.category_count : 1;
  return count;
}

void FillRow(std::span<const FeatureColumn> columns, size_t row, std::vector<float>& out) {
  out.clear();
  for (const FeatureColumn& column : columns) {
    if (!column.is_categorical()) {
      out.push_back(column.numbers[row]);
      continue;
    }
    const size_t begin = out.size();
    out.resize(begin + column.category_count, 0.0F);
    if (column.categories[row] < column.category_count) out[begin + column.categories[row]] = 1.0F;
  }
}

size_t LeafOf(const model::FlatForest& forest, size_t root, const std::vector<float>& row) {
  size_t node = root;
  while (forest.left[node] >= 0) {
    const bool goes_left = row[forest.feature[node]] <= forest.threshold[node];
    node = root + static_cast<size_t>(goes_left ? forest.left[node] : forest.right[node]);
  }
  return node;
}

}  // namespace slipway::learn
