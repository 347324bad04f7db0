// The learner beside scikit-learn 1.2, by figures that tests/parity/figures.py wrote and keeps true; and every kind of
// model beside what scoring makes of its ONNX form.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/learn/feature_rows.h"
#include "slipway/learn/fitted_model.h"
#include "slipway/metrics/probability.h"
#include "slipway/metrics/ranking.h"
#include "slipway/metrics/regression.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/tabular/read.h"

namespace slipway::training {
namespace {

using learn::Algorithm;
using learn::FitOptions;
using learn::FittedModel;
using learn::Task;
using nlohmann::json;
using tabular::Table;

const std::filesystem::path kFolder = std::filesystem::path(SLIPWAY_SOURCE_DIR) / "tests" / "parity";

json Figures() {
  return json::parse(ReadFile(kFolder / "figures.json").value());
}

Table People(const std::string& file, size_t begin = 0, size_t end = std::numeric_limits<size_t>::max()) {
  const Table table = tabular::ReadTable(kFolder / file).value();
  std::vector<uint32_t> rows;
  for (size_t row = begin; row < std::min(end, table.rows()); ++row) rows.push_back(static_cast<uint32_t>(row));
  return table.TakeRows(rows);
}

const std::vector<std::string> kNumbers = {"age", "income", "debt"};
const std::vector<std::string> kFeatures = {"age", "income", "debt", "job"};

template <typename T>
T Get(Result<T> result) {
  EXPECT_TRUE(result) << result.error().ToString();
  return std::move(result).value();
}

// --- transforms ---

// Rows of features as scikit-learn orders them: indicators come last there.
std::vector<std::vector<double>> Transformed(const Table& table, const learn::TransformOptions& options) {
  const auto transforms = Get(learn::FitTransforms(table, options));
  const auto columns = Get(learn::Transform(transforms, table));
  std::vector<learn::FeatureColumn> values, indicators;
  size_t place = 0;
  for (const auto& transform : transforms) {
    values.push_back(columns[place++]);
    if (transform.has_indicator) indicators.push_back(columns[place++]);
  }
  values.insert(values.end(), indicators.begin(), indicators.end());
  std::vector<std::vector<double>> rows;
  std::vector<float> row;
  for (size_t i = 0; i < table.rows(); ++i) {
    learn::FillRow(values, i, row);
    rows.emplace_back(row.begin(), row.end());
  }
  return rows;
}

void ExpectNear(const std::vector<std::vector<double>>& got, const json& wanted, double tolerance) {
  ASSERT_EQ(got.size(), wanted.size());
  for (size_t row = 0; row < got.size(); ++row) {
    ASSERT_EQ(got[row].size(), wanted[row].size()) << "row " << row;
    for (size_t i = 0; i < got[row].size(); ++i)
      ASSERT_NEAR(got[row][i], wanted[row][i].get<double>(),
                  tolerance * std::max(1.0, std::abs(wanted[row][i].get<double>())))
          << "row " << row << " feature " << i;
  }
}

TEST(LearnerParity, Transforms) {
  const json figures = Figures()["transforms"];
  const Table table = People("people.csv", 0, 40);
  const auto expect = [&](const std::string& name, const std::vector<std::string>& columns,
                          const std::function<void(learn::TransformOptions&)>& set) {
    SCOPED_TRACE(name);
    learn::TransformOptions options;
    options.columns = columns;
    set(options);
    ExpectNear(Transformed(table, options), figures[name], 2e-7);
  };
  using learn::Impute;
  using learn::Scaling;
  expect("mean", kNumbers, [](auto& options) { options.numeric.impute = Impute::kMean; });
  expect("median", kNumbers, [](auto&) {});
  expect("most_frequent", kNumbers, [](auto& options) { options.numeric.impute = Impute::kMostFrequent; });
  expect("constant", kNumbers, [](auto& options) { options.numeric = {Impute::kConstant, -1}; });
  expect("indicator", kNumbers, [](auto& options) { options.numeric.add_indicator = true; });
  expect("onehot", {"job"}, [](auto&) {});
  expect("onehot_constant", {"job"}, [](auto& options) { options.categorical.impute = Impute::kConstant; });
  expect("onehot_min_frequency", {"town"}, [](auto& options) { options.categorical.min_frequency = 4; });
  expect("onehot_max_categories", {"town"}, [](auto& options) { options.categorical.max_categories = 5; });
  expect("ordinal", {"town"}, [](auto& options) { options.categorical.encoding = learn::Encoding::kOrdinal; });
}

// scikit-learn scales in double, ONNX and slipway in float32.
TEST(LearnerParity, Scalers) {
  const json figures = Figures()["transforms"];
  const Table table = People("people.csv", 0, 40);
  for (const std::string name : {"standard", "minmax", "robust"}) {
    SCOPED_TRACE(name);
    learn::TransformOptions options;
    options.columns = kNumbers;
    options.numeric.scaling = learn::ParseScaling(name).value();
    ExpectNear(Transformed(table, options), figures[name], 1e-6);
  }
}

// --- models whose answer is determined ---

void ExpectPredictions(const FittedModel& model, const Table& table, const json& wanted, double tolerance) {
  const std::vector<double> got = Get(learn::Predict(model, table));
  const size_t outputs = model.outputs();
  for (size_t row = 0; row < wanted.size(); ++row)
    for (size_t k = 0; k < outputs; ++k) {
      const double want = (outputs == 1 ? wanted[row] : wanted[row][k]).get<double>();
      ASSERT_NEAR(got[row * outputs + k], want, tolerance * std::max(1.0, std::abs(want))) << "row " << row;
    }
}

FitOptions Options(Algorithm algorithm, Task task, const std::vector<std::string>& columns) {
  FitOptions options = learn::DefaultOptions(algorithm, task);
  options.transforms.columns = columns;
  options.forest.threads = options.linear.threads = 1;
  return options;
}

TEST(LearnerParity, LinearRegression) {
  const json figures = Figures()["linear"];
  const Table table = People("people.csv");
  const auto expect = [&](const std::string& name, learn::Penalty penalty, double alpha, double l1_ratio,
                          const std::string& weights = "") {
    SCOPED_TRACE(name);
    FitOptions options = Options(Algorithm::kLinear, Task::kRegression, kFeatures);
    options.linear.penalty = penalty;
    options.linear.alpha = alpha;
    options.linear.l1_ratio = l1_ratio;
    options.linear.tolerance = 1e-10;
    options.weight_column = weights;
    ExpectPredictions(Get(learn::FitModel(table, "loss", options)), table, figures[name], 3e-6);
  };
  expect("none", learn::Penalty::kNone, 1, 0);
  expect("l2", learn::Penalty::kL2, 2, 0);
  expect("l1", learn::Penalty::kL1, 3, 0);
  expect("elasticnet", learn::Penalty::kElasticNet, 0.5, 0.3);
  expect("weighted", learn::Penalty::kL2, 2, 0, "weight");
}

TEST(LearnerParity, LogisticRegression) {
  const json figures = Figures()["logistic"];
  const Table table = People("people.csv");
  const auto expect = [&](const std::string& name, const std::string& target, learn::Penalty penalty, double c,
                          learn::ClassWeight weight = learn::ClassWeight::kNone) {
    SCOPED_TRACE(name);
    FitOptions options = Options(Algorithm::kLinear, Task::kClassification, kFeatures);
    options.linear.penalty = penalty;
    options.linear.c = c;
    options.class_weight = weight;
    const FittedModel model = Get(learn::FitModel(table, target, options));
    EXPECT_THAT(model.notes, testing::IsEmpty());
    ExpectPredictions(model, table, figures[name], 2e-5);
  };
  expect("l2", "late", learn::Penalty::kL2, 0.5);
  expect("none", "late", learn::Penalty::kNone, 1);
  expect("l1", "late", learn::Penalty::kL1, 0.1);
  expect("elasticnet", "late", learn::Penalty::kElasticNet, 0.1);
  expect("balanced", "late", learn::Penalty::kL2, 1, learn::ClassWeight::kBalanced);
  expect("multinomial", "grade", learn::Penalty::kL2, 1);
}

class TreeParity : public testing::Test {
 protected:
  void Expect(const std::string& name, const std::string& target, learn::Criterion criterion,
              const std::function<void(FitOptions&)>& set) {
    SCOPED_TRACE(name);
    const Task task = target == "loss" ? Task::kRegression : Task::kClassification;
    FitOptions options = Options(Algorithm::kDecisionTree, task, kNumbers);
    options.forest.criterion = criterion;
    set(options);
    const FittedModel model = Get(learn::FitModel(table_, target, options));
    const auto& forest = std::get<model::FlatForest>(model.estimator);
    // scikit-learn's weighted sums keep the rounding errors of differences, so that it may split a pure node once more.
    const auto leaves = std::count(forest.left.begin(), forest.left.end(), -1);
    EXPECT_LE(leaves, figures_[name]["leaves"].get<int>());
    EXPECT_GE(leaves, figures_[name]["leaves"].get<int>() - (name.starts_with("weighted") ? 1 : 0));
    ExpectPredictions(model, table_, figures_[name]["predictions"], 1e-9);
  }

