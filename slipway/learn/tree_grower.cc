#include "slipway/learn/tree_grower.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>

#include "slipway/learn/absolute_error.h"
#include "slipway/learn/class_counts.h"
#include "slipway/learn/histograms.h"
#include "slipway/learn/split_scores.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::learn {
namespace {

constexpr uint32_t kNoNode = ~uint32_t{0};
// A column whose values in a node are that near to each other is constant there (scikit-learn's bound).
constexpr float kNearlyEqual = 1e-7F;

template <typename Counts, typename Score>
class Grower final : public TreeGrower {
 public:
  explicit Grower(const GrowContext& context)
      : context_(context),
        table_(context.table),
        counts_(context.targets.class_count),
        score_(context.n_log2_n),
        words_((table_.features + 63) / 64),
        node_counts_(counts_.NoSums()),
        left_counts_(node_counts_),
        right_counts_(node_counts_),
        side_(node_counts_),
        other_(node_counts_),
        constants_(words_),
        histograms_(table_, counts_) {
    features_.resize(table_.features);
  }

  GrownTree Grow(uint64_t seed) override {
    random_ = SplitMix64(seed);
    tree_ = {};
    for (uint32_t i = 0; i < features_.size(); ++i) features_[i] = i;
    DrawRows();
    PushRoot();
    while (!pending_.empty()) GrowNode();
    return std::move(tree_);
  }

 private:
  using Cell = typename Counts::Cell;
  using Row = typename Counts::Row;
  using Sums = typename Counts::Sums;
  using Sample = learn::Sample<Counts>;
  // Registers where the width is known to the compiler, the grower's own buffers where it is not.
  using Scratch = std::conditional_t<std::is_same_v<Sums, std::vector<Cell>>, Sums&, Sums>;
  size_t width() const { return counts_.width(); }  // a constant for most
  static constexpr bool kIsRegression = Counts::kIsRegression;
  static constexpr bool kIsAbsolute = std::is_same_v<Score, AbsoluteErrorScore>;

  // A node whose rows are known and which is not in the tree yet. Its counts lie on top of pending_counts_, its
  // constant features, unless it is a leaf, on top of pending_constants_.
  struct Pending {
    uint32_t begin, end;  // of samples_
    uint32_t parent;      // kNoNode for the root
    bool is_right;
    bool is_leaf;
    int depth;
  };

  struct Split {
    double score = -INFINITY;
    uint32_t feature = 0, column = 0;
    uint32_t bin = 0;        // numeric: the last bin that goes left; categorical: the category that goes right
    uint32_t next = 0;       // numeric: the first bin that goes right
    bool is_random = false;  // numeric: by `threshold`, not by bins
    float threshold = 0;
    bool found = false;
  };

  // --- rows ---

  std::span<const Sample> Samples(const Pending& node) const {
    return {samples_.data() + node.begin, samples_.data() + node.end};
  }

  void DrawRows() {
    DrawBag(context_.options, table_.rows, random_, draws_);
    FindClassFactors();
    samples_.resize(table_.rows);
    const size_t count = context_.is_weighted() ? TakeRows([this](DrawnRow& drawn, uint32_t row) { Weigh(drawn, row); })
                                                : TakeRows([](DrawnRow&, uint32_t) {});
    samples_.resize(count);
    spare_.resize(count);
  }

  // Who is drawn is random: no branch could be foreseen.
  template <typename Weigh>
  size_t TakeRows(Weigh weigh) {
    size_t count = 0;
    for (uint32_t row = 0; row < table_.rows; ++row) {
      DrawnRow drawn{.draws = draws_[row], .weight = static_cast<double>(draws_[row])};
      if constexpr (kIsRegression) {
        drawn.value = context_.targets.values[row] - context_.value_offset;
      } else {
        drawn.class_index = context_.targets.classes[row];
      }
      weigh(drawn, row);
      samples_[count] = {row, counts_.MakeRow(drawn)};
      count += drawn.weight > 0;
    }
    return count;
  }

