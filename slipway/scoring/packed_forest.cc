// How trees are laid out and walked, and why.
//
// A walk is a chain of loads, each waiting for the one before. What counts is how many chains are in flight, then how
// many instructions a step takes, then where the nodes stand. Tried on the forest of `score-core` (500 trees of depth
// 10, 425,000 nodes of 81 features, real rows in random order; AMD EPYC of Zen 5 with 1 MiB of L2, one thread, g++ 12;
// microseconds a row, tenth percentiles on a busy machine, where a quiet one takes about two thirds):
//
//   instructions   a step's lanes in SSE vectors, as g++ -O2 makes them of a loop over lanes     7.2
//                  the lanes written out, as scalars (cmake/rooms.cmake keeps vectors off)        4.5
//                  thresholds and features as integers that sort alike, compared with carry      4.8 (12 lanes: 4.5)
//                  the sum in memory instead of a register                                       5.5
//   lanes          8: 5.2 · 10: 4.7 · 12 to 20: 4.5 · 24: 4.7 · 32: 4.7
//   node order     depth first, left before right: 6.2, against 5.8 with the side first that more training rows took;
//                  the top 4 levels of all trees before the rest: the same for a row, a third less in batches;
//                  all nodes by their training rows: 6.1; cache lines of up to 4 pairs that rows pass together: 5.7,
//                  and a seventh more in batches (these five with vectors, before they were off)
//   huge pages     no difference
//   ranks          4-byte nodes of a feature, a threshold's rank and an offset: 5.3, as taking them apart costs more
//                  than the smaller table saves; with the search for a row's ranks (12 features of 3,500
//                  thresholds) 6.5
//   bit vectors    QuickScorer's: 88,000 of 212,000 tests are false for a row, and each costs an AND: at least 44
//   gathers        AVX2 12.6 and 8.0 (16 and 32 trees), AVX-512 7.7 and 6.9 (32 and 64), against 5.0 with vectors of
//                  SSE on an earlier, made-up forest: a gather fetches its lanes one by one, and a level needs three
//
// In batches trees go over blocks of 64 rows, 16 rows at once, while a tree is in the nearest cache: blocks of 256 rows
// take half as long again, 8 rows at once as well.
//
// A row alone on an Intel Xeon with AMX and 2 MiB of L2 (Granite Rapids, to judge by its caches), on a quiet machine,
// in microseconds; the row of `score-http` again and again, then rows in random order:
//
//   16 lanes written out, as scalars                                          3.4   3.6
//   AVX2, three gathers a level, 16 and 32 lanes                              5.5   5.7 · 3.3   3.5
//   AVX-512, three gathers a level, 16, 32 and 64 lanes                       6.0   6.2 · 3.7   3.9 · 3.4   3.5
//     the row in registers, found by permutations: two gathers, 16, 32, 64    4.3   4.5 · 2.7   2.9 · 1.8   2.0
//     80, 96 and 128 lanes                                                    1.8   1.9 · 1.9   2.0 · 1.7   1.8
//     64 lanes, registers for 128 slots instead of 96                         2.1   2.2
//     the same, a group's sum added up while the next one walks               1.9   2.0, as it stands
//
// By that, 500 trees of 63 leaves take 3.8 instead of 6.7, 900 trees of depth 25, beyond L2, 34 instead of 43. A
// batch's rows take as long one by one, where blocks of them take 5.0 to 5.7 and 7.0 to 7.7, and 34 to 40 beyond L2.
//
// So: 16 walks in flight; 8 bytes a node, siblings side by side, so that a step is one load of the node, one of the
// feature, a comparison and an addition, without a branch. Leaves point at themselves, so that walks of different
// length end together. A row alone takes 64 walks at once in AVX-512 where that is fast (packed_forest_avx512.cc), and
// so do the rows of a batch through a forest of ordinary size. In a block, each lane has a row of its own, which does
// not fit into registers: no gathers there. Not done: padding to perfect trees, which doubles the nodes of ordinary
// forests.
#include "slipway/scoring/packed_forest.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace slipway::scoring {
namespace {

using Mode = TreeNode::Mode;

constexpr float kLowest = -std::numeric_limits<float>::infinity();
// Levels of all trees that stand together, before everything below them: every row passes there.
constexpr int kHotLevels = 4;
// Rows of a batch that share a tree while it is in the nearest cache.
constexpr size_t kBlockRows = 64;
// A forest that is not much larger than a core's caches, where 64 walks of one row beat 16 rows that share a tree.
constexpr size_t kNearBytes = 8 << 20;

float NextBelow(float value) {
  return std::nextafter(value, kLowest);
}

// An inner node in the packed form: `value` left or right. A test for equality takes two of them.
struct Test {
  float value = 0;
  bool missing_is_lowest = false;
  uint64_t left = 0, right = 0;  // sources: 2 * node, or 2 * node + 1 for an equality's second test
};

uint64_t First(uint32_t node) {
  return 2 * static_cast<uint64_t>(node);
}

Test TestOf(const TreeNode& node, uint64_t source) {
  const float value = static_cast<float>(node.value);
  const uint64_t yes = First(node.true_child), no = First(node.false_child);
  const bool is_second = (source & 1) != 0;
  switch (node.mode) {
    case Mode::kLessEqual:
      return {value, node.missing_is_true, yes, no};
    case Mode::kLess:
      return {NextBelow(value), node.missing_is_true, yes, no};
    case Mode::kGreater:
      return {value, !node.missing_is_true, no, yes};
    case Mode::kGreaterEqual:
      return {NextBelow(value), !node.missing_is_true, no, yes};
    case Mode::kEqual:
      if (is_second) return {NextBelow(value), false, no, yes};
      return {value, node.missing_is_true, source + 1, no};
    case Mode::kNotEqual:
      if (is_second) return {NextBelow(value), false, yes, no};
      return {value, false, source + 1, yes};
    case Mode::kLeaf:
      break;
  }
  return {};
}

bool IsEquality(const TreeNode& node) {
  return node.mode == Mode::kEqual || node.mode == Mode::kNotEqual;
}

bool IsPackable(const TreeNode& node) {
  if (node.mode == Mode::kLeaf) return true;
  const float value = static_cast<float>(node.value);
  if (static_cast<double>(value) != node.value) return false;  // NaN as well
  // Nothing lies below -inf.
  return value != kLowest || node.mode == Mode::kLessEqual || node.mode == Mode::kGreater;
}

}  // namespace

