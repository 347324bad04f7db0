#include "slipway/model/tabular_classifier_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "slipway/base/hash.h"

namespace slipway::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Two trees over three columns (five features): the first asks the age, the second is one leaf.
FlatForest MakeForest() {
  FlatForest forest;
  forest.tree_begin = {0, 3};
  forest.left = {1, -1, -1, -1};
  forest.right = {2, -1, -1, -1};
  forest.feature = {0, 99, 99, 99};
  forest.threshold = {30.5F, 7, 7, 7};
  forest.fractions = {0, 0.25, 1, 0.5};
  return forest;
}

std::vector<ColumnTransform> MakeColumns() {
  return {{.name = "age", .input_type = ElementType::kInt64, .imputed_number = 40},
          {.name = "income", .imputed_number = 1.5F},
          {.name = "job",
           .kind = ColumnTransform::Kind::kCategorical,
           .input_type = ElementType::kString,
           .imputed_category = "clerk",
           .categories = {"clerk", "nurse"}},
          {.name = "flag", .kind = ColumnTransform::Kind::kPassthrough, .input_type = ElementType::kBool}};
}

std::string FailureOf(const std::vector<ColumnTransform>& columns, const FlatForest& forest,
                      const std::vector<std::string>& labels = {"0", "1"}, bool integers = false) {
  const auto model = TabularClassifierGraph(columns, forest, labels, integers);
  return model ? "made" : model.error().ToString();
}

TEST(TabularClassifierGraph, HasTheFormOfSkl2onnx) {
  const OnnxModel model = TabularClassifierGraph(MakeColumns(), MakeForest(), {"0", "1"}, true).value();
  std::vector<std::string> operators;
  for (const Node& node : model.graph.nodes) operators.push_back(node.op_type);
  EXPECT_THAT(operators, ElementsAre("Cast", "Concat", "Imputer", "LabelEncoder", "LabelEncoder", "Cast", "Where",
                                     "OneHotEncoder", "Reshape", "Cast", "Concat", "TreeEnsembleClassifier"));
  ASSERT_EQ(model.graph.inputs.size(), 4u);
  EXPECT_EQ(model.graph.inputs[2].element, ElementType::kString);
  EXPECT_THAT(model.graph.inputs[2].shape, ElementsAre(-1, 1));
  EXPECT_EQ(model.graph.outputs[0].name, "label");
  EXPECT_EQ(model.graph.outputs[0].element, ElementType::kInt64);
  EXPECT_THAT(model.graph.outputs[1].shape, ElementsAre(-1, 2));
  EXPECT_THAT(model.graph.nodes[2].Find("imputed_value_floats")->floats, ElementsAre(40.0F, 1.5F));
  EXPECT_TRUE(std::isnan(model.graph.nodes[2].Find("replaced_value_float")->number));
}

