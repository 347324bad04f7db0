#include "slipway/scoring/tree_ensemble.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::scoring {
namespace {

using model::Attribute;
using model::Node;
using Mode = TreeNode::Mode;

const std::vector<int64_t>& IntsOf(const Node& node, std::string_view name) {
  static const std::vector<int64_t> kNone;
  const Attribute* attribute = node.Find(name);
  return attribute == nullptr ? kNone : attribute->ints;
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

// Where a tree's node stands in the lists. Writers list a tree's nodes together and number them from 0: then the place
// is known without a search, which for millions of nodes takes longer than all else.
class NodeIndex {
 public:
  // kInvalidArgument for a node that stands twice.
  Status Build(const std::vector<int64_t>& trees, const std::vector<int64_t>& ids) {
    if (AddRuns(trees, ids)) return {};
    runs_.clear();
    places_.reserve(trees.size());
    for (size_t i = 0; i < trees.size(); ++i)
      if (!places_.emplace(Key{trees[i], ids[i]}, static_cast<uint32_t>(i)).second)
        return InvalidArgument(fmt::format("node {} of tree {} stands twice", ids[i], trees[i]));
    return {};
  }

  Result<uint32_t> Find(int64_t tree, int64_t node) const {
    if (runs_.empty()) {
      const auto found = places_.find(Key{tree, node});
      if (found != places_.end()) return found->second;
    } else if (const Run* run = FindRun(tree); run != nullptr && node >= 0 && node < run->count) {
      return run->first + static_cast<uint32_t>(node);
    }
    return InvalidArgument(fmt::format("tree {} has no node {}", tree, node));
  }

 private:
  struct Run {
    uint32_t first = 0;
    int64_t count = 0;
  };
  struct Key {
    int64_t tree = 0, node = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return static_cast<size_t>(static_cast<uint64_t>(key.tree) * 0x9E3779B97F4A7C15u ^
                                 static_cast<uint64_t>(key.node) * 0xC2B2AE3D27D4EB4Fu);
    }
  };

  bool AddRuns(const std::vector<int64_t>& trees, const std::vector<int64_t>& ids) {
    Run* run = nullptr;
    for (size_t i = 0; i < trees.size(); ++i) {
      if (i == 0 || trees[i] != trees[i - 1]) {
        const auto [added, is_new] = runs_.emplace(trees[i], Run{static_cast<uint32_t>(i), 0});
        if (!is_new) return false;
        run = &added->second;
      }
      if (ids[i] != run->count++) return false;
    }
    return true;
  }

  // Most look-ups are of the tree before.
  const Run* FindRun(int64_t tree) const {
    if (last_ == nullptr || last_tree_ != tree) {
      const auto found = runs_.find(tree);
      if (found == runs_.end()) return nullptr;
      last_ = &found->second;
      last_tree_ = tree;
    }
    return last_;
  }

  std::unordered_map<int64_t, Run> runs_;
  std::unordered_map<Key, uint32_t, KeyHash> places_;
  mutable const Run* last_ = nullptr;
  mutable int64_t last_tree_ = 0;
};

// Reads the parallel lists of one node.
class EnsembleReader {
 public:
  explicit EnsembleReader(const Node& node)
      : node_(node), trees_(IntsOf(node, "nodes_treeids")), ids_(IntsOf(node, "nodes_nodeids")) {}

  Result<TreeEnsemble> Read() {
    ensemble_.is_classifier = node_.op_type == "TreeEnsembleClassifier";
    SLIPWAY_RETURN_IF_ERROR(ReadNodes());
    SLIPWAY_RETURN_IF_ERROR(LinkChildren());
    SLIPWAY_RETURN_IF_ERROR(MeasureDepths(ensemble_));
    SLIPWAY_RETURN_IF_ERROR(ReadTargets());
    SLIPWAY_RETURN_IF_ERROR(ReadVotes());
    SLIPWAY_RETURN_IF_ERROR(ReadRest());
    return std::move(ensemble_);
  }

 private:
  Status ReadNodes() {
    const std::vector<int64_t>& features = IntsOf(node_, "nodes_featureids");
    const std::vector<int64_t>& missing = IntsOf(node_, "nodes_missing_value_tracks_true");
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
    SLIPWAY_RETURN_IF_ERROR(index_.Build(trees_, ids_));
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
    }
    return {};
  }