  void Weigh(DrawnRow& drawn, uint32_t row) const {
    const Targets& targets = context_.targets;
    if (!targets.weights.empty()) drawn.weight *= targets.weights[row];
    if (!class_factors_.empty()) drawn.weight *= class_factors_[drawn.class_index];
    if constexpr (!kIsRegression) drawn.weight = std::round(drawn.weight * context_.weight_unit);
  }

  // Weights that make the classes of this bag count alike.
  void FindClassFactors() {
    class_factors_.clear();
    if (!context_.options.balanced_bags) return;
    class_factors_.assign(context_.targets.class_count, 0);
    for (size_t row = 0; row < table_.rows; ++row) class_factors_[context_.targets.classes[row]] += draws_[row];
    const double drawn = std::accumulate(class_factors_.begin(), class_factors_.end(), 0.0);
    const auto present = static_cast<double>(
        std::count_if(class_factors_.begin(), class_factors_.end(), [](double count) { return count > 0; }));
    for (double& factor : class_factors_) factor = factor > 0 ? drawn / (present * factor) : 0;
  }

  void PushRoot() {
    pending_.push_back({0, static_cast<uint32_t>(samples_.size()), kNoNode, false, false, 0});
    pending_counts_.assign(width(), 0);
    for (const Sample& sample : samples_) Counts::AddRow(pending_counts_.data(), sample.added);
    root_weight_ = static_cast<double>(counts_.weight(pending_counts_.data()));
    least_weight_ = context_.options.min_weight_fraction_leaf * root_weight_;
    pending_.back().is_leaf = IsLeaf(pending_counts_.data(), 0);
    if (!pending_.back().is_leaf) pending_constants_.assign(words_, 0);
  }

  // --- nodes ---

  void GrowNode() {
    const Pending node = pending_.back();
    pending_.pop_back();
    Pop(pending_counts_, node_counts_);
    if (!node.is_leaf) Pop(pending_constants_, constants_);
    if constexpr (kIsRegression) SumAgain(node);
    const uint32_t index = AddNode(node);
    Split split;
    if (!node.is_leaf && !IsConstant(node)) split = FindSplit(node);
    if (split.found) return SplitNode(node, index, split);
    if constexpr (kIsRegression) {
      WriteValue(node, index);
    } else {
      WriteFractions(index);
    }
  }

  template <typename From, typename To>
  static void Pop(From& stack, To& top) {
    const size_t left = stack.size() - top.size();
    std::copy_n(stack.data() + left, top.size(), top.data());
    stack.resize(left);
  }

  // Sums of doubles that came about by differences are not exact; the node's own rows give them anew.
  void SumAgain(const Pending& node) {
    std::fill(node_counts_.begin(), node_counts_.end(), Cell{0});
    for (const Sample& sample : Samples(node)) Counts::AddRow(node_counts_.data(), sample.added);
  }

  // Of a regressor: every value is the same.
  bool IsConstant(const Pending& node) const {
    if constexpr (kIsRegression) {
      for (const Sample& sample : Samples(node))
        if (sample.added.value != samples_[node.begin].added.value) return false;
      return true;
    }
    return false;
  }

  uint32_t AddNode(const Pending& node) {
    const uint32_t index = static_cast<uint32_t>(tree_.left.size());
    if (node.parent != kNoNode) (node.is_right ? tree_.right : tree_.left)[node.parent] = static_cast<int32_t>(index);
    tree_.left.push_back(-1);
    tree_.right.push_back(-1);
    tree_.feature.push_back(0);
    tree_.threshold.push_back(0);
    tree_.fractions.resize(tree_.fractions.size() + context_.outputs(), 0.0);
    const double weight = static_cast<double>(counts_.weight(node_counts_.data()));
    tree_.cover.push_back(static_cast<float>(weight / context_.weight_unit));
    return index;
  }