// Compiles one ensemble.
class ForestPacker {
 public:
  ForestPacker(const TreeEnsemble& ensemble, std::span<const Feature> features, size_t outputs)
      : ensemble_(ensemble), features_(features), slot_of_(2 * features.size(), kNoSlot) {
    forest_.outputs_ = outputs;
  }

  std::optional<PackedForest> Pack(std::vector<Slot>& slots) {
    using Aggregate = TreeEnsemble::Aggregate;
    if (ensemble_.aggregate != Aggregate::kSum && ensemble_.aggregate != Aggregate::kAverage) return std::nullopt;
    if (ensemble_.aggregate == Aggregate::kAverage) forest_.divisor_ = static_cast<float>(ensemble_.roots.size());
    if (!std::all_of(ensemble_.nodes.begin(), ensemble_.nodes.end(), IsPackable)) return std::nullopt;
    ChooseSlots(slots);
    if (!ChooseBits(slots.size())) return std::nullopt;
    if (forest_.outputs_ > 1) AddLeafRow(std::vector<float>(forest_.outputs_, 0.0f));
    if (!PackTrees()) return std::nullopt;
    PadTrees();
    forest_.walks_many_ = forest_.roots_.size() >= PackedForest::kManyLanes &&
                          slots.size() < PackedForest::kManySlots && PackedForest::HasFastGathers();
    forest_.takes_rows_alone_ = forest_.walks_many_ && forest_.bytes() <= kNearBytes;
    return std::move(forest_);
  }

