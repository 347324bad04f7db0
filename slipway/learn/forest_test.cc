#include "slipway/learn/forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "slipway/base/hash.h"

namespace slipway::learn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The same algorithm without any of its ideas: features as a matrix of floats, every node sorts its rows by every
// feature it looks at. It draws the same random numbers, so that it must give the same trees.
class ObviousTree {
 public:
  ObviousTree(std::vector<std::vector<float>> features, std::vector<uint32_t> classes, size_t class_count,
              ForestOptions options, uint64_t seed)
      : features_(std::move(features)),
        classes_(std::move(classes)),
        class_count_(class_count),
        options_(options),
        random_(seed),
        weights_(classes_.size(), options.bootstrap ? 0 : 1),
        permutation_(features_.size()) {
    std::iota(permutation_.begin(), permutation_.end(), 0);
    if (options.bootstrap) {
      for (size_t i = 0; i < classes_.size(); ++i) ++weights_[random_.NextBelow(classes_.size())];
    }
    std::vector<size_t> rows;
    for (size_t row = 0; row < classes_.size(); ++row) {
      if (weights_[row] > 0) rows.push_back(row);
    }
    forest_.tree_begin = {0};
    Grow(rows, 0);
  }

  const model::FlatForest& forest() const { return forest_; }

 private:
  struct Split {
    double score = -INFINITY;
    size_t feature = 0;
    float threshold = 0;
    bool found = false;
  };

  std::vector<double> Counts(const std::vector<size_t>& rows) const {
    std::vector<double> counts(class_count_);
    for (const size_t row : rows) counts[classes_[row]] += weights_[row];
    return counts;
  }

  // Higher is purer: weight * (constant - impurity).
  double Score(const std::vector<size_t>& rows) const {
    const std::vector<double> counts = Counts(rows);
    const double weight = std::accumulate(counts.begin(), counts.end(), 0.0);
    const auto n_log_n = [](double n) { return n > 0 ? n * std::log2(n) : 0.0; };
    double sum = options_.criterion == Criterion::kEntropy ? -n_log_n(weight) : 0;
    for (const double n : counts) sum += options_.criterion == Criterion::kEntropy ? n_log_n(n) : n * n;
    return options_.criterion == Criterion::kEntropy ? sum : sum / weight;
  }

  bool IsLeaf(const std::vector<size_t>& rows, int depth) const {
    if (options_.max_depth > 0 && depth >= options_.max_depth) return true;
    if (rows.size() < static_cast<size_t>(options_.min_samples_split)) return true;
    if (rows.size() < 2 * static_cast<size_t>(options_.min_samples_leaf)) return true;
    const std::vector<double> counts = Counts(rows);
    return std::count_if(counts.begin(), counts.end(), [](double n) { return n > 0; }) < 2;
  }

  bool TryFeature(const std::vector<size_t>& rows, size_t feature, Split& best) const {
    std::vector<float> values;
    for (const size_t row : rows) values.push_back(features_[feature][row]);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (size_t i = 0; i + 1 < values.size(); ++i) {
      const double middle = values[i] / 2.0 + values[i + 1] / 2.0;
      TrySplit(rows, {-INFINITY, feature, model::FloatThreshold(middle), true}, best);
    }
    return values.size() > 1;
  }

  void TrySplit(const std::vector<size_t>& rows, Split split, Split& best) const {
    const auto [left, right] = Part(rows, split);
    const size_t least = static_cast<size_t>(options_.min_samples_leaf);
    split.score = Score(left) + Score(right);
    if (split.score > best.score && left.size() >= least && right.size() >= least) best = split;
  }

  std::pair<std::vector<size_t>, std::vector<size_t>> Part(const std::vector<size_t>& rows, const Split& split) const {
    std::pair<std::vector<size_t>, std::vector<size_t>> parts;
    for (const size_t row : rows) {
      (features_[split.feature][row] <= split.threshold ? parts.first : parts.second).push_back(row);
    }
    return parts;
  }