  bool IsLeaf(const Cell* counts, int depth) const {
    const ForestOptions& options = context_.options;
    if (options.max_depth > 0 && depth >= options.max_depth) return true;
    const uint64_t rows = counts_.rows(counts);
    if (rows < static_cast<uint64_t>(options.min_samples_split)) return true;
    if (rows < 2 * static_cast<uint64_t>(options.min_samples_leaf)) return true;
    if (static_cast<double>(counts_.weight(counts)) < 2 * least_weight_) return true;
    if constexpr (kIsRegression) return false;  // rows tell (IsConstant)
    return IsPure(counts);
  }

  bool IsPure([[maybe_unused]] const Cell* counts) const {
    if constexpr (!kIsRegression) {
      const uint64_t weight = counts_.weight(counts);
      for (size_t k = 0; k < counts_.classes(); ++k) {
        if (const uint64_t of_class = counts_.of_class(counts, k); of_class != 0) return of_class == weight;
      }
    }
    return true;
  }

  void WriteFractions(uint32_t index) {
    const double weight = static_cast<double>(counts_.weight(node_counts_.data()));
    const size_t outputs = context_.outputs();
    for (size_t k = 0; k < outputs; ++k) {
      const uint64_t of_class = counts_.of_class(node_counts_.data(), outputs == 1 ? 1 : k);
      tree_.fractions[index * outputs + k] = static_cast<double>(of_class) / weight;
    }
  }

  void WriteValue(const Pending& node, uint32_t index) {
    double value = counts_.sum(node_counts_.data()) / counts_.weight(node_counts_.data());
    if constexpr (kIsAbsolute) {
      CopyValues(node);
      value = WeightedMedian(values_);
    } else if (IsConstant(node)) {
      value = samples_[node.begin].added.value;
    }
    tree_.fractions[index] = value + context_.value_offset;
  }

  void CopyValues(const Pending& node) {
    values_.clear();
    for (const Sample& sample : Samples(node)) values_.push_back({sample.added.weight, sample.added.value});
  }

  void SplitNode(const Pending& node, uint32_t index, const Split& split) {
    const BinnedColumn& column = table_.columns[split.column];
    tree_.feature[index] = split.feature;
    tree_.threshold[index] = split.is_random ? split.threshold : BinnedTable::Threshold(column, split.bin, split.next);
    for (size_t i = 0; i < width(); ++i) right_counts_[i] = node_counts_[i] - left_counts_[i];
    const uint32_t middle = node.begin + static_cast<uint32_t>(counts_.rows(left_counts_.data()));
    const int depth = node.depth + 1;
    const Pending left{node.begin, middle, index, false, IsLeaf(left_counts_.data(), depth), depth};
    const Pending right{middle, node.end, index, true, IsLeaf(right_counts_.data(), depth), depth};
    if (kIsRegression || !left.is_leaf || !right.is_leaf)
      Partition(node, split, column);  // leaves of classes need no rows
    Push(right, right_counts_);
    Push(left, left_counts_);
  }

  void Push(const Pending& node, const Sums& counts) {
    pending_.push_back(node);
    pending_counts_.insert(pending_counts_.end(), counts.begin(), counts.end());
    if (!node.is_leaf) pending_constants_.insert(pending_constants_.end(), constants_.begin(), constants_.end());
  }

  // Stable, without branches on the data: every row is written to both sides, and the one it belongs to moves on.
  template <typename GoesLeft>
  void PartitionBy(const Pending& node, GoesLeft goes_left) {
    uint32_t left = node.begin, right = 0;
    for (uint32_t i = node.begin; i < node.end; ++i) {
      const Sample sample = samples_[i];
      const bool is_left = goes_left(sample.row);
      samples_[left] = sample;
      spare_[right] = sample;
      left += is_left;
      right += !is_left;
    }
    std::copy_n(spare_.begin(), right, samples_.begin() + left);
  }