  const json figures_ = Figures()["trees"];
  const Table table_ = People("people.csv");
};

TEST_F(TreeParity, Classes) {
  const auto depth = [](FitOptions& options) { options.forest.max_depth = 4; };
  Expect("gini", "late", learn::Criterion::kGini, depth);
  Expect("entropy", "late", learn::Criterion::kEntropy, depth);
  Expect("three_classes", "grade", learn::Criterion::kGini, depth);
}

TEST_F(TreeParity, Bounds) {
  Expect("min_samples", "late", learn::Criterion::kGini, [](FitOptions& options) {
    options.forest.min_samples_split = 30;
    options.forest.min_samples_leaf = 12;
  });
  Expect("min_weight", "late", learn::Criterion::kGini, [](FitOptions& options) {
    options.forest.min_weight_fraction_leaf = 0.08;
    options.weight_column = "weight";
  });
  Expect("min_decrease", "late", learn::Criterion::kGini,
         [](FitOptions& options) { options.forest.min_impurity_decrease = 0.01; });
}

TEST_F(TreeParity, Weights) {
  const auto weighted = [](FitOptions& options) {
    options.forest.max_depth = 4;
    options.weight_column = "weight";
  };
  Expect("weighted", "late", learn::Criterion::kGini, weighted);
  Expect("weighted_entropy", "grade", learn::Criterion::kEntropy, weighted);
  Expect("balanced", "grade", learn::Criterion::kGini, [](FitOptions& options) {
    options.forest.max_depth = 4;
    options.class_weight = learn::ClassWeight::kBalanced;
  });
}

TEST_F(TreeParity, Values) {
  const auto depth = [](FitOptions& options) { options.forest.max_depth = 4; };
  Expect("squared_error", "loss", learn::Criterion::kSquaredError, depth);
  Expect("squared_error_weighted", "loss", learn::Criterion::kSquaredError, [](FitOptions& options) {
    options.forest.max_depth = 4;
    options.weight_column = "weight";
  });
  Expect("absolute_error", "loss", learn::Criterion::kAbsoluteError, depth);
  Expect("absolute_error_weighted", "loss", learn::Criterion::kAbsoluteError, [](FitOptions& options) {
    options.forest.max_depth = 3;
    options.weight_column = "weight";
  });
}

// --- forests, which are random: their mean quality over the same number of seeds ---

class ForestParity : public testing::Test {
 protected:
  using Quality = std::function<double(const FittedModel&)>;

