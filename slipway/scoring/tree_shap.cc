// How SHAP values are computed, and why not by the published recursion.
//
// Take one leaf of value v. Its path looks at features i; o_i is 1 when the row passes all tests about i on the path,
// else 0; z_i is the share of training weight that passes them. When the features outside of S are unknown, the leaf
// gives v · Π_{i in S} o_i · Π_{i not in S} z_i: TreeSHAP's game. Its Shapley values are integrals (Owen's multilinear
// extension along the diagonal):
//
//   φ_i = v · (o_i - z_i) · ∫₀¹ Π_{j≠i} (t·o_j + (1-t)·z_j) dt
//
// The integrand is a polynomial of a degree below the number of features on the path, so that Gauss and Legendre's
// quadrature with half as many points is exact; all terms have one sign, so that nothing cancels. Carried out over a
// tree: the product over the path goes down (once a point), leaves times product come up as sums, and every edge takes
// its feature's share from the sum below it. An edge about a feature that the path has already met replaces that
// feature's factor, and takes the difference. A tree of L leaves costs 2·L·points multiplications, where algorithm 2
// costs L·D².
//
// Where the row fails a feature's tests the factor is (1-t)·z: shares below change nothing but a constant, and no
// division is needed.
#include "slipway/scoring/tree_shap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

namespace slipway::scoring {
namespace {

using Mode = TreeNode::Mode;

constexpr int kPointCounts[] = {4, 5, 8, 16, 32};
constexpr int kFeaturesMax = 2 * 32;
constexpr uint32_t kDepthMax = 1024;  // the walk is recursive
constexpr double kTolerance = 1e-5;
// Weights are float32 and may be sums of gradients.
constexpr double kCoverTolerance = 1e-3;

// Points of the quadrature over [0, 1], and their weights.
template <int kPoints>
struct Quadrature {
  std::array<double, kPoints> at, rest, weight, lost;  // rest = 1 - at; lost: the share of a failed feature

  Quadrature() {
    for (int i = 0; i < kPoints; ++i) {
      double x = std::cos(std::numbers::pi * (i + 0.75) / (kPoints + 0.5)), slope = 1;
      for (int round = 0; round < 20; ++round) x -= Legendre(x, slope) / slope;
      Legendre(x, slope);
      at[i] = (1 - x) / 2;
      rest[i] = (1 + x) / 2;
      weight[i] = 1 / ((1 - x * x) * slope * slope);
      lost[i] = -1 / rest[i];
    }
  }

  static const Quadrature& Get() {
    static const Quadrature kQuadrature;
    return kQuadrature;
  }

 private:
  // The polynomial of degree kPoints at x, and its slope there.
  static double Legendre(double x, double& slope) {
    double before = 1, value = x;
    for (int n = 2; n <= kPoints; ++n) {
      const double next = ((2 * n - 1) * x * value - (n - 1) * before) / n;
      before = value;
      value = next;
    }
    slope = kPoints * (x * value - before) / (x * x - 1);
    return value;
  }
};

// A node's test in the form rows are filled for: left when row[slot] <= value, or == value.
struct ExplainedTest {
  float value = 0;
  bool missing_is_lowest = false;
  bool is_equality = false;
  bool missing_is_left = false;
  uint32_t left = 0, right = 0;
};

float NextBelow(float value) {
  return std::nextafter(value, -std::numeric_limits<float>::infinity());
}

ExplainedTest TestOf(const TreeNode& node) {
  const auto value = static_cast<float>(node.value);
  const uint32_t yes = node.true_child, no = node.false_child;
  const bool is_true = node.missing_is_true;
  switch (node.mode) {
    case Mode::kLess:
      return {NextBelow(value), is_true, false, false, yes, no};
    case Mode::kGreater:
      return {value, !is_true, false, false, no, yes};
    case Mode::kGreaterEqual:
      return {NextBelow(value), !is_true, false, false, no, yes};
    case Mode::kEqual:
      return {value, false, true, is_true, yes, no};
    case Mode::kNotEqual:
      return {value, false, true, false, no, yes};
    case Mode::kLessEqual:
    case Mode::kLeaf:
      break;
  }
  return {value, is_true, false, false, yes, no};
}

}  // namespace

class ExplainerBuilder {
 public:
  ExplainerBuilder(const TreeEnsemble& ensemble, std::span<const Feature> features, std::span<const Slot> slots,
                   size_t columns, size_t outputs)
      : ensemble_(ensemble), features_(features), slot_of_(2 * features.size(), kNoSlot), seen_(ensemble.nodes.size()) {
    for (uint32_t i = 0; i < slots.size(); ++i) slots_.emplace(slots[i], i);
    made_.columns_ = columns;
    made_.base_values_.assign(outputs, 0.0);
  }