  void Partition(const Pending& node, const Split& split, const BinnedColumn& column) {
    if (split.is_random) {
      const float* numbers = context_.columns[column.source].numbers.data();
      return PartitionBy(node, [numbers, border = split.threshold](uint32_t row) { return numbers[row] <= border; });
    }
    const uint8_t* codes = table_.codes.first(split.column);
    const size_t stride = table_.codes.row_stride();
    const uint32_t bin = split.bin;
    if (column.is_categorical) return PartitionBy(node, [=](uint32_t row) { return codes[row * stride] != bin; });
    PartitionBy(node, [=](uint32_t row) { return codes[row * stride] <= bin; });
  }

  // --- search ---

  // Draws features without replacement until max_features were looked at and one of them was not constant in the node.
  Split FindSplit(const Pending& node) {
    if constexpr (kIsAbsolute) {
      CopyValues(node);
      errors_.Begin(values_);
    }
    Split best;
    size_t drawn = 0;
    for (size_t wanted = std::min(context_.max_features, features_.size()); drawn < features_.size(); wanted = 1)
      if (EvaluateDrawn(node, Draw(drawn, wanted), best)) break;
    histograms_.Clear();
    if (best.found && context_.options.min_impurity_decrease > 0) best.found = IsWorthwhile(best);
    return best;
  }

  // Puts `wanted` more features behind the `drawn` ones in front; gives those of them that are not known as constant.
  std::span<const uint32_t> Draw(size_t& drawn, size_t wanted) {
    fresh_.resize(wanted);
    size_t count = 0;
    for (const size_t end = drawn + wanted; drawn < end; ++drawn) {
      const size_t pick = drawn + random_.NextBelow(features_.size() - drawn);
      std::swap(features_[drawn], features_[pick]);
      const uint32_t feature = features_[drawn];
      fresh_[count] = feature;
      count += 1 - (constants_[feature / 64] >> (feature % 64) & 1);
    }
    return {fresh_.data(), count};
  }

  // False when all of them are constant in the node.
  bool EvaluateDrawn(const Pending& node, std::span<const uint32_t> features, Split& best) {
    for (const uint32_t feature : features) {
      const uint32_t index = table_.column_of_feature[feature];
      if (!IsCutAtRandom(table_.columns[index])) histograms_.Want(index, node.end - node.begin);
    }
    histograms_.Fill(Samples(node));
    bool is_varying = false;
    for (const uint32_t feature : features) {
      if (Evaluate(node, feature, best)) {
        is_varying = true;
      } else {
        constants_[feature / 64] |= uint64_t{1} << (feature % 64);
      }
    }
    return is_varying;
  }

  // Scores are weight × (constant - impurity), so their difference is the weighted decrease of the impurity.
  bool IsWorthwhile(const Split& split) const {
    double before = score_.Side(counts_, node_counts_.data());
    if constexpr (kIsAbsolute) before = -errors_.node_error();
    const double decrease = (split.score - before) / root_weight_;
    return decrease + std::numeric_limits<double>::epsilon() >= context_.options.min_impurity_decrease;
  }

  // False when the feature is constant in the node.
  bool Evaluate(const Pending& node, uint32_t feature, Split& best) {
    const uint32_t index = table_.column_of_feature[feature];
    const BinnedColumn& column = table_.columns[index];
    if (IsCutAtRandom(column)) return EvaluateRandom(node, feature, index, best);
    if (column.is_categorical) return EvaluateCategory(node, feature, feature - column.first_feature, index, best);
    if (histograms_.present(index).size() < 2) return false;
    EvaluateNumeric(node, feature, index, best);
    return true;
  }

  bool IsCutAtRandom(const BinnedColumn& column) const {
    return context_.options.random_splits && !column.is_categorical;
  }

