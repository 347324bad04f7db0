// Products with matrices and norms before the model: the fused plan against the reference operators.
#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>

#include "slipway/scoring/scoring_test_support.h"

namespace slipway::scoring {
namespace {

using model::Attribute;
using model::Tensor;
using testing::HasSubstr;
using testing::StartsWith;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int kColumns = 4;

// Four float columns, what a test puts between, and a model on `width` features.
class MixedGraph {
 public:
  explicit MixedGraph(bool is_imputed = true) {
    onnx_.opsets = {{"", 17}, {"ai.onnx.ml", 3}};
    std::vector<std::string> names;
    for (int i = 0; i < kColumns; ++i) {
      names.push_back("x" + std::to_string(i));
      onnx_.graph.inputs.push_back({.name = names.back(), .shape = {-1, 1}});
    }
    last_ = Main("Concat", names, {Attribute::Int("axis", 1)});
    if (is_imputed)
      Ml("Imputer",
         {Attribute::Floats("imputed_value_floats", {0.5f, -1, 2, 0}), Attribute::Float("replaced_value_float", kNaN)});
  }

  MixedGraph& Ml(const char* op, std::vector<Attribute> attributes) {
    last_ = Add(op, "ai.onnx.ml", {last_}, std::move(attributes));
    return *this;
  }
  // An operator on what came last and constants.
  MixedGraph& Then(const char* op, std::vector<Tensor> constants, std::vector<Attribute> attributes = {}) {
    std::vector<std::string> inputs = {last_};
    for (Tensor& constant : constants) {
      constant.name = "c" + std::to_string(onnx_.graph.initializers.size());
      inputs.push_back(constant.name);
      onnx_.graph.initializers.push_back(std::move(constant));
    }
    last_ = Main(op, std::move(inputs), std::move(attributes));
    return *this;
  }
  // What came last, behind what came before it.
  MixedGraph& Beside(const std::string& earlier) {
    last_ = Main("Concat", {earlier, last_}, {Attribute::Int("axis", 1)});
    return *this;
  }
  const std::string& last() const { return last_; }

  model::OnnxModel Linear(size_t width) {
    std::vector<float> weights;
    for (size_t i = 0; i < width; ++i) weights.push_back(0.3f * static_cast<float>(i) - 0.7f);
    Ml("LinearRegressor", {Attribute::Floats("coefficients", weights), Attribute::Floats("intercepts", {0.1f})});
    return Finish();
  }

  // A stump a feature.
  model::OnnxModel Trees(size_t width) {
    std::vector<int64_t> trees, nodes, features, yes, no, leaf_trees, leaf_nodes;
    std::vector<float> values, weights;
    std::vector<std::string> modes;
    for (int64_t tree = 0; tree < static_cast<int64_t>(width); ++tree) {
      for (int64_t node = 0; node < 3; ++node) {
        trees.push_back(tree);
        nodes.push_back(node);
        features.push_back(node == 0 ? tree : 0);
        modes.push_back(node == 0 ? "BRANCH_LEQ" : "LEAF");
        values.push_back(node == 0 ? 0.25f : 0.0f);
        yes.push_back(node == 0 ? 1 : 0);
        no.push_back(node == 0 ? 2 : 0);
        if (node == 0) continue;
        leaf_trees.push_back(tree);
        leaf_nodes.push_back(node);
        weights.push_back(static_cast<float>(10 * tree + node));
      }
    }
    Ml("TreeEnsembleRegressor",
       {Attribute::Ints("nodes_treeids", trees), Attribute::Ints("nodes_nodeids", nodes),
        Attribute::Ints("nodes_featureids", features), Attribute::Strings("nodes_modes", modes),
        Attribute::Floats("nodes_values", values), Attribute::Ints("nodes_truenodeids", yes),
        Attribute::Ints("nodes_falsenodeids", no), Attribute::Ints("target_treeids", leaf_trees),
        Attribute::Ints("target_nodeids", leaf_nodes),
        Attribute::Ints("target_ids", std::vector<int64_t>(weights.size(), 0)),
        Attribute::Floats("target_weights", weights), Attribute::Int("n_targets", 1)});
    return Finish();
  }