  void Expect(const std::string& name, Algorithm algorithm, const std::string& target, const Quality& quality,
              const std::function<void(FitOptions&)>& set = {}) {
    SCOPED_TRACE(name);
    constexpr int kSeeds = 5;
    const Task task = target == "loss" ? Task::kRegression : Task::kClassification;
    double sum = 0;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      FitOptions options = Options(algorithm, task, kFeatures);
      options.forest.trees = 60;
      options.forest.seed = seed;
      if (set) set(options);
      sum += quality(Get(learn::FitModel(train_, target, options)));
    }
    const double wanted = figures_[name]["mean"].get<double>(), deviation = figures_[name]["deviation"].get<double>();
    EXPECT_NEAR(sum / kSeeds, wanted, 4 * deviation / std::sqrt(kSeeds) + 0.004);
  }

  double Auc(const FittedModel& model) const {
    std::vector<double> second;
    const std::vector<double> probabilities = Get(learn::Predict(model, test_));
    for (size_t row = 0; row < test_.rows(); ++row) second.push_back(probabilities[2 * row + 1]);
    std::vector<uint8_t> truth;
    for (const uint32_t code : Get(learn::EncodeLabels(*test_.Find("late"))).codes)
      truth.push_back(static_cast<uint8_t>(code));
    return Get(metrics::RocAuc(truth, second));
  }