  void EvaluateNumeric(const Pending& node, uint32_t feature, uint32_t index, Split& best) {
    Scratch left = side_, right = other_;
    std::fill(left.begin(), left.end(), Cell{0});
    right = node_counts_;
    if constexpr (kIsAbsolute) SortByCode(node, index);
    uint32_t last = kBinsMax;
    histograms_.present(index).ForEach([&](uint32_t code) {
      if (last != kBinsMax) {
        const double score = ScoreSides(left, right);
        if (score > best.score)
          Offer({.score = score, .feature = feature, .column = index, .bin = last, .next = code}, left, right, best);
      }
      const Cell* cell = histograms_.cell(index, code);
      for (size_t k = 0; k < width(); ++k) left[k] += cell[k], right[k] -= cell[k];
      if constexpr (kIsAbsolute) MoveCode(counts_.rows(cell));
      last = code;
    });
  }

  bool EvaluateCategory(const Pending& node, uint32_t feature, uint32_t category, uint32_t index, Split& best) {
    histograms_.Count(Samples(node), index, category, other_);
    const uint64_t rows = counts_.rows(other_.data());
    if (rows == 0 || rows == counts_.rows(node_counts_.data())) return false;
    for (size_t k = 0; k < width(); ++k) side_[k] = node_counts_[k] - other_[k];
    if constexpr (kIsAbsolute) MoveIf(node, [&](uint32_t row) { return table_.codes(row, index) != category; });
    const double score = ScoreSides(side_, other_);
    Offer({.score = score, .feature = feature, .column = index, .bin = category}, side_, other_, best);
    return true;
  }

  // Extremely randomised trees (Geurts, Ernst, Wehenkel 2006): one border, anywhere between the node's least and
  // greatest value.
  bool EvaluateRandom(const Pending& node, uint32_t feature, uint32_t index, Split& best) {
    const float* numbers = context_.columns[table_.columns[index].source].numbers.data();
    float least = INFINITY, greatest = -INFINITY;
    for (const Sample& sample : Samples(node)) {
      least = std::min(least, numbers[sample.row]);
      greatest = std::max(greatest, numbers[sample.row]);
    }
    if (!(greatest > least + kNearlyEqual)) return false;
    const float border = DrawBorder(least, greatest);
    std::fill(side_.begin(), side_.end(), Cell{0});
    for (const Sample& sample : Samples(node))
      if (numbers[sample.row] <= border) Counts::AddRow(side_.data(), sample.added);
    for (size_t k = 0; k < width(); ++k) other_[k] = node_counts_[k] - side_[k];
    if constexpr (kIsAbsolute) MoveIf(node, [&](uint32_t row) { return numbers[row] <= border; });
    const double score = ScoreSides(side_, other_);
    Offer({.score = score, .feature = feature, .column = index, .is_random = true, .threshold = border}, side_, other_,
          best);
    return true;
  }

  // At least `least`, below `greatest`.
  float DrawBorder(float least, float greatest) {
    const double width = static_cast<double>(greatest) - static_cast<double>(least);
    const double border = static_cast<double>(least) + random_.NextUnit() * width;
    const float rounded = model::FloatThreshold(border);
    return rounded < greatest ? std::max(rounded, least) : least;
  }

  double ScoreSides(const Sums& left, const Sums& right) const {
    if constexpr (kIsAbsolute) return -errors_.Sum();
    return score_.Side(counts_, left.data()) + score_.Side(counts_, right.data());
  }

  // The first of equals stays.
  void Offer(const Split& split, const Sums& left, const Sums& right, Split& best) {
    if (!(split.score > best.score)) return;
    if (IsTooSmall(left.data()) || IsTooSmall(right.data())) return;
    best = split;
    best.found = true;
    left_counts_ = left;
  }

  bool IsTooSmall(const Cell* side) const {
    return counts_.rows(side) < static_cast<uint64_t>(context_.options.min_samples_leaf) ||
           static_cast<double>(counts_.weight(side)) < least_weight_;
  }