 private:
  // Where a source is to be written.
  struct Place {
    uint64_t source;
    uint32_t at;
  };

  static constexpr uint32_t kNoSlot = 0xFFFF'FFFF;
  static constexpr uint32_t kNoPair = 0;  // the first root stands there

  bool IsLowest(const TreeNode& node, const Test& test) const {
    return test.missing_is_lowest && !IsNeverMissing(features_[node.feature]);
  }

  // Slots in the order of the columns, so that a row is filled from one end to the other.
  void ChooseSlots(std::vector<Slot>& slots) {
    std::vector<uint8_t> used(slot_of_.size());
    for (size_t i = 0; i < ensemble_.nodes.size(); ++i) {
      const TreeNode& node = ensemble_.nodes[i];
      if (node.mode == Mode::kLeaf) continue;
      const uint64_t source = First(static_cast<uint32_t>(i));
      used[2 * node.feature + IsLowest(node, TestOf(node, source))] = 1;
      if (IsEquality(node)) used[2 * node.feature + IsLowest(node, TestOf(node, source + 1))] = 1;
    }
    std::map<Slot, uint32_t> order;
    for (size_t i = 0; i < used.size(); ++i)
      if (used[i]) order.emplace(Slot{features_[i / 2], i % 2 != 0}, 0);
    for (auto& [slot, index] : order) {
      index = static_cast<uint32_t>(slots.size());
      slots.push_back(slot);
    }
    for (size_t i = 0; i < used.size(); ++i)
      if (used[i]) slot_of_[i] = order.find(Slot{features_[i / 2], i % 2 != 0})->second;
  }

  bool ChooseBits(size_t slots) {
    forest_.feature_bits_ = static_cast<uint32_t>(std::bit_width(slots));
    forest_.feature_mask_ = (1u << forest_.feature_bits_) - 1;
    stay_ = static_cast<uint32_t>(slots);
    const size_t equalities =
        static_cast<size_t>(std::count_if(ensemble_.nodes.begin(), ensemble_.nodes.end(), IsEquality));
    // Pairs of children, roots and padding; nodes with several parents are written once a parent.
    const size_t max_nodes = size_t{1} << (32 - forest_.feature_bits_);
    return 2 * (ensemble_.nodes.size() + equalities) + 2 * PackedForest::kLanes + ensemble_.roots.size() < max_nodes;
  }

  // Pairs of siblings: the hot levels tree by tree, level by level; then depth first, the side that more training rows
  // took before the other. A source that is met again is not packed again.
  bool PackTrees() {
    const bool has_equality = std::any_of(ensemble_.nodes.begin(), ensemble_.nodes.end(), IsEquality);
    pairs_.assign(2 * ensemble_.nodes.size(), kNoPair);
    forest_.nodes_.reserve(ensemble_.nodes.size() + ensemble_.roots.size());
    std::vector<Place> below;
    for (size_t tree = 0; tree < ensemble_.roots.size(); ++tree) {
      const auto root = static_cast<uint32_t>(forest_.nodes_.size());
      forest_.roots_.push_back(root);
      forest_.depths_.push_back(ensemble_.depths[tree] * (has_equality ? 2 : 1));
      forest_.nodes_.push_back({});
      std::vector<Place> level = {{First(ensemble_.roots[tree]), root}};
      for (int depth = 0; depth < kHotLevels; ++depth) {
        if (!PackAll(level)) return false;
        level.swap(children_);
        children_.clear();
      }
      below.insert(below.end(), level.begin(), level.end());
    }
    for (const Place& place : below)
      if (!PackSubtree(place)) return false;
    return true;
  }

