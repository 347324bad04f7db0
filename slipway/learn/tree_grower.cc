#include "slipway/learn/tree_grower.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>

#include "slipway/learn/absolute_error.h"
#include "slipway/learn/class_counts.h"
#include "slipway/learn/split_scores.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::learn {
namespace {

constexpr uint32_t kNoNode = ~uint32_t{0};
// Columns with at most that many bins are counted into several histograms at once (see AddRows).
constexpr uint32_t kFewBins = 32;
constexpr size_t kLanes = 4;
constexpr uint32_t kRowsPerBinOfLanes = 8;  // from so many on they pay
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
        histogram_(table_.columns.size()),
        lanes_(kLanes * kFewBins * counts_.width()) {
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
  size_t width() const { return counts_.width(); }  // a constant for most
  static constexpr bool kIsRegression = Counts::kIsRegression;
  static constexpr bool kIsAbsolute = std::is_same_v<Score, AbsoluteErrorScore>;

  // A node whose rows are known and which is not in the tree yet. Its counts and its constant features lie on top of
  // pending_counts_ and pending_constants_.
  struct Pending {
    uint32_t begin, end;  // of rows_
    uint32_t parent;      // kNoNode for the root
    bool is_right;
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

  // The counts of one column's codes in the node at hand. Cells are zero outside of a node's search.
  struct Histogram {
    std::vector<Cell> cells;
    std::array<uint8_t, kBinsMax> codes;  // those that occur, ascending
    uint32_t count = 0;                   // of them
    bool is_filled = false;

    std::span<const uint8_t> present() const { return {codes.data(), count}; }
    void Add(uint32_t code) { codes[count++] = static_cast<uint8_t>(code); }
  };

  // --- rows ---

  void DrawRows() {
    rows_.clear();
    added_.clear();
    DrawBag(context_.options, table_.rows, random_, draws_);
    FindClassFactors();
    for (uint32_t row = 0; row < table_.rows; ++row) {
      if (draws_[row] == 0) continue;
      const DrawnRow drawn = MakeDrawnRow(row);
      if (!(drawn.weight > 0)) continue;
      rows_.push_back(row);
      added_.push_back(counts_.MakeRow(drawn));
    }
    spare_rows_.resize(rows_.size());
    spare_added_.resize(rows_.size());
  }

  DrawnRow MakeDrawnRow(uint32_t row) const {
    const Targets& targets = context_.targets;
    DrawnRow drawn{.draws = draws_[row], .weight = static_cast<double>(draws_[row])};
    if constexpr (kIsRegression) {
      drawn.value = targets.values[row] - context_.value_offset;
    } else {
      drawn.class_index = targets.classes[row];
    }
    if (!context_.is_weighted()) return drawn;
    if (!targets.weights.empty()) drawn.weight *= targets.weights[row];
    if (!class_factors_.empty()) drawn.weight *= class_factors_[drawn.class_index];
    if constexpr (!kIsRegression) drawn.weight = std::round(drawn.weight * context_.weight_unit);
    return drawn;
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
    pending_.push_back({0, static_cast<uint32_t>(rows_.size()), kNoNode, false, 0});
    pending_counts_.assign(width(), 0);
    pending_constants_.assign(words_, 0);
    for (const Row& row : added_) Counts::AddRow(pending_counts_.data(), row);
    root_weight_ = static_cast<double>(counts_.weight(pending_counts_.data()));
    least_weight_ = context_.options.min_weight_fraction_leaf * root_weight_;
  }

  // --- nodes ---

  void GrowNode() {
    const Pending node = pending_.back();
    pending_.pop_back();
    node_counts_.assign(pending_counts_.end() - static_cast<ptrdiff_t>(width()), pending_counts_.end());
    pending_counts_.resize(pending_counts_.size() - width());
    constants_.assign(pending_constants_.end() - static_cast<ptrdiff_t>(words_), pending_constants_.end());
    pending_constants_.resize(pending_constants_.size() - words_);

    if constexpr (kIsRegression) SumAgain(node);
    const uint32_t index = AddNode(node);
    Split split;
    if (!IsLeaf(node_counts_.data(), node.depth) && !IsConstant(node)) split = FindSplit(node);
    if (split.found) return SplitNode(node, index, split);
    if constexpr (kIsRegression) {
      WriteValue(node, index);
    } else {
      WriteFractions(index);
    }
  }

  // Sums of doubles that came about by differences are not exact; the node's own rows give them anew.
  void SumAgain(const Pending& node) {
    std::fill(node_counts_.begin(), node_counts_.end(), Cell{0});
    for (uint32_t i = node.begin; i < node.end; ++i) Counts::AddRow(node_counts_.data(), added_[i]);
  }

  // Of a regressor: every value is the same.
  bool IsConstant(const Pending& node) const {
    if constexpr (kIsRegression) {
      for (uint32_t i = node.begin + 1; i < node.end; ++i)
        if (added_[i].value != added_[node.begin].value) return false;
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
      value = added_[node.begin].value;
    }
    tree_.fractions[index] = value + context_.value_offset;
  }

  void CopyValues(const Pending& node) {
    values_.clear();
    for (uint32_t i = node.begin; i < node.end; ++i) values_.push_back({added_[i].weight, added_[i].value});
  }

  void SplitNode(const Pending& node, uint32_t index, const Split& split) {
    const BinnedColumn& column = table_.columns[split.column];
    tree_.feature[index] = split.feature;
    tree_.threshold[index] = split.is_random ? split.threshold : BinnedTable::Threshold(column, split.bin, split.next);
    right_counts_.resize(width());
    for (size_t i = 0; i < width(); ++i) right_counts_[i] = node_counts_[i] - left_counts_[i];
    const uint32_t middle = node.begin + static_cast<uint32_t>(counts_.rows(left_counts_.data()));
    // Leaves of classes need no rows.
    if (kIsRegression || !IsLeaf(left_counts_.data(), node.depth + 1) ||
        !IsLeaf(right_counts_.data(), node.depth + 1)) {
      Partition(node, split, column);
    }
    Push({middle, node.end, index, true, node.depth + 1}, right_counts_);
    Push({node.begin, middle, index, false, node.depth + 1}, left_counts_);
  }

  void Push(const Pending& node, const std::vector<Cell>& counts) {
    pending_.push_back(node);
    pending_counts_.insert(pending_counts_.end(), counts.begin(), counts.end());
    pending_constants_.insert(pending_constants_.end(), constants_.begin(), constants_.end());
  }

  // Stable, without branches on the data: every row is written to both sides, and the one it belongs to moves on.
  template <typename GoesLeft>
  void PartitionBy(const Pending& node, GoesLeft goes_left) {
    uint32_t left = node.begin, right = 0;
    for (uint32_t i = node.begin; i < node.end; ++i) {
      const uint32_t row = rows_[i];
      const Row added = added_[i];
      const bool is_left = goes_left(row);
      rows_[left] = row;
      added_[left] = added;
      spare_rows_[right] = row;
      spare_added_[right] = added;
      left += is_left;
      right += !is_left;
    }
    std::copy_n(spare_rows_.begin(), right, rows_.begin() + left);
    std::copy_n(spare_added_.begin(), right, added_.begin() + left);
  }

  void Partition(const Pending& node, const Split& split, const BinnedColumn& column) {
    if (split.is_random) {
      const float* numbers = context_.columns[column.source].numbers.data();
      return PartitionBy(node, [numbers, border = split.threshold](uint32_t row) { return numbers[row] <= border; });
    }
    const uint8_t* codes = column.codes.data();
    const uint32_t bin = split.bin;
    if (column.is_categorical) return PartitionBy(node, [=](uint32_t row) { return codes[row] != bin; });
    PartitionBy(node, [=](uint32_t row) { return codes[row] <= bin; });
  }

  // --- search ---

  // Draws features without replacement until max_features were looked at and one of them was not constant in the node.
  Split FindSplit(const Pending& node) {
    if constexpr (kIsAbsolute) {
      CopyValues(node);
      errors_.Begin(values_);
    }
    Split best;
    bool seen_varying = false;
    for (size_t drawn = 0; drawn < features_.size(); ++drawn) {
      if (drawn >= context_.max_features && seen_varying) break;
      const size_t pick = drawn + random_.NextBelow(features_.size() - drawn);
      std::swap(features_[drawn], features_[pick]);
      const uint32_t feature = features_[drawn];
      if (constants_[feature / 64] >> (feature % 64) & 1) continue;
      if (Evaluate(node, feature, best)) {
        seen_varying = true;
      } else {
        constants_[feature / 64] |= uint64_t{1} << (feature % 64);
      }
    }
    for (const uint32_t column : filled_) Clear(histogram_[column]);
    filled_.clear();
    if (best.found && context_.options.min_impurity_decrease > 0) best.found = IsWorthwhile(best);
    return best;
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
    if (context_.options.random_splits && !column.is_categorical) return EvaluateRandom(node, feature, index, best);
    Histogram& histogram = histogram_[index];
    if (!histogram.is_filled) {
      Fill(node, column, histogram);
      filled_.push_back(index);
    }
    if (histogram.count < 2) return false;
    if (!column.is_categorical) {
      EvaluateNumeric(node, histogram, feature, index, best);
      return true;
    }
    return EvaluateCategory(node, histogram, feature, feature - column.first_feature, index, best);
  }

  void EvaluateNumeric(const Pending& node, const Histogram& histogram, uint32_t feature, uint32_t index, Split& best) {
    side_.assign(width(), 0);
    other_ = node_counts_;
    if constexpr (kIsAbsolute) SortByCode(node, table_.columns[index], histogram);
    const std::span<const uint8_t> present = histogram.present();
    const Cell* cells = histogram.cells.data();
    Cell *side = side_.data(), *other = other_.data();
    for (size_t i = 0; i + 1 < present.size(); ++i) {
      const Cell* cell = cells + present[i] * width();
      for (size_t k = 0; k < width(); ++k) side[k] += cell[k], other[k] -= cell[k];
      if constexpr (kIsAbsolute) MoveCode(counts_.rows(cell));
      if (const double score = ScoreSides(); score > best.score)
        Offer({.score = score, .feature = feature, .column = index, .bin = present[i], .next = present[i + 1]}, best);
    }
  }

  bool EvaluateCategory(const Pending& node, const Histogram& histogram, uint32_t feature, uint32_t category,
                        uint32_t index, Split& best) {
    const Cell* cell = &histogram.cells[category * width()];
    const uint64_t rows = counts_.rows(cell);
    if (rows == 0 || rows == counts_.rows(node_counts_.data())) return false;
    other_.assign(cell, cell + width());
    side_.resize(width());
    for (size_t k = 0; k < width(); ++k) side_[k] = node_counts_[k] - cell[k];
    if constexpr (kIsAbsolute) {
      const uint8_t* codes = table_.columns[index].codes.data();
      MoveIf(node, [&](uint32_t row) { return codes[row] != category; });
    }
    Offer({.score = ScoreSides(), .feature = feature, .column = index, .bin = category}, best);
    return true;
  }

  // Extremely randomised trees (Geurts, Ernst, Wehenkel 2006): one border, anywhere between the node's least and
  // greatest value.
  bool EvaluateRandom(const Pending& node, uint32_t feature, uint32_t index, Split& best) {
    const float* numbers = context_.columns[table_.columns[index].source].numbers.data();
    float least = INFINITY, greatest = -INFINITY;
    for (uint32_t i = node.begin; i < node.end; ++i) {
      least = std::min(least, numbers[rows_[i]]);
      greatest = std::max(greatest, numbers[rows_[i]]);
    }
    if (!(greatest > least + kNearlyEqual)) return false;
    const float border = DrawBorder(least, greatest);
    side_.assign(width(), 0);
    for (uint32_t i = node.begin; i < node.end; ++i)
      if (numbers[rows_[i]] <= border) Counts::AddRow(side_.data(), added_[i]);
    other_.resize(width());
    for (size_t k = 0; k < width(); ++k) other_[k] = node_counts_[k] - side_[k];
    if constexpr (kIsAbsolute) MoveIf(node, [&](uint32_t row) { return numbers[row] <= border; });
    Offer({.score = ScoreSides(), .feature = feature, .column = index, .is_random = true, .threshold = border}, best);
    return true;
  }

  // At least `least`, below `greatest`.
  float DrawBorder(float least, float greatest) {
    const double width = static_cast<double>(greatest) - static_cast<double>(least);
    const double border = static_cast<double>(least) + random_.NextUnit() * width;
    const float rounded = model::FloatThreshold(border);
    return rounded < greatest ? std::max(rounded, least) : least;
  }

  double ScoreSides() const {
    if constexpr (kIsAbsolute) return -errors_.Sum();
    return score_.Side(counts_, side_.data()) + score_.Side(counts_, other_.data());
  }

  // `side_` would go left, `other_` right. The first of equals stays.
  void Offer(const Split& split, Split& best) {
    if (!(split.score > best.score)) return;
    if (IsTooSmall(side_.data()) || IsTooSmall(other_.data())) return;
    best = split;
    best.found = true;
    left_counts_ = side_;
  }

  bool IsTooSmall(const Cell* side) const {
    return counts_.rows(side) < static_cast<uint64_t>(context_.options.min_samples_leaf) ||
           static_cast<double>(counts_.weight(side)) < least_weight_;
  }

  // --- absolute errors ---

  // The node's rows by their code, for MoveCode to go through; all on the right side.
  void SortByCode(const Pending& node, const BinnedColumn& column, const Histogram& histogram) {
    uint32_t first[kBinsMax] = {};
    uint32_t before = 0;
    for (const uint8_t code : histogram.present()) {
      first[code] = before;
      before += static_cast<uint32_t>(counts_.rows(&histogram.cells[code * width()]));
    }
    by_code_.resize(node.end - node.begin);
    for (uint32_t i = node.begin; i < node.end; ++i) by_code_[first[column.codes[rows_[i]]]++] = i - node.begin;
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
      if (goes_left(rows_[i])) errors_.MoveLeft(i - node.begin);
  }

  // --- histograms ---

  void Fill(const Pending& node, const BinnedColumn& column, Histogram& histogram) {
    histogram.cells.resize(column.bins * width());
    histogram.count = 0;
    histogram.is_filled = true;
    const uint32_t rows = node.end - node.begin;
    if (rows < column.bins) return AddFewRows(node, column, histogram);
    if (column.bins <= kFewBins && rows >= kRowsPerBinOfLanes * column.bins) {
      AddRowsInLanes(node, column, histogram);
    } else {
      AddRows(node.begin, node.end, column, histogram);
    }
    for (uint32_t code = 0; code < column.bins; ++code)
      if (counts_.rows(&histogram.cells[code * width()]) != 0) histogram.Add(code);
  }

  void AddRows(uint32_t begin, uint32_t end, const BinnedColumn& column, Histogram& histogram) {
    const uint8_t* codes = column.codes.data();
    const uint32_t* rows = rows_.data();
    const Row* added = added_.data();
    Cell* cells = histogram.cells.data();
    for (uint32_t i = begin; i < end; ++i) Counts::AddRow(cells + codes[rows[i]] * width(), added[i]);
  }

  // With few bins neighbouring rows often meet in one cell, and each addition would wait for the one before: rows take
  // turns between several histograms.
  void AddRowsInLanes(const Pending& node, const BinnedColumn& column, Histogram& histogram) {
    const size_t used = column.bins * width();
    const uint8_t* codes = column.codes.data();
    Cell* lanes = lanes_.data();
    std::fill_n(lanes, kLanes * used, Cell{0});
    const uint32_t* rows = rows_.data();
    const Row* added = added_.data();
    Cell *lane0 = lanes, *lane1 = lanes + used, *lane2 = lanes + 2 * used, *lane3 = lanes + 3 * used;
    uint32_t i = node.begin;
    for (; i + kLanes <= node.end; i += kLanes) {  // written out: the compiler does not unroll it
      Counts::AddRow(lane0 + codes[rows[i]] * width(), added[i]);
      Counts::AddRow(lane1 + codes[rows[i + 1]] * width(), added[i + 1]);
      Counts::AddRow(lane2 + codes[rows[i + 2]] * width(), added[i + 2]);
      Counts::AddRow(lane3 + codes[rows[i + 3]] * width(), added[i + 3]);
    }
    for (size_t lane = 0; lane < kLanes; ++lane) {
      for (size_t k = 0; k < used; ++k) histogram.cells[k] += lanes[lane * used + k];
    }
    AddRows(i, node.end, column, histogram);
  }

  // Fewer rows than bins: a bitmap remembers which cells were touched, so that nothing has to look at all of them.
  void AddFewRows(const Pending& node, const BinnedColumn& column, Histogram& histogram) {
    uint64_t touched[kBinsMax / 64] = {};
    const uint8_t* codes = column.codes.data();
    const uint32_t* rows = rows_.data();
    const Row* added = added_.data();
    Cell* cells = histogram.cells.data();
    for (uint32_t i = node.begin; i < node.end; ++i) {
      const uint8_t code = codes[rows[i]];
      touched[code / 64] |= uint64_t{1} << (code % 64);
      Counts::AddRow(cells + code * width(), added[i]);
    }
    for (uint32_t word = 0; word * 64 < column.bins; ++word) {
      for (uint64_t bits = touched[word]; bits != 0; bits &= bits - 1) {
        histogram.Add(word * 64 + static_cast<uint32_t>(std::countr_zero(bits)));
      }
    }
  }

  void Clear(Histogram& histogram) {
    for (const uint8_t code : histogram.present()) std::fill_n(&histogram.cells[code * width()], width(), Cell{0});
    histogram.is_filled = false;
  }

  const GrowContext& context_;
  const BinnedTable& table_;
  const Counts counts_;
  const Score score_;
  const size_t words_;  // of a set of features
  SplitMix64 random_{0};
  GrownTree tree_;

  // Rows that were drawn, and what each adds to counts; a node's lie together, in ascending order.
  std::vector<uint32_t> draws_, rows_, spare_rows_;
  std::vector<Row> added_, spare_added_;

  std::vector<double> class_factors_;
  double root_weight_ = 0, least_weight_ = 0;

  std::vector<Pending> pending_;
  std::vector<Cell> pending_counts_;
  std::vector<uint64_t> pending_constants_;

  // Of the node at hand.
  std::vector<Cell> node_counts_, left_counts_, right_counts_, side_, other_;
  std::vector<uint64_t> constants_;
  std::vector<uint32_t> features_;  // a permutation; drawn ones in front
  std::vector<Histogram> histogram_;
  std::vector<uint32_t> filled_;
  std::vector<Cell> lanes_;

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
