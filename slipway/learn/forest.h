// Grows random forests with the semantics of scikit-learn's RandomForestClassifier (1.2).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/learn/binning.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::learn {

enum class Criterion { kGini, kEntropy };
// "gini", "entropy", "log_loss" (entropy by another name); kInvalidArgument with the nearest name.
Result<Criterion> ParseCriterion(std::string_view name);

struct ForestOptions {
  int trees = 100;
  int max_depth = 0;  // 0: until the leaves are pure
  Criterion criterion = Criterion::kGini;
  int min_samples_split = 2;  // counted in distinct rows, as scikit-learn does under bootstrap
  int min_samples_leaf = 1;
  size_t max_features = 0;  // features looked at per node; 0: the floor of the square root of all
  bool bootstrap = true;
  uint64_t seed = 0;
  int threads = 0;  // 0: every core. The forest is the same for any number of them.
};
// Names the option that is out of its range.
Status CheckOptions(const ForestOptions& options);

// `classes`: a class below class_count (at least 2) for each row. Features are numbered as in BinnedTable: a numeric
// column is one, a categorical one as many as it has categories. Takes a while; at most about 40 bytes a node and
// 20 a row and thread. kInvalidArgument for options or columns that do not fit.
Result<model::FlatForest> GrowForest(std::span<const FeatureColumn> columns, std::span<const uint32_t> classes,
                                     size_t class_count, const ForestOptions& options);

}  // namespace slipway::learn
