#include "random_trees.h"

#include <limits>

namespace slipway::ort_cases {

using model::Attribute;
using model::ElementType;

namespace {

// The parallel lists, as trees grow.
struct NodeLists {
  std::vector<int64_t> trees, ids, features, yes, no, missing;
  std::vector<float> values;
  std::vector<std::string> modes;
  std::vector<int64_t> vote_trees, vote_nodes, vote_targets;
  std::vector<float> vote_weights;
};

class TreeGrower {
 public:
  TreeGrower(Random& random, const TreeShape& shape, NodeLists& lists)
      : random_(random), shape_(shape), lists_(lists) {}

  void Grow(int64_t tree) {
    tree_ = tree;
    next_id_ = 0;
    AddNode(0);
  }

 private:
  int64_t AddNode(size_t depth) {
    const int64_t id = next_id_++;
    const size_t at = lists_.ids.size();
    lists_.trees.push_back(tree_);
    lists_.ids.push_back(id);
    lists_.missing.push_back(static_cast<int64_t>(random_.Below(2)));
    lists_.values.push_back(random_.Number());
    lists_.features.push_back(static_cast<int64_t>(random_.Below(shape_.features)));
    lists_.yes.push_back(0);
    lists_.no.push_back(0);
    const bool is_leaf = depth == shape_.depth_max || (depth > 0 && random_.Chance(3));
    lists_.modes.push_back(is_leaf ? "LEAF" : Mode());
    if (is_leaf) {
      AddVotes(id);
      return id;
    }
    const int64_t yes = AddNode(depth + 1), no = AddNode(depth + 1);
    lists_.yes[at] = yes;
    lists_.no[at] = no;
    return id;
  }

  std::string Mode() {
    static const std::vector<std::string> kModes = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                                    "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
    return shape_.only_less_equal ? kModes[0] : random_.Of(kModes);
  }

  void AddVotes(int64_t node) {
    const size_t one = random_.Below(shape_.outputs);
    for (size_t target = 0; target < shape_.outputs; ++target) {
      const bool votes = shape_.only_output >= 0 ? target == static_cast<size_t>(shape_.only_output)
                                                 : shape_.votes_everywhere || target == one;
      if (!votes) continue;
      const float weight = random_.Number() / 8;
      lists_.vote_trees.push_back(tree_);
      lists_.vote_nodes.push_back(node);
      lists_.vote_targets.push_back(static_cast<int64_t>(target));
      lists_.vote_weights.push_back(shape_.positive_weights && weight < 0 ? -weight : weight);
    }
  }

  Random& random_;
  const TreeShape& shape_;
  NodeLists& lists_;
  int64_t tree_ = 0, next_id_ = 0;
};

}  // namespace

std::vector<Attribute> RandomTrees(Random& random, const TreeShape& shape, const std::string& prefix) {
  NodeLists lists;
  TreeGrower grower(random, shape, lists);
  for (size_t tree = 0; tree < shape.trees; ++tree) grower.Grow(static_cast<int64_t>(tree));
  return {Attribute::Ints("nodes_treeids", lists.trees),
          Attribute::Ints("nodes_nodeids", lists.ids),
          Attribute::Ints("nodes_featureids", lists.features),
          Attribute::Ints("nodes_truenodeids", lists.yes),
          Attribute::Ints("nodes_falsenodeids", lists.no),
          Attribute::Ints("nodes_missing_value_tracks_true", lists.missing),
          Attribute::Floats("nodes_values", lists.values),
          Attribute::Strings("nodes_modes", lists.modes),
          Attribute::Ints(prefix + "treeids", lists.vote_trees),
          Attribute::Ints(prefix + "nodeids", lists.vote_nodes),
          Attribute::Ints(prefix + "ids", lists.vote_targets),
          Attribute::Floats(prefix + "weights", lists.vote_weights)};
}

namespace {

constexpr int64_t kMember = 6;

struct UnifiedLists {
  std::vector<int64_t> features, yes, no, yes_is_leaf, no_is_leaf, missing, modes, targets, roots;
  std::vector<float> splits, members, weights;
};

// The node's place.
int64_t AddUnifiedNode(Random& random, size_t depth, size_t features, size_t targets, UnifiedLists& lists) {
  const size_t at = lists.features.size();
  lists.features.push_back(static_cast<int64_t>(random.Below(features)));
  lists.missing.push_back(static_cast<int64_t>(random.Below(2)));
  lists.splits.push_back(random.Number());
  const int64_t mode = lists.modes.emplace_back(static_cast<int64_t>(random.Below(kMember + 1)));
  if (mode == kMember) {
    // The runtime knows integers alone.
    for (const int64_t member : random.Integers(1 + random.Below(4), 10))
      lists.members.push_back(static_cast<float>(member + 1));
    lists.members.push_back(std::numeric_limits<float>::quiet_NaN());
  }
  for (auto* list : {&lists.yes, &lists.no, &lists.yes_is_leaf, &lists.no_is_leaf}) list->push_back(0);
  for (const bool is_yes : {true, false}) {
    const bool is_leaf = depth == 3 || random.Chance(2);
    int64_t child = 0;
    if (is_leaf) {
      child = static_cast<int64_t>(lists.targets.size());
      lists.targets.push_back(static_cast<int64_t>(random.Below(targets)));
      lists.weights.push_back(random.Number());
    } else {
      child = AddUnifiedNode(random, depth + 1, features, targets, lists);
    }
    (is_yes ? lists.yes : lists.no)[at] = child;
    (is_yes ? lists.yes_is_leaf : lists.no_is_leaf)[at] = is_leaf ? 1 : 0;
  }
  return static_cast<int64_t>(at);
}

}  // namespace

std::vector<Attribute> RandomUnifiedTrees(Random& random, size_t trees, size_t features, size_t targets) {
  UnifiedLists lists;
  for (size_t tree = 0; tree < trees; ++tree)
    lists.roots.push_back(AddUnifiedNode(random, 0, features, targets, lists));
  const auto size = [](const auto& list) { return std::vector<int64_t>{static_cast<int64_t>(list.size())}; };
  std::vector<Attribute> attributes = {
      Attribute::Ints("nodes_featureids", lists.features),
      Attribute::Ints("nodes_truenodeids", lists.yes),
      Attribute::Ints("nodes_falsenodeids", lists.no),
      Attribute::Ints("nodes_trueleafs", lists.yes_is_leaf),
      Attribute::Ints("nodes_falseleafs", lists.no_is_leaf),
      Attribute::Ints("nodes_missing_value_tracks_true", lists.missing),
      Attribute::Ints("leaf_targetids", lists.targets),
      Attribute::Ints("tree_roots", lists.roots),
      Attribute::Int("n_targets", static_cast<int64_t>(targets)),
      Attribute::Int("aggregate_function", static_cast<int64_t>(random.Below(2))),
      Attribute::Int("post_transform", 0),
      TensorAttribute("nodes_modes", Integers(size(lists.modes), lists.modes, ElementType::kUint8)),
      TensorAttribute("nodes_splits", Floats(size(lists.splits), lists.splits)),
      TensorAttribute("leaf_weights", Floats(size(lists.weights), lists.weights))};
  if (!lists.members.empty())
    attributes.push_back(TensorAttribute("membership_values", Floats(size(lists.members), lists.members)));
  return attributes;
}

ElementType NumberTypeOfTrees(Random& random) {
  return random.Of(
      std::vector<ElementType>{ElementType::kFloat, ElementType::kFloat, ElementType::kDouble, ElementType::kInt64});
}

}  // namespace slipway::ort_cases
