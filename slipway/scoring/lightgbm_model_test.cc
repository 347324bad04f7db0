// LightGBM's text models, written by hand, with what they answer worked out by hand.
#include <cmath>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/model/boosted_trees.h"
#include "slipway/scoring/scoring_test_support.h"

namespace slipway::scoring {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// age <= 30.5 (missing: right) ? -0.5 : income <= 2 (missing: left) ? 0.25 : 1
constexpr std::string_view kNumericTree = R"(
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=10 5
threshold=30.5 2
decision_type=8 10
left_child=-1 -2
right_child=1 -3
leaf_value=-0.5 0.25 1
leaf_weight=4 2 4
leaf_count=4 2 4
internal_value=0 0
internal_weight=10 6
internal_count=10 6
is_linear=0
shrinkage=1
)";

// job in {1, 33} ? 2 : -2, with job the third feature
constexpr std::string_view kCategoryTree = R"(
num_leaves=2
num_cat=1
split_feature=2
split_gain=1
threshold=0
decision_type=9
left_child=-1
right_child=-2
leaf_value=2 -2
leaf_count=3 7
internal_count=10
cat_boundaries=0 2
cat_threshold=2 2
is_linear=0
shrinkage=1
)";

constexpr std::string_view kLeafTree = "\nnum_leaves=1\nnum_cat=0\nleaf_value=0.75\nshrinkage=1\n";

std::string ModelText(std::string_view objective, const std::vector<std::string_view>& trees, int per_iteration = 1) {
  std::string text = fmt::format(
      "tree\nversion=v4\nnum_class={}\nnum_tree_per_iteration={}\nlabel_index=0\nmax_feature_idx=2\nobjective={}\n"
      "feature_names=age income job\nfeature_infos=[0:99] [0:9] 1:2:33\ntree_sizes=1 2\n\n",
      per_iteration, per_iteration, objective);
  for (size_t i = 0; i < trees.size(); ++i) text += fmt::format("Tree={}{}\n\n", i, trees[i]);
  return text + "end of trees\n\nfeature_importances:\nage=1\n\nparameters:\n[boosting: gbdt]\nend of parameters\n";
}

// The answer to rows [age, income, job].
json Score(const std::string& text, const std::string& rows, bool is_explained = false) {
  const auto onnx = model::ReadLightgbmModel(text);
  if (!onnx) return onnx.error().ToString();
  const auto model = CompiledModel::Make(*onnx, {}, true);
  if (!model) return model.error().ToString();
  const auto scratch = (*model)->MakeScratch();
  std::string answer;
  const std::string request = "{\"data\":" + rows + "}";
  const Status status =
      is_explained ? (*model)->ExplainJson(request, *scratch, answer) : (*model)->ScoreJson(request, *scratch, answer);
  return status ? json::parse(answer) : json(status.error().ToString());
}

double Sigmoid(double margin) {
  return 1 / (1 + std::exp(-margin));
}

TEST(LightgbmModel, WalksNumericSplitsAndTheirMissingValues) {
  const json answer = Score(ModelText("regression", {kNumericTree}),
                            "[[30.5,9,0],[31,2,0],[31,2.5,0],[null,null,0],[null,3,0],[20,null,0]]");
  EXPECT_EQ(answer["predictions"], json::parse("[-0.5, 0.25, 1, 0.25, 1, -0.5]"));
}

TEST(LightgbmModel, WalksSetsOfCategories) {
  const json answer = Score(ModelText("regression", {kCategoryTree}), "[[0,0,1],[0,0,33],[0,0,2],[0,0,null],[0,0,-1]]");
  EXPECT_EQ(answer["predictions"], json::parse("[2, 2, -2, -2, -2]"));
}

TEST(LightgbmModel, AddsTreesAndMakesProbabilities) {
  const json answer =
      Score(ModelText("binary sigmoid:2", {kNumericTree, kCategoryTree, kLeafTree}), "[[20,0,1],[40,5,7]]");
  EXPECT_NEAR(answer["probabilities"][0][1].get<double>(), Sigmoid(2 * (-0.5 + 2 + 0.75)), 1e-6);
  EXPECT_NEAR(answer["probabilities"][1][1].get<double>(), Sigmoid(2 * (1 - 2 + 0.75)), 1e-6);
  EXPECT_EQ(answer["predictions"], json::parse("[1, 0]"));
}

TEST(LightgbmModel, ScoresSeveralClasses) {
  const json answer =
      Score(ModelText("multiclass num_class:3", {kNumericTree, kCategoryTree, kLeafTree}, 3), "[[20,0,1]]");
  const double sum = std::exp(-0.5) + std::exp(2) + std::exp(0.75);
  EXPECT_NEAR(answer["probabilities"][0][0].get<double>(), std::exp(-0.5) / sum, 1e-6);
  EXPECT_NEAR(answer["probabilities"][0][1].get<double>(), std::exp(2) / sum, 1e-6);
  EXPECT_EQ(answer["predictions"], json::parse("[1]"));
}

