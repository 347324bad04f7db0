// Grows one tree on a binned table. The idea and what was tried: forest.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

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
  std::span<const uint32_t> classes;
  size_t class_count;
  ForestOptions options;
  size_t max_features;           // at least 1
  std::vector<double> n_log2_n;  // x * log2(x) of the first whole numbers; empty for gini

  size_t outputs() const { return class_count == 2 ? 1 : class_count; }
};

// Owns the buffers of one thread; reused from tree to tree. Not thread-safe.
class TreeGrower {
 public:
  virtual ~TreeGrower() = default;
  // A function of the context and the seed alone.
  virtual GrownTree Grow(uint64_t seed) = 0;
};

std::unique_ptr<TreeGrower> MakeTreeGrower(const GrowContext& context);

}  // namespace slipway::learn
