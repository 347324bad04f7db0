// Grows one tree on a binned table. The idea and what was tried: forest.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "slipway/base/hash.h"
#include "slipway/learn/binning.h"
#include "slipway/learn/forest.h"

namespace slipway::learn {

// One tree as in model::FlatForest: depth first, the left child right after its parent; -1 for a leaf's children.
struct GrownTree {
  std::vector<int32_t> left, right;
  std::vector<uint32_t> feature;
  std::vector<float> threshold;
  std::vector<double> fractions;  // `outputs` a node
  std::vector<float> cover;       // the weight of a node's rows

  size_t size() const { return left.size(); }
};

// Everything the trees of a forest share; outlives the growers.
struct GrowContext {
  const BinnedTable& table;
  std::span<const FeatureColumn> columns;  // what the table was binned from
  Targets targets;
  ForestOptions options;
  size_t max_features;           // at least 1
  std::vector<double> n_log2_n;  // x * log2(x) of the first whole numbers; empty unless counts are of rows
  // What a weight of 1 counts in class counts; 1 where rows have no weights of their own.
  double weight_unit = 1;
  double value_offset = 0;  // taken off the targets' values while growing

  bool is_regression() const { return targets.class_count == 0; }
  bool is_weighted() const { return !targets.weights.empty() || options.balanced_bags; }
  size_t outputs() const { return targets.class_count <= 2 ? 1 : targets.class_count; }
};

int ThreadsOf(const ForestOptions& options);
// Each tree's seed depends on the forest's and the tree's number alone, hence no order of growing can show.
std::vector<uint64_t> TreeSeeds(const ForestOptions& options);
// How often each row is in the bag of the tree with that generator, which moves on.
void DrawBag(const ForestOptions& options, size_t rows, SplitMix64& random, std::vector<uint32_t>& draws);

// Owns the buffers of one thread; reused from tree to tree. Not thread-safe.
class TreeGrower {
 public:
  virtual ~TreeGrower() = default;
  // A function of the context and the seed alone.
  virtual GrownTree Grow(uint64_t seed) = 0;
};

std::unique_ptr<TreeGrower> MakeTreeGrower(const GrowContext& context);

}  // namespace slipway::learn
