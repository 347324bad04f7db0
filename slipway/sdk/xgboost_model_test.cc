// Models that libxgboost trains, saves and predicts with, against what scoring makes of its files.
#include <xgboost/c_api.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/model/boosted_trees.h"
#include "slipway/model/model_directory.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway {
namespace {

using nlohmann::json;
using scoring::CompiledModel;
using testing::HasSubstr;

constexpr size_t kRows = 300, kFeatures = 5;
using Parameters = std::vector<std::pair<std::string, std::string>>;

// Numbers of few digits, one in ten missing; the label depends on the first three columns.
struct Data {
  std::vector<float> rows, labels;

  explicit Data(uint32_t classes) {
    std::mt19937 random(5);
    const auto below = [&random](uint32_t end) { return static_cast<uint32_t>(random() % end); };
    for (size_t row = 0; row < kRows; ++row) {
      float sum = 0;
      for (size_t i = 0; i < kFeatures; ++i) {
        const float value = static_cast<float>(below(40)) / 4;
        rows.push_back(below(10) == 0 ? std::numeric_limits<float>::quiet_NaN() : value);
        if (i < 3 && !std::isnan(rows.back())) sum += value * static_cast<float>(i + 1);
      }
      const float noisy = sum + static_cast<float>(below(8));
      labels.push_back(classes == 0 ? noisy + 1 : std::floor(std::fmod(noisy / 7, static_cast<float>(classes))));
    }
  }
};

class Booster {
 public:
  Booster(const Data& data, const Parameters& parameters, int rounds = 8) {
    XGDMatrixCreateFromMat(data.rows.data(), kRows, kFeatures, std::numeric_limits<float>::quiet_NaN(), &matrix_);
    XGDMatrixSetFloatInfo(matrix_, "label", data.labels.data(), kRows);
    XGBoosterCreate(&matrix_, 1, &booster_);
    const Parameters common = {{"tree_method", "hist"}, {"nthread", "1"}, {"seed", "3"}, {"max_depth", "4"}};
    for (const Parameters* list : {&common, &parameters})
      for (const auto& [name, value] : *list) XGBoosterSetParam(booster_, name.c_str(), value.c_str());
    for (int round = 0; round < rounds; ++round)
      EXPECT_EQ(XGBoosterUpdateOneIter(booster_, round, matrix_), 0) << XGBGetLastError();
  }
  ~Booster() {
    XGBoosterFree(booster_);
    XGDMatrixFree(matrix_);
  }

  void SetNames(std::vector<const char*> names) {
    XGBoosterSetStrFeatureInfo(booster_, "feature_name", names.data(), names.size());
  }
  void SetAttribute(const char* name, const char* value) { XGBoosterSetAttr(booster_, name, value); }
  void Save(const std::filesystem::path& file) const { EXPECT_EQ(XGBoosterSaveModel(booster_, file.c_str()), 0); }

  // `type`: 0 predictions, 2 contributions.
  std::vector<float> Predict(int type, int rounds = 0) const {
    const json options = {{"type", type},
                          {"training", false},
                          {"iteration_begin", 0},
                          {"iteration_end", rounds},
                          {"strict_shape", false}};
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    EXPECT_EQ(XGBoosterPredictFromDMatrix(booster_, matrix_, options.dump().c_str(), &shape, &dimensions, &values), 0);
    size_t count = 1;
    for (bst_ulong i = 0; i < dimensions; ++i) count *= shape[i];
    return {values, values + count};
  }

 private:
  DMatrixHandle matrix_ = nullptr;
  BoosterHandle booster_ = nullptr;
};

std::string RequestOf(const Data& data) {
  json rows = json::array();
  for (size_t row = 0; row < kRows; ++row) {
    json cells = json::array();
    for (size_t i = 0; i < kFeatures; ++i) {
      const float value = data.rows[row * kFeatures + i];
      cells.push_back(std::isnan(value) ? json() : json(value));
    }
    rows.push_back(std::move(cells));
  }
  return json{{"data", std::move(rows)}}.dump();
}

class XgboostModelTest : public testing::Test {
 protected:
  json Answer(const std::string& file, const Data& data, bool is_explained = false) {
    const auto model = CompiledModel::Load(folder_.path() / file);
    if (!model) return {{"error", model.error().ToString()}};
    const auto scratch = (*model)->MakeScratch();
    std::string answer;
    const std::string request = RequestOf(data);
    const Status status = is_explained ? (*model)->ExplainJson(request, *scratch, answer)
                                       : (*model)->ScoreJson(request, *scratch, answer);
    return status ? json::parse(answer) : json{{"error", status.error().ToString()}};
  }

