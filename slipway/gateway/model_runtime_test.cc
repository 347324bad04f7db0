#include "slipway/gateway/model_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kRequest = R"({"data":[{"age":50}]})";

// One test of one column, with training weights or without.
class ModelRuntimeTest : public testing::Test {
 protected:
  void Write(std::vector<float> cover) {
    model::FlatForest forest{{0}, {1, -1, -1}, {2, -1, -1}, {0, 0, 0}, {30, 0, 0}, {0, 0.25, 0.75}};
    forest.cover = std::move(cover);
    const auto onnx = model::TabularClassifierGraph({{.name = "age"}}, forest, {"0", "1"}, true);
    ASSERT_TRUE(onnx) << onnx.error().ToString();
    wanted_.model_path = (folder_.path() / "model.onnx").string();
    ASSERT_TRUE(WriteFileAtomic(wanted_.model_path, model::WriteOnnx(*onnx)));
  }

  // Status and body.
  std::string Score(std::string_view target, std::string_view request = kRequest) {
    const auto runtime = ModelRuntime::Load(wanted_, 1);
    if (!runtime) return runtime.error().message();
    const ModelRuntime::Scored scored = (*runtime)->Score(0, request, target);
    return std::to_string(scored.status) + " " + std::string(scored.body);
  }

  static double ShapOfAge(const std::string& scored) {
    const auto answer = nlohmann::json::parse(scored.substr(scored.find('{')));
    return answer["explanations"]["shap_values"][0]["age"].get<double>();
  }

  const TemporaryDirectory folder_ = std::move(*TemporaryDirectory::Make());
  WantedDeployment wanted_;
};

TEST_F(ModelRuntimeTest, ExplainsWhenTheQueryAsksForIt) {
  Write({4, 1, 3});
  EXPECT_THAT(Score("/score"), Not(HasSubstr("explanations")));
  EXPECT_THAT(Score("/score?explain=none"), Not(HasSubstr("explanations")));
  EXPECT_NEAR(ShapOfAge(Score("/score?a=b&explain=shap")), 0.125, 1e-9);
}

TEST_F(ModelRuntimeTest, ExplainsByDefaultWhereTheDeploymentSaysSo) {
  Write({4, 1, 3});
  wanted_.environment_variables["SLIPWAY_EXPLAIN"] = "shap";
  EXPECT_NEAR(ShapOfAge(Score("/score")), 0.125, 1e-9);
  EXPECT_THAT(Score("/score?explain=none"), Not(HasSubstr("explanations")));
}

TEST_F(ModelRuntimeTest, RefusesUnknownColumnsWhereTheDeploymentSaysSo) {
  Write({});
  constexpr std::string_view kExtra = R"({"data":[{"age":50,"agee":1}]})";
  EXPECT_THAT(Score("/score", kExtra), HasSubstr("200 "));
  wanted_.environment_variables["SLIPWAY_UNKNOWN_COLUMNS"] = "ignore";
  EXPECT_THAT(Score("/score", kExtra), HasSubstr("200 "));
  wanted_.environment_variables["SLIPWAY_UNKNOWN_COLUMNS"] = "refuse";
  EXPECT_THAT(Score("/score", kExtra),
              HasSubstr("400 {\"message\":\"row 0 has 'agee', a column that the model does not "
                        "know; did you mean 'age'?"));
  EXPECT_THAT(Score("/score"), HasSubstr("200 "));
  wanted_.environment_variables["SLIPWAY_UNKNOWN_COLUMNS"] = "refused";
  EXPECT_THAT(Score("/score"), HasSubstr("'refused' is neither ignore nor refuse; did you mean 'refuse'?"));
}

TEST_F(ModelRuntimeTest, RefusesWhatCannotBeExplained) {
  Write({});
  EXPECT_THAT(Score("/score?explain=shap"), HasSubstr("400 {\"message\":\"the model cannot be explained"));
  EXPECT_THAT(Score("/score?explain=lime"), HasSubstr("400 {\"message\":\"there is no explanation 'lime'"));
  wanted_.environment_variables["SLIPWAY_EXPLAIN"] = "shap";
  EXPECT_THAT(Score("/score"), HasSubstr("the model cannot be explained"));
}

}  // namespace
}  // namespace slipway::gateway
