// Trees laid out for scoring. See packed_forest.cc for what was measured.
#pragma once

#include <bit>
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
  // The same of one row where the processor gathers fast, for rows of up to kManySlots.
  static constexpr int kManyLanes = 64, kManySlots = 128;

  // Deep trees look now and then whether all walks have reached their leaves.
  static constexpr bool IsTimeToLook(uint32_t level, uint32_t depth) {
    constexpr uint32_t kLookEvery = 8;
    return level % kLookEvery == kLookEvery - 1 && level + kLookEvery / 2 < depth;
  }

  void ScoreOne(const float* row, size_t width, float* sums) const noexcept;
  void ScoreBlock(const float* rows, size_t count, size_t width, float* sums) const noexcept;
  template <typename RowOf>
  void Walk(uint32_t (&places)[kLanes], uint32_t depth, RowOf row) const noexcept;
  template <typename RowOf, size_t... kLane>
  void WalkLanes(uint32_t (&places)[kLanes], uint32_t depth, RowOf row, std::index_sequence<kLane...>) const noexcept;
  // packed_forest_avx512.cc: as ScoreOne, through as many trees as make whole groups of kManyLanes; gives their number.
  size_t ScoreMany(const float* row, size_t width, float& sum, float* sums) const noexcept;
  static bool HasFastGathers() noexcept;

  // Of a forest with several outputs.
  void AddLeaf(uint32_t place, float* sums) const noexcept {
    const float* weights = leaf_table_.data() + std::bit_cast<uint32_t>(nodes_[place].value) * outputs_;
    for (size_t i = 0; i < outputs_; ++i) sums[i] += weights[i];
  }

  std::vector<Node> nodes_;
  std::vector<uint32_t> roots_;
  std::vector<uint32_t> depths_;        // per tree
  std::vector<uint32_t> group_depths_;  // per kLanes trees, of the deepest
  std::vector<float> leaf_table_;
  uint32_t feature_bits_ = 0;
  uint32_t feature_mask_ = 0;
  bool walks_many_ = false, takes_rows_alone_ = false;
  size_t outputs_ = 1;
  float divisor_ = 1;  // AVERAGE
};

}  // namespace slipway::scoring
