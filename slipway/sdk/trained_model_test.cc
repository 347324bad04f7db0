#include "slipway/sdk/trained_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "slipway/base/file.h"
#include "slipway/sdk/classifier.h"
#include "slipway/sdk/program.h"

namespace slipway::sdk {
namespace {

using testing::HasSubstr;

Table People() {
  return Table::Read(std::string(SLIPWAY_SOURCE_DIR) + "/tests/parity/forests.csv");
}

const std::vector<std::string> kOtherTargets = {"grade", "loss", "weight"};

TEST(TrainedModel, IsJudgedAndSaved) {
  const TrainedModel model = TrainedModel::Fit(
      People(), "late", {.algorithm = "extra_trees", .parameters = {{"n_estimators", "20"}}, .exclude = kOtherTargets});
  EXPECT_GT(model.Metrics().at("roc_auc"), 0.8);
  EXPECT_EQ(model.Parameters().at("n_estimators"), "20");
  EXPECT_THAT(model.CardHtml(), HasSubstr("Model card: late"));
  const auto folder = TemporaryDirectory::Make();
  const std::string path = (folder->path() / "model").string();
  model.Save(path);
  EXPECT_TRUE(std::filesystem::exists(path + "/model_card.html"));
  EXPECT_GT(Model::Load(path).Evaluate(People(), "late").at("roc_auc"), 0.9);  // most rows were learnt from
}

TEST(TrainedModel, TakesRowsToJudgeBy) {
  const auto [train, test] = People().Split(0.5, 3);
  const TrainedModel model = TrainedModel::Fit(
      train, test, "loss", {.algorithm = "linear", .exclude = {"grade", "late", "weight"}, .importances = false});
  EXPECT_GT(model.Metrics().at("r2_score"), 0.3);
  EXPECT_THAT(model.EvaluationJson(), HasSubstr("\"test_rows\": 600"));
}

TEST(TrainedModel, NotesWhatItsOwnerShouldKnow) {
  const TrainedModel model = TrainedModel::Fit(
      People(), "late",
      {.algorithm = "linear", .parameters = {{"max_iter", "1"}}, .exclude = kOtherTargets, .importances = false});
  EXPECT_THAT(model.Notes(), testing::ElementsAre(HasSubstr("did not settle in 1 iterations")));
}

TEST(TrainedModel, ThrowsWhatIsWrong) {
  const auto why = [](const TrainSettings& settings) {
    try {
      TrainedModel::Fit(People(), "late", settings);
    } catch (const Failure& failure) {
      return std::string(failure.what());
    }
    return std::string("fitted");
  };
  EXPECT_THAT(why({.algorithm = "forest"}), HasSubstr("none of random_forest"));
  EXPECT_THAT(why({.task = "ranking"}), HasSubstr("neither classification nor regression"));
  EXPECT_THAT(why({.parameters = {{"depth", "3"}}}), HasSubstr("no parameter 'depth'"));
  EXPECT_THAT(why({.columns = {"incme"}}), HasSubstr("did you mean 'income'"));
}

}  // namespace
}  // namespace slipway::sdk
