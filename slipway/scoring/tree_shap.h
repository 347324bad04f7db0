// Exact SHAP values of a tree ensemble: how much each column moved one row's sum away from the mean, with the
// conditional expectation taken along the trees by training weights (path-dependent; Lundberg, Erion, Lee 2018,
// algorithm 2). How they are computed: tree_shap.cc.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/scoring/feature_rows.h"
#include "slipway/scoring/tree_ensemble.h"

namespace slipway::scoring {

// Immutable; used by any number of threads. About 24 bytes a node.
class TreeExplainer {
 public:
  // `features` and `slots` as PackedForest::Compile took and gave them. Features are the players of the game; values of
  // features of one column are added up. kFailedPrecondition says why the ensemble cannot be explained: it carries no
  // training weights, or ones that do not add up; kUnimplemented for nodes with several parents, aggregates other than
  // SUM and AVERAGE, and paths that look at more than 64 features.
  static Result<TreeExplainer> Make(const TreeEnsemble& ensemble, std::span<const Feature> features,
                                    std::span<const Slot> slots, size_t columns, size_t outputs);

  size_t outputs() const { return base_values_.size(); }
  size_t columns() const { return columns_; }
  // Per output the mean of the training rows, by weight, without the ensemble's own base values.
  std::span<const double> base_values() const { return base_values_; }

  // `row` as RowLayout fills it; `values` gets outputs × columns. Together with base_values() an output's values add up
  // to its sum: kInternal when they miss it by more than 1e-5, relative for sums above 1.
  Status Explain(const float* row, std::span<double> values) const;

 private:
  friend class ExplainerBuilder;
  template <int kPoints>
  friend class TreeWalk;

  // Depth first: the left child stands right after its parent.
  struct Node {
    float value = 0;
    uint32_t slot = 0;
    uint32_t right = 0;   // 0: a leaf
    uint32_t column = 0;  // of a leaf: its row in leaves_
    // Of the edge that leads here: the share of weight that took it, times that of every edge about the same feature
    // above; and where the nearest of those is, as its depth (0: there is none).
    float share = 1;
    uint16_t above = 0;
    bool is_equality = false;      // left when equal, else when less or equal
    bool missing_is_left = false;  // of an equality
  };
  struct Tree {
    uint32_t root = 0;
    uint32_t depth = 0;                          // edges of the longest path
    int points = 0;                              // of the quadrature
    uint32_t first_output = 0, last_output = 0;  // that its leaves vote for
  };

  static bool GoesLeft(const Node& node, const float* row) noexcept {
    const float value = row[node.slot];
    if (!node.is_equality) return value <= node.value;
    return value == node.value || (node.missing_is_left && value != value);
  }

  // Of the trees that need so many points.
  template <int kPoints>
  void AddTrees(const float* row, std::span<double> values) const;
  Status CheckSum(const float* row, std::span<const double> values) const;

  std::vector<Node> nodes_;
  std::vector<Tree> trees_;
  std::vector<double> leaves_;  // leaves × outputs, divided already for AVERAGE
  std::vector<double> base_values_;
  size_t columns_ = 0;
};

}  // namespace slipway::scoring
