#include "slipway/scoring/tree_shap.h"

#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/scoring/packed_forest.h"
#include "slipway/scoring/scoring_test_support.h"

namespace slipway::scoring {
namespace {

using Mode = TreeNode::Mode;
using testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Feature f is column f as it is.
std::vector<Feature> PlainFeatures(size_t count) {
  std::vector<Feature> features(count);
  for (size_t i = 0; i < count; ++i) features[i].column = i;
  return features;
}

// --- the other implementation: Shapley values by their definition, over all sets of features ---

bool IsTrue(const TreeNode& node, float x) {
  if (std::isnan(x)) return node.mode == Mode::kNotEqual || node.missing_is_true;
  const auto value = static_cast<float>(node.value);
  switch (node.mode) {
    case Mode::kLess:
      return x < value;
    case Mode::kGreater:
      return x > value;
    case Mode::kGreaterEqual:
      return x >= value;
    case Mode::kEqual:
      return x == value;
    case Mode::kNotEqual:
      return x != value;
    default:
      return x <= value;
  }
}

class BruteForce {
 public:
  BruteForce(const TreeEnsemble& ensemble, size_t features, const std::vector<float>& row, uint32_t output)
      : ensemble_(ensemble), features_(features), row_(row), output_(output) {}

  // What is expected when the features of `known` are known.
  double Value(uint32_t known) const {
    double sum = 0;
    for (const uint32_t root : ensemble_.roots) sum += Below(root, known);
    return sum;
  }

  double Shapley(size_t feature) const {
    double value = 0;
    for (uint32_t set = 0; set < 1u << features_; ++set) {
      if (set >> feature & 1) continue;
      const int size = std::popcount(set), others = static_cast<int>(features_) - size - 1;
      const double weight = std::exp(std::lgamma(size + 1.0) + std::lgamma(others + 1.0) -
                                     std::lgamma(static_cast<double>(features_) + 1));
      value += weight * (Value(set | 1u << feature) - Value(set));
    }
    return value;
  }

 private:
  double Below(uint32_t index, uint32_t known) const {
    const TreeNode& node = ensemble_.nodes[index];
    if (node.mode == Mode::kLeaf) {
      double sum = 0;
      for (uint32_t i = 0; i < node.vote_count; ++i)
        if (const Vote& vote = ensemble_.votes[node.first_vote + i]; vote.target == output_)
          sum += static_cast<double>(vote.weight);
      return sum;
    }
    if (known >> node.feature & 1)
      return Below(IsTrue(node, row_[node.feature]) ? node.true_child : node.false_child, known);
    const double yes = ensemble_.covers[node.true_child], no = ensemble_.covers[node.false_child];
    return (yes * Below(node.true_child, known) + no * Below(node.false_child, known)) / (yes + no);
  }

  const TreeEnsemble& ensemble_;
  size_t features_;
  const std::vector<float>& row_;
  uint32_t output_;
};

// --- random ensembles ---

class EnsembleMaker {
 public:
  EnsembleMaker(uint32_t seed, size_t features, size_t outputs, std::vector<Mode> modes)
      : random_(seed), features_(features), outputs_(outputs), modes_(std::move(modes)) {}

  TreeEnsemble Make(int trees, int depth) {
    ensemble_.targets = outputs_;
    ensemble_.features = features_;
    for (int tree = 0; tree < trees; ++tree) {
      ensemble_.roots.push_back(static_cast<uint32_t>(ensemble_.nodes.size()));
      ensemble_.depths.push_back(static_cast<uint32_t>(depth));
      Grow(depth, 1000);
    }
    return std::move(ensemble_);
  }

  // Whole numbers, so that tests for equality hold now and then; one in eight is missing.
  std::vector<float> Row() {
    std::vector<float> row(features_);
    for (float& value : row) value = Below(8) == 0 ? kNaN : static_cast<float>(Below(6));
    return row;
  }

 private:
  uint32_t Below(uint32_t end) { return static_cast<uint32_t>(random_() % end); }

  uint32_t Grow(int depth, float cover) {
    const auto index = static_cast<uint32_t>(ensemble_.nodes.size());
    ensemble_.nodes.emplace_back();
    ensemble_.covers.push_back(cover);
    if (depth == 0 || cover < 6 || Below(8) == 0) {
      AddVotes(index);
      return index;
    }
    const float yes = std::floor(cover * static_cast<float>(1 + Below(8)) / 10) + 1;
    TreeNode node;
    node.mode = modes_[Below(static_cast<uint32_t>(modes_.size()))];
    node.missing_is_true = Below(2) == 0;
    node.feature = Below(static_cast<uint32_t>(features_));
    node.value = Below(6);
    node.true_child = Grow(depth - 1, yes);
    node.false_child = Grow(depth - 1, cover - yes);
    ensemble_.nodes[index] = node;
    return index;
  }

