// Grows random forests with the semantics of scikit-learn's RandomForestClassifier (1.2).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/learn/binning.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::learn {

enum class Criterion { kGini, kEntropy, kSquaredError, kAbsoluteError };
// "gini", "entropy", "log_loss" (entropy by another name), "squared_error", "absolute_error"; kInvalidArgument with the
// nearest name.
Result<Criterion> ParseCriterion(std::string_view name);

struct ForestOptions {
  int trees = 100;
  int max_depth = 0;  // 0: until the leaves are pure
  Criterion criterion = Criterion::kGini;
  int min_samples_split = 2;  // counted in distinct rows, as scikit-learn does under bootstrap
  int min_samples_leaf = 1;
  double min_weight_fraction_leaf = 0;  // of the weight of the tree's rows
  double min_impurity_decrease = 0;     // weighted by the node's share of the tree's weight
  // Features looked at per node: so many, or by the rule where it is 0. kShare: that share of all of them.
  enum class MaxFeatures { kSqrt, kLog2, kShare };
  size_t max_features = 0;
  MaxFeatures max_features_rule = MaxFeatures::kSqrt;
  double max_features_share = 1;
  bool bootstrap = true;
  double max_samples = 1;      // rows drawn for a tree, as a share of all; under bootstrap
  bool random_splits = false;  // one random border a feature in place of the best: extra trees
  bool balanced_bags = false;  // the classes of each tree's rows count alike ("balanced_subsample")
  uint64_t seed = 0;
  int threads = 0;  // 0: every core. The forest is the same for any number of them.
};
// Names the option that is out of its range.
Status CheckOptions(const ForestOptions& options);

// What the rows say: classes below class_count (at least 2), or, with class_count 0, values.
struct Targets {
  std::span<const uint32_t> classes = {};
  size_t class_count = 0;
  std::span<const double> values = {};
  std::span<const double> weights = {};  // empty: 1 each; a row of weight 0 does not count

  size_t size() const { return class_count > 0 ? classes.size() : values.size(); }
};

// Features are numbered as in BinnedTable: a numeric column is one, a categorical one as many as it has categories.
// Takes a while; at most about 40 bytes a node and 20 a row and thread. kInvalidArgument for options, columns, targets
// or weights that do not fit.
Result<model::FlatForest> GrowForest(std::span<const FeatureColumn> columns, const Targets& targets,
                                     const ForestOptions& options);

// Of a forest that GrowForest grew of the same arguments, under bootstrap: per row the mean over the trees that did not
// see it, `outputs` numbers a row as in FlatForest, NaN where every tree saw it.
std::vector<double> OutOfBagMeans(const model::FlatForest& forest, std::span<const FeatureColumn> columns,
                                  const Targets& targets, const ForestOptions& options);

}  // namespace slipway::learn
