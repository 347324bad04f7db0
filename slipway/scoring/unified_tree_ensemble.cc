// The operator TreeEnsemble of ai.onnx.ml 5: inner nodes and leaves in lists of their own, places instead of ids, enums
// as numbers, and tests for membership.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "slipway/scoring/tree_ensemble.h"

namespace slipway::scoring {
namespace {

using model::Attribute;
using model::Node;
using Mode = TreeNode::Mode;

constexpr int64_t kMember = 6;

class UnifiedReader {
 public:
  explicit UnifiedReader(const Node& node) : node_(node) {}

  Result<TreeEnsemble> Read() {
    SLIPWAY_RETURN_IF_ERROR(ReadLists());
    SLIPWAY_RETURN_IF_ERROR(ReadLeaves());
    SLIPWAY_RETURN_IF_ERROR(ReadInner());
    SLIPWAY_RETURN_IF_ERROR(ReadRoots());
    SLIPWAY_RETURN_IF_ERROR(ReadRest());
    SLIPWAY_RETURN_IF_ERROR(MeasureDepths(ensemble_));
    return std::move(ensemble_);
  }

 private:
  std::vector<int64_t> Ints(std::string_view name) const {
    const Attribute* attribute = node_.Find(name);
    return attribute == nullptr ? std::vector<int64_t>() : attribute->ints;
  }
  int64_t Int(std::string_view name, int64_t otherwise) const {
    const Attribute* attribute = node_.Find(name);
    return attribute == nullptr ? otherwise : attribute->integer;
  }
  std::vector<double> Reals(std::string_view name) const {
    const Attribute* attribute = node_.Find(name);
    if (attribute == nullptr) return {};
    if (!attribute->tensor.doubles.empty()) return attribute->tensor.doubles;
    return {attribute->tensor.floats.begin(), attribute->tensor.floats.end()};
  }

  Status ReadLists() {
    features_ = Ints("nodes_featureids");
    yes_ = Ints("nodes_truenodeids");
    no_ = Ints("nodes_falsenodeids");
    yes_is_leaf_ = Ints("nodes_trueleafs");
    no_is_leaf_ = Ints("nodes_falseleafs");
    missing_ = Ints("nodes_missing_value_tracks_true");
    splits_ = Reals("nodes_splits");
    const Attribute* modes = node_.Find("nodes_modes");
    if (modes != nullptr) modes_ = modes->tensor.ints;
    const size_t count = features_.size();
    if (count == 0 || yes_.size() != count || no_.size() != count || yes_is_leaf_.size() != count ||
        no_is_leaf_.size() != count || splits_.size() != count || modes_.size() != count ||
        (!missing_.empty() && missing_.size() != count))
      return InvalidArgument("the lists nodes_* are empty or differ in length");
    return {};
  }

  // Leaves come first: their places are known before those of inner nodes.
  Status ReadLeaves() {
    const std::vector<int64_t> targets = Ints("leaf_targetids");
    const std::vector<double> weights = Reals("leaf_weights");
    const int64_t count = Int("n_targets", 1);
    if (count < 1) return InvalidArgument("n_targets has to be at least 1");
    ensemble_.targets = static_cast<size_t>(count);
    if (targets.empty() || targets.size() != weights.size())
      return InvalidArgument("leaf_targetids and leaf_weights are empty or differ in length");
    for (size_t i = 0; i < targets.size(); ++i) {
      if (targets[i] < 0 || targets[i] >= count)
        return InvalidArgument(fmt::format("leaf_targetids: {} is not below {}", targets[i], count));
      TreeNode leaf;
      leaf.first_vote = static_cast<uint32_t>(i);
      leaf.vote_count = 1;
      ensemble_.nodes.push_back(leaf);
      ensemble_.votes.push_back({static_cast<uint32_t>(targets[i]), static_cast<float>(weights[i])});
    }
    return {};
  }