  // Both files of a booster answer with its predictions.
  void ExpectEqual(const Booster& booster, const Data& data, uint32_t classes, double tolerance = 1e-6) {
    const std::vector<float> wanted = booster.Predict(0);
    for (const std::string file : {"model.json", "model.ubj"}) {
      booster.Save(folder_.path() / file);
      const json answer = Answer(file, data);
      ASSERT_TRUE(answer.contains("predictions")) << answer;
      for (size_t row = 0; row < kRows; ++row) ExpectRow(answer, row, wanted, classes, tolerance);
    }
  }

  static void ExpectRow(const json& answer, size_t row, const std::vector<float>& wanted, uint32_t classes,
                        double tolerance) {
    if (classes == 0) {
      const auto want = static_cast<double>(wanted[row]);
      EXPECT_NEAR(answer["predictions"][row].get<double>(), want, tolerance * std::max(1.0, std::abs(want)));
      return;
    }
    const json& probabilities = answer["probabilities"][row];
    if (classes == 2) {
      EXPECT_NEAR(probabilities[1].get<double>(), static_cast<double>(wanted[row]), tolerance);
      EXPECT_EQ(answer["predictions"][row].get<int>(), wanted[row] > 0.5f ? 1 : 0);
      return;
    }
    size_t best = 0;
    for (size_t i = 0; i < classes; ++i) {
      const float* row_wanted = &wanted[row * classes];
      EXPECT_NEAR(probabilities[i].get<double>(), static_cast<double>(row_wanted[i]), tolerance);
      if (row_wanted[i] > row_wanted[best]) best = i;
    }
    EXPECT_EQ(answer["predictions"][row].get<size_t>(), best);
  }

