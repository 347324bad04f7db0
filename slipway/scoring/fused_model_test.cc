// The fused plan against the reference operators, on random graphs and rows.
#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>

#include "slipway/scoring/scoring_test_support.h"

namespace slipway::scoring {
namespace {

using model::Attribute;
using model::ElementType;
using model::Node;
using testing::StartsWith;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// What random ensembles are made of.
struct ForestShape {
  bool is_classifier = true;
  size_t trees = 20, features = 6, outputs = 1;  // class ids or targets that get votes
  size_t labels = 2;
  int depth = 6;
  bool all_modes = false, tracks_missing = false, negative_weights = false, shares_nodes = false;
  std::string post_transform = "NONE", aggregate = "SUM";
  std::vector<float> base_values = {};
};

class RandomForestMaker {
 public:
  RandomForestMaker(const ForestShape& shape, std::mt19937& random) : shape_(shape), random_(random) {}

  Node Make() {
    for (size_t tree = 0; tree < shape_.trees; ++tree) {
      tree_ = static_cast<int64_t>(tree);
      next_ = 0;
      shared_ = -1;
      Grow(shape_.depth);
    }
    Node node;
    node.op_type = shape_.is_classifier ? "TreeEnsembleClassifier" : "TreeEnsembleRegressor";
    node.domain = "ai.onnx.ml";
    node.inputs = {"features"};
    node.outputs =
        shape_.is_classifier ? std::vector<std::string>{"label", "scores"} : std::vector<std::string>{"scores"};
    const std::string votes = shape_.is_classifier ? "class_" : "target_";
    node.attributes = {Attribute::Ints("nodes_treeids", trees_),
                       Attribute::Ints("nodes_nodeids", ids_),
                       Attribute::Ints("nodes_featureids", features_),
                       Attribute::Strings("nodes_modes", modes_),
                       Attribute::Floats("nodes_values", values_),
                       Attribute::Ints("nodes_truenodeids", yes_),
                       Attribute::Ints("nodes_falsenodeids", no_),
                       Attribute::Ints("nodes_missing_value_tracks_true", tracks_),
                       Attribute::Ints(votes + "treeids", vote_trees_),
                       Attribute::Ints(votes + "nodeids", vote_nodes_),
                       Attribute::Ints(votes + "ids", vote_ids_),
                       Attribute::Floats(votes + "weights", weights_),
                       Attribute::Text("post_transform", shape_.post_transform)};
    if (!shape_.base_values.empty()) node.attributes.push_back(Attribute::Floats("base_values", shape_.base_values));
    if (!shape_.is_classifier) {
      node.attributes.push_back(Attribute::Int("n_targets", static_cast<int64_t>(shape_.outputs)));
      node.attributes.push_back(Attribute::Text("aggregate_function", shape_.aggregate));
      return node;
    }
    std::vector<int64_t> labels(shape_.labels);
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int64_t>(i);
    node.attributes.push_back(Attribute::Ints("classlabels_int64s", labels));
    return node;
  }

 private:
  // Thresholds from few values, so that rows meet them exactly.
  float Threshold() { return static_cast<float>(static_cast<int>(random_() % 9) - 4) / 2; }

  int64_t Grow(int depth) {
    const int64_t id = next_++;
    const size_t at = ids_.size();
    const bool is_leaf = depth == 0 || random_() % 8 == 0;
    static const char* const kModes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT",
                                         "BRANCH_GTE", "BRANCH_EQ", "BRANCH_NEQ"};
    trees_.push_back(tree_);
    ids_.push_back(id);
    features_.push_back(is_leaf ? 0 : static_cast<int64_t>(random_() % shape_.features));
    modes_.emplace_back(is_leaf ? "LEAF" : kModes[shape_.all_modes ? random_() % 6 : 0]);
    values_.push_back(is_leaf ? 0 : Threshold());
    tracks_.push_back(shape_.tracks_missing && random_() % 2 == 0 ? 1 : 0);
    yes_.push_back(0);
    no_.push_back(0);
    if (is_leaf) {
      AddVotes(id);
      return id;
    }
    const int64_t yes = Grow(depth - 1);
    const bool reuses = shape_.shares_nodes && shared_ > id && random_() % 3 == 0;
    const int64_t no = reuses ? shared_ : Grow(depth - 1);
    shared_ = yes;
    yes_[at] = yes;
    no_[at] = no;
    return id;
  }

