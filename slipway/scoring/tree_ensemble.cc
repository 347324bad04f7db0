#include "slipway/scoring/tree_ensemble.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::scoring {
namespace {

using model::Attribute;
using model::Node;
using Mode = TreeNode::Mode;

std::vector<int64_t> IntsOf(const Node& node, std::string_view name) {
  const Attribute* attribute = node.Find(name);
  return attribute == nullptr ? std::vector<int64_t>() : attribute->ints;
}

// A list of numbers that newer versions may give as a tensor of doubles.
std::vector<double> NumbersOf(const Node& node, const std::string& name) {
  if (const Attribute* tensor = node.Find(name + "_as_tensor")) {
    if (!tensor->tensor.doubles.empty()) return tensor->tensor.doubles;
    return {tensor->tensor.floats.begin(), tensor->tensor.floats.end()};
  }
  const Attribute* list = node.Find(name);
  if (list == nullptr) return {};
  return {list->floats.begin(), list->floats.end()};
}

Result<Mode> ParseMode(std::string_view text) {
  static constexpr std::pair<std::string_view, Mode> kModes[] = {
      {"LEAF", Mode::kLeaf},           {"BRANCH_LEQ", Mode::kLessEqual},
      {"BRANCH_LT", Mode::kLess},      {"BRANCH_GTE", Mode::kGreaterEqual},
      {"BRANCH_GT", Mode::kGreater},   {"BRANCH_EQ", Mode::kEqual},
      {"BRANCH_NEQ", Mode::kNotEqual},
  };
  for (const auto& [name, mode] : kModes)
    if (name == text) return mode;
  return Unimplemented(fmt::format("nodes_modes: '{}' is not supported", text));
}

struct NodeKey {
  int64_t tree = 0, node = 0;
  bool operator==(const NodeKey&) const = default;
};
struct NodeKeyHash {
  size_t operator()(const NodeKey& key) const {
    return static_cast<size_t>(static_cast<uint64_t>(key.tree) * 0x9E3779B97F4A7C15u ^
                               static_cast<uint64_t>(key.node) * 0xC2B2AE3D27D4EB4Fu);
  }
};

// Reads the parallel lists of one node.
class EnsembleReader {
 public:
  explicit EnsembleReader(const Node& node) : node_(node) {}

  Result<TreeEnsemble> Read() {
    ensemble_.is_classifier = node_.op_type == "TreeEnsembleClassifier";
    SLIPWAY_RETURN_IF_ERROR(ReadNodes());
    SLIPWAY_RETURN_IF_ERROR(LinkChildren());
    SLIPWAY_RETURN_IF_ERROR(MeasureDepths());
    SLIPWAY_RETURN_IF_ERROR(ReadTargets());
    SLIPWAY_RETURN_IF_ERROR(ReadVotes());
    SLIPWAY_RETURN_IF_ERROR(ReadRest());
    return std::move(ensemble_);
  }

 private:
  Status ReadNodes() {
    trees_ = IntsOf(node_, "nodes_treeids");
    ids_ = IntsOf(node_, "nodes_nodeids");
    const std::vector<int64_t> features = IntsOf(node_, "nodes_featureids");
    const std::vector<int64_t> missing = IntsOf(node_, "nodes_missing_value_tracks_true");
    const std::vector<double> values = NumbersOf(node_, "nodes_values");
    const Attribute* modes = node_.Find("nodes_modes");
    const size_t count = trees_.size();
    if (count == 0) return InvalidArgument("the ensemble has no nodes");
    if (modes == nullptr || modes->strings.size() != count || ids_.size() != count || features.size() != count ||
        values.size() != count || (!missing.empty() && missing.size() != count))
      return InvalidArgument("the lists nodes_* differ in length");
    ensemble_.nodes.resize(count);
    for (const double cover : NumbersOf(node_, "nodes_hitrates")) ensemble_.covers.push_back(static_cast<float>(cover));
    if (ensemble_.covers.size() != count) ensemble_.covers.clear();
    index_.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      TreeNode& node = ensemble_.nodes[i];
      SLIPWAY_ASSIGN_OR_RETURN(node.mode, ParseMode(modes->strings[i]));
      if (features[i] < 0 || features[i] > 0xFFFF'FFFE)
        return InvalidArgument(fmt::format("nodes_featureids: {} is no feature", features[i]));
      node.feature = static_cast<uint32_t>(features[i]);
      node.value = values[i];
      node.missing_is_true = !missing.empty() && missing[i] != 0;
      if (node.mode != Mode::kLeaf)
        ensemble_.features = std::max(ensemble_.features, static_cast<size_t>(node.feature) + 1);
      if (!index_.emplace(NodeKey{trees_[i], ids_[i]}, static_cast<uint32_t>(i)).second)
        return InvalidArgument(fmt::format("node {} of tree {} stands twice", ids_[i], trees_[i]));
    }
    return {};
  }