  Split Find(const std::vector<size_t>& rows) {
    size_t most = options_.max_features;
    if (most == 0) most = static_cast<size_t>(std::sqrt(static_cast<double>(features_.size())));
    Split best;
    bool seen_varying = false;
    for (size_t drawn = 0; drawn < permutation_.size() && (drawn < most || !seen_varying); ++drawn) {
      std::swap(permutation_[drawn], permutation_[drawn + random_.NextBelow(permutation_.size() - drawn)]);
      if (TryFeature(rows, permutation_[drawn], best)) seen_varying = true;
    }
    return best;
  }

  int32_t Grow(const std::vector<size_t>& rows, int depth) {
    const size_t node = forest_.left.size();
    forest_.left.push_back(-1);
    forest_.right.push_back(-1);
    forest_.feature.push_back(0);
    forest_.threshold.push_back(0);
    const size_t outputs = class_count_ == 2 ? 1 : class_count_;
    forest_.fractions.resize(forest_.fractions.size() + outputs);
    const std::vector<double> counts = Counts(rows);
    const double weight = std::accumulate(counts.begin(), counts.end(), 0.0);
    forest_.cover.push_back(static_cast<float>(weight));
    Split split;
    if (!IsLeaf(rows, depth)) split = Find(rows);
    if (!split.found) {
      for (size_t k = 0; k < outputs; ++k) {
        forest_.fractions[node * outputs + k] = counts[outputs == 1 ? 1 : k] / weight;
      }
      return static_cast<int32_t>(node);
    }
    forest_.feature[node] = static_cast<uint32_t>(split.feature);
    forest_.threshold[node] = split.threshold;
    const auto [left, right] = Part(rows, split);
    forest_.left[node] = Grow(left, depth + 1);
    forest_.right[node] = Grow(right, depth + 1);
    return static_cast<int32_t>(node);
  }

  std::vector<std::vector<float>> features_;
  std::vector<uint32_t> classes_;
  size_t class_count_;
  ForestOptions options_;
  SplitMix64 random_;
  std::vector<uint32_t> weights_;
  std::vector<size_t> permutation_;
  model::FlatForest forest_;
};

// Columns of random numbers and categories, classes that depend on some of them and on chance.
struct Data {
  std::vector<FeatureColumn> columns;
  std::vector<uint32_t> classes;

  // One-hot columns written out.
  std::vector<std::vector<float>> Matrix() const {
    std::vector<std::vector<float>> features;
    for (const FeatureColumn& column : columns) {
      if (!column.is_categorical()) features.push_back(column.numbers);
      for (uint32_t k = 0; k < column.category_count; ++k) {
        std::vector<float>& feature = features.emplace_back();
        for (const uint32_t category : column.categories) feature.push_back(category == k ? 1.0F : 0.0F);
      }
    }
    return features;
  }
};

FeatureColumn Numbers(size_t rows, uint64_t distinct, SplitMix64& random) {
  FeatureColumn column;
  for (size_t i = 0; i < rows; ++i) {
    column.numbers.push_back(static_cast<float>(random.NextBelow(distinct)) * 0.37F - 5.0F);
  }
  return column;
}

FeatureColumn Categories(size_t rows, size_t count, SplitMix64& random) {
  FeatureColumn column;
  column.category_count = count;
  // One more than there are: rows of no category.
  for (size_t i = 0; i < rows; ++i) column.categories.push_back(static_cast<uint32_t>(random.NextBelow(count + 1)));
  return column;
}

Data MakeData(size_t rows, size_t class_count, uint64_t seed, size_t categories = 5) {
  SplitMix64 random(seed);
  Data data;
  data.columns = {Numbers(rows, 40, random),  Categories(rows, categories, random),
                  Numbers(rows, 200, random), Numbers(rows, 2, random),
                  Numbers(rows, 1, random),   Categories(rows, 3, random)};
  for (size_t row = 0; row < rows; ++row) {
    const double signal = data.columns[0].numbers[row] + (data.columns[1].categories[row] == 2 ? 4 : 0);
    const uint64_t noise = random.NextBelow(4);
    data.classes.push_back(static_cast<uint32_t>((static_cast<uint64_t>(signal + 5) + noise) / 4 % class_count));
  }
  return data;
}