  void AddVotes(int64_t id) {
    for (size_t output = 0; output < shape_.outputs; ++output) {
      vote_trees_.push_back(tree_);
      vote_nodes_.push_back(id);
      vote_ids_.push_back(static_cast<int64_t>(output));
      const float weight = static_cast<float>(random_() % 1000) / 1000 / static_cast<float>(shape_.trees);
      weights_.push_back(shape_.negative_weights && random_() % 2 == 0 ? -weight : weight);
    }
  }

  const ForestShape& shape_;
  std::mt19937& random_;
  int64_t tree_ = 0, next_ = 0, shared_ = -1;
  std::vector<int64_t> trees_, ids_, features_, yes_, no_, tracks_, vote_trees_, vote_nodes_, vote_ids_;
  std::vector<std::string> modes_;
  std::vector<float> values_, weights_;
};

// Columns n0, n1 (float), i0 (int64), t0, t1 (text) through imputers, scalers and encoders; then the ensemble.
model::OnnxModel RandomModel(ForestShape shape, std::mt19937& random) {
  model::OnnxModel onnx;
  onnx.opsets = {{"", 17}, {"ai.onnx.ml", 3}};
  const auto add = [&onnx](const char* op, const char* domain, std::vector<std::string> inputs, std::string output,
                           std::vector<Attribute> attributes) {
    onnx.graph.nodes.push_back({op, domain, output, std::move(inputs), {output}, std::move(attributes)});
  };
  const std::pair<const char*, ElementType> inputs[] = {{"n0", ElementType::kFloat},
                                                        {"n1", ElementType::kFloat},
                                                        {"i0", ElementType::kInt64},
                                                        {"t0", ElementType::kString},
                                                        {"t1", ElementType::kString}};
  for (const auto& [name, element] : inputs)
    onnx.graph.inputs.push_back({.name = name, .element = element, .shape = {-1, 1}});
  onnx.graph.initializers = {model::Tensor::Of("zero", {1}, {0}), model::Tensor::Of("second", {1}, {1}),
                             model::Tensor::Of("shape", {2}, {-1, 7})};
  const bool imputes = random() % 2 == 0;
  add("Cast", "", {"i0"}, "i0f", {Attribute::Int("to", 1)});
  add("Concat", "", {"n0", "n1", "i0f"}, "numbers", {Attribute::Int("axis", 1)});
  if (imputes) {
    add("Imputer", "ai.onnx.ml", {"numbers"}, "imputed",
        {Attribute::Floats("imputed_value_floats", {0.5f, -1, 2}), Attribute::Float("replaced_value_float", kNaN)});
    add("Scaler", "ai.onnx.ml", {"imputed"}, "scaled",
        {Attribute::Floats("offset", {0.25f, 0, 1}), Attribute::Floats("scale", {2})});
  }
  add("LabelEncoder", "ai.onnx.ml", {"zero"}, "fill",
      {Attribute::Ints("keys_int64s", {0}), Attribute::Strings("values_strings", {"none"})});
  add("LabelEncoder", "ai.onnx.ml", {"t0"}, "is_empty",
      {Attribute::Strings("keys_strings", {""}), Attribute::Ints("values_int64s", {1}),
       Attribute::Int("default_int64", 0)});
  add("Cast", "", {"is_empty"}, "condition", {Attribute::Int("to", 9)});
  add("Where", "", {"condition", "fill", "t0"}, "t0f", {});
  add("Concat", "", {"t0f", "t1"}, "texts", {Attribute::Int("axis", 1)});
  add("Gather", "", {"texts", "zero"}, "c0", {Attribute::Int("axis", 1)});
  add("ArrayFeatureExtractor", "ai.onnx.ml", {"texts", "second"}, "c1", {});
  add("OneHotEncoder", "ai.onnx.ml", {"c0"}, "h0", {Attribute::Strings("cats_strings", {"a", "none", "b", "a"})});
  add("OneHotEncoder", "ai.onnx.ml", {"c1"}, "h1", {Attribute::Strings("cats_strings", {"x", "", "y"})});
  add("Concat", "", {"h0", "h1"}, "hot", {Attribute::Int("axis", -1)});
  add("Reshape", "", {"hot", "shape"}, "flags", {});
  add("LabelEncoder", "ai.onnx.ml", {"c1"}, "ordinal",
      {Attribute::Strings("keys_strings", {"x", "y", "z"}), Attribute::Floats("values_floats", {-1, 0.5f, 2}),
       Attribute::Float("default_float", random() % 2 == 0 ? kNaN : 1.5f)});
  add("OneHotEncoder", "ai.onnx.ml", {"i0"}, "years", {Attribute::Ints("cats_int64s", {-1, 0, 2})});
  add("Flatten", "", {"years"}, "year_flags", {});
  add("Concat", "", {imputes ? "scaled" : "numbers", "flags", "ordinal", "year_flags"}, "features",
      {Attribute::Int("axis", 1)});
  shape.features = 14;
  onnx.graph.nodes.push_back(RandomForestMaker(shape, random).Make());
  if (shape.is_classifier)
    onnx.graph.outputs.push_back({.name = "label", .element = ElementType::kInt64, .shape = {-1}});
  onnx.graph.outputs.push_back(
      {.name = "scores", .shape = {-1, static_cast<int64_t>(shape.is_classifier ? shape.labels : shape.outputs)}});
  return onnx;
}

tabular::Table RandomRows(size_t rows, std::mt19937& random) {
  const double numbers[] = {-2, -1.5, -1, -0.5, -0.0, 0.0, 0.5, 1, 1.5, 2, kInf, -kInf, kNaN, 1e-40, 3.7};
  const char* const texts[] = {"", "a", "b", "none", "x", "y", "z", "unknown", "A"};
  std::vector<tabular::Column> columns;
  for (const char* name : {"n0", "n1"}) {
    tabular::ColumnBuilder builder(name, tabular::ColumnType::kFloat64);
    for (size_t i = 0; i < rows; ++i)
      random() % 10 == 0 ? builder.AddNull() : builder.AddDouble(numbers[random() % std::size(numbers)]);
    columns.push_back(std::move(builder).Build());
  }
  tabular::ColumnBuilder integers("i0", tabular::ColumnType::kInt64);
  for (size_t i = 0; i < rows; ++i) integers.AddInt(static_cast<int64_t>(random() % 7) - 3);
  columns.push_back(std::move(integers).Build());
  for (const char* name : {"t0", "t1"}) {
    tabular::ColumnBuilder builder(name, tabular::ColumnType::kString);
    for (size_t i = 0; i < rows; ++i)
      random() % 10 == 0 ? builder.AddNull() : builder.AddString(texts[random() % std::size(texts)]);
    columns.push_back(std::move(builder).Build());
  }
  auto table = tabular::Table::Make(std::move(columns));
  EXPECT_TRUE(table);
  return std::move(*table);
}

model::Signature RandomSignature() {
  using model::DataType;
  return {{{.name = "n0", .type = DataType::kDouble, .required = false},
           {.name = "n1", .type = DataType::kFloat, .required = false},
           {.name = "i0", .type = DataType::kLong},
           {.name = "t0", .type = DataType::kString, .required = false},
           {.name = "t1", .type = DataType::kString, .required = false}},
          {}};
}

void ExpectSame(const ForestShape& shape, unsigned seed) {
  std::mt19937 random(seed);
  const model::OnnxModel onnx = RandomModel(shape, random);
  const ModelPointer fused = MakeModel(onnx, RandomSignature());
  const ModelPointer plain = MakeModel(onnx, RandomSignature(), CompiledModel::Path::kReference);
  ASSERT_THAT(fused->plan_description(), StartsWith("fused")) << seed;
  const tabular::Table table = RandomRows(500, random);
  const auto ours = fused->ScoreTable(table), theirs = plain->ScoreTable(table);
  ASSERT_TRUE(ours) << ours.error().ToString();
  ASSERT_TRUE(theirs) << theirs.error().ToString();
  EXPECT_EQ(ours->labels, theirs->labels) << seed;
  ASSERT_EQ(ours->scores.size(), theirs->scores.size());
  // Bit for bit: the order of additions is the same.
  for (size_t i = 0; i < ours->scores.size(); ++i)
    ASSERT_TRUE(ours->scores[i] == theirs->scores[i] || (std::isnan(ours->scores[i]) && std::isnan(theirs->scores[i])))
        << "seed " << seed << ", score " << i << ": " << ours->scores[i] << " and " << theirs->scores[i];
  // One row at a time gives what the batch gave.
  for (uint32_t row = 0; row < 20; ++row) {
    const auto one = fused->ScoreTable(table.TakeRows({row}));
    ASSERT_TRUE(one);
    for (size_t i = 0; i < one->scores.size(); ++i)
      EXPECT_EQ(one->scores[i], ours->scores[row * one->scores.size() + i]) << seed;
  }
}

TEST(FusedModel, MatchesTheReferenceForBinaryForests) {
  for (unsigned seed = 0; seed < 12; ++seed) ExpectSame({.trees = 1 + seed * 5}, seed);
}

TEST(FusedModel, MatchesTheReferenceForEveryComparison) {
  for (unsigned seed = 100; seed < 115; ++seed) ExpectSame({.all_modes = true, .tracks_missing = true}, seed);
}

TEST(FusedModel, MatchesTheReferenceForSharedNodes) {
  for (unsigned seed = 200; seed < 208; ++seed) ExpectSame({.all_modes = true, .shares_nodes = true}, seed);
}

TEST(FusedModel, MatchesTheReferenceForBoostedTrees) {
  for (unsigned seed = 300; seed < 308; ++seed)
    ExpectSame({.tracks_missing = true, .negative_weights = true, .post_transform = "LOGISTIC", .base_values = {-0.4f}},
               seed);
}

TEST(FusedModel, MatchesTheReferenceForSeveralClasses) {
  for (unsigned seed = 400; seed < 408; ++seed) ExpectSame({.outputs = 4, .labels = 4}, seed);
  for (unsigned seed = 410; seed < 414; ++seed)
    ExpectSame({.outputs = 3,
                .labels = 3,
                .negative_weights = true,
                .post_transform = "SOFTMAX",
                .base_values = {0.1f, 0, -1}},
               seed);
}

TEST(FusedModel, MatchesTheReferenceForRegressors) {
  for (unsigned seed = 500; seed < 504; ++seed) {
    ExpectSame({.is_classifier = false, .negative_weights = true, .base_values = {3}}, seed);
    ExpectSame({.is_classifier = false, .outputs = 3, .aggregate = "AVERAGE"}, seed);
  }
}

TEST(FusedModel, MatchesTheReferenceForDeepTrees) {
  ExpectSame({.trees = 7, .depth = 13}, 600);
}

TEST(FusedModel, LeavesOtherFormsToTheReference) {
  std::mt19937 random(7);
  for (const ForestShape& shape :
       {ForestShape{.is_classifier = false, .aggregate = "MIN"}, ForestShape{.outputs = 2, .labels = 3}}) {
    const ModelPointer model = MakeModel(RandomModel(shape, random), RandomSignature());
    EXPECT_THAT(model->plan_description(), StartsWith("reference operators"));
    EXPECT_TRUE(model->ScoreTable(RandomRows(10, random)));
  }
}

}  // namespace
}  // namespace slipway::scoring