  const TemporaryDirectory folder_ = std::move(*TemporaryDirectory::Make());
};

TEST_F(XgboostModelTest, TwoClasses) {
  const Data data(2);
  ExpectEqual(Booster(data, {{"objective", "binary:logistic"}}), data, 2);
  ExpectEqual(
      Booster(
          data,
          {{"objective", "binary:logistic"}, {"base_score", "0.2"}, {"num_parallel_tree", "3"}, {"subsample", "0.6"}}),
      data, 2);
}

// All leaves are positive: the operator's rule for such forests must not move the border between the classes.
TEST_F(XgboostModelTest, TwoClassesWhereAllLeavesArePositive) {
  Data data(2);
  for (size_t row = 0; row < kRows; ++row) data.labels[row] = row % 10 == 0 ? 0.0f : 1.0f;
  ExpectEqual(Booster(data, {{"objective", "binary:logistic"}, {"max_depth", "1"}}, 1), data, 2);
}

TEST_F(XgboostModelTest, SeveralClasses) {
  const Data data(3);
  ExpectEqual(Booster(data, {{"objective", "multi:softprob"}, {"num_class", "3"}}), data, 3);
}

TEST_F(XgboostModelTest, TwoClassesAsSoftmax) {
  const Data data(2);
  const Booster booster(data, {{"objective", "multi:softprob"}, {"num_class", "2"}});
  booster.Save(folder_.path() / "model.ubj");
  const json answer = Answer("model.ubj", data);
  const std::vector<float> wanted = booster.Predict(0);
  for (size_t i = 0; i < 2 * kRows; ++i)
    EXPECT_NEAR(answer["probabilities"][i / 2][i % 2].get<double>(), static_cast<double>(wanted[i]), 1e-6);
}

TEST_F(XgboostModelTest, Regressors) {
  const Data data(0);
  for (const char* objective :
       {"reg:squarederror", "reg:pseudohubererror", "reg:squaredlogerror", "reg:absoluteerror", "count:poisson",
        "reg:gamma", "reg:tweedie", "rank:pairwise", "rank:ndcg", "rank:map", "survival:cox"}) {
    SCOPED_TRACE(objective);
    ExpectEqual(Booster(data, {{"objective", objective}, {"base_score", "1.5"}}), data, 0, 2e-6);
  }
  const Data classes(2);
  ExpectEqual(Booster(classes, {{"objective", "reg:logistic"}}), classes, 0);
}

TEST_F(XgboostModelTest, TreesThatDropoutWeighed) {
  const auto dart = [](Parameters parameters) {
    parameters.insert(parameters.end(), {{"booster", "dart"}, {"rate_drop", "0.5"}, {"normalize_type", "forest"}});
    return parameters;
  };
  const Data two(2), three(3), numbers(0);
  ExpectEqual(Booster(two, dart({{"objective", "binary:logistic"}})), two, 2);
  ExpectEqual(Booster(three, dart({{"objective", "multi:softprob"}, {"num_class", "3"}})), three, 3);
  ExpectEqual(Booster(numbers, dart({{"objective", "reg:squarederror"}})), numbers, 0, 2e-6);
}

TEST_F(XgboostModelTest, ColumnsGoByTheirNames) {
  const Data data(2);
  Booster booster(data, {{"objective", "binary:logistic"}});
  booster.SetNames({"age", "income", "limit", "due", "paid"});
  ExpectEqual(booster, data, 2);
  const auto model = CompiledModel::Load(folder_.path() / "model.ubj");
  ASSERT_TRUE(model);
  EXPECT_EQ((*model)->signature().inputs[1].name, "income");
}

TEST_F(XgboostModelTest, BestIterationCountsForTheScikitLearnInterface) {
  const Data data(2);
  Booster booster(data, {{"objective", "binary:logistic"}});
  booster.SetAttribute("best_iteration", "3");
  ExpectEqual(booster, data, 2);
  booster.SetAttribute("scikit_learn", "{}");
  booster.Save(folder_.path() / "model.json");
  const json answer = Answer("model.json", data);
  const std::vector<float> wanted = booster.Predict(0, 4);
  for (size_t row = 0; row < kRows; ++row) ExpectRow(answer, row, wanted, 2, 1e-6);
}

// Contributions of XGBoost are TreeSHAP as well; its sums are float32.
TEST_F(XgboostModelTest, ContributionsAgree) {
  const Data data(2);
  Booster booster(data, {{"objective", "binary:logistic"}});
  booster.Save(folder_.path() / "model.json");
  const json explanations = Answer("model.json", data, true)["explanations"];
  ASSERT_EQ(explanations["link"], "logit");
  const std::vector<float> wanted = booster.Predict(2);
  for (size_t row = 0; row < kRows; ++row) {
    const float* contributions = &wanted[row * (kFeatures + 1)];
    EXPECT_NEAR(explanations["base_values"].get<double>(), static_cast<double>(contributions[kFeatures]), 1e-5);
    for (size_t i = 0; i < kFeatures; ++i)
      EXPECT_NEAR(explanations["shap_values"][row][std::to_string(i)].get<double>(),
                  static_cast<double>(contributions[i]), 1e-5);
  }
}

TEST_F(XgboostModelTest, ReadsMlflowsDirectory) {
  const Data data(2);
  const Booster booster(data, {{"objective", "binary:logistic"}});
  ASSERT_TRUE(WriteFileAtomic(folder_.path() / "MLmodel",
                              "flavors:\n  xgboost:\n    data: model.ubj\n    model_format: ubj\n"));
  booster.Save(folder_.path() / "model.ubj");
  EXPECT_TRUE(Answer("", data).contains("predictions"));
}

TEST_F(XgboostModelTest, NamesWhatItDoesNotRead) {
  const Data data(2);
  const auto why = [&](const Parameters& parameters) {
    Booster(data, parameters, 2).Save(folder_.path() / "model.json");
    return Answer("model.json", data).value("error", "");
  };
  EXPECT_THAT(why({{"objective", "binary:hinge"}}), HasSubstr("the objective 'binary:hinge' are not supported yet"));
  EXPECT_THAT(why({{"objective", "binary:logistic"}, {"booster", "gblinear"}}), HasSubstr("the booster 'gblinear'"));
  ASSERT_TRUE(WriteFileAtomic(folder_.path() / "model.json", "{\"learner\": {}}"));
  EXPECT_THAT(Answer("model.json", data).value("error", ""), HasSubstr("the model has no 'learner_model_param'"));
}

// Damaged files are refused or read; nothing else happens.
TEST_F(XgboostModelTest, SurvivesDamage) {
  const Data data(3);
  const Booster booster(data, {{"objective", "multi:softprob"}, {"num_class", "3"}, {"max_depth", "3"}}, 2);
  std::mt19937 random(11);
  size_t refused = 0;
  for (const std::string file : {"model.json", "model.ubj"}) {
    booster.Save(folder_.path() / file);
    const std::string good = *ReadFile(folder_.path() / file);
    for (int round = 0; round < 1500; ++round) {
      std::string bad = good;
      for (uint32_t i = 0; i <= random() % 4; ++i) bad[random() % bad.size()] = static_cast<char>(random() % 256);
      if (random() % 4 == 0) bad.resize(random() % bad.size());
      const auto model = model::ReadXgboostModel(bad);
      if (model) {
        (void)CompiledModel::Make(*model, {}, true);
      } else {
        ++refused;
        EXPECT_NE(model.error().code(), Code::kInternal);
      }
    }
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace slipway