  void AddVotes(uint32_t index) {
    ensemble_.nodes[index].first_vote = static_cast<uint32_t>(ensemble_.votes.size());
    ensemble_.nodes[index].vote_count = static_cast<uint32_t>(outputs_);
    for (uint32_t output = 0; output < outputs_; ++output)
      ensemble_.votes.push_back({output, static_cast<float>(Below(1000)) / 500 - 1});
  }

  std::mt19937 random_;
  size_t features_, outputs_;
  std::vector<Mode> modes_;
  TreeEnsemble ensemble_;
};

struct Explained {
  std::vector<double> base_values, values;
};

Explained ExplainRow(const TreeEnsemble& ensemble, const std::vector<float>& row) {
  const std::vector<Feature> features = PlainFeatures(row.size());
  std::vector<Slot> slots;
  EXPECT_TRUE(PackedForest::Compile(ensemble, features, ensemble.targets, slots));
  const RowLayout layout(row.size(), slots);
  FeatureRows rows(layout);
  rows.AddRow();
  for (size_t i = 0; i < row.size(); ++i) rows.SetReal(0, i, static_cast<double>(row[i]));
  const auto explainer = TreeExplainer::Make(ensemble, features, slots, row.size(), ensemble.targets);
  EXPECT_TRUE(explainer) << explainer.error().ToString();
  Explained explained{{explainer->base_values().begin(), explainer->base_values().end()},
                      std::vector<double>(ensemble.targets * row.size())};
  const Status status = explainer->Explain(rows.data(), explained.values);
  EXPECT_TRUE(status) << status.error().ToString();
  return explained;
}

void ExpectShapley(const TreeEnsemble& ensemble, const std::vector<float>& row) {
  const size_t features = row.size();
  const Explained explained = ExplainRow(ensemble, row);
  for (uint32_t output = 0; output < ensemble.targets; ++output) {
    const BruteForce brute(ensemble, features, row, output);
    EXPECT_NEAR(explained.base_values[output], brute.Value(0), 1e-6);
    for (size_t i = 0; i < features; ++i)
      EXPECT_NEAR(explained.values[output * features + i], brute.Shapley(i), 1e-6) << "feature " << i;
  }
}

TEST(TreeExplainer, AgreesWithTheDefinitionOnRandomTrees) {
  EnsembleMaker maker(7, 6, 1, {Mode::kLessEqual});
  const TreeEnsemble ensemble = maker.Make(5, 6);
  for (int row = 0; row < 20; ++row) ExpectShapley(ensemble, maker.Row());
}

TEST(TreeExplainer, AgreesWhereEveryPathRepeatsItsFeatures) {
  for (uint32_t seed = 0; seed < 5; ++seed) {
    EnsembleMaker maker(seed, 2, 1, {Mode::kLessEqual});
    const TreeEnsemble ensemble = maker.Make(2, 9);
    for (int row = 0; row < 5; ++row) ExpectShapley(ensemble, maker.Row());
  }
}

TEST(TreeExplainer, AgreesForEveryKindOfTestAndSeveralOutputs) {
  for (uint32_t seed = 0; seed < 5; ++seed) {
    EnsembleMaker maker(
        100 + seed, 5, 3,
        {Mode::kLessEqual, Mode::kLess, Mode::kGreater, Mode::kGreaterEqual, Mode::kEqual, Mode::kNotEqual});
    const TreeEnsemble ensemble = maker.Make(3, 5);
    for (int row = 0; row < 5; ++row) ExpectShapley(ensemble, maker.Row());
  }
}

TEST(TreeExplainer, AgreesOnPathsOfManyFeatures) {
  EnsembleMaker maker(3, 10, 1, {Mode::kLessEqual});
  const TreeEnsemble ensemble = maker.Make(1, 12);
  for (int row = 0; row < 3; ++row) ExpectShapley(ensemble, maker.Row());
}

// One path about `count` features, each of which halves the weight; the leaf at its end is worth 1, all others 0.
TreeEnsemble Chain(uint32_t count) {
  TreeEnsemble ensemble;
  ensemble.features = count;
  ensemble.roots = {0};
  ensemble.depths = {count};
  double cover = std::exp2(static_cast<double>(count));
  for (uint32_t i = 0; i < count; ++i, cover /= 2) {
    TreeNode node;
    node.mode = Mode::kLessEqual;
    node.feature = i;
    node.true_child = 2 * i + 2;
    node.false_child = 2 * i + 1;
    ensemble.nodes.push_back(node);
    ensemble.nodes.emplace_back();
    ensemble.covers.insert(ensemble.covers.end(), {static_cast<float>(cover), static_cast<float>(cover / 2)});
  }
  ensemble.nodes.emplace_back().vote_count = 1;
  ensemble.covers.push_back(static_cast<float>(cover));
  ensemble.votes = {{0, 1.0f}};
  return ensemble;
}

// By symmetry each feature gets the same share of 1 - 2^-count: every number of points is exact.
TEST(TreeExplainer, SharesAChainEvenly) {
  for (const uint32_t count : {1u, 2u, 7u, 8u, 9u, 12u, 13u, 16u, 17u, 31u, 32u, 33u, 64u}) {
    const Explained explained = ExplainRow(Chain(count), std::vector<float>(count, -1.0f));
    for (const double value : explained.values)
      EXPECT_NEAR(value, (1 - std::exp2(-static_cast<double>(count))) / count, 1e-12) << count;
  }
}

Status WhyNot(const TreeEnsemble& ensemble) {
  const std::vector<Feature> features = PlainFeatures(ensemble.features);
  std::vector<Slot> slots;
  EXPECT_TRUE(PackedForest::Compile(ensemble, features, 1, slots));
  const auto explainer = TreeExplainer::Make(ensemble, features, slots, features.size(), 1);
  return explainer ? Status() : Status(explainer.error());
}

TEST(TreeExplainer, SaysWhyItCannotExplain) {
  TreeEnsemble without = Chain(3);
  without.covers.clear();
  EXPECT_THAT(WhyNot(without).error().message(), HasSubstr("no training weights"));

  TreeEnsemble ones = Chain(3);
  ones.covers.assign(ones.nodes.size(), 1.0f);
  EXPECT_EQ(WhyNot(ones).error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(WhyNot(ones).error().message(), HasSubstr("a node has 1, its children 1 and 1"));

  TreeEnsemble shared = Chain(1);
  shared.nodes[0].false_child = shared.nodes[0].true_child;
  shared.covers = {2, 1, 1};
  EXPECT_THAT(WhyNot(shared).error().message(), HasSubstr("several parents"));

  EXPECT_THAT(WhyNot(Chain(65)).error().message(), HasSubstr("64 features"));
}

// --- models ---

const std::vector<float> kCover = {10, 4, 6, 4, 2};

std::string ExplainedAnswer(const CompiledModel& model, std::string_view request) {
  const auto scratch = model.MakeScratch();
  std::string response;
  const Status status = model.ExplainJson(request, *scratch, response);
  return status ? response : "error: " + status.error().message();
}

// By hand: known age 50 gives (4 · 0.5 + 2 · 0.75) / 6 = 7/12, known job 0.4 · 0.25 + 0.6 · 0.75 = 0.55, both 0.75,
// none 0.4 · 0.25 + 0.6 · 7/12 = 0.45.
TEST(ExplainJson, AddsValuesOfACategorysFeaturesUp) {
  const ModelPointer model = MakeModel(SmallClassifier(true, kCover), SmallSignature());
  const auto answer = nlohmann::json::parse(ExplainedAnswer(*model, R"({"data":[{"age":50,"job":"smith"}]})"));
  EXPECT_EQ(answer["predictions"], nlohmann::json::parse("[1]"));
  const auto& explanations = answer["explanations"];
  EXPECT_EQ(explanations["method"], "shap");
  EXPECT_EQ(explanations["link"], "identity");
  EXPECT_NEAR(explanations["base_values"].get<double>(), 0.45, 1e-7);
  ASSERT_EQ(explanations["shap_values"].size(), 1u);
  const double age = (7.0 / 12 - 0.45 + 0.75 - 0.55) / 2, job = (0.55 - 0.45 + 0.75 - 7.0 / 12) / 2;
  EXPECT_NEAR(explanations["shap_values"][0]["age"].get<double>(), age, 1e-7);
  EXPECT_NEAR(explanations["shap_values"][0]["job"].get<double>(), job, 1e-7);
}

TEST(ExplainJson, WrapsAnAnswerThatIsAList) {
  const ModelPointer model = MakeModel(SmallClassifier(true, kCover), SmallSignature());
  const auto answer = nlohmann::json::parse(ExplainedAnswer(
      *model, R"({"input_data":{"columns":["age","job"],"index":[0,1],"data":[[50,"smith"],[20,"clerk"]]}})"));
  EXPECT_EQ(answer["predictions"][0]["label"], 1);
  EXPECT_EQ(answer["explanations"]["shap_values"].size(), 2u);
}

TEST(ExplainJson, RefusesModelsWithoutWeights) {
  const ModelPointer model = MakeModel(SmallClassifier(), SmallSignature());
  EXPECT_THAT(ExplainedAnswer(*model, R"({"data":[{"age":50,"job":"smith"}]})"), HasSubstr("no training weights"));
  const ModelPointer slow = MakeModel(SmallClassifier(true, kCover), SmallSignature(), CompiledModel::Path::kReference);
  EXPECT_EQ(slow->CheckExplainable().error().code(), Code::kUnimplemented);
}

TEST(ParseExplain, KnowsShapAndNone) {
  EXPECT_EQ(*ParseExplain("shap"), Explain::kShap);
  EXPECT_EQ(*ParseExplain(""), Explain::kNone);
  EXPECT_EQ(*ParseExplain("none"), Explain::kNone);
  EXPECT_THAT(ParseExplain("shapp").error().message(), HasSubstr("did you mean 'shap'?"));
}

}  // namespace
}  // namespace slipway::scoring
