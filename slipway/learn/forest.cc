#include "slipway/learn/forest.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/learn/tree_grower.h"

// How the forest is grown, and what was tried.
//
// scikit-learn sorts the node's rows by every feature it looks at, and one-hot columns are features like any other.
// Here
//  - each column is turned into one byte a row once for all trees (binning.h): bins of values, or codes of categories;
//  - a node counts classes per code, in one pass over its rows, and every cut of the column is judged from the counts.
//    All categories of a column that were drawn share that pass, and no one-hot column exists anywhere. For two classes
//    rows, weight and weight of class 1 are one packed word, so that a row costs one addition;
//  - a bootstrap is a weight a row; rows without weight are not in the tree;
//  - a node's rows lie together and are parted in place, in order, without a branch on the data; nodes whose children
//    are all leaves are not parted at all;
//  - trees are independent: each thread takes the next one, and a tree is a function of its own seed.
//
// What each idea gave on 24,000 rows of 14 numeric and 9 categorical columns (80 features), 500 trees, processor time
// of one thread for (depth 10, gini; depth 25, entropy):
//    all of it                                                                      0.69 s   2.02 s
//    without counting into several histograms in turn where a column has few codes  0.85 s   2.23 s
//    without the bitmap of touched bins in nodes of fewer rows than bins            0.75 s   2.41 s
//    without remembering which features are constant below an ancestor              0.70 s   2.20 s
// Accuracy beside scikit-learn 1.2 on the same five splits: the mean area under the ROC curve is 0.7835 against 0.7831
// (depth 10) and 0.7789 against 0.7792 (depth 25); on one split alone the two differ by up to 0.0033, either way. Our
// trees have some 2 % more nodes. Not tested: whether that comes from the bins, which hide cuts that part a few extreme
// rows from thousands.

namespace slipway::learn {
namespace {

constexpr size_t kLogTableMax = size_t{1} << 16;

int ThreadsOf(const ForestOptions& options) {
  if (options.threads > 0) return options.threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Status CheckClasses(std::span<const FeatureColumn> columns, std::span<const uint32_t> classes, size_t class_count) {
  if (class_count < 2) return InvalidArgument(fmt::format("a classifier needs two classes; there are {}", class_count));
  if (!columns.empty() && columns[0].size() != classes.size()) {
    return InvalidArgument(fmt::format("there are {} rows and {} labels", columns[0].size(), classes.size()));
  }
  const bool is_in_range = std::all_of(classes.begin(), classes.end(), [&](uint32_t c) { return c < class_count; });
  if (!is_in_range) return InvalidArgument(fmt::format("a class is not below {}", class_count));
  return {};
}

std::vector<double> LogTable(const ForestOptions& options, size_t rows) {
  std::vector<double> table;
  if (options.criterion != Criterion::kEntropy) return table;
  table.resize(std::min(rows + 1, kLogTableMax));
  for (size_t n = 2; n < table.size(); ++n) table[n] = static_cast<double>(n) * std::log2(static_cast<double>(n));
  return table;
}

size_t FeaturesPerNode(const ForestOptions& options, size_t features) {
  if (options.max_features > 0) return std::min(options.max_features, features);
  return std::max<size_t>(1, static_cast<size_t>(std::sqrt(static_cast<double>(features))));
}

// Each tree's seed depends on the forest's and the tree's number alone, hence no order of growing can show.
std::vector<GrownTree> GrowTrees(const GrowContext& context, ThreadPool& pool) {
  std::vector<uint64_t> seeds(static_cast<size_t>(context.options.trees));
  SplitMix64 random(context.options.seed);
  for (uint64_t& seed : seeds) seed = random.Next();
  std::vector<GrownTree> trees(seeds.size());
  std::atomic<size_t> next{0};
  pool.ParallelFor(static_cast<size_t>(pool.threads()) + 1, [&](size_t) {
    const std::unique_ptr<TreeGrower> grower = MakeTreeGrower(context);
    for (size_t i = next++; i < trees.size(); i = next++) trees[i] = grower->Grow(seeds[i]);
  });
  return trees;
}

template <typename T>
void Append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
  from = {};
}

model::FlatForest Concatenate(std::vector<GrownTree> trees, size_t outputs) {
  model::FlatForest forest;
  size_t nodes = 0;
  for (const GrownTree& tree : trees) nodes += tree.size();
  for (auto* list : {&forest.left, &forest.right}) list->reserve(nodes);
  forest.feature.reserve(nodes);
  forest.threshold.reserve(nodes);
  forest.fractions.reserve(nodes * outputs);
  forest.cover.reserve(nodes);
  for (GrownTree& tree : trees) {
    forest.tree_begin.push_back(static_cast<uint32_t>(forest.node_count()));
    Append(forest.left, tree.left);
    Append(forest.right, tree.right);
    Append(forest.feature, tree.feature);
    Append(forest.threshold, tree.threshold);
    Append(forest.fractions, tree.fractions);
    Append(forest.cover, tree.cover);
  }
  return forest;
}

}  // namespace

Result<Criterion> ParseCriterion(std::string_view name) {
  if (name == "gini") return Criterion::kGini;
  if (name == "entropy" || name == "log_loss") return Criterion::kEntropy;
  const std::string known[] = {"gini", "entropy", "log_loss"};
  return InvalidArgument(
      fmt::format("the criterion '{}' is none of gini, entropy, log_loss{}", name, DidYouMean(name, known)));
}

Status CheckOptions(const ForestOptions& options) {
  const auto at_least = [](std::string_view name, int value, int least) -> Status {
    if (value >= least) return {};
    return InvalidArgument(fmt::format("{} is {}; it has to be at least {}", name, value, least));
  };
  SLIPWAY_RETURN_IF_ERROR(at_least("n_estimators", options.trees, 1));
  SLIPWAY_RETURN_IF_ERROR(at_least("max_depth", options.max_depth, 0));
  SLIPWAY_RETURN_IF_ERROR(at_least("min_samples_split", options.min_samples_split, 2));
  SLIPWAY_RETURN_IF_ERROR(at_least("min_samples_leaf", options.min_samples_leaf, 1));
  return at_least("n_jobs", options.threads, 0);
}

Result<model::FlatForest> GrowForest(std::span<const FeatureColumn> columns, std::span<const uint32_t> classes,
                                     size_t class_count, const ForestOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckOptions(options));
  SLIPWAY_RETURN_IF_ERROR(CheckClasses(columns, classes, class_count));
  ThreadPool pool(ThreadsOf(options) - 1);
  SLIPWAY_ASSIGN_OR_RETURN(const BinnedTable table, BinColumns(columns, pool));
  const GrowContext context{
      table, classes, class_count, options, FeaturesPerNode(options, table.features), LogTable(options, table.rows)};
  return Concatenate(GrowTrees(context, pool), context.outputs());
}

}  // namespace slipway::learn
