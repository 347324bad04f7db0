// Rows scored alone and in a batch, against walks through the ensemble node by node.
#include "slipway/scoring/packed_forest.h"

#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace slipway::scoring {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kLowest = -std::numeric_limits<float>::infinity();

struct Shape {
  size_t trees = 0, features = 0;
  int depth = 0;
  size_t outputs = 1;
  unsigned leaves = 6;  // one of so many nodes ends before the full depth
};

class EnsembleMaker {
 public:
  EnsembleMaker(const Shape& shape, std::mt19937& random) : shape_(shape), random_(random) {}

  TreeEnsemble Make() {
    ensemble_.targets = shape_.outputs;
    ensemble_.features = shape_.features;
    for (size_t tree = 0; tree < shape_.trees; ++tree) ensemble_.roots.push_back(Grow(shape_.depth));
    EXPECT_TRUE(MeasureDepths(ensemble_));
    return std::move(ensemble_);
  }

 private:
  // Every feature once before any twice, so that each slot of a row is looked at.
  uint32_t NextFeature() { return static_cast<uint32_t>(next_feature_++ % shape_.features); }

  uint32_t Grow(int depth) {
    const auto at = static_cast<uint32_t>(ensemble_.nodes.size());
    ensemble_.nodes.emplace_back();
    TreeNode node;
    if (depth == 0 || (depth < shape_.depth && random_() % shape_.leaves == 0)) {
      node.first_vote = static_cast<uint32_t>(ensemble_.votes.size());
      node.vote_count = static_cast<uint32_t>(shape_.outputs);
      for (uint32_t output = 0; output < shape_.outputs; ++output)
        ensemble_.votes.push_back({output, static_cast<float>(random_() % 2001) / 1000 - 1});
    } else {
      node.mode = TreeNode::Mode::kLessEqual;
      node.missing_is_true = random_() % 2 == 0;
      node.feature = NextFeature();
      node.value = static_cast<float>(random_() % 9) / 4 - 1;
      node.true_child = Grow(depth - 1);
      node.false_child = Grow(depth - 1);
    }
    ensemble_.nodes[at] = node;
    return at;
  }

  const Shape& shape_;
  std::mt19937& random_;
  TreeEnsemble ensemble_;
  size_t next_feature_ = 0;
};

std::vector<float> WalkOneByOne(const TreeEnsemble& ensemble, const std::vector<float>& row) {
  std::vector<float> sums(ensemble.targets, 0.0f);
  for (const uint32_t root : ensemble.roots) {
    const TreeNode* node = &ensemble.nodes[root];
    while (node->mode != TreeNode::Mode::kLeaf) {
      const float value = row[node->feature];
      const bool is_true = value != value ? node->missing_is_true : value <= static_cast<float>(node->value);
      node = &ensemble.nodes[is_true ? node->true_child : node->false_child];
    }
    for (uint32_t i = node->first_vote; i < node->first_vote + node->vote_count; ++i)
      sums[ensemble.votes[i].target] += ensemble.votes[i].weight;
  }
  return sums;
}

// As RowLayout fills it: slot by slot, -inf at the end.
std::vector<float> PackedRow(const std::vector<Slot>& slots, const std::vector<float>& row) {
  std::vector<float> packed;
  for (const Slot& slot : slots) {
    const float value = row[slot.feature.column];
    packed.push_back(value != value && slot.missing_is_lowest ? kLowest : value);
  }
  packed.push_back(kLowest);
  return packed;
}

void ExpectSame(const Shape& shape) {
  std::mt19937 random(static_cast<unsigned>(shape.trees * 1000 + shape.features));
  const TreeEnsemble ensemble = EnsembleMaker(shape, random).Make();
  std::vector<Feature> features(shape.features);
  for (size_t i = 0; i < features.size(); ++i) features[i].column = i;
  std::vector<Slot> slots;
  const auto forest = PackedForest::Compile(ensemble, features, shape.outputs, slots);
  ASSERT_TRUE(forest);
  std::vector<float> batch, batch_sums, alone_sums;
  for (int i = 0; i < 50; ++i) {
    std::vector<float> row(shape.features);
    for (float& value : row) value = random() % 8 == 0 ? kNaN : static_cast<float>(random() % 17) / 8 - 1;
    // Of exactly its size, so that a look beyond its end is one beyond the allocation.
    const std::vector<float> packed = PackedRow(slots, row);
    std::vector<float> sums(shape.outputs);
    forest->Score(packed.data(), 1, packed.size(), sums.data());
    ASSERT_EQ(sums, WalkOneByOne(ensemble, row)) << shape.trees << " trees of " << shape.features << " features";
    batch.insert(batch.end(), packed.begin(), packed.end());
    alone_sums.insert(alone_sums.end(), sums.begin(), sums.end());
  }
  batch_sums.resize(alone_sums.size());
  forest->Score(batch.data(), 50, slots.size() + 1, batch_sums.data());
  EXPECT_EQ(batch_sums, alone_sums);
}

// A row of up to 128 slots goes through 64 trees at once where the processor gathers fast, each slot in a place of its
// own in registers; the trees that are left over, and wider rows, 16 at once.
TEST(PackedForest, ScoresRowsWhateverTheirWidth) {
  for (const size_t features : {1, 3, 8, 17, 40, 63, 90, 127, 128, 300})
    ExpectSame({.trees = 130, .features = features, .depth = 6});
}

TEST(PackedForest, ScoresRowsWhateverTheNumberOfTrees) {
  for (const size_t trees : {1, 16, 17, 63, 64, 65, 112, 128, 200})
    ExpectSame({.trees = trees, .features = 20, .depth = 5});
}

TEST(PackedForest, ScoresRowsThroughDeepTrees) {
  ExpectSame({.trees = 70, .features = 30, .depth = 21, .leaves = 3});
}

TEST(PackedForest, ScoresRowsForSeveralOutputs) {
  ExpectSame({.trees = 90, .features = 30, .depth = 6, .outputs = 3});
}

}  // namespace
}  // namespace slipway::scoring
