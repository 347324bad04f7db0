#include "slipway/stats/quality/domain_classifier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace slipway::stats {
namespace {

constexpr int kRounds = 10, kDepth = 2;
constexpr size_t kLeafRowsMin = 20;
constexpr double kLearningRate = 0.1, kHessianMin = 1e-3;

struct BinSum {
  double gradient = 0, hessian = 0;
  size_t rows = 0;

  void Add(const BinSum& other) {
    gradient += other.gradient;
    hessian += other.hessian;
    rows += other.rows;
  }
  BinSum Without(const BinSum& other) const {
    return {gradient - other.gradient, hessian - other.hessian, rows - other.rows};
  }
  bool IsLeaf() const { return rows >= kLeafRowsMin && hessian >= kHessianMin; }
  double Strength() const { return gradient * gradient / hessian; }
};

struct Split {
  int feature = -1;
  double gain = 0;
  std::bitset<kDomainBins> goes_left;
};

// The order in which bins are tried to go left: numbers as they are, categories by how much they lean. Categories of
// few rows are left out: they would be told apart by chance.
std::vector<size_t> BinOrder(const std::array<BinSum, kDomainBins>& sums, bool is_category) {
  constexpr size_t kCategoryRowsMin = 10;
  constexpr double kSmoothing = 10;
  std::vector<size_t> order;
  for (size_t bin = 0; bin < kDomainBins; ++bin)
    if (sums[bin].rows >= (is_category ? kCategoryRowsMin : 1)) order.push_back(bin);
  if (is_category)
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return sums[a].gradient / (sums[a].hessian + kSmoothing) < sums[b].gradient / (sums[b].hessian + kSmoothing);
    });
  return order;
}

}  // namespace

// Grows one tree. Gradients and hessians are of all rows of the features.
class DomainClassifier::Grower {
 public:
  Grower(const std::vector<BinnedFeature>& features, const std::vector<double>& gradients,
         const std::vector<double>& hessians)
      : features_(features), gradients_(gradients), hessians_(hessians) {}

  Tree Grow(const std::vector<uint32_t>& rows) {
    GrowNode(rows, kDepth);
    return std::move(tree_);
  }

 private:
  int GrowNode(const std::vector<uint32_t>& rows, int depth) {
    const int index = static_cast<int>(tree_.size());
    tree_.emplace_back();
    const BinSum total = Total(rows);
    tree_.back().value = -kLearningRate * total.gradient / std::max(total.hessian, kHessianMin);
    const Split split = depth > 0 ? BestSplit(rows, total) : Split{};
    if (split.feature < 0) return index;
    std::vector<uint32_t> left, right;
    const auto& bins = features_[static_cast<size_t>(split.feature)].bins;
    for (uint32_t row : rows) (split.goes_left[bins[row]] ? left : right).push_back(row);
    const int left_index = GrowNode(left, depth - 1), right_index = GrowNode(right, depth - 1);
    Node& node = tree_[static_cast<size_t>(index)];
    node.feature = split.feature;
    node.goes_left = split.goes_left;
    node.left = left_index;
    node.right = right_index;
    return index;
  }

  BinSum Total(const std::vector<uint32_t>& rows) const {
    BinSum total;
    for (uint32_t row : rows) total.Add({gradients_[row], hessians_[row], 1});
    return total;
  }

  Split BestSplit(const std::vector<uint32_t>& rows, const BinSum& total) const {
    Split best;
    for (size_t f = 0; f < features_.size(); ++f) {
      std::array<BinSum, kDomainBins> sums{};
      for (uint32_t row : rows) sums[features_[f].bins[row]].Add({gradients_[row], hessians_[row], 1});
      TryFeature(f, sums, total, best);
    }
    return best;
  }