model::FlatForest Grown(const Data& data, size_t class_count, const ForestOptions& options) {
  auto forest = GrowForest(data.columns, {.classes = data.classes, .class_count = class_count}, options);
  EXPECT_TRUE(forest) << forest.error().ToString();
  return std::move(*forest);
}

// The only tree of a forest of one has the first number of the forest's seed.
void ExpectSameTree(const Data& data, size_t class_count, ForestOptions options) {
  options.trees = 1;
  options.threads = 1;
  const model::FlatForest got = Grown(data, class_count, options);
  const ObviousTree tree(data.Matrix(), data.classes, class_count, options, SplitMix64(options.seed).Next());
  const model::FlatForest& want = tree.forest();
  EXPECT_EQ(got.left, want.left);
  EXPECT_EQ(got.right, want.right);
  EXPECT_EQ(got.feature, want.feature);
  EXPECT_EQ(got.threshold, want.threshold);
  EXPECT_EQ(got.fractions, want.fractions);
  EXPECT_EQ(got.cover, want.cover);
  EXPECT_GT(got.node_count(), 5u);
}

TEST(Forest, GrowsTheTreesOfTheObviousAlgorithm) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    for (const Criterion criterion : {Criterion::kGini, Criterion::kEntropy}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << " criterion " << static_cast<int>(criterion));
      ExpectSameTree(MakeData(400, 2, seed), 2, {.criterion = criterion, .seed = seed});
      ExpectSameTree(MakeData(300, 4, seed), 4, {.criterion = criterion, .seed = seed});
    }
  }
}

TEST(Forest, GrowsTheSameTreesUnderEveryOption) {
  const Data data = MakeData(500, 2, 42);
  ExpectSameTree(data, 2, {.max_depth = 4, .seed = 1});
  ExpectSameTree(data, 2, {.min_samples_split = 30, .seed = 2});
  ExpectSameTree(data, 2, {.min_samples_leaf = 12, .seed = 3});
  ExpectSameTree(data, 2, {.max_features = 1, .seed = 4});
  ExpectSameTree(data, 2, {.max_features = 1000, .seed = 5});
  ExpectSameTree(data, 2, {.bootstrap = false, .seed = 6});
}

TEST(Forest, SplitsCategoricalColumnsWiderThanAByte) {
  ExpectSameTree(MakeData(900, 2, 3, /*categories=*/600), 2, {.max_features = 200, .seed = 1});
  ExpectSameTree(MakeData(900, 2, 4, /*categories=*/255), 2, {.max_features = 90, .seed = 2});
}

bool SameForest(const model::FlatForest& a, const model::FlatForest& b) {
  return a.tree_begin == b.tree_begin && a.left == b.left && a.right == b.right && a.feature == b.feature &&
         a.threshold == b.threshold && a.fractions == b.fractions;
}

TEST(Forest, IsTheSameForAnyNumberOfThreads) {
  const Data data = MakeData(600, 3, 9);
  ForestOptions options{.trees = 23, .seed = 5, .threads = 1};
  const model::FlatForest one = Grown(data, 3, options);
  for (const int threads : {2, 5, 40}) {
    options.threads = threads;
    EXPECT_TRUE(SameForest(Grown(data, 3, options), one)) << threads;
  }
  options.seed = 6;
  EXPECT_FALSE(SameForest(Grown(data, 3, options), one));
}

TEST(Forest, TreesOfAForestDiffer) {
  const model::FlatForest forest = Grown(MakeData(300, 2, 1), 2, {.trees = 2, .seed = 0});
  ASSERT_EQ(forest.tree_count(), 2u);
  const auto middle = forest.feature.begin() + forest.tree_begin[1];
  EXPECT_NE(std::vector<uint32_t>(forest.feature.begin(), middle), std::vector<uint32_t>(middle, forest.feature.end()));
}

