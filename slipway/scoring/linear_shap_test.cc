// Explanations of linear models: what each column adds, compared with the mean of the training rows.
#include <cmath>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "slipway/model/linear_graph.h"
#include "slipway/scoring/scoring_test_support.h"

namespace slipway::scoring {
namespace {

using Json = nlohmann::json;
using testing::DoubleNear;
using testing::HasSubstr;

// age (imputed by 40) and job (one-hot: clerk, none, smith).
std::vector<model::ColumnTransform> Columns() {
  return {{.name = "age", .imputed_number = 40},
          {.name = "job",
           .kind = model::ColumnTransform::Kind::kCategorical,
           .input_type = model::ElementType::kString,
           .imputed_category = "none",
           .categories = {"clerk", "none", "smith"}}};
}

model::LinearModel Regression() {
  return {model::LinearModel::Link::kIdentity, {0.5f, 2, 0, -4}, {10}, {30, 0.25f, 0.25f, 0.5f}};
}

Json Explanation(const CompiledModel& model, std::string_view request) {
  const auto scratch = model.MakeScratch();
  std::string response;
  const Status explained = model.ExplainJson(request, *scratch, response);
  EXPECT_TRUE(explained) << explained.error().ToString();
  return Json::parse(response);
}

TEST(LinearShap, ComparesEachColumnWithItsMean) {
  const auto onnx = model::LinearRegressorGraph(Columns(), Regression());
  ASSERT_TRUE(onnx);
  const ModelPointer model = MakeModel(*onnx, SmallSignature());
  ASSERT_TRUE(model->CheckExplainable());
  const Json answer = Explanation(*model, R"([{"age": 50, "job": "smith"}, {"age": null, "job": "clerk"}])");
  const Json& shap = answer["explanations"];
  EXPECT_EQ(shap["method"], "shap");
  EXPECT_EQ(shap["link"], "identity");
  EXPECT_THAT(shap["base_values"].get<double>(), DoubleNear(10 + 15 + 0.5 - 2, 1e-6));
  // job: 2·(0 - 0.25) + 0·(0 - 0.25) - 4·(1 - 0.5)
  EXPECT_THAT(shap["shap_values"][0]["age"].get<double>(), DoubleNear(0.5 * 20, 1e-6));
  EXPECT_THAT(shap["shap_values"][0]["job"].get<double>(), DoubleNear(-0.5 - 2, 1e-6));
  EXPECT_THAT(shap["shap_values"][1]["age"].get<double>(), DoubleNear(0.5 * 10, 1e-6)) << "imputed by 40";
  EXPECT_THAT(shap["shap_values"][1]["job"].get<double>(), DoubleNear(1.5 + 2, 1e-6));
  for (int row = 0; row < 2; ++row) {
    const double sum = shap["base_values"].get<double>() + shap["shap_values"][row]["age"].get<double>() +
                       shap["shap_values"][row]["job"].get<double>();
    EXPECT_THAT(answer["predictions"][row].get<double>(), DoubleNear(sum, 1e-5));
  }
}

TEST(LinearShap, ExplainsTheSecondOfTwoClassesInLogOdds) {
  model::LinearModel logistic = Regression();
  logistic.link = model::LinearModel::Link::kLogistic;
  logistic.coefficients = {-0.125f, 0, 0, 1, 0.125f, 0, 0, -1};
  logistic.intercepts = {3, -3};
  const auto onnx = model::LinearClassifierGraph(Columns(), logistic, {"0", "1"}, true);
  ASSERT_TRUE(onnx);
  const Json answer = Explanation(*MakeModel(*onnx, SmallSignature()), R"({"data": [{"age": 50, "job": "smith"}]})");
  const Json& shap = answer["explanations"];
  EXPECT_EQ(shap["link"], "logit");
  const double odds = shap["base_values"].get<double>() + shap["shap_values"][0]["age"].get<double>() +
                      shap["shap_values"][0]["job"].get<double>();
  EXPECT_THAT(odds, DoubleNear(0.125 * 50 - 1 - 3, 1e-6));
  EXPECT_THAT(answer["probabilities"][0][1].get<double>(), DoubleNear(1 / (1 + std::exp(-odds)), 1e-6));
}

TEST(LinearShap, ExplainsEachOfSeveralClasses) {
  model::LinearModel softmax{model::LinearModel::Link::kSoftmax, {}, {0, 1, 2}, {30, 0.25f, 0.25f, 0.5f}};
  for (int i = 0; i < 12; ++i) softmax.coefficients.push_back(0.25f * static_cast<float>(i % 5) - 0.5f);
  const auto onnx = model::LinearClassifierGraph(Columns(), softmax, {"a", "b", "c"}, false);
  ASSERT_TRUE(onnx);
  const Json shap = Explanation(*MakeModel(*onnx, SmallSignature()), R"([{"age": 3, "job": "none"}])")["explanations"];
  EXPECT_EQ(shap["classes"], Json({"a", "b", "c"}));
  EXPECT_EQ(shap["link"], "softmax");
  ASSERT_EQ(shap["shap_values"][0].size(), 3u);
  for (size_t output = 0; output < 3; ++output) {
    const float* weights = softmax.coefficients.data() + 4 * output;
    const double margin =
        3.0 * static_cast<double>(weights[0]) + static_cast<double>(weights[2]) + static_cast<double>(output);
    const double sum = shap["base_values"][output].get<double>() + shap["shap_values"][0][output]["age"].get<double>() +
                       shap["shap_values"][0][output]["job"].get<double>();
    EXPECT_THAT(sum, DoubleNear(margin, 1e-6)) << output;
  }
}

TEST(LinearShap, AModelWithoutMeansSaysWhatIsMissing) {
  model::LinearModel bare = Regression();
  bare.feature_means.clear();
  const auto onnx = model::LinearRegressorGraph(Columns(), bare);
  ASSERT_TRUE(onnx);
  const Status explainable = MakeModel(*onnx, SmallSignature())->CheckExplainable();
  ASSERT_FALSE(explainable);
  EXPECT_EQ(explainable.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(explainable.error().message(), HasSubstr("slipway.feature_means"));
  // Means of other features than the model's are none.
  model::OnnxModel wrong = *onnx;
  wrong.metadata["slipway.feature_means"] = "1,2";
  EXPECT_FALSE(MakeModel(wrong, SmallSignature())->CheckExplainable());
}

}  // namespace
}  // namespace slipway::scoring