  bool PackSubtree(const Place& top) {
    std::vector<Place> stack = {top};
    while (!stack.empty()) {
      const Place place = stack.back();
      stack.pop_back();
      if (!PackAll({&place, 1})) return false;
      if (children_.size() == 2 && Cover(children_[1]) > Cover(children_[0])) std::swap(children_[0], children_[1]);
      stack.insert(stack.end(), children_.rbegin(), children_.rend());
      children_.clear();
    }
    return true;
  }

  float Cover(const Place& place) const { return ensemble_.covers.empty() ? 0 : ensemble_.covers[place.source / 2]; }

  // Writes the nodes at `places`; adds the places of their children to children_.
  bool PackAll(std::span<const Place> places) {
    for (const Place& place : places) {
      const TreeNode& node = ensemble_.nodes[place.source / 2];
      if (node.mode != Mode::kLeaf) {
        PackInner(node, place);
      } else if (!PackLeaf(node, place.at)) {
        return false;
      }
    }
    return true;
  }

  void PackInner(const TreeNode& node, const Place& place) {
    const Test test = TestOf(node, place.source);
    uint32_t& pair = pairs_[place.source];
    if (pair == kNoPair) {
      pair = static_cast<uint32_t>(forest_.nodes_.size());
      forest_.nodes_.resize(forest_.nodes_.size() + 2);
      children_.push_back({test.left, pair});
      children_.push_back({test.right, pair + 1});
    }
    const uint32_t slot = slot_of_[2 * node.feature + IsLowest(node, test)];
    forest_.nodes_[place.at] = {test.value, pair << forest_.feature_bits_ | slot};
  }

  bool PackLeaf(const TreeNode& leaf, uint32_t at) {
    std::vector<float> weights(forest_.outputs_, 0.0f);
    std::vector<uint8_t> voted(forest_.outputs_);
    for (uint32_t i = leaf.first_vote; i < leaf.first_vote + leaf.vote_count; ++i) {
      const Vote& vote = ensemble_.votes[i];
      const size_t output = forest_.outputs_ == 1 ? 0 : vote.target;
      // Two additions would round otherwise than one.
      if (voted[output]++ != 0 || std::isnan(vote.weight)) return false;
      weights[output] = vote.weight;
    }
    const float value = forest_.outputs_ == 1 ? weights[0] : std::bit_cast<float>(AddLeafRow(weights));
    if (std::isnan(value)) return false;
    forest_.nodes_[at] = {value, at << forest_.feature_bits_ | stay_};
    return true;
  }

  // The index of these weights in the table; equal rows stand there once.
  uint32_t AddLeafRow(const std::vector<float>& weights) {
    const auto [known, is_new] = leaf_rows_.emplace(weights, static_cast<uint32_t>(leaf_rows_.size()));
    if (is_new) forest_.leaf_table_.insert(forest_.leaf_table_.end(), weights.begin(), weights.end());
    return known->second;
  }

  // Lone leaves of weight 0 up to whole groups: adding 0 changes no sum.
  void PadTrees() {
    while (forest_.roots_.size() % PackedForest::kLanes != 0) {
      const auto at = static_cast<uint32_t>(forest_.nodes_.size());
      forest_.nodes_.push_back({0.0f, at << forest_.feature_bits_ | stay_});
      forest_.roots_.push_back(at);
      forest_.depths_.push_back(0);
    }
    for (auto first = forest_.depths_.begin(); first != forest_.depths_.end(); first += PackedForest::kLanes)
      forest_.group_depths_.push_back(*std::max_element(first, first + PackedForest::kLanes));
  }

  const TreeEnsemble& ensemble_;
  std::span<const Feature> features_;
  PackedForest forest_;
  std::vector<uint32_t> slot_of_;  // per feature and meaning of a missing value
  uint32_t stay_ = 0;
  std::vector<Place> children_;
  std::vector<uint32_t> pairs_;  // per source, where its children stand
  std::map<std::vector<float>, uint32_t> leaf_rows_;
};

std::optional<PackedForest> PackedForest::Compile(const TreeEnsemble& ensemble, std::span<const Feature> features,
                                                  size_t outputs, std::vector<Slot>& slots) {
  return ForestPacker(ensemble, features, outputs).Pack(slots);
}

