// LightGBM's text model: a head of key=value lines, then a block of lines a tree. Leaves are numbered apart from inner
// nodes; a child -k-1 is leaf k. decision_type: bit 0 categorical, bit 1 missing values go left, bits 2 and 3 what is
// missing (0 nothing, 1 zero, 2 NaN).
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/model/boosted_trees.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::model {
namespace {

using Kind = BoostedModel::Kind;
using Link = BoostedModel::Link;

constexpr size_t kLeavesMax = 1'000'000;
// Nodes that categorical splits may become, in all trees.
constexpr size_t kCategoryNodesMax = 10'000'000;
constexpr size_t kFeaturesMax = 1'000'000;

// The lines of one block.
using Block = std::map<std::string, std::string_view, std::less<>>;

std::string_view TextOf(const Block& block, std::string_view key) {
  const auto found = block.find(key);
  return found == block.end() ? std::string_view() : found->second;
}

Result<size_t> CountOf(const Block& block, std::string_view key, size_t most) {
  const auto value = ParseInt(Trim(TextOf(block, key)));
  if (!value || *value < 0 || static_cast<size_t>(*value) > most)
    return DataLoss(fmt::format("'{}' is '{}', not a count of at most {}", key, TextOf(block, key), most));
  return static_cast<size_t>(*value);
}

// The numbers of a list: those that every type here holds exactly, or all finite ones.
template <typename T>
constexpr T Most() {
  return std::is_integral_v<T> ? static_cast<T>(std::numeric_limits<uint32_t>::max()) : std::numeric_limits<T>::max();
}
template <typename T>
constexpr T Least() {
  return std::is_unsigned_v<T> ? T{0} : static_cast<T>(-Most<T>());
}

template <typename T>
Status ReadList(const Block& block, std::string_view key, size_t count, std::vector<T>& out) {
  for (const std::string_view part : Split(TextOf(block, key), ' ')) {
    if (Trim(part).empty()) continue;
    const auto number = ParseDouble(Trim(part));
    const bool fits = number && *number >= static_cast<double>(Least<T>()) && *number <= static_cast<double>(Most<T>());
    if (!fits) return DataLoss(fmt::format("'{}' holds '{}', not a number", key, part));
    out.push_back(static_cast<T>(*number));
  }
  if (out.size() != count)
    return DataLoss(fmt::format("'{}' holds {} numbers, {} are expected", key, out.size(), count));
  return {};
}

// One tree's lists.
class TreeReader {
 public:
  TreeReader(const Block& block, size_t features, size_t& category_nodes_left)
      : block_(block), features_(features), category_nodes_left_(category_nodes_left) {}

  // `has_covers` becomes false for a tree that does not say how many rows came where.
  Result<BoostedTree> Read(bool& has_covers) {
    SLIPWAY_RETURN_IF_ERROR(ReadLists());
    seen_.assign(leaves_ - 1, false);
    seen_leaves_.assign(leaves_, false);
    waiting_ = {{leaves_ == 1 ? -1 : 0, {}}};
    while (!waiting_.empty()) {
      const Waiting at = std::move(waiting_.back());
      waiting_.pop_back();
      const auto index = static_cast<uint32_t>(tree_.nodes.size());
      for (const auto& [parent, is_yes] : at.parents)
        (is_yes ? tree_.nodes[parent].yes : tree_.nodes[parent].no) = index;
      if (at.child < 0) {
        SLIPWAY_RETURN_IF_ERROR(AddLeaf(static_cast<size_t>(-(at.child + 1))));
      } else {
        SLIPWAY_RETURN_IF_ERROR(AddInner(static_cast<size_t>(at.child)));
      }
    }
    has_covers = has_covers && has_counts_;
    return std::move(tree_);
  }

 private:
  struct Waiting {
    int64_t child;                                   // as the file numbers it
    std::vector<std::pair<uint32_t, bool>> parents;  // nodes that lead here, and whether where they hold
  };

  Status ReadLists() {
    SLIPWAY_ASSIGN_OR_RETURN(leaves_, CountOf(block_, "num_leaves", kLeavesMax));
    if (leaves_ == 0) return DataLoss("the tree has no leaves");
    if (TextOf(block_, "is_linear") == "1") return Unimplemented("linear trees of LightGBM are not supported yet");
    const size_t inner = leaves_ - 1;
    SLIPWAY_RETURN_IF_ERROR(ReadList(block_, "leaf_value", leaves_, values_));
    has_counts_ = block_.contains("leaf_count") && block_.contains("internal_count");
    if (inner == 0) {
      has_counts_ = true;  // nobody asks
      return {};
    }
    SLIPWAY_RETURN_IF_ERROR(ReadList(block_, "split_feature", inner, feature_));
    SLIPWAY_RETURN_IF_ERROR(ReadList(block_, "threshold", inner, threshold_));
    SLIPWAY_RETURN_IF_ERROR(ReadList(block_, "decision_type", inner, decision_));
    SLIPWAY_RETURN_IF_ERROR(ReadList(block_, "left_child", inner, left_));
    SLIPWAY_RETURN_IF_ERROR(ReadList(block_, "right_child", inner, right_));
    if (has_counts_) {
      SLIPWAY_RETURN_IF_ERROR(ReadList(block_, "leaf_count", leaves_, leaf_count_));
      SLIPWAY_RETURN_IF_ERROR(ReadList(block_, "internal_count", inner, inner_count_));
    }
    return ReadCategories();
  }

  Status ReadCategories() {
    if (!block_.contains("num_cat")) return {};
    SLIPWAY_ASSIGN_OR_RETURN(const size_t count, CountOf(block_, "num_cat", kLeavesMax));
    if (count == 0) return {};
    SLIPWAY_RETURN_IF_ERROR(ReadList(block_, "cat_boundaries", count + 1, boundaries_));
    if (boundaries_[0] != 0 || !std::is_sorted(boundaries_.begin(), boundaries_.end()))
      return DataLoss("'cat_boundaries' does not ascend from 0");
    return ReadList(block_, "cat_threshold", boundaries_.back(), bits_);
  }

  Status AddLeaf(size_t leaf) {
    if (leaf >= leaves_ || seen_leaves_[leaf])
      return DataLoss(fmt::format("leaf {} is not there or has two parents", leaf));
    seen_leaves_[leaf] = true;
    if (!std::isfinite(values_[leaf])) return DataLoss(fmt::format("leaf {} has no finite value", leaf));
    BoostedNode node;
    node.value = static_cast<float>(values_[leaf]);
    node.cover = leaf_count_.empty() ? 1 : leaf_count_[leaf];
    tree_.nodes.push_back(node);
    return {};
  }

  Status AddInner(size_t at) {
    if (at >= seen_.size() || seen_[at]) return DataLoss(fmt::format("node {} is not there or has two parents", at));
    seen_[at] = true;
    if (feature_[at] < 0 || static_cast<size_t>(feature_[at]) >= features_)
      return DataLoss(fmt::format("node {} asks for feature {} of {}", at, feature_[at], features_));
    return (decision_[at] & 1) != 0 ? AddCategorical(at) : AddNumeric(at);
  }

  BoostedNode NodeOf(size_t at) const {
    BoostedNode node;
    node.feature = static_cast<uint32_t>(feature_[at]);
    node.cover = inner_count_.empty() ? 1 : inner_count_[at];
    return node;
  }

  Status AddNumeric(size_t at) {
    const double threshold = threshold_[at];
    const bool default_left = (decision_[at] & 2) != 0, zero_is_left = 0 <= threshold;
    const int64_t missing = decision_[at] >> 2 & 3;
    if (missing == 1 && default_left != zero_is_left)
      return Unimplemented("splits of LightGBM that send zeros as missing values elsewhere are not supported yet");
    if (missing == 3) return DataLoss(fmt::format("node {} has the decision type {}", at, decision_[at]));
    BoostedNode node = NodeOf(at);
    node.test = BoostedNode::Test::kLessEqual;
    node.value = FloatThreshold(
        std::clamp(threshold, -double{std::numeric_limits<float>::max()}, double{std::numeric_limits<float>::max()}));
    // Where nothing is missing, NaN counts as 0.
    node.missing_is_true = missing == 0 ? zero_is_left : default_left;
    const auto index = static_cast<uint32_t>(tree_.nodes.size());
    tree_.nodes.push_back(node);
    waiting_.push_back({right_[at], {{index, false}}});
    waiting_.push_back({left_[at], {{index, true}}});
    return {};
  }

  // A test for equality a category of the set, one after another; each that holds leads to the left child. A missing
  // value is in no set, or counts as 0 where nothing is missing.
  Status AddCategorical(size_t at) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<uint32_t> categories, CategoriesOf(at));
    const bool nan_is_zero = (decision_[at] >> 2 & 3) == 0;
    Waiting left{left_[at], {}}, right{right_[at], {}};
    for (size_t i = 0; i < categories.size(); ++i) {
      const auto index = static_cast<uint32_t>(tree_.nodes.size());
      BoostedNode node = NodeOf(at);
      node.test = BoostedNode::Test::kEqual;
      node.value = static_cast<float>(categories[i]);
      node.missing_is_true = nan_is_zero && categories[i] == 0;
      node.no = index + 1;
      tree_.nodes.push_back(node);
      left.parents.emplace_back(index, true);
      if (i + 1 == categories.size()) right.parents.emplace_back(index, false);
    }
    waiting_.push_back(std::move(right));
    waiting_.push_back(std::move(left));
    return {};
  }

  Result<std::vector<uint32_t>> CategoriesOf(size_t at) {
    const double set = threshold_[at];
    if (!(set >= 0) || set != std::trunc(set) || set + 1 >= static_cast<double>(boundaries_.size()))
      return DataLoss(fmt::format("node {} asks for the categories {} of {}", at, set, boundaries_.size()));
    const auto first = boundaries_[static_cast<size_t>(set)], last = boundaries_[static_cast<size_t>(set) + 1];
    std::vector<uint32_t> categories;
    for (size_t word = first; word < last; ++word)
      for (uint32_t bits = bits_[word]; bits != 0; bits &= bits - 1)
        categories.push_back(static_cast<uint32_t>(32 * (word - first)) +
                             static_cast<uint32_t>(std::countr_zero(bits)));
    if (categories.empty()) return DataLoss(fmt::format("node {} has an empty set of categories", at));
    if (categories.back() >= 1u << 24)
      return Unimplemented("categories of LightGBM above 16,777,215 are not supported");
    if (categories.size() > category_nodes_left_) return Unimplemented("so many categories are not supported");
    category_nodes_left_ -= categories.size();
    return categories;
  }

  const Block& block_;
  size_t features_, leaves_ = 0;
  size_t& category_nodes_left_;
  bool has_counts_ = false;
  std::vector<double> values_, threshold_;
  std::vector<int64_t> feature_, decision_, left_, right_;
  std::vector<float> leaf_count_, inner_count_;
  std::vector<uint32_t> boundaries_, bits_;
  std::vector<bool> seen_, seen_leaves_;
  std::vector<Waiting> waiting_;
  BoostedTree tree_;
};

