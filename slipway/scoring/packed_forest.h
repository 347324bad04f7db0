// Trees laid out for scoring. See packed_forest.cc for what was measured.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "slipway/scoring/feature_rows.h"
#include "slipway/scoring/tree_ensemble.h"

namespace slipway::scoring {

// Immutable; scored by any number of threads. Adds leaf weights in float32 in the order of the trees, as ONNX Runtime
// does with one thread: sums are equal bit for bit.
class PackedForest {
 public:
  // `features[f]` is what the ensemble's feature f stands for. nullopt for an ensemble this layout cannot hold:
  // thresholds that are no float32, too many nodes for the features, aggregates other than SUM and AVERAGE. `slots`
  // gets what rows have to hold.
  static std::optional<PackedForest> Compile(const TreeEnsemble& ensemble, std::span<const Feature> features,
                                             size_t outputs, std::vector<Slot>& slots);

  // `rows` of `width` floats each, as RowLayout fills them; `sums` gets rows × outputs, without base values.
  void Score(const float* rows, size_t count, size_t width, float* sums) const noexcept;

  size_t outputs() const { return outputs_; }
  size_t trees() const { return roots_.size(); }
  size_t nodes() const { return nodes_.size(); }
  size_t bytes() const { return nodes_.size() * sizeof(Node) + leaf_table_.size() * sizeof(float); }

 private:
  friend class ForestPacker;

  // An inner node goes on at `child` when row[feature] <= value, else (NaN as well) at child + 1. A leaf's feature is
  // the row's last slot, -inf, and its child itself: whoever is there stays. Its value is the weight, or with several
  // outputs the bits of an index into leaf_table_.
  struct Node {
    float value;
    uint32_t link;  // child << feature_bits_ | feature
  };

  // Walks in flight: of one row through as many trees, or of as many rows through one tree.
  static constexpr int kLanes = 16;

  void ScoreOne(const float* row, float* sums) const noexcept;
  void ScoreBlock(const float* rows, size_t count, size_t width, float* sums) const noexcept;
  template <typename RowOf>
  void Walk(uint32_t (&places)[kLanes], uint32_t depth, RowOf row) const noexcept;
  template <typename RowOf, size_t... kLane>
  void WalkLanes(uint32_t (&places)[kLanes], uint32_t depth, RowOf row, std::index_sequence<kLane...>) const noexcept;
  void AddLeaf(Node leaf, float* sums) const noexcept;

  std::vector<Node> nodes_;
  std::vector<uint32_t> roots_;
  std::vector<uint32_t> depths_;        // per tree
  std::vector<uint32_t> group_depths_;  // per kLanes trees, of the deepest
  std::vector<float> leaf_table_;
  uint32_t feature_bits_ = 0;
  uint32_t feature_mask_ = 0;
  size_t outputs_ = 1;
  float divisor_ = 1;  // AVERAGE
};

}  // namespace slipway::scoring