// Sends kLanes walks down `depth` levels. The lanes are written out one after another, so that each is a variable of
// its own.
template <typename RowOf>
inline void PackedForest::Walk(uint32_t (&places)[kLanes], uint32_t depth, RowOf row) const noexcept {
  WalkLanes(places, depth, row, std::make_index_sequence<kLanes>());
}

template <typename RowOf, size_t... kLane>
inline void PackedForest::WalkLanes(uint32_t (&places)[kLanes], uint32_t depth, RowOf row,
                                    std::index_sequence<kLane...>) const noexcept {
  const Node* const nodes = nodes_.data();
  const uint32_t bits = feature_bits_, mask = feature_mask_;
  const auto step = [nodes, bits, mask](uint32_t at, const float* values) {
    const Node node = nodes[at];
    return (node.link >> bits) + (values[node.link & mask] <= node.value ? 0u : 1u);
  };
  uint32_t at[kLanes] = {places[kLane]...};
  for (uint32_t level = 0; level < depth; ++level) {
    ((at[kLane] = step(at[kLane], row(kLane))), ...);
    if (IsTimeToLook(level, depth)) {
      const bool is_moving = ((nodes[at[kLane]].link >> bits != at[kLane]) || ...);
      if (!is_moving) break;
    }
  }
  ((places[kLane] = at[kLane]), ...);
}

// Trees side by side. A lone sum stays in a register: through memory each addition would wait for the store before it.
void PackedForest::ScoreOne(const float* row, size_t width, float* sums) const noexcept {
  float sum = 0;
  size_t tree = walks_many_ ? ScoreMany(row, width, sum, sums) : 0;
  for (; tree < roots_.size(); tree += kLanes) {
    uint32_t at[kLanes];
    std::copy_n(roots_.data() + tree, kLanes, at);
    Walk(at, group_depths_[tree / kLanes], [row](size_t) { return row; });
    if (outputs_ == 1) {
      for (const uint32_t leaf : at) sum += nodes_[leaf].value;
    } else {
      for (const uint32_t leaf : at) AddLeaf(leaf, sums);
    }
  }
  if (outputs_ == 1) sums[0] = sum;
}

// Tree after tree, rows side by side.
void PackedForest::ScoreBlock(const float* rows, size_t count, size_t width, float* sums) const noexcept {
  for (size_t tree = 0; tree < roots_.size(); ++tree) {
    for (size_t first = 0; first < count; first += kLanes) {
      // Lanes past the end walk the last row; their leaves are not used.
      const size_t used = std::min<size_t>(kLanes, count - first);
      const float* lanes[kLanes];
      for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = rows + (first + std::min(lane, used - 1)) * width;
      uint32_t at[kLanes];
      std::fill_n(at, kLanes, roots_[tree]);
      Walk(at, depths_[tree], [&lanes](size_t lane) { return lanes[lane]; });
      for (size_t lane = 0; lane < used; ++lane) {
        if (outputs_ == 1) {
          sums[first + lane] += nodes_[at[lane]].value;
        } else {
          AddLeaf(at[lane], sums + (first + lane) * outputs_);
        }
      }
    }
  }
}

void PackedForest::Score(const float* rows, size_t count, size_t width, float* sums) const noexcept {
  std::fill_n(sums, count * outputs_, 0.0f);
  if (count < kLanes || takes_rows_alone_) {
    for (size_t row = 0; row < count; ++row) ScoreOne(rows + row * width, width, sums + row * outputs_);
  } else {
    for (size_t row = 0; row < count; row += kBlockRows)
      ScoreBlock(rows + row * width, std::min(kBlockRows, count - row), width, sums + row * outputs_);
  }
  if (divisor_ != 1)
    for (size_t i = 0; i < count * outputs_; ++i) sums[i] /= divisor_;
}

}  // namespace slipway::scoring