  Result<TreeExplainer> Build() {
    using Aggregate = TreeEnsemble::Aggregate;
    if (ensemble_.covers.empty())
      return FailedPrecondition(
          "the model cannot be explained: it carries no training weights of its trees' nodes (nodes_hitrates)");
    if (ensemble_.aggregate != Aggregate::kSum && ensemble_.aggregate != Aggregate::kAverage)
      return Unimplemented("explanations of the aggregates MIN and MAX are not supported");
    SLIPWAY_RETURN_IF_ERROR(CheckParents());
    for (const uint32_t root : ensemble_.roots) SLIPWAY_RETURN_IF_ERROR(AddTree(root));
    if (ensemble_.aggregate == Aggregate::kAverage) Divide(static_cast<double>(ensemble_.roots.size()));
    return std::move(made_);
  }

 private:
  static constexpr uint32_t kNoSlot = 0xFFFF'FFFF;

  // An edge that waits for its node.
  struct Pending {
    uint32_t node = 0;    // of the ensemble
    uint32_t parent = 0;  // in made_, for a right child
    bool is_right = false;
    uint32_t depth = 0;
    uint32_t feature = 0;  // of the edge
    double fraction = 1;   // of the parent's weight that takes the edge
    double reach = 1;      // of the root's weight that comes here
  };
  struct PathEdge {
    uint32_t feature = 0;
    double share = 1;
    int distinct = 0;  // features on the path down to here
  };

  // LightGBM's sets of categories become chains of tests that lead to one child.
  Status CheckParents() {
    for (const TreeNode& node : ensemble_.nodes) {
      if (node.mode == Mode::kLeaf) continue;
      for (const uint32_t child : {node.true_child, node.false_child}) {
        if (seen_[child])
          return Unimplemented(
              "explanations of trees whose nodes have several parents (sets of categories) are not supported");
        seen_[child] = true;
      }
    }
    return {};
  }

  Status AddTree(uint32_t root) {
    tree_ = {.first_output = static_cast<uint32_t>(made_.outputs()), .last_output = 0};
    tree_.root = static_cast<uint32_t>(made_.nodes_.size());
    distinct_max_ = 0;
    path_.assign(1, {});
    std::vector<Pending> stack = {{.node = root}};
    while (!stack.empty()) {
      const Pending pending = stack.back();
      stack.pop_back();
      tree_.depth = std::max(tree_.depth, pending.depth);
      SLIPWAY_RETURN_IF_ERROR(AddNode(pending, stack));
    }
    if (tree_.depth > kDepthMax || distinct_max_ > kFeaturesMax)
      return Unimplemented(fmt::format("explanations of paths of more than {} nodes or {} features are not supported",
                                       kDepthMax, kFeaturesMax));
    tree_.points = *std::find_if(std::begin(kPointCounts), std::end(kPointCounts),
                                 [this](int points) { return 2 * points >= distinct_max_; });
    made_.trees_.push_back(tree_);
    return {};
  }

  Status AddNode(const Pending& pending, std::vector<Pending>& stack) {
    const auto index = static_cast<uint32_t>(made_.nodes_.size());
    if (pending.is_right) made_.nodes_[pending.parent].right = index;
    made_.nodes_.emplace_back();
    if (pending.depth > 0) AddEdge(pending, made_.nodes_.back());
    const TreeNode& node = ensemble_.nodes[pending.node];
    if (node.mode == Mode::kLeaf) return AddLeaf(node, pending.reach, made_.nodes_.back());
    return AddInner(node, pending, index, stack);
  }

  void AddEdge(const Pending& pending, TreeExplainer::Node& node) {
    path_.resize(pending.depth);
    uint32_t above = pending.depth - 1;
    while (above > 0 && path_[above].feature != pending.feature) --above;
    const double share = pending.fraction * path_[above].share;
    path_.push_back({pending.feature, share, path_.back().distinct + (above == 0 ? 1 : 0)});
    distinct_max_ = std::max(distinct_max_, path_.back().distinct);
    node.share = static_cast<float>(share);
    node.above = static_cast<uint16_t>(above);  // where it does not fit, AddTree refuses the depth
  }