  // A tree's root is the node of it that is listed first.
  Status LinkChildren() {
    const std::vector<int64_t>&yes = IntsOf(node_, "nodes_truenodeids"), &no = IntsOf(node_, "nodes_falsenodeids");
    if (yes.size() != trees_.size() || no.size() != trees_.size())
      return InvalidArgument("the lists nodes_* differ in length");
    std::unordered_set<int64_t> rooted;
    for (size_t i = 0; i < trees_.size(); ++i) {
      const bool is_new = (i == 0 || trees_[i] != trees_[i - 1]) && rooted.insert(trees_[i]).second;
      if (is_new) ensemble_.roots.push_back(static_cast<uint32_t>(i));
      TreeNode& node = ensemble_.nodes[i];
      if (node.mode == Mode::kLeaf) continue;
      SLIPWAY_ASSIGN_OR_RETURN(node.true_child, index_.Find(trees_[i], yes[i]));
      SLIPWAY_ASSIGN_OR_RETURN(node.false_child, index_.Find(trees_[i], no[i]));
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
    const std::vector<int64_t>&trees = IntsOf(node_, prefix + "treeids"), &nodes = IntsOf(node_, prefix + "nodeids"),
          &targets = IntsOf(node_, prefix + "ids");
    const std::vector<double> weights = NumbersOf(node_, prefix + "weights");
    if (nodes.size() != trees.size() || targets.size() != trees.size() || weights.size() != trees.size())
      return InvalidArgument(fmt::format("the lists {}* differ in length", prefix));
    std::vector<uint32_t> owners(trees.size());
    for (size_t i = 0; i < trees.size(); ++i) {
      SLIPWAY_ASSIGN_OR_RETURN(owners[i], index_.Find(trees[i], nodes[i]));
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
  const std::vector<int64_t>&trees_, &ids_;
  NodeIndex index_;
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

std::string LinkName(PostTransform transform) {
  switch (transform) {
    case PostTransform::kNone:
      break;
    case PostTransform::kLogistic:
      return "logit";
    case PostTransform::kSoftmax:
      return "softmax";
    case PostTransform::kSoftmaxZero:
      return "softmax_zero";
    case PostTransform::kProbit:
      return "probit";
  }
  return "identity";
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

// Edges of the longest path below each node; a node that is met below itself would make a walk endless.
Status MeasureDepths(TreeEnsemble& ensemble) {
  constexpr uint32_t kUnseen = 0xFFFF'FFFF, kOpen = 0xFFFF'FFFE;
  std::vector<uint32_t> depth(ensemble.nodes.size(), kUnseen);
  std::vector<uint32_t> stack;
  for (const uint32_t root : ensemble.roots) {
    stack.assign(1, root);
    while (!stack.empty()) {
      const uint32_t at = stack.back();
      const TreeNode& node = ensemble.nodes[at];
      if (depth[at] == kUnseen && node.mode != Mode::kLeaf) {
        depth[at] = kOpen;
        for (const uint32_t child : {node.true_child, node.false_child}) {
          if (depth[child] == kOpen) return InvalidArgument(fmt::format("the tree of node {} has a cycle", at));
          if (depth[child] == kUnseen) stack.push_back(child);
        }
        continue;
      }
      if (depth[at] == kUnseen) depth[at] = 0;
      if (depth[at] == kOpen) depth[at] = 1 + std::max(depth[node.true_child], depth[node.false_child]);
      stack.pop_back();
    }
    ensemble.depths.push_back(depth[root]);
  }
  return {};
}

Result<TreeEnsemble> TreeEnsemble::Read(const Node& node) {
  return With(node.op_type == "TreeEnsemble" ? ReadUnified(node) : EnsembleReader(node).Read(), node.Describe());
}

ClassifierRule::ClassifierRule(const TreeEnsemble& ensemble)
    : classes_(ensemble.targets),
      ever_voted_(ensemble.targets),
      post_transform_(ensemble.post_transform),
      base_values_(ensemble.base_values) {
  for (const Vote& vote : ensemble.votes) {
    ever_voted_[vote.target] = 1;
    all_weights_positive_ = all_weights_positive_ && vote.weight >= 0;
  }
  one_voted_ = std::count(ever_voted_.begin(), ever_voted_.end(), 1) <= 1;
  binary_ = classes_ == 2 && one_voted_ && base_values_.size() <= 1;
  votes_for_second_ = binary_ && ever_voted_[1] != 0;
}

// Positive weights are taken for probabilities.
uint32_t ClassifierRule::BinaryLabel(float sum) const noexcept {
  return sum > (all_weights_positive_ ? 0.5f : 0.0f) ? 1 : 0;
}

// A lone base value counts for the first class: votes for the second leave it out.
uint32_t ClassifierRule::FinishBinary(float sum, std::span<float> scores) const noexcept {
  if (!base_values_.empty() && !votes_for_second_) sum += base_values_[0];
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
  return BinaryLabel(sum);
}

// Two classes that both get votes, or with two base values. Where the second has votes, two base values make the first
// one's sum the margin of the second, whatever was voted for that.
uint32_t ClassifierRule::FinishTwo(std::span<const float> sums, std::span<const uint8_t> voted,
                                   std::span<float> scores) const noexcept {
  const auto has = [&](size_t i) { return (voted.empty() ? ever_voted_[i] : voted[i]) != 0; };
  float first = sums[0], second = sums[1];
  if (base_values_.size() == 2 && has(1)) {
    second = base_values_[1] + first;
    first = -second;
  } else if (!base_values_.empty()) {
    first += base_values_[0];
  }
  const float margin = has(1) ? second : has(0) ? first : 0;
  if (!has(1) && base_values_.size() < 2) {
    const bool is_logistic = post_transform_ == PostTransform::kLogistic;
    scores[0] = is_logistic ? Logistic(-margin) : -margin;
    scores[1] = is_logistic ? Logistic(margin) : margin;
  } else {
    scores[0] = has(0) ? first : 0;
    scores[1] = has(1) ? second : 0;
    ApplyPostTransform(post_transform_, scores);
  }
  return one_voted_ ? BinaryLabel(margin) : margin > 0 ? 1 : 0;
}

uint32_t ClassifierRule::Finish(std::span<const float> sums, std::span<const uint8_t> voted,
                                std::span<float> scores) const noexcept {
  if (binary_) return FinishBinary(sums[0], scores);
  if (classes_ == 2) return FinishTwo(sums, voted, scores);
  const bool has_bases = base_values_.size() == classes_;
  int64_t best = -1;
  for (size_t i = 0; i < classes_; ++i) {
    scores[i] = sums[i] + (has_bases ? base_values_[i] : 0);
    const bool counts = has_bases || voted.empty() || voted[i] != 0;
    if (counts && (best < 0 || scores[i] > scores[static_cast<size_t>(best)])) best = static_cast<int64_t>(i);
  }
  ApplyPostTransform(post_transform_, scores);
  return best < 0 ? 0 : static_cast<uint32_t>(best);
}

}  // namespace slipway::scoring