  double LogLoss(const FittedModel& model) const {
    return Get(
        metrics::LogLoss(Get(learn::EncodeLabels(*test_.Find("grade"))).codes, Get(learn::Predict(model, test_)), 3));
  }

  double R2(const FittedModel& model) const {
    return Get(metrics::ScoreRegression(Get(learn::TargetValues(*test_.Find("loss"))),
                                        Get(learn::Predict(model, test_))))
        .r2;
  }

  const Quality auc_ = [this](const FittedModel& model) { return Auc(model); };
  const Quality r2_ = [this](const FittedModel& model) { return R2(model); };
  const Quality oob_ = [](const FittedModel& model) { return model.oob_score.value(); };
  const json figures_ = Figures()["forests"];
  const Table train_ = People("forests.csv", 0, 600), test_ = People("forests.csv", 600);
};

TEST_F(ForestParity, Classifiers) {
  Expect("random_forest", Algorithm::kRandomForest, "late", auc_);
  Expect(
      "random_forest_classes", Algorithm::kRandomForest, "grade",
      [this](const FittedModel& model) { return LogLoss(model); },
      [](FitOptions& options) { options.forest.min_samples_leaf = 5; });
  Expect("balanced_subsample", Algorithm::kRandomForest, "late", auc_,
         [](FitOptions& options) { options.class_weight = learn::ClassWeight::kBalancedBags; });
  Expect("extra_trees", Algorithm::kExtraTrees, "late", auc_);
  Expect("max_samples", Algorithm::kRandomForest, "late", auc_, [](FitOptions& options) {
    options.forest.max_samples = 0.3;
    options.forest.max_features_rule = learn::ForestOptions::MaxFeatures::kLog2;
  });
}

TEST_F(ForestParity, Regressors) {
  Expect("random_forest_values", Algorithm::kRandomForest, "loss", r2_);
  Expect("extra_trees_values", Algorithm::kExtraTrees, "loss", r2_);
  Expect("absolute_error", Algorithm::kRandomForest, "loss", r2_,
         [](FitOptions& options) { options.forest.criterion = learn::Criterion::kAbsoluteError; });
}

TEST_F(ForestParity, OutOfBagScores) {
  const auto with_oob = [](FitOptions& options) { options.oob_score = true; };
  Expect("oob", Algorithm::kRandomForest, "late", oob_, with_oob);
  Expect("oob_values", Algorithm::kRandomForest, "loss", oob_, with_oob);
}

// --- the ONNX form ---

class OnnxAgreement : public testing::Test {
 protected:
  void Expect(const FitOptions& options, const std::string& target, double tolerance) {
    const FittedModel model = Get(learn::FitModel(train_, target, options));
    const auto onnx = Get(learn::ToOnnx(model));
    const auto read = Get(model::ReadOnnx(model::WriteOnnx(onnx)));
    using scoring::CompiledModel;
    for (const auto path : {CompiledModel::Path::kBest, CompiledModel::Path::kReference}) {
      const auto compiled = Get(CompiledModel::Make(read, model.signature, false, path));
      SCOPED_TRACE(compiled->plan_description());
      const auto scored = Get(compiled->ScoreTable(test_));
      const std::vector<double> wanted = Get(learn::Predict(model, test_));
      EXPECT_EQ(scored.classes, model.labels);
      ASSERT_EQ(scored.scores.size(), wanted.size());
      for (size_t i = 0; i < wanted.size(); ++i)
        ASSERT_NEAR(static_cast<double>(scored.scores[i]), wanted[i], tolerance * std::max(1.0, std::abs(wanted[i])))
            << "score " << i;
    }
  }

