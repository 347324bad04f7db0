#include "slipway/learn/tree_grower.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "slipway/base/hash.h"
#include "slipway/learn/class_counts.h"

namespace slipway::learn {
namespace {

constexpr uint32_t kNoNode = ~uint32_t{0};
// Columns with at most that many bins are counted into several histograms at once (see AddRows).
constexpr uint32_t kFewBins = 32;
constexpr size_t kLanes = 4;

template <typename Counts, typename Score>
class Grower final : public TreeGrower {
 public:
  explicit Grower(const GrowContext& context)
      : context_(context),
        table_(context.table),
        counts_(context.class_count),
        score_(context.n_log2_n),
        width_(counts_.width()),
        words_((table_.features + 63) / 64),
        histogram_(table_.columns.size()),
        lanes_(kLanes * kFewBins * width_) {
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
    uint32_t bin = 0;   // numeric: the last bin that goes left; categorical: the category that goes right
    uint32_t next = 0;  // numeric: the first bin that goes right
    bool found = false;
  };

  // The counts of one column's codes in the node at hand. Cells are zero outside of a node's search.
  struct Histogram {
    std::vector<Cell> cells;
    std::vector<uint8_t> present;  // codes that occur, ascending
    bool is_filled = false;
  };

  // --- rows ---

  void DrawRows() {
    rows_.clear();
    added_.clear();
    weights_.assign(table_.rows, context_.options.bootstrap ? 0 : 1);
    if (context_.options.bootstrap) {
      for (size_t i = 0; i < table_.rows; ++i) ++weights_[random_.NextBelow(table_.rows)];
    }
    for (uint32_t row = 0; row < table_.rows; ++row) {
      if (weights_[row] == 0) continue;
      rows_.push_back(row);
      added_.push_back(Counts::MakeRow(context_.classes[row], weights_[row]));
    }
    spare_rows_.resize(rows_.size());
    spare_added_.resize(rows_.size());
  }

  void PushRoot() {
    pending_.push_back({0, static_cast<uint32_t>(rows_.size()), kNoNode, false, 0});
    pending_counts_.assign(width_, 0);
    pending_constants_.assign(words_, 0);
    for (const Row row : added_) Counts::AddRow(pending_counts_.data(), row);
  }

  // --- nodes ---

  void GrowNode() {
    const Pending node = pending_.back();
    pending_.pop_back();
    node_counts_.assign(pending_counts_.end() - static_cast<ptrdiff_t>(width_), pending_counts_.end());
    pending_counts_.resize(pending_counts_.size() - width_);
    constants_.assign(pending_constants_.end() - static_cast<ptrdiff_t>(words_), pending_constants_.end());
    pending_constants_.resize(pending_constants_.size() - words_);

    const uint32_t index = AddNode(node);
    Split split;
    if (!IsLeaf(node_counts_.data(), node.depth)) split = FindSplit(node);
    if (split.found) return SplitNode(node, index, split);
    WriteFractions(index);
  }

  uint32_t AddNode(const Pending& node) {
    const uint32_t index = static_cast<uint32_t>(tree_.left.size());
    if (node.parent != kNoNode) (node.is_right ? tree_.right : tree_.left)[node.parent] = static_cast<int32_t>(index);
    tree_.left.push_back(-1);
    tree_.right.push_back(-1);
    tree_.feature.push_back(0);
    tree_.threshold.push_back(0);
    tree_.fractions.resize(tree_.fractions.size() + context_.outputs(), 0.0);
    tree_.cover.push_back(static_cast<float>(counts_.weight(node_counts_.data())));
    return index;
  }

  bool IsLeaf(const Cell* counts, int depth) const {
    const ForestOptions& options = context_.options;
    if (options.max_depth > 0 && depth >= options.max_depth) return true;
    const uint64_t rows = counts_.rows(counts);
    if (rows < static_cast<uint64_t>(options.min_samples_split)) return true;
    if (rows < 2 * static_cast<uint64_t>(options.min_samples_leaf)) return true;
    return IsPure(counts);
  }