  // --- absolute errors ---

  // The node's rows by their code, for MoveCode to go through; all on the right side.
  void SortByCode(const Pending& node, uint32_t column) {
    uint32_t first[kBinsMax] = {};
    uint32_t before = 0;
    histograms_.present(column).ForEach([&](uint32_t code) {
      first[code] = before;
      before += static_cast<uint32_t>(counts_.rows(histograms_.cell(column, code)));
    });
    by_code_.resize(node.end - node.begin);
    for (uint32_t i = node.begin; i < node.end; ++i)
      by_code_[first[table_.codes(samples_[i].row, column)]++] = i - node.begin;
    moved_ = 0;
    errors_.Reset();
  }

  void MoveCode(uint64_t rows) {
    for (uint64_t i = 0; i < rows; ++i) errors_.MoveLeft(by_code_[moved_++]);
  }

  template <typename GoesLeft>
  void MoveIf(const Pending& node, GoesLeft goes_left) {
    errors_.Reset();
    for (uint32_t i = node.begin; i < node.end; ++i)
      if (goes_left(samples_[i].row)) errors_.MoveLeft(i - node.begin);
  }

  const GrowContext& context_;
  const BinnedTable& table_;
  const Counts counts_;
  const Score score_;
  const size_t words_;  // of a set of features
  SplitMix64 random_{0};
  GrownTree tree_;

  std::vector<uint32_t> draws_;
  std::vector<Sample> samples_, spare_;  // a node's lie together, their rows ascending

  std::vector<double> class_factors_;
  double root_weight_ = 0, least_weight_ = 0;

  std::vector<Pending> pending_;
  std::vector<Cell> pending_counts_;
  std::vector<uint64_t> pending_constants_;

  // Of the node at hand.
  Sums node_counts_, left_counts_, right_counts_, side_, other_;
  std::vector<uint64_t> constants_;
  std::vector<uint32_t> features_;  // a permutation; drawn ones in front
  Histograms<Counts> histograms_;
  std::vector<uint32_t> fresh_;

  // Of absolute errors alone.
  AbsoluteErrors errors_;
  std::vector<WeightedValue> values_;
  std::vector<uint32_t> by_code_;
  uint64_t moved_ = 0;
};

template <typename Counts>
std::unique_ptr<TreeGrower> MakeClassGrower(const GrowContext& context) {
  if (context.options.criterion == Criterion::kGini) return std::make_unique<Grower<Counts, GiniScore>>(context);
  return std::make_unique<Grower<Counts, EntropyScore>>(context);
}

}  // namespace

void DrawBag(const ForestOptions& options, size_t rows, SplitMix64& random, std::vector<uint32_t>& draws) {
  draws.assign(rows, options.bootstrap ? 0 : 1);
  if (!options.bootstrap) return;
  const double share = options.max_samples * static_cast<double>(rows);
  const size_t wanted = options.max_samples == 1 ? rows : std::max<size_t>(1, static_cast<size_t>(std::round(share)));
  for (size_t i = 0; i < wanted; ++i) ++draws[random.NextBelow(rows)];
}

std::unique_ptr<TreeGrower> MakeTreeGrower(const GrowContext& context) {
  if (context.options.criterion == Criterion::kAbsoluteError)
    return std::make_unique<Grower<ValueSums, AbsoluteErrorScore>>(context);
  if (context.is_regression()) return std::make_unique<Grower<ValueSums, SquaredErrorScore>>(context);
  if (context.is_weighted()) return MakeClassGrower<ClassCounts<uint64_t>>(context);
  const bool is_binary = context.targets.class_count == 2 && context.table.rows <= BinaryCounts::kWeightMax;
  return is_binary ? MakeClassGrower<BinaryCounts>(context) : MakeClassGrower<ClassCounts<uint32_t>>(context);
}

}  // namespace slipway::learn