  // Inner nodes in the order of the file, those for further members of a set after all of them.
  Status ReadInner() {
    leaves_ = ensemble_.nodes.size();
    ensemble_.nodes.resize(leaves_ + features_.size());
    for (size_t i = 0; i < features_.size(); ++i) {
      TreeNode node;
      if (features_[i] < 0 || features_[i] > 0xFFFF'FFFE)
        return InvalidArgument(fmt::format("nodes_featureids: {} is no feature", features_[i]));
      node.feature = static_cast<uint32_t>(features_[i]);
      ensemble_.features = std::max(ensemble_.features, static_cast<size_t>(node.feature) + 1);
      node.value = splits_[i];
      node.missing_is_true = !missing_.empty() && missing_[i] != 0;
      SLIPWAY_ASSIGN_OR_RETURN(node.true_child, PlaceOf(yes_[i], yes_is_leaf_[i]));
      SLIPWAY_ASSIGN_OR_RETURN(node.false_child, PlaceOf(no_[i], no_is_leaf_[i]));
      SLIPWAY_RETURN_IF_ERROR(modes_[i] == kMember ? AddMembers(i, node) : AddTest(i, node));
    }
    return {};
  }

  Result<uint32_t> PlaceOf(int64_t index, int64_t is_leaf) const {
    const size_t count = is_leaf != 0 ? leaves_ : features_.size();
    if (index < 0 || static_cast<size_t>(index) >= count)
      return InvalidArgument(fmt::format("a node leads to {} {} of {}", is_leaf != 0 ? "leaf" : "node", index, count));
    return static_cast<uint32_t>(is_leaf != 0 ? 0 : leaves_) + static_cast<uint32_t>(index);
  }

  Status AddTest(size_t i, TreeNode node) {
    static constexpr Mode kModes[] = {Mode::kLessEqual, Mode::kLess,  Mode::kGreaterEqual,
                                      Mode::kGreater,   Mode::kEqual, Mode::kNotEqual};
    if (modes_[i] < 0 || modes_[i] > kMember) return InvalidArgument(fmt::format("nodes_modes: {}", modes_[i]));
    node.mode = kModes[modes_[i]];
    ensemble_.nodes[leaves_ + i] = node;
    return {};
  }

  // One test for equality a member; the sets stand one after another, each ended by NaN.
  Status AddMembers(size_t i, TreeNode node) {
    if (next_member_ == 0) members_ = Reals("membership_values");
    std::vector<double> set;
    while (next_member_ < members_.size() && !std::isnan(members_[next_member_]))
      set.push_back(members_[next_member_++]);
    if (next_member_ == members_.size() && set.empty()) return InvalidArgument("membership_values has too few sets");
    ++next_member_;
    if (set.empty()) return InvalidArgument("membership_values has an empty set");
    const uint32_t otherwise = node.false_child;
    size_t place = leaves_ + i;
    node.mode = Mode::kEqual;
    for (size_t member = 0; member < set.size(); ++member) {
      const bool is_last = member + 1 == set.size();
      node.value = set[member];
      node.false_child = is_last ? otherwise : static_cast<uint32_t>(ensemble_.nodes.size());
      ensemble_.nodes[place] = node;
      if (is_last) break;
      place = ensemble_.nodes.size();
      ensemble_.nodes.emplace_back();
    }
    return {};
  }

  Status ReadRoots() {
    for (const int64_t root : Ints("tree_roots")) {
      SLIPWAY_ASSIGN_OR_RETURN(const uint32_t place, PlaceOf(root, 0));
      ensemble_.roots.push_back(place);
    }
    return ensemble_.roots.empty() ? InvalidArgument("tree_roots is empty") : Status();
  }

  Status ReadRest() {
    using Aggregate = TreeEnsemble::Aggregate;
    static constexpr PostTransform kTransforms[] = {PostTransform::kNone, PostTransform::kSoftmax,
                                                    PostTransform::kLogistic, PostTransform::kSoftmaxZero,
                                                    PostTransform::kProbit};
    static constexpr Aggregate kAggregates[] = {Aggregate::kAverage, Aggregate::kSum, Aggregate::kMin, Aggregate::kMax};
    const int64_t transform = Int("post_transform", 0), aggregate = Int("aggregate_function", 1);
    if (transform < 0 || transform >= static_cast<int64_t>(std::size(kTransforms)))
      return Unimplemented(fmt::format("post_transform {} is not supported", transform));
    if (aggregate < 0 || aggregate >= static_cast<int64_t>(std::size(kAggregates)))
      return Unimplemented(fmt::format("aggregate_function {} is not supported", aggregate));
    ensemble_.post_transform = kTransforms[transform];
    ensemble_.aggregate = kAggregates[aggregate];
    return {};
  }

  const Node& node_;
  TreeEnsemble ensemble_;
  std::vector<int64_t> features_, yes_, no_, yes_is_leaf_, no_is_leaf_, missing_, modes_;
  std::vector<double> splits_, members_;
  size_t leaves_ = 0, next_member_ = 0;
};

}  // namespace

Result<TreeEnsemble> TreeEnsemble::ReadUnified(const Node& node) {
  return UnifiedReader(node).Read();
}

}  // namespace slipway::scoring
