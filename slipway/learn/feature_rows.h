// Rows of features, one by one: for what looks at a model as its definition says, and at rows it did not grow on.
#pragma once

#include <span>
#include <vector>

#include "slipway/learn/binning.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::learn {

size_t FeatureCount(std::span<const FeatureColumn> columns);
// One row's features as models number them; replaces `out`.
void FillRow(std::span<const FeatureColumn> columns, size_t row, std::vector<float>& out);
// The leaf that a row reaches in the tree whose root is given, by its index in the forest.
size_t LeafOf(const model::FlatForest& forest, size_t root, const std::vector<float>& row);

}  // namespace slipway::learn