class LightgbmReader {
 public:
  explicit LightgbmReader(std::string_view text) : text_(text) {}

  Result<OnnxModel> Read() {
    SLIPWAY_RETURN_IF_ERROR(ReadBlocks());
    SLIPWAY_RETURN_IF_ERROR(ReadFeatures());
    SLIPWAY_RETURN_IF_ERROR(ReadObjective());
    SLIPWAY_RETURN_IF_ERROR(ReadTrees());
    return BoostedGraph(model_);
  }

 private:
  // The head, then a block after each line "Tree=…", up to "end of trees".
  Status ReadBlocks() {
    bool has_end = false;
    for (std::string_view line : Split(text_, '\n')) {
      line = Trim(line);
      if (line == "end of trees") {
        has_end = true;
        break;
      }
      if (blocks_.empty() && line != "tree")
        return DataLoss("the file is no model of LightGBM: the first line is not 'tree'");
      if (blocks_.empty() || line.starts_with("Tree=")) blocks_.emplace_back();
      const size_t equals = line.find('=');
      const bool is_flag = equals == std::string_view::npos;
      blocks_.back()[std::string(line.substr(0, equals))] = is_flag ? std::string_view() : line.substr(equals + 1);
    }
    if (blocks_.empty()) return DataLoss("the file is no model of LightGBM: nothing stands before its end");
    return has_end ? Status() : Status(DataLoss("the line 'end of trees' is missing: the file was cut"));
  }