TEST(Forest, CutsHalfWayBetweenTheNeighboursThatDiffer) {
  Data data;
  data.columns = {{.numbers = {1, 2, 10, 20}}};
  data.classes = {0, 0, 1, 1};
  const model::FlatForest forest = Grown(data, 2, {.trees = 1, .bootstrap = false});
  EXPECT_THAT(forest.left, ElementsAre(1, -1, -1));
  EXPECT_THAT(forest.right, ElementsAre(2, -1, -1));
  EXPECT_EQ(forest.threshold[0], 6.0F);
  EXPECT_THAT(forest.fractions, ElementsAre(0, 0, 1));
}

TEST(Forest, PutsACategoryToTheRight) {
  Data data;
  data.columns = {{.categories = {0, 1, 0, 1}, .category_count = 2}};
  data.classes = {1, 0, 1, 0};
  const model::FlatForest forest = Grown(data, 2, {.trees = 1, .max_features = 2, .bootstrap = false});
  ASSERT_EQ(forest.node_count(), 3u);
  EXPECT_EQ(forest.threshold[0], 0.5F);
  EXPECT_EQ(forest.fractions[2], forest.feature[0] == 0 ? 1.0 : 0.0);
}

TEST(Forest, IsOneLeafWhereNothingVaries) {
  Data data;
  data.columns = {{.numbers = {3, 3, 3, 3}}};
  data.classes = {0, 1, 1, 1};
  const model::FlatForest forest = Grown(data, 2, {.trees = 1, .bootstrap = false});
  EXPECT_THAT(forest.left, ElementsAre(-1));
  EXPECT_THAT(forest.fractions, ElementsAre(0.75));
}

TEST(Forest, ThresholdsKeepNeighbouringFloatsApart) {
  const float low = 1.0F, high = std::nextafter(1.0F, 2.0F);
  Data data;
  data.columns = {{.numbers = {low, high, low, high}}};
  data.classes = {0, 1, 0, 1};
  const model::FlatForest forest = Grown(data, 2, {.trees = 1, .bootstrap = false});
  ASSERT_EQ(forest.node_count(), 3u);
  EXPECT_LE(low, forest.threshold[0]);
  EXPECT_GT(high, forest.threshold[0]);
}

TEST(Forest, SaysWhatIsWrong) {
  const Data data = MakeData(20, 2, 1);
  const auto message = [&](const ForestOptions& options) {
    const auto forest = GrowForest(data.columns, {.classes = data.classes, .class_count = 2}, options);
    return forest ? "" : forest.error().ToString();
  };
  EXPECT_THAT(message({.trees = 0}), HasSubstr("n_estimators is 0; it has to be at least 1"));
  EXPECT_THAT(message({.max_depth = -1}), HasSubstr("max_depth"));
  EXPECT_THAT(message({.min_samples_split = 1}), HasSubstr("min_samples_split"));
  EXPECT_THAT(message({.min_samples_leaf = 0}), HasSubstr("min_samples_leaf"));
  EXPECT_THAT(message({.threads = -2}), HasSubstr("n_jobs"));
  EXPECT_FALSE(GrowForest(data.columns, {.classes = data.classes, .class_count = 1}, {}));
  EXPECT_FALSE(GrowForest({}, {.classes = data.classes, .class_count = 2}, {}));
  const std::vector<uint32_t> too_few(19);
  EXPECT_FALSE(GrowForest(data.columns, {.classes = too_few, .class_count = 2}, {}));
  const std::vector<uint32_t> too_big(20, 7);
  EXPECT_FALSE(GrowForest(data.columns, {.classes = too_big, .class_count = 2}, {}));
}

TEST(Forest, KnowsTheCriteriaByName) {
  EXPECT_EQ(ParseCriterion("gini").value(), Criterion::kGini);
  EXPECT_EQ(ParseCriterion("entropy").value(), Criterion::kEntropy);
  EXPECT_EQ(ParseCriterion("log_loss").value(), Criterion::kEntropy);
  EXPECT_THAT(ParseCriterion("entropie").error().ToString(), HasSubstr("did you mean 'entropy'"));
}