  Result<uint32_t> IndexOf(int64_t tree, int64_t node) const {
    const auto found = index_.find(NodeKey{tree, node});
    if (found == index_.end()) return InvalidArgument(fmt::format("tree {} has no node {}", tree, node));
    return found->second;
  }

  // A tree's root is the node of it that is listed first.
  Status LinkChildren() {
    const std::vector<int64_t> yes = IntsOf(node_, "nodes_truenodeids"), no = IntsOf(node_, "nodes_falsenodeids");
    if (yes.size() != trees_.size() || no.size() != trees_.size())
      return InvalidArgument("the lists nodes_* differ in length");
    std::unordered_map<int64_t, size_t> tree_index;
    for (size_t i = 0; i < trees_.size(); ++i) {
      if (tree_index.emplace(trees_[i], tree_index.size()).second) ensemble_.roots.push_back(static_cast<uint32_t>(i));
      TreeNode& node = ensemble_.nodes[i];
      if (node.mode == Mode::kLeaf) continue;
      SLIPWAY_ASSIGN_OR_RETURN(node.true_child, IndexOf(trees_[i], yes[i]));
      SLIPWAY_ASSIGN_OR_RETURN(node.false_child, IndexOf(trees_[i], no[i]));
    }
    return {};
  }

  // Edges of the longest path below each node; a node that is met below itself would make a walk endless.
  Status MeasureDepths() {
    constexpr uint32_t kUnseen = 0xFFFF'FFFF, kOpen = 0xFFFF'FFFE;
    std::vector<uint32_t> depth(ensemble_.nodes.size(), kUnseen);
    std::vector<uint32_t> stack;
    for (const uint32_t root : ensemble_.roots) {
      stack.assign(1, root);
      while (!stack.empty()) {
        const uint32_t at = stack.back();
        const TreeNode& node = ensemble_.nodes[at];
        if (depth[at] == kUnseen && node.mode != Mode::kLeaf) {
          depth[at] = kOpen;
          for (const uint32_t child : {node.true_child, node.false_child}) {
            if (depth[child] == kOpen) return InvalidArgument(fmt::format("the tree of node {} has a cycle", ids_[at]));
            if (depth[child] == kUnseen) stack.push_back(child);
          }
          continue;
        }
        if (depth[at] == kUnseen) depth[at] = 0;
        if (depth[at] == kOpen) depth[at] = 1 + std::max(depth[node.true_child], depth[node.false_child]);
        stack.pop_back();
      }
      ensemble_.depths.push_back(depth[root]);
    }
    return {};
  }

  Status ReadTargets() {
    if (!ensemble_.is_classifier) {
      const Attribute* targets = node_.Find("n_targets");
      ensemble_.targets = targets == nullptr ? 1 : static_cast<size_t>(std::max<int64_t>(targets->integer, 0));
      if (ensemble_.targets == 0) return InvalidArgument("n_targets has to be at least 1");
      return {};
    }
    SLIPWAY_ASSIGN_OR_RETURN(ensemble_.labels, ParseClassLabels(node_));
    ensemble_.targets = ensemble_.labels.size();
    if (ensemble_.targets == 0) return InvalidArgument("the classifier has no class labels");
    return {};
  }