TEST(LightgbmModel, ScoresCountsThroughTheExponential) {
  const json answer = Score(ModelText("poisson", {kNumericTree}), "[[20,0,1]]");
  EXPECT_NEAR(answer["predictions"][0].get<double>(), std::exp(-0.5), 1e-6);
}

// Known age 20 gives -0.5; nothing known 0.4 · -0.5 + 0.2 · 0.25 + 0.4 · 1 = 0.25; income matters to rows above 30
// alone: 0.4 · -0.5 + 0.6 · 1 = 0.4.
TEST(LightgbmModel, IsExplainedByItsCounts) {
  const json explanations = Score(ModelText("regression", {kNumericTree}), "[[20,5,0]]", true)["explanations"];
  EXPECT_NEAR(explanations["base_values"].get<double>(), 0.25, 1e-7);
  EXPECT_NEAR(explanations["shap_values"][0]["age"].get<double>(), (-0.75 - 0.9) / 2, 1e-7);
  EXPECT_NEAR(explanations["shap_values"][0]["income"].get<double>(), 0.15 / 2, 1e-7);
  EXPECT_THAT(Score(ModelText("regression", {kCategoryTree}), "[[20,5,0]]", true).dump(), HasSubstr("several parents"));
}

TEST(LightgbmModel, IsReadFromItsFileAndFromMlflowsDirectory) {
  const TemporaryDirectory folder = std::move(*TemporaryDirectory::Make());
  ASSERT_TRUE(WriteFileAtomic(folder.path() / "model.txt", ModelText("regression", {kNumericTree})));
  EXPECT_TRUE(CompiledModel::Load(folder.path() / "model.txt"));
  ASSERT_TRUE(WriteFileAtomic(folder.path() / "MLmodel", "flavors:\n  lightgbm:\n    data: model.txt\n"));
  EXPECT_TRUE(CompiledModel::Load(folder.path()));
  ASSERT_TRUE(WriteFileAtomic(folder.path() / "MLmodel", "flavors:\n  lightgbm:\n    data: model.pkl\n"));
  EXPECT_THAT(CompiledModel::Load(folder.path()).error().message(), HasSubstr("'model.pkl' is a pickle"));
}

std::string Why(const std::string& text) {
  const auto model = model::ReadLightgbmModel(text);
  return model ? "read" : model.error().ToString();
}

TEST(LightgbmModel, NamesWhatItDoesNotRead) {
  EXPECT_THAT(Why(ModelText("cross_entropy", {kNumericTree})), HasSubstr("objective 'cross_entropy'"));
  EXPECT_THAT(Why(ModelText("regression sqrt", {kNumericTree})), HasSubstr("objective 'regression sqrt'"));
  EXPECT_THAT(Why(ModelText("multiclassova num_class:3", {kLeafTree, kLeafTree, kLeafTree}, 3)),
              HasSubstr("multiclassova"));
  std::string text = ModelText("regression", {kNumericTree});
  EXPECT_THAT(Why(ReplaceAll(text, "is_linear=0", "is_linear=1")), HasSubstr("linear trees"));
  EXPECT_THAT(Why(ReplaceAll(text, "num_class", "average_output\nnum_class")), HasSubstr("'rf'"));
  EXPECT_THAT(Why(ReplaceAll(text, "decision_type=8 10", "decision_type=4 10")), HasSubstr("zeros as missing"));
}

TEST(LightgbmModel, SaysWhatIsWrongWithADamagedFile) {
  const std::string text = ModelText("regression", {kNumericTree});
  EXPECT_THAT(Why(text.substr(0, text.find("leaf_weight"))), HasSubstr("the file was cut"));
  EXPECT_THAT(Why("end of trees\n"), HasSubstr("nothing stands before its end"));
  EXPECT_THAT(Why(ReplaceAll(text, "leaf_value=-0.5 0.25 1", "leaf_value=-0.5 0.25")),
              HasSubstr("tree 0: 'leaf_value' holds 2 numbers, 3 are expected"));
  EXPECT_THAT(Why(ReplaceAll(text, "right_child=1 -3", "right_child=0 -3")), HasSubstr("two parents"));
  EXPECT_THAT(Why(ReplaceAll(text, "split_feature=0 1", "split_feature=0 7")), HasSubstr("feature 7 of 3"));
  EXPECT_THAT(Why("no model"), HasSubstr("the first line is not 'tree'"));
}

// Damaged files are refused or read; nothing else happens.
TEST(LightgbmModel, SurvivesDamage) {
  const std::string good = ModelText("binary sigmoid:1", {kNumericTree, kCategoryTree, kLeafTree});
  std::mt19937 random(17);
  size_t refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string bad = good;
    const size_t end = good.find("end of trees");
    for (uint32_t i = 0; i <= random() % 4; ++i) {
      const bool is_digit = random() % 2 == 0;
      bad[random() % end] = static_cast<char>(is_digit ? '0' + random() % 10 : random() % 256);
    }
    if (random() % 8 == 0) bad.resize(random() % bad.size());
    const auto model = model::ReadLightgbmModel(bad);
    if (model) {
      (void)CompiledModel::Make(*model, {}, true);
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace slipway::scoring
