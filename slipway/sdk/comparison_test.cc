#include "slipway/sdk/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "slipway/base/file.h"
#include "slipway/sdk/program.h"
#include "slipway/sdk/trained_model.h"

namespace slipway::sdk {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Clients whose default hangs on the column `cause`.
Table Clients(int rows, const std::string& cause) {
  std::string csv = "income,debt,default\n";
  for (int i = 0; i < rows; ++i) {
    const int income = i * 37 % 101, debt = i * 53 % 89;
    csv += std::to_string(income) + "," + std::to_string(debt) + "," +
           ((cause == "income" ? income : debt) > 45 ? "yes" : "no") + "\n";
  }
  return Table::ParseCsv(csv);
}

class ModelComparisons : public testing::Test {
 protected:
  std::string Learn(const std::string& name, const std::string& cause) const {
    const std::string folder = Path(name);
    TrainedModel::Fit(Clients(500, cause), "default", {.parameters = {{"n_estimators", "10"}}, .importances = false})
        .Save(folder);
    return folder;
  }
  std::string Path(const std::string& name) const { return (folder_->path() / name).string(); }

  const Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  const Table hold_out_ = Clients(600, "income");
};

TEST_F(ModelComparisons, AVerdictIsKeptAndReadAgain) {
  const ModelComparison comparison =
      ModelComparison::Compare(Learn("old", "debt"), Learn("new", "income"), hold_out_, "default",
                               hold_out_.Without("default"), {.margin = 0.01});
  EXPECT_EQ(comparison.verdict(), "better");
  EXPECT_EQ(comparison.metric(), "roc_auc");
  EXPECT_GT(comparison.improvement(), 0.2);
  EXPECT_THAT(comparison.ToText(), AllOf(HasSubstr("better: roc_auc is"), HasSubstr("on 600 rows of traffic")));
  ASSERT_TRUE(WriteFileAtomic(Path("comparison.json"), comparison.ToJson("azureml:credit:3", "new", "job-7")));
  const KeptVerdict kept = KeptVerdict::Read(Path("comparison.json"));
  EXPECT_EQ(kept.verdict, "better");
  EXPECT_EQ(kept.reason, comparison.reason());
  EXPECT_EQ(kept.Tags().at("compared_with"), "azureml:credit:3");
  EXPECT_EQ(kept.Tags().at("margin"), "0.01");
  EXPECT_EQ(kept.Tags().at("evidence"), "azureml://jobs/job-7/outputs/verdict");
  comparison.WriteHtml(Path("comparison.html"), "azureml:credit:3", "new");
  EXPECT_THAT(ReadFile(Path("comparison.html")).value(), HasSubstr("azureml:credit:3"));
}

TEST_F(ModelComparisons, WhatCannotBeDoneIsThrown) {
  const std::string model = Learn("old", "debt");
  EXPECT_THROW(ModelComparison::Compare(model, Path("none"), hold_out_, "default"), Failure);
  EXPECT_THROW(ModelComparison::Compare(model, model, hold_out_, "defalt"), Failure);
  ASSERT_TRUE(WriteFileAtomic(Path("other.json"), "{\"verdict\": \"better\"}"));
  EXPECT_THROW(KeptVerdict::Read(Path("other.json")), Failure);
  EXPECT_THROW(KeptVerdict::Read(Path("none.json")), Failure);
}

}  // namespace
}  // namespace slipway::sdk