  Status ReadVotes() {
    const std::string prefix = ensemble_.is_classifier ? "class_" : "target_";
    const std::vector<int64_t> trees = IntsOf(node_, prefix + "treeids"), nodes = IntsOf(node_, prefix + "nodeids"),
                               targets = IntsOf(node_, prefix + "ids");
    const std::vector<double> weights = NumbersOf(node_, prefix + "weights");
    if (nodes.size() != trees.size() || targets.size() != trees.size() || weights.size() != trees.size())
      return InvalidArgument(fmt::format("the lists {}* differ in length", prefix));
    std::vector<uint32_t> owners(trees.size());
    for (size_t i = 0; i < trees.size(); ++i) {
      SLIPWAY_ASSIGN_OR_RETURN(owners[i], IndexOf(trees[i], nodes[i]));
      if (targets[i] < 0 || static_cast<size_t>(targets[i]) >= ensemble_.targets)
        return InvalidArgument(fmt::format("{}ids: {} is not below {}", prefix, targets[i], ensemble_.targets));
      ++ensemble_.nodes[owners[i]].vote_count;
    }
    uint32_t next = 0;
    for (TreeNode& node : ensemble_.nodes) {
      node.first_vote = next;
      next += node.vote_count;
      node.vote_count = 0;
    }
    ensemble_.votes.resize(trees.size());
    for (size_t i = 0; i < trees.size(); ++i) {
      TreeNode& owner = ensemble_.nodes[owners[i]];
      ensemble_.votes[owner.first_vote + owner.vote_count++] = {static_cast<uint32_t>(targets[i]),
                                                                static_cast<float>(weights[i])};
    }
    return {};
  }

  Status ReadRest() {
    SLIPWAY_ASSIGN_OR_RETURN(ensemble_.post_transform, ParsePostTransform(node_));
    for (const double value : NumbersOf(node_, "base_values"))
      ensemble_.base_values.push_back(static_cast<float>(value));
    const size_t bases = ensemble_.base_values.size();
    const bool one_base = ensemble_.is_classifier && bases == 1 && ensemble_.targets <= 2;
    if (bases != 0 && bases != ensemble_.targets && !one_base)
      return InvalidArgument(fmt::format("{} base_values for {} outputs", bases, ensemble_.targets));
    const Attribute* aggregate = node_.Find("aggregate_function");
    if (aggregate == nullptr || ensemble_.is_classifier) return {};
    return ReadAggregate(aggregate->text);
  }

  Status ReadAggregate(std::string_view name) {
    using Aggregate = TreeEnsemble::Aggregate;
    static constexpr std::pair<std::string_view, Aggregate> kNames[] = {
        {"SUM", Aggregate::kSum}, {"AVERAGE", Aggregate::kAverage}, {"MIN", Aggregate::kMin}, {"MAX", Aggregate::kMax}};
    for (const auto& [known, aggregate] : kNames) {
      if (known != name) continue;
      ensemble_.aggregate = aggregate;
      return {};
    }
    return Unimplemented(fmt::format("aggregate_function '{}' is not supported", name));
  }

  const Node& node_;
  TreeEnsemble ensemble_;
  std::vector<int64_t> trees_, ids_;
  std::unordered_map<NodeKey, uint32_t, NodeKeyHash> index_;
};

float Probit(float value) noexcept {
  constexpr float kA = 0.147f;
  const float x = 2 * value - 1;
  const float log = std::log((1 - x) * (1 + x));
  const float v = 2 / (3.14159f * kA) + 0.5f * log;
  const float root = std::sqrt(-v + std::sqrt(v * v - log / kA));
  return 1.41421356f * (x < 0 ? -root : root);
}

void Softmax(std::span<float> scores) noexcept {
  const float top = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  for (float& score : scores) sum += score = std::exp(score - top);
  for (float& score : scores) score /= sum;
}

// A score of zero stays zero and is left out of the sum.
void SoftmaxZero(std::span<float> scores) noexcept {
  constexpr float kZero = 1e-7f;
  const float top = *std::max_element(scores.begin(), scores.end());
  const float rest = std::exp(-top);
  float sum = 0;
  for (float& score : scores) {
    if (std::abs(score) > kZero) {
      sum += score = std::exp(score - top);
    } else {
      score *= rest;
    }
  }
  if (sum == 0) return;
  for (float& score : scores) score /= sum;
}

}  // namespace