  Status AddLeaf(const TreeNode& leaf, double reach, TreeExplainer::Node& node) {
    const size_t outputs = made_.outputs(), first = made_.leaves_.size();
    node.column = static_cast<uint32_t>(first / outputs);
    made_.leaves_.resize(first + outputs, 0.0);
    for (uint32_t i = leaf.first_vote; i < leaf.first_vote + leaf.vote_count; ++i) {
      const Vote& vote = ensemble_.votes[i];
      const size_t output = outputs == 1 ? 0 : vote.target;
      tree_.first_output = std::min(tree_.first_output, static_cast<uint32_t>(output));
      tree_.last_output = std::max(tree_.last_output, static_cast<uint32_t>(output));
      made_.leaves_[first + output] += static_cast<double>(vote.weight);
      made_.base_values_[output] += reach * static_cast<double>(vote.weight);
    }
    return {};
  }

  Status AddInner(const TreeNode& node, const Pending& pending, uint32_t index, std::vector<Pending>& stack) {
    SLIPWAY_RETURN_IF_ERROR(CheckCovers(node, pending.node));
    const ExplainedTest test = TestOf(node);
    TreeExplainer::Node& made = made_.nodes_[index];
    made.value = test.value;
    made.is_equality = test.is_equality;
    made.missing_is_left = test.missing_is_left;
    made.slot = SlotOf(node.feature, test.missing_is_lowest);
    made.column = static_cast<uint32_t>(features_[node.feature].column);
    const double left = ensemble_.covers[test.left], right = ensemble_.covers[test.right];
    const auto edge = [&](uint32_t child, bool is_right, double weight) {
      const double fraction = weight / (left + right);
      return Pending{child, index, is_right, pending.depth + 1, node.feature, fraction, pending.reach * fraction};
    };
    stack.push_back(edge(test.right, true, right));
    stack.push_back(edge(test.left, false, left));
    return {};
  }

  Status CheckCovers(const TreeNode& node, uint32_t index) const {
    const double own = ensemble_.covers[index], yes = ensemble_.covers[node.true_child],
                 no = ensemble_.covers[node.false_child];
    if (yes > 0 && no > 0 && std::abs(own - (yes + no)) <= kCoverTolerance * own) return {};
    return FailedPrecondition(fmt::format(
        "the model cannot be explained: nodes_hitrates hold no training weights: a node has {}, its children {} and {}",
        own, yes, no));
  }

  uint32_t SlotOf(uint32_t feature, bool missing_is_lowest) {
    uint32_t& slot = slot_of_[2 * feature + missing_is_lowest];
    if (slot != kNoSlot) return slot;
    auto found = slots_.find(Slot{features_[feature], missing_is_lowest});
    // Features that are never missing have one slot for both.
    if (found == slots_.end()) found = slots_.find(Slot{features_[feature], false});
    return slot = found == slots_.end() ? 0 : found->second;
  }

  void Divide(double trees) {
    for (double& value : made_.leaves_) value /= trees;
    for (double& value : made_.base_values_) value /= trees;
  }

  const TreeEnsemble& ensemble_;
  std::span<const Feature> features_;
  std::map<Slot, uint32_t> slots_;
  std::vector<uint32_t> slot_of_;
  std::vector<bool> seen_;
  std::vector<PathEdge> path_;  // by depth; the first is no edge
  TreeExplainer::Tree tree_;    // at hand
  int distinct_max_ = 0;        // features on one of its paths
  TreeExplainer made_;
};

// One row through one tree, for one output.
template <int kPoints>
class TreeWalk {
 public:
  TreeWalk(const TreeExplainer& explainer, const float* row, size_t output)
      : explainer_(explainer),
        leaves_(explainer.leaves_.data() + output),
        outputs_(explainer.outputs()),
        row_(row),
        gains_(explainer.columns_) {}

  // Adds what the columns gain to `values`.
  void Add(const TreeExplainer::Tree& tree, double* values) {
    path_.resize(tree.depth + 1);
    path_[0].inverse.fill(1);
    path_[0].gain.fill(0);
    std::fill(gains_.begin(), gains_.end(), Points{});
    Points sums;
    if (tree.depth > 0) Visit(explainer_.nodes_[tree.root], tree.root, 1, quadrature_.weight, sums);
    for (size_t i = 0; i < gains_.size(); ++i) values[i] += std::accumulate(gains_[i].begin(), gains_[i].end(), 0.0);
  }

 private:
  using Points = std::array<double, kPoints>;

  // What the path down to an edge says of the edge's feature: factor t·o + (1-t)·z and (o - z) / factor.
  struct Edge {
    Points inverse;  // 1 / factor, where o is 1
    Points gain;
    double share = 1;  // z
    bool is_passed = true;
  };