  // Every option of the transforms that gives other nodes.
  static learn::TransformOptions Rich() {
    learn::TransformOptions transforms;
    transforms.columns = {"age", "income", "debt", "job", "town"};
    transforms.numeric.add_indicator = true;
    transforms.numeric.scaling = learn::Scaling::kStandard;
    transforms.numeric_by_column["debt"] = {learn::Impute::kMean, 0, learn::Scaling::kNone};
    transforms.categorical.add_indicator = true;
    transforms.categorical_by_column["town"] = {.unknown = model::ColumnTransform::Unknown::kInfrequent,
                                                .min_frequency = 20};
    return transforms;
  }

  const Table train_ = People("forests.csv", 0, 600), test_ = People("forests.csv", 600);
};

// Sums of float32 in scoring, of doubles in the second opinion; the leaves are the same.
TEST_F(OnnxAgreement, Forests) {
  for (const Algorithm algorithm : {Algorithm::kRandomForest, Algorithm::kExtraTrees, Algorithm::kDecisionTree}) {
    for (const std::string target : {"late", "grade", "loss"}) {
      SCOPED_TRACE(std::string(learn::AlgorithmName(algorithm)) + " " + target);
      const Task task = target == "loss" ? Task::kRegression : Task::kClassification;
      FitOptions options = Options(algorithm, task, {});
      options.transforms = Rich();
      options.forest.trees = algorithm == Algorithm::kDecisionTree ? 1 : 25;
      Expect(options, target, 2e-6);
    }
  }
}

TEST_F(OnnxAgreement, Linear) {
  for (const std::string target : {"late", "grade", "loss"}) {
    SCOPED_TRACE(target);
    FitOptions options = Options(Algorithm::kLinear, target == "loss" ? Task::kRegression : Task::kClassification, {});
    options.transforms = Rich();
    Expect(options, target, 0);
  }
}

// XGBoost's trees get missing values as they are.
TEST_F(OnnxAgreement, Boosting) {
  for (const std::string target : {"late", "grade", "loss"}) {
    SCOPED_TRACE(target);
    const Task task = target == "loss" ? Task::kRegression : Task::kClassification;
    FitOptions options = Options(Algorithm::kGradientBoosting, task, kFeatures);
    options.boosting.rounds = 20;
    Expect(options, target, 1e-6);
    options.boosting.early_stopping_rounds = 3;
    options.boosting.rounds = 200;
    Expect(options, target, 1e-6);
  }
}

TEST_F(OnnxAgreement, OrdinalAndUnknownTexts) {
  FitOptions options = Options(Algorithm::kRandomForest, Task::kClassification, {"town", "job", "age"});
  options.forest.trees = 20;
  options.transforms.categorical.encoding = learn::Encoding::kOrdinal;
  Expect(options, "late", 2e-6);
  options.transforms.categorical.unknown = model::ColumnTransform::Unknown::kError;
  const FittedModel model = Get(learn::FitModel(train_, "late", options));
  EXPECT_THAT(learn::ToOnnx(model).error().ToString(), testing::HasSubstr("ordinal column that fails for unknown"));
  options.transforms.categorical = {.unknown = model::ColumnTransform::Unknown::kError};
  Expect(options, "late", 2e-6);
}

// A seed always gives the same bytes.
TEST_F(OnnxAgreement, BytesDoNotDependOnThreads) {
  for (const Algorithm algorithm :
       {Algorithm::kRandomForest, Algorithm::kExtraTrees, Algorithm::kLinear, Algorithm::kGradientBoosting}) {
    for (const std::string target : {"grade", "loss"}) {
      SCOPED_TRACE(std::string(learn::AlgorithmName(algorithm)) + " " + target);
      const Task task = target == "loss" ? Task::kRegression : Task::kClassification;
      std::set<std::string> bytes;
      for (const int threads : {1, 2, 5}) {
        FitOptions options = Options(algorithm, task, kFeatures);
        options.forest.trees = options.boosting.rounds = 9;
        options.forest.threads = options.linear.threads = threads;
        options.weight_column = "weight";
        bytes.insert(model::WriteOnnx(Get(learn::ToOnnx(Get(learn::FitModel(train_, target, options))))));
      }
      EXPECT_EQ(bytes.size(), 1u);
    }
  }
}

}  // namespace
}  // namespace slipway::training