BinnedTable Binned(std::vector<float> numbers) {
  ThreadPool pool(0);
  const FeatureColumn column{.numbers = std::move(numbers)};
  return BinColumns(std::span(&column, 1), pool).value();
}

TEST(Binning, GivesEachDistinctValueABinUpTo256) {
  std::vector<float> numbers(256);
  std::iota(numbers.begin(), numbers.end(), -100.0F);
  std::reverse(numbers.begin(), numbers.end());
  const BinnedTable table = Binned(numbers);
  EXPECT_EQ(table.columns[0].bins, 256u);
  EXPECT_EQ(table.columns[0].lowest, table.columns[0].highest);
  for (size_t row = 0; row < numbers.size(); ++row) EXPECT_EQ(table.codes(row, 0), 255 - row);
}

TEST(Binning, SharesRowsOutWhenThereAreMoreValues) {
  std::vector<float> numbers;
  SplitMix64 random(1);
  for (int i = 0; i < 20'000; ++i) numbers.push_back(static_cast<float>(random.NextUnit()));
  const BinnedTable table = Binned(numbers);
  const BinnedColumn& column = table.columns[0];
  EXPECT_EQ(column.bins, 256u);
  std::vector<int> rows(256);
  for (size_t i = 0; i < numbers.size(); ++i) {
    const uint8_t code = table.codes(i, 0);
    ++rows[code];
    EXPECT_GE(numbers[i], column.lowest[code]);
    EXPECT_LE(numbers[i], column.highest[code]);
  }
  EXPECT_GT(*std::min_element(rows.begin(), rows.end()), 60);
  EXPECT_LT(*std::max_element(rows.begin(), rows.end()), 100);
  for (size_t bin = 0; bin + 1 < 256; ++bin) EXPECT_LT(column.highest[bin], column.lowest[bin + 1]);
}

TEST(Binning, LeavesAFrequentValueABinOfItsOwn) {
  std::vector<float> numbers(5'000, 0.0F);
  for (int i = 1; i <= 5'000; ++i) numbers.push_back(static_cast<float>(i % 2 == 0 ? i : -i));
  const BinnedTable table = Binned(numbers);
  const BinnedColumn& column = table.columns[0];
  const uint8_t zero = table.codes(0, 0);
  EXPECT_EQ(column.lowest[zero], 0.0F);
  EXPECT_EQ(column.highest[zero], 0.0F);
  EXPECT_GT(column.bins, 200u);
}

TEST(Binning, KeepsEveryCodeInItsPlaceWhetherRowsOrColumnsLieTogether) {
  constexpr size_t kRows = 100;
  ThreadPool pool(2);
  for (const size_t count : {1, 3, 32, 63, 64, 65, 200}) {
    std::vector<FeatureColumn> columns(count);
    for (size_t c = 0; c < count; ++c) {
      for (uint32_t row = 0; row < kRows; ++row) columns[c].categories.push_back((row + static_cast<uint32_t>(c)) % 7);
      columns[c].category_count = 7;
    }
    const BinnedTable table = BinColumns(columns, pool).value();
    for (size_t c = 0; c < count; ++c) {
      for (size_t row = 0; row < kRows; ++row) {
        ASSERT_EQ(table.codes(row, c), (row + c) % 7) << count << " columns";
        ASSERT_EQ(table.codes.first(c)[row * table.codes.row_stride()], (row + c) % 7) << count << " columns";
      }
    }
  }
}

TEST(Binning, RefusesColumnsThatDoNotFit) {
  ThreadPool pool(0);
  EXPECT_FALSE(BinColumns({}, pool));
  const FeatureColumn uneven[] = {{.numbers = {1, 2}}, {.numbers = {1}}};
  EXPECT_THAT(BinColumns(uneven, pool).error().ToString(), HasSubstr("column 1 has 1 rows"));
  const FeatureColumn no_categories[] = {{.categories = {0, 0}, .category_count = 0}};
  EXPECT_FALSE(BinColumns(no_categories, pool));
}

}  // namespace
}  // namespace slipway::learn