  void TryFeature(size_t feature, const std::array<BinSum, kDomainBins>& sums, const BinSum& total, Split& best) const {
    auto order = BinOrder(sums, features_[feature].is_category);
    if (!features_[feature].is_category) {
      TryPrefixes(feature, order, order.empty() ? 0 : order.size() - 1, sums, total, best);
      return;
    }
    // The smaller half goes left, from either end; what was left out goes right.
    const size_t most = (order.size() + 1) / 2;
    TryPrefixes(feature, order, most, sums, total, best);
    std::reverse(order.begin(), order.end());
    TryPrefixes(feature, order, most, sums, total, best);
  }

  void TryPrefixes(size_t feature, const std::vector<size_t>& order, size_t most,
                   const std::array<BinSum, kDomainBins>& sums, const BinSum& total, Split& best) const {
    BinSum left;
    std::bitset<kDomainBins> goes_left;
    for (size_t i = 0; i < most; ++i) {
      left.Add(sums[order[i]]);
      goes_left.set(order[i]);
      const BinSum right = total.Without(left);
      if (!left.IsLeaf() || !right.IsLeaf()) continue;
      const double gain = left.Strength() + right.Strength() - total.Strength();
      if (gain > best.gain) best = {static_cast<int>(feature), gain, goes_left};
    }
  }

  const std::vector<BinnedFeature>& features_;
  const std::vector<double>& gradients_;
  const std::vector<double>& hessians_;
  Tree tree_;
};

template <typename BinOf>
double DomainClassifier::Walk(const BinOf& bin_of) const {
  double score = base_;
  for (const Tree& tree : trees_) {
    const Node* node = &tree[0];
    while (node->feature >= 0) {
      const bool left = node->goes_left[bin_of(static_cast<size_t>(node->feature))];
      node = &tree[static_cast<size_t>(left ? node->left : node->right)];
    }
    score += node->value;
  }
  return score;
}

DomainClassifier DomainClassifier::Fit(const std::vector<BinnedFeature>& features, const std::vector<uint8_t>& labels,
                                       const std::vector<uint32_t>& rows) {
  DomainClassifier model;
  double ones = 0;
  for (uint32_t row : rows) ones += labels[row];
  model.base_ = std::log(ones / (static_cast<double>(rows.size()) - ones));
  std::vector<double> gradients(labels.size()), hessians(labels.size());
  for (int round = 0; round < kRounds; ++round) {
    for (uint32_t row : rows) {
      const double p = 1 / (1 + std::exp(-model.Score(features, row)));
      gradients[row] = p - labels[row];
      hessians[row] = p * (1 - p);
    }
    model.trees_.push_back(Grower(features, gradients, hessians).Grow(rows));
  }
  return model;
}

double DomainClassifier::Score(const std::vector<BinnedFeature>& features, uint32_t row) const {
  return Walk([&](size_t feature) { return features[feature].bins[row]; });
}

double DomainClassifier::ScoreWith(const std::vector<BinnedFeature>& features, uint32_t row, size_t feature,
                                   uint8_t bin) const {
  return Walk([&](size_t asked) { return asked == feature ? bin : features[asked].bins[row]; });
}

bool DomainClassifier::Uses(size_t feature) const {
  for (const Tree& tree : trees_)
    for (const Node& node : tree)
      if (node.feature == static_cast<int>(feature)) return true;
  return false;
}

double AreaUnderCurve(const std::vector<double>& scores, const std::vector<uint8_t>& labels) {
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] < scores[b]; });
  double ranks = 0, ones = 0;
  for (size_t i = 0, end = 0; i < order.size(); i = end) {
    double in_tie = 0;
    for (; end < order.size() && scores[order[end]] == scores[order[i]]; ++end) in_tie += labels[order[end]];
    ranks += in_tie * static_cast<double>(i + end + 1) / 2;
    ones += in_tie;
  }
  const double zeros = static_cast<double>(scores.size()) - ones;
  return (ranks - ones * (ones + 1) / 2) / (ones * zeros);
}

}  // namespace slipway::stats