  bool IsPure(const Cell* counts) const {
    const uint64_t weight = counts_.weight(counts);
    for (size_t k = 0; k < counts_.classes(); ++k) {
      if (const uint64_t of_class = counts_.of_class(counts, k); of_class != 0) return of_class == weight;
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

  void SplitNode(const Pending& node, uint32_t index, const Split& split) {
    const BinnedColumn& column = table_.columns[split.column];
    tree_.feature[index] = split.feature;
    tree_.threshold[index] = BinnedTable::Threshold(column, split.bin, split.next);
    right_counts_.resize(width_);
    for (size_t i = 0; i < width_; ++i) right_counts_[i] = node_counts_[i] - left_counts_[i];
    const uint32_t middle = node.begin + static_cast<uint32_t>(counts_.rows(left_counts_.data()));
    // Leaves need no rows.
    if (!IsLeaf(left_counts_.data(), node.depth + 1) || !IsLeaf(right_counts_.data(), node.depth + 1)) {
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
    const uint8_t* codes = column.codes.data();
    const uint32_t bin = split.bin;
    if (column.is_categorical) return PartitionBy(node, [=](uint32_t row) { return codes[row] != bin; });
    PartitionBy(node, [=](uint32_t row) { return codes[row] <= bin; });
  }

  // --- search ---

  // Draws features without replacement until max_features were looked at and one of them was not constant in the node.
  Split FindSplit(const Pending& node) {
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
    return best;
  }

  // False when the feature is constant in the node.
  bool Evaluate(const Pending& node, uint32_t feature, Split& best) {
    const uint32_t index = table_.column_of_feature[feature];
    const BinnedColumn& column = table_.columns[index];
    Histogram& histogram = histogram_[index];
    if (!histogram.is_filled) {
      Fill(node, column, histogram);
      filled_.push_back(index);
    }
    if (histogram.present.size() < 2) return false;
    if (!column.is_categorical) {
      EvaluateNumeric(histogram, feature, index, best);
      return true;
    }
    return EvaluateCategory(histogram, feature, feature - column.first_feature, index, best);
  }

  void EvaluateNumeric(const Histogram& histogram, uint32_t feature, uint32_t index, Split& best) {
    side_.assign(width_, 0);
    other_ = node_counts_;
    for (size_t i = 0; i + 1 < histogram.present.size(); ++i) {
      const Cell* cell = &histogram.cells[histogram.present[i] * width_];
      for (size_t k = 0; k < width_; ++k) side_[k] += cell[k], other_[k] -= cell[k];
      Offer({-INFINITY, feature, index, histogram.present[i], histogram.present[i + 1]}, best);
    }
  }

  bool EvaluateCategory(const Histogram& histogram, uint32_t feature, uint32_t category, uint32_t index, Split& best) {
    const Cell* cell = &histogram.cells[category * width_];
    const uint64_t rows = counts_.rows(cell);
    if (rows == 0 || rows == counts_.rows(node_counts_.data())) return false;
    other_.assign(cell, cell + width_);
    side_.resize(width_);
    for (size_t k = 0; k < width_; ++k) side_[k] = node_counts_[k] - cell[k];
    Offer({-INFINITY, feature, index, category}, best);
    return true;
  }

  // `side_` would go left, `other_` right. The first of equals stays.
  void Offer(Split split, Split& best) {
    split.score = score_.Side(counts_, side_.data()) + score_.Side(counts_, other_.data());
    if (!(split.score > best.score)) return;
    const uint64_t least = static_cast<uint64_t>(context_.options.min_samples_leaf);
    if (counts_.rows(side_.data()) < least || counts_.rows(other_.data()) < least) return;
    split.found = true;
    best = split;
    left_counts_ = side_;
  }

  // --- histograms ---

  void Fill(const Pending& node, const BinnedColumn& column, Histogram& histogram) {
    histogram.cells.resize(column.bins * width_);
    histogram.present.clear();
    histogram.is_filled = true;
    if (column.bins <= kFewBins) {
      AddRowsInLanes(node, column, histogram);
    } else if (node.end - node.begin < column.bins) {
      return AddFewRows(node, column, histogram);
    } else {
      for (uint32_t i = node.begin; i < node.end; ++i) {
        Counts::AddRow(&histogram.cells[column.codes[rows_[i]] * width_], added_[i]);
      }
    }
    for (uint32_t code = 0; code < column.bins; ++code) {
      if (counts_.rows(&histogram.cells[code * width_]) != 0) histogram.present.push_back(static_cast<uint8_t>(code));
    }
  }

  // With few bins neighbouring rows often meet in one cell, and each addition would wait for the one before: rows take
  // turns between several histograms.
  void AddRowsInLanes(const Pending& node, const BinnedColumn& column, Histogram& histogram) {
    const size_t used = column.bins * width_;
    const uint8_t* codes = column.codes.data();
    uint32_t i = node.begin;
    if (node.end - node.begin >= 2 * kFewBins) {
      std::fill_n(lanes_.begin(), kLanes * used, Cell{0});
      for (; i + kLanes <= node.end; i += kLanes) {
        for (size_t lane = 0; lane < kLanes; ++lane) {
          Counts::AddRow(&lanes_[lane * used + codes[rows_[i + lane]] * width_], added_[i + lane]);
        }
      }
      for (size_t lane = 0; lane < kLanes; ++lane) {
        for (size_t k = 0; k < used; ++k) histogram.cells[k] += lanes_[lane * used + k];
      }
    }
    for (; i < node.end; ++i) Counts::AddRow(&histogram.cells[codes[rows_[i]] * width_], added_[i]);
  }

  // Fewer rows than bins: a bitmap remembers which cells were touched, so that nothing has to look at all of them.
  void AddFewRows(const Pending& node, const BinnedColumn& column, Histogram& histogram) {
    uint64_t touched[kBinsMax / 64] = {};
    for (uint32_t i = node.begin; i < node.end; ++i) {
      const uint8_t code = column.codes[rows_[i]];
      touched[code / 64] |= uint64_t{1} << (code % 64);
      Counts::AddRow(&histogram.cells[code * width_], added_[i]);
    }
    for (uint32_t word = 0; word < kBinsMax / 64; ++word) {
      for (uint64_t bits = touched[word]; bits != 0; bits &= bits - 1) {
        histogram.present.push_back(static_cast<uint8_t>(word * 64 + static_cast<uint32_t>(std::countr_zero(bits))));
      }
    }
  }

  void Clear(Histogram& histogram) {
    for (const uint8_t code : histogram.present) std::fill_n(&histogram.cells[code * width_], width_, Cell{0});
    histogram.is_filled = false;
  }

  const GrowContext& context_;
  const BinnedTable& table_;
  const Counts counts_;
  const Score score_;
  const size_t width_;
  const size_t words_;  // of a set of features
  SplitMix64 random_{0};
  GrownTree tree_;

  // Rows that were drawn, and what each adds to counts; a node's lie together, in ascending order.
  std::vector<uint32_t> weights_, rows_, spare_rows_;
  std::vector<Row> added_, spare_added_;

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
};

template <typename Counts>
std::unique_ptr<TreeGrower> MakeFor(const GrowContext& context) {
  if (context.options.criterion == Criterion::kGini) return std::make_unique<Grower<Counts, GiniScore>>(context);
  return std::make_unique<Grower<Counts, EntropyScore>>(context);
}

}  // namespace

std::unique_ptr<TreeGrower> MakeTreeGrower(const GrowContext& context) {
  const bool is_binary = context.class_count == 2 && context.table.rows <= BinaryCounts::kWeightMax;
  return is_binary ? MakeFor<BinaryCounts>(context) : MakeFor<ManyCounts>(context);
}

}  // namespace slipway::learn