TEST(TabularClassifierGraph, WritesTheVotesOfClassOneUnderClassIdZero) {
  const OnnxModel model = TabularClassifierGraph(MakeColumns(), MakeForest(), {"0", "1"}, true).value();
  const Node& trees = model.graph.nodes.back();
  EXPECT_THAT(trees.Find("nodes_treeids")->ints, ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(trees.Find("nodes_nodeids")->ints, ElementsAre(0, 1, 2, 0));
  EXPECT_THAT(trees.Find("nodes_modes")->strings, ElementsAre("BRANCH_LEQ", "LEAF", "LEAF", "LEAF"));
  EXPECT_THAT(trees.Find("nodes_truenodeids")->ints, ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(trees.Find("nodes_falsenodeids")->ints, ElementsAre(2, 0, 0, 0));
  EXPECT_THAT(trees.Find("nodes_values")->floats, ElementsAre(30.5F, 0, 0, 0));
  EXPECT_THAT(trees.Find("nodes_featureids")->ints, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(trees.Find("class_ids")->ints, ElementsAre(0, 0, 0));
  EXPECT_THAT(trees.Find("class_weights")->floats, ElementsAre(0.125F, 0.5F, 0.25F));
  EXPECT_THAT(trees.Find("classlabels_int64s")->ints, ElementsAre(0, 1));
}

TEST(TabularClassifierGraph, WritesTrainingWeightsAsHitRatesWhereTheyAreKnown) {
  FlatForest forest = MakeForest();
  const OnnxModel without = TabularClassifierGraph(MakeColumns(), forest, {"0", "1"}).value();
  EXPECT_EQ(without.graph.nodes.back().Find("nodes_hitrates"), nullptr);
  forest.cover = {10, 7, 3, 10};
  const OnnxModel model = TabularClassifierGraph(MakeColumns(), forest, {"0", "1"}).value();
  EXPECT_THAT(model.graph.nodes.back().Find("nodes_hitrates")->floats, ElementsAre(10.0F, 7.0F, 3.0F, 10.0F));
  forest.cover.pop_back();
  EXPECT_THAT(FailureOf(MakeColumns(), forest), HasSubstr("3 covers for 4 nodes"));
}

TEST(TabularClassifierGraph, WritesOneVoteAClassWhenThereAreMore) {
  FlatForest forest = MakeForest();
  forest.fractions = {0, 0, 0, 1, 0, 0, 0.5, 0.5, 0, 0, 0, 1};
  const OnnxModel model = TabularClassifierGraph(MakeColumns(), forest, {"a", "b", "c"}).value();
  const Node& trees = model.graph.nodes.back();
  EXPECT_THAT(trees.Find("class_ids")->ints, ElementsAre(0, 1, 2, 0, 1, 2, 0, 1, 2));
  EXPECT_THAT(trees.Find("class_nodeids")->ints, ElementsAre(1, 1, 1, 2, 2, 2, 0, 0, 0));
  EXPECT_THAT(trees.Find("class_weights")->floats, ElementsAre(0.5F, 0, 0, 0.25F, 0.25F, 0, 0, 0, 0.5F));
  EXPECT_THAT(trees.Find("classlabels_strings")->strings, ElementsAre("a", "b", "c"));
  EXPECT_EQ(model.graph.outputs[0].element, ElementType::kString);
}

TEST(TabularClassifierGraph, ReadsBackAsItWasWritten) {
  const OnnxModel model = TabularClassifierGraph(MakeColumns(), MakeForest(), {"0", "1"}, true).value();
  const std::string bytes = WriteOnnx(model);
  EXPECT_EQ(WriteOnnx(ReadOnnx(bytes).value()), bytes);
}

TEST(TabularClassifierGraph, KeepsItsOwnNamesApartFromTheColumns) {
  std::vector<ColumnTransform> columns = MakeColumns();
  columns[0].name = "cast_1";
  columns[1].name = "concat_2";
  columns[3].name = "imputer_3";
  const auto model = TabularClassifierGraph(columns, MakeForest(), {"0", "1"}).value();
  EXPECT_TRUE(ReadOnnx(WriteOnnx(model)));  // which refuses a value that is written twice
}

TEST(TabularClassifierGraph, NeedsNoConcatForOneColumn) {
  const auto model = TabularClassifierGraph({{.name = "age"}}, MakeForest(), {"0", "1"}).value();
  EXPECT_EQ(model.graph.nodes.size(), 2u);
}

TEST(TabularClassifierGraph, LeavesTheEmptyTextACategoryWhenNothingIsImputed) {
  std::vector<ColumnTransform> columns = {MakeColumns()[2]};
  columns[0].imputed_category.clear();
  const auto model = TabularClassifierGraph(columns, MakeForest(), {"0", "1"}).value();
  EXPECT_EQ(model.graph.nodes[0].op_type, "OneHotEncoder");
}

TEST(TabularClassifierGraph, RefusesWhatDoesNotFit) {
  const std::vector<ColumnTransform> columns = MakeColumns();
  const auto damaged = [&](const auto& damage) {
    FlatForest forest = MakeForest();
    damage(forest);
    return FailureOf(columns, forest);
  };
  EXPECT_THAT(damaged([](FlatForest& f) { f = {}; }), HasSubstr("no trees"));
  EXPECT_THAT(damaged([](FlatForest& f) { f.right.pop_back(); }), HasSubstr("differ in length"));
  EXPECT_THAT(damaged([](FlatForest& f) { f.fractions.pop_back(); }), HasSubstr("3 fractions for 4 nodes"));
  EXPECT_THAT(damaged([](FlatForest& f) { f.tree_begin = {1, 3}; }), HasSubstr("begin at node 0"));
  EXPECT_THAT(damaged([](FlatForest& f) { f.tree_begin = {0, 4}; }), HasSubstr("tree 1 has no nodes"));
  EXPECT_THAT(damaged([](FlatForest& f) { f.left[0] = 0; }), HasSubstr("children 0 and 2"));
  EXPECT_THAT(damaged([](FlatForest& f) { f.right[0] = 3; }), HasSubstr("children 1 and 3"));
  EXPECT_THAT(damaged([](FlatForest& f) { f.feature[0] = 5; }), HasSubstr("feature 5 of 5"));
  EXPECT_THAT(FailureOf(columns, MakeForest(), {"0"}), HasSubstr("two classes"));
  EXPECT_THAT(FailureOf(columns, MakeForest(), {"0", "0"}), HasSubstr("class label '0' stands twice"));
  EXPECT_THAT(FailureOf(columns, MakeForest(), {"0", "x"}, true), HasSubstr("'x' is not an integer"));
  EXPECT_THAT(FailureOf({}, MakeForest()), HasSubstr("no features"));
}

TEST(TabularClassifierGraph, RefusesColumnsThatDoNotFit) {
  const auto changed = [&](size_t column, const auto& change) {
    std::vector<ColumnTransform> columns = MakeColumns();
    change(columns[column]);
    return FailureOf(columns, MakeForest());
  };
  EXPECT_THAT(changed(0, [](auto& c) { c.name = "flag"; }), HasSubstr("column 'flag' stands twice"));
  EXPECT_THAT(changed(0, [](auto& c) { c.name = "label"; }), HasSubstr("cannot be named 'label'"));
  EXPECT_THAT(changed(0, [](auto& c) { c.name = ""; }), HasSubstr("no name"));
  EXPECT_THAT(changed(0, [](auto& c) { c.input_type = ElementType::kString; }), HasSubstr("cannot be of type string"));
  EXPECT_THAT(changed(2, [](auto& c) { c.input_type = ElementType::kFloat; }), HasSubstr("must be of type string"));
  EXPECT_THAT(changed(2, [](auto& c) { c.categories = {"a", "a"}; }), HasSubstr("category 'a' stands twice"));
}

TEST(FloatThreshold, IsTheLargestFloatNotAbove) {
  EXPECT_EQ(FloatThreshold(0.5), 0.5F);
  EXPECT_LT(FloatThreshold(0.1), 0.1F);  // the nearest float is above 0.1
  EXPECT_EQ(FloatThreshold(1e300), std::numeric_limits<float>::max());
  SplitMix64 random(3);
  for (int i = 0; i < 10'000; ++i) {
    const float low = static_cast<float>(random.NextUnit() * 2 - 1);
    const float high = std::nextafter(low, 2.0F);
    for (const double threshold : {double{low}, low / 2.0 + high / 2.0, double{high}}) {
      for (const float x : {low, high}) EXPECT_EQ(x <= threshold, x <= FloatThreshold(threshold));
    }
  }
}

}  // namespace
}  // namespace slipway::model