Result<PostTransform> ParsePostTransform(const Node& node) {
  const Attribute* attribute = node.Find("post_transform");
  if (attribute == nullptr || attribute->text == "NONE") return PostTransform::kNone;
  if (attribute->text == "SOFTMAX") return PostTransform::kSoftmax;
  if (attribute->text == "LOGISTIC") return PostTransform::kLogistic;
  if (attribute->text == "SOFTMAX_ZERO") return PostTransform::kSoftmaxZero;
  if (attribute->text == "PROBIT") return PostTransform::kProbit;
  return Unimplemented(fmt::format("post_transform '{}' is not supported", attribute->text));
}

float Logistic(float value) noexcept {
  const float v = 1 / (1 + std::exp(-std::abs(value)));
  return value < 0 ? 1 - v : v;
}

void ApplyPostTransform(PostTransform transform, std::span<float> scores) noexcept {
  switch (transform) {
    case PostTransform::kNone:
      return;
    case PostTransform::kSoftmax:
      return Softmax(scores);
    case PostTransform::kSoftmaxZero:
      return SoftmaxZero(scores);
    case PostTransform::kLogistic:
      for (float& score : scores) score = Logistic(score);
      return;
    case PostTransform::kProbit:
      for (float& score : scores) score = Probit(score);
      return;
  }
}

std::vector<std::string> ClassLabels::texts() const {
  if (!strings.empty()) return strings;
  std::vector<std::string> texts;
  for (const int64_t label : ints) texts.push_back(std::to_string(label));
  return texts;
}

Result<ClassLabels> ParseClassLabels(const Node& node) {
  ClassLabels labels;
  for (const std::string_view name : {"classlabels_int64s", "classlabels_ints"})
    if (const Attribute* attribute = node.Find(name)) labels.ints = attribute->ints;
  if (const Attribute* attribute = node.Find("classlabels_strings")) labels.strings = attribute->strings;
  if (!labels.ints.empty() && !labels.strings.empty())
    return InvalidArgument("class labels are given both as integers and as strings");
  return labels;
}

Result<TreeEnsemble> TreeEnsemble::Read(const Node& node) {
  return With(EnsembleReader(node).Read(), node.Describe());
}

ClassifierRule::ClassifierRule(const TreeEnsemble& ensemble)
    : classes_(ensemble.targets), post_transform_(ensemble.post_transform), base_values_(ensemble.base_values) {
  std::vector<bool> voted(classes_);
  for (const Vote& vote : ensemble.votes) {
    voted[vote.target] = true;
    all_weights_positive_ = all_weights_positive_ && vote.weight >= 0;
  }
  const auto distinct = std::count(voted.begin(), voted.end(), true);
  binary_ = classes_ == 2 && distinct <= 1 && base_values_.size() <= 1;
  votes_for_second_ = binary_ && voted[1];
  literal_labels_ = classes_ == 2 && !binary_;
}

uint32_t ClassifierRule::FinishBinary(float sum, std::span<float> scores) const noexcept {
  if (!base_values_.empty()) sum += base_values_[0];
  const bool is_second = all_weights_positive_ ? sum > 0.5f : sum > 0;
  if (votes_for_second_) {
    scores[0] = 0;
    scores[1] = sum;
    ApplyPostTransform(post_transform_, scores);
  } else if (post_transform_ == PostTransform::kLogistic) {
    scores[0] = Logistic(-sum);
    scores[1] = Logistic(sum);
  } else {
    scores[0] = all_weights_positive_ ? 1 - sum : -sum;
    scores[1] = sum;
    if (post_transform_ == PostTransform::kProbit) ApplyPostTransform(post_transform_, scores);
  }
  return is_second ? 1 : 0;
}

uint32_t ClassifierRule::Finish(std::span<const float> sums, std::span<const uint8_t> voted,
                                std::span<float> scores) const noexcept {
  if (binary_) return FinishBinary(sums[0], scores);
  const bool has_bases = base_values_.size() == classes_;
  int64_t best = -1;
  for (size_t i = 0; i < classes_; ++i) {
    scores[i] = sums[i] + (has_bases ? base_values_[i] : 0);
    const bool counts = has_bases || voted.empty() || voted[i] != 0;
    if (counts && (best < 0 || scores[i] > scores[static_cast<size_t>(best)])) best = static_cast<int64_t>(i);
  }
  if (literal_labels_) best = scores[1] > 0 ? 1 : 0;
  ApplyPostTransform(post_transform_, scores);
  return best < 0 ? 0 : static_cast<uint32_t>(best);
}

}  // namespace slipway::scoring