  const Block& head() const { return blocks_[0]; }

  Status ReadFeatures() {
    SLIPWAY_ASSIGN_OR_RETURN(const size_t last, CountOf(head(), "max_feature_idx", kFeaturesMax));
    model_.feature_count = last + 1;
    for (const std::string_view name : Split(Trim(TextOf(head(), "feature_names")), ' '))
      if (!name.empty()) model_.features.emplace_back(name);
    if (model_.features.size() != model_.feature_count)
      return DataLoss(fmt::format("there are {} names for {} features", model_.features.size(), model_.feature_count));
    // Columns without names of their own.
    for (size_t i = 0; i < model_.features.size(); ++i)
      if (model_.features[i] != fmt::format("Column_{}", i)) return {};
    model_.features.clear();
    return {};
  }

  // "binary sigmoid:1", "multiclass num_class:3", "regression".
  Status ReadObjective() {
    if (head().contains("average_output"))
      return Unimplemented("models of LightGBM's boosting 'rf' are not supported yet");
    const std::vector<std::string_view> words = Split(Trim(TextOf(head(), "objective")), ' ');
    const std::string_view name = words[0];
    SLIPWAY_ASSIGN_OR_RETURN(outputs_, CountOf(head(), "num_tree_per_iteration", 100'000));
    static constexpr std::string_view kIdentity[] = {"regression", "regression_l1", "huber",     "fair",
                                                     "quantile",   "mape",          "lambdarank"};
    static constexpr std::string_view kExp[] = {"poisson", "gamma", "tweedie"};
    const auto is_any = [name](const auto& names) {
      return std::find(std::begin(names), std::end(names), name) != std::end(names);
    };
    const bool has_square = std::find(words.begin(), words.end(), "sqrt") != words.end();
    if (name == "binary") {
      model_.kind = Kind::kBinary;
      SLIPWAY_RETURN_IF_ERROR(ReadSigmoid(words));
    } else if (name == "multiclass") {
      model_.kind = Kind::kClasses;
    } else if (is_any(kExp)) {
      model_.link = Link::kExp;
    } else if (!is_any(kIdentity) || has_square) {
      return Unimplemented(
          fmt::format("models of the objective '{}' are not supported yet", TextOf(head(), "objective")));
    }
    const bool is_many = model_.kind == Kind::kClasses;
    if (is_many ? outputs_ < 2 : outputs_ != 1)
      return DataLoss(fmt::format("there are {} trees an iteration for the objective '{}'", outputs_, name));
    model_.base.assign(outputs_, 0.0f);
    return {};
  }

  Status ReadSigmoid(const std::vector<std::string_view>& words) {
    for (const std::string_view word : words) {
      if (!word.starts_with("sigmoid:")) continue;
      const auto value = ParseDouble(word.substr(8));
      if (!value || !(*value > 0)) return DataLoss(fmt::format("'{}' is no number above 0", word));
      scale_ = *value;
    }
    return {};
  }

  Status ReadTrees() {
    model_.has_covers = true;
    size_t category_nodes_left = kCategoryNodesMax;
    for (size_t i = 1; i < blocks_.size(); ++i) {
      auto tree = TreeReader(blocks_[i], model_.feature_count, category_nodes_left).Read(model_.has_covers);
      if (!tree) return With(Status(tree.error()), fmt::format("tree {}", i - 1));
      tree->output = static_cast<uint32_t>((i - 1) % outputs_);
      for (BoostedNode& node : tree->nodes) {
        if (node.test != BoostedNode::Test::kLeaf) continue;
        node.value = static_cast<float>(node.value * scale_);
        if (!std::isfinite(node.value)) return DataLoss(fmt::format("tree {}: a leaf's value is no float32", i - 1));
      }
      model_.trees.push_back(std::move(*tree));
    }
    if (model_.trees.size() % outputs_ != 0) return DataLoss("the last iteration lacks trees");
    if (model_.kind == Kind::kClasses && outputs_ == 2) MakeBinary(model_);
    return {};
  }

  std::string_view text_;
  std::vector<Block> blocks_;
  size_t outputs_ = 1;
  double scale_ = 1;
  BoostedModel model_;
};

}  // namespace

Result<OnnxModel> ReadLightgbmModel(std::string_view text) {
  return LightgbmReader(text).Read();
}

}  // namespace slipway::model