  // `depth`: of the edges below. `product`: over the path, times the weights. `sums`: leaves times products. The side
  // that the row takes comes first, whichever it is: so nothing branches on the row.
  void Visit(const TreeExplainer::Node& node, uint32_t index, uint32_t depth, const Points& product, Points& sums) {
    const bool is_left = TreeExplainer::GoesLeft(node, row_);
    Points taken, other;
    Descend<true>(node.column, is_left ? index + 1 : node.right, depth, product, taken);
    Descend<false>(node.column, is_left ? node.right : index + 1, depth, product, other);
    for (int i = 0; i < kPoints; ++i) sums[i] = taken[i] + other[i];
  }

  template <bool kTaken>
  void Descend(uint32_t column, uint32_t child, uint32_t depth, const Points& product, Points& sums) {
    const TreeExplainer::Node& node = explainer_.nodes_[child];
    const Edge& above = path_[node.above];
    Edge& edge = path_[depth];
    Points below;
    edge.share = static_cast<double>(node.share);
    edge.is_passed = kTaken && above.is_passed;
    if (!above.is_passed) {
      const double change = edge.share / above.share;
      for (int i = 0; i < kPoints; ++i) below[i] = product[i] * change;
      return Sum(node, child, depth, below, sums);
    }
    kTaken ? Pass(above, edge, product, below) : Fail(above, edge, product, below);
    Sum(node, child, depth, below, sums);
    for (int i = 0; i < kPoints; ++i) gains_[column][i] += (edge.gain[i] - above.gain[i]) * sums[i];
  }

  void Pass(const Edge& above, Edge& edge, const Points& product, Points& below) const {
    for (int i = 0; i < kPoints; ++i) {
      const double factor = quadrature_.at[i] + quadrature_.rest[i] * edge.share;
      edge.inverse[i] = 1 / factor;
      edge.gain[i] = (1 - edge.share) * edge.inverse[i];
      below[i] = product[i] * above.inverse[i] * factor;
    }
  }

  void Fail(const Edge& above, Edge& edge, const Points& product, Points& below) const {
    edge.gain = quadrature_.lost;
    for (int i = 0; i < kPoints; ++i) below[i] = product[i] * above.inverse[i] * (quadrature_.rest[i] * edge.share);
  }

  void Sum(const TreeExplainer::Node& node, uint32_t index, uint32_t depth, const Points& product, Points& sums) {
    if (node.right != 0) return Visit(node, index, depth + 1, product, sums);
    const double value = leaves_[node.column * outputs_];
    for (int i = 0; i < kPoints; ++i) sums[i] = value * product[i];
  }

  const TreeExplainer& explainer_;
  const Quadrature<kPoints>& quadrature_ = Quadrature<kPoints>::Get();
  const double* leaves_;
  size_t outputs_;
  const float* row_;
  std::vector<Edge> path_;     // by depth
  std::vector<Points> gains_;  // by column
};

Result<TreeExplainer> TreeExplainer::Make(const TreeEnsemble& ensemble, std::span<const Feature> features,
                                          std::span<const Slot> slots, size_t columns, size_t outputs) {
  return ExplainerBuilder(ensemble, features, slots, columns, outputs).Build();
}

template <int kPoints>
void TreeExplainer::AddTrees(const float* row, std::span<double> values) const {
  for (size_t output = 0; output < outputs(); ++output) {
    TreeWalk<kPoints> walk(*this, row, output);
    for (const Tree& tree : trees_)
      if (tree.points == kPoints && tree.first_output <= output && output <= tree.last_output)
        walk.Add(tree, values.data() + output * columns_);
  }
}

Status TreeExplainer::Explain(const float* row, std::span<double> values) const {
  std::fill(values.begin(), values.end(), 0.0);
  AddTrees<4>(row, values);
  AddTrees<5>(row, values);
  AddTrees<8>(row, values);
  AddTrees<16>(row, values);
  AddTrees<32>(row, values);
  return CheckSum(row, values);
}

Status TreeExplainer::CheckSum(const float* row, std::span<const double> values) const {
  std::vector<double> sums(outputs(), 0.0);
  for (const Tree& tree : trees_) {
    uint32_t at = tree.root;
    while (nodes_[at].right != 0) at = GoesLeft(nodes_[at], row) ? at + 1 : nodes_[at].right;
    for (size_t output = 0; output < outputs(); ++output)
      sums[output] += leaves_[nodes_[at].column * outputs() + output];
  }
  for (size_t output = 0; output < outputs(); ++output) {
    const auto own = values.subspan(output * columns_, columns_);
    const double explained = std::accumulate(own.begin(), own.end(), base_values_[output]);
    if (!(std::abs(explained - sums[output]) <= kTolerance * std::max(1.0, std::abs(sums[output]))))
      return Internal(fmt::format("SHAP values add up to {}, the trees to {}", explained, sums[output]));
  }
  return {};
}

}  // namespace slipway::scoring