 private:
  std::string Add(const char* op, const char* domain, std::vector<std::string> inputs,
                  std::vector<Attribute> attributes) {
    const std::string output = "v" + std::to_string(onnx_.graph.nodes.size());
    onnx_.graph.nodes.push_back({op, domain, output, std::move(inputs), {output}, std::move(attributes)});
    return output;
  }
  std::string Main(const char* op, std::vector<std::string> inputs, std::vector<Attribute> attributes) {
    return Add(op, "", std::move(inputs), std::move(attributes));
  }
  model::OnnxModel Finish() {
    onnx_.graph.outputs.push_back({.name = last_, .shape = {-1, 1}});
    return onnx_;
  }

  model::OnnxModel onnx_;
  std::string last_;
};

Tensor Matrix(std::vector<int64_t> dims, unsigned seed) {
  std::mt19937 random(seed);
  Tensor tensor;
  tensor.dims = std::move(dims);
  size_t count = 1;
  for (const int64_t dim : tensor.dims) count *= static_cast<size_t>(dim);
  for (size_t i = 0; i < count; ++i) tensor.floats.push_back(static_cast<float>(random() % 2001) / 700 - 1.4f);
  return tensor;
}

model::Signature Columns() {
  model::Signature signature;
  for (int i = 0; i < kColumns; ++i)
    signature.inputs.push_back({.name = "x" + std::to_string(i), .type = model::DataType::kDouble, .required = false});
  return signature;
}

tabular::Table Rows(unsigned seed, bool has_missing = true) {
  std::mt19937 random(seed);
  std::vector<tabular::Column> columns;
  for (int i = 0; i < kColumns; ++i) {
    tabular::ColumnBuilder builder("x" + std::to_string(i), tabular::ColumnType::kFloat64);
    for (int row = 0; row < 200; ++row) {
      const bool is_zero = row % 17 == 0;
      has_missing&& random() % 9 == 0 ? builder.AddNull()
                                      : builder.AddDouble(is_zero ? 0 : static_cast<double>(random() % 4001) / 500 - 4);
    }
    columns.push_back(std::move(builder).Build());
  }
  return std::move(*tabular::Table::Make(std::move(columns)));
}

void ExpectSame(const model::OnnxModel& onnx, const tabular::Table& rows) {
  const ModelPointer fused = MakeModel(onnx, Columns());
  const ModelPointer plain = MakeModel(onnx, Columns(), CompiledModel::Path::kReference);
  ASSERT_THAT(fused->plan_description(), StartsWith("fused"));
  EXPECT_THAT(fused->plan_description(), HasSubstr(" mixes, "));
  const auto ours = fused->ScoreTable(rows), theirs = plain->ScoreTable(rows);
  ASSERT_TRUE(ours) << ours.error().ToString();
  ASSERT_TRUE(theirs) << theirs.error().ToString();
  ASSERT_EQ(ours->scores.size(), theirs->scores.size());
  for (size_t i = 0; i < ours->scores.size(); ++i) {
    const bool are_nan = std::isnan(ours->scores[i]) && std::isnan(theirs->scores[i]);
    ASSERT_TRUE(are_nan || ours->scores[i] == theirs->scores[i])
        << "row " << i << ": " << ours->scores[i] << " and " << theirs->scores[i];
  }
}

void ExpectSameOfBoth(MixedGraph graph, size_t width) {
  MixedGraph again = graph;
  ExpectSame(graph.Linear(width), Rows(1));
  ExpectSame(again.Trees(width), Rows(2));
}

TEST(Mixing, PrincipalComponentsAreFused) {
  MixedGraph graph;
  ExpectSameOfBoth(graph.Then("Sub", {Matrix({kColumns}, 3)}).Then("MatMul", {Matrix({kColumns, 2}, 4)}), 2);
}

TEST(Mixing, SoAreProductsOfGemm) {
  MixedGraph plain, turned;
  ExpectSameOfBoth(plain.Then("Gemm", {Matrix({kColumns, 3}, 5)}), 3);
  ExpectSameOfBoth(
      turned.Then("Gemm", {Matrix({3, kColumns}, 6), Matrix({3}, 7)},
                  {Attribute::Int("transB", 1), Attribute::Float("alpha", 0.5f), Attribute::Float("beta", -2)}),
      3);
}

TEST(Mixing, SoAreNorms) {
  for (const char* norm : {"MAX", "L1", "L2"}) {
    MixedGraph graph;
    ExpectSameOfBoth(graph.Ml("Normalizer", {Attribute::Text("norm", norm)}), kColumns);
  }
}

TEST(Mixing, OneAfterTheOtherAndBesideColumns) {
  MixedGraph graph;
  const std::string columns = graph.last();
  graph.Then("MatMul", {Matrix({kColumns, 3}, 8)}).Ml("Normalizer", {Attribute::Text("norm", "L2")});
  graph.Then("Add", {Matrix({3}, 9)}).Then("MatMul", {Matrix({3, 2}, 10)}).Beside(columns);
  ExpectSameOfBoth(graph, kColumns + 2);
}

TEST(Mixing, MissingValuesGoThrough) {
  MixedGraph graph(/*is_imputed=*/false);
  ExpectSameOfBoth(graph.Then("MatMul", {Matrix({kColumns, 2}, 11)}), 2);
}

TEST(Mixing, WhatNeverMissesIsMadeBinaryColumnByColumn) {
  MixedGraph graph;
  graph.Ml("Scaler", {Attribute::Floats("offset", {0.5f}), Attribute::Floats("scale", {2})});
  const auto onnx = graph.Ml("Binarizer", {Attribute::Float("threshold", 0.25f)}).Linear(kColumns);
  const ModelPointer fused = MakeModel(onnx, Columns());
  EXPECT_THAT(fused->plan_description(), testing::Not(HasSubstr("mixes")));
  const ModelPointer plain = MakeModel(onnx, Columns(), CompiledModel::Path::kReference);
  EXPECT_EQ(fused->ScoreTable(Rows(12))->scores, plain->ScoreTable(Rows(12))->scores);
}

TEST(Mixing, WhatMayMissIsRefusedWhenItDoes) {
  MixedGraph graph(/*is_imputed=*/false);
  const auto onnx = graph.Ml("Binarizer", {}).Trees(kColumns);
  ExpectSame(onnx, Rows(13, /*has_missing=*/false));
  EXPECT_THAT(
      Answer(*MakeModel(onnx, Columns()), R"([{"x0":1,"x1":1,"x2":1,"x3":1},{"x0":1,"x1":null,"x2":0,"x3":2}])"),
      HasSubstr("row 1: "));
  EXPECT_THAT(Answer(*MakeModel(onnx, Columns()), R"([{"x0":1,"x1":null,"x2":0,"x3":2}])"),
              HasSubstr("NaN cannot be made binary"));
}

TEST(Mixing, WhosePartAMixedNumberIsCannotBeExplained) {
  MixedGraph trees, linear;
  const Tensor axes = Matrix({kColumns, 2}, 14);
  for (const auto& onnx : {trees.Then("MatMul", {axes}).Trees(2), linear.Then("MatMul", {axes}).Linear(2)}) {
    const Status explainable = MakeModel(onnx, Columns())->CheckExplainable();
    ASSERT_FALSE(explainable);
    EXPECT_THAT(explainable.error().message(), HasSubstr("MatMul"));
    EXPECT_THAT(explainable.error().message(), HasSubstr("of several columns"));
  }
}

}  // namespace
}  // namespace slipway::scoring
