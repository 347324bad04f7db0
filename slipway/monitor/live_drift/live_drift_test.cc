// The service over a log store on disk, stores in memory and files of data collection.
#include "slipway/monitor/live_drift/live_drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/domain/testing/memory_endpoint_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/tabular/csv.h"

namespace slipway::monitor {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Timestamp kStart = *ParseTimestamp("2026-03-04T05:30:00Z");
constexpr auto kSecond = std::chrono::seconds(1);

stats::Baseline AgesToAHundred() {
  std::string csv = "age\n";
  for (int i = 0; i < 1000; ++i) csv += std::to_string(i % 100) + "\n";
  return *stats::DescribeTable(*tabular::ParseCsv(csv));
}

class LiveDriftTest : public ::testing::Test {
 protected:
  void SetUp() override {
    domain::Workspace workspace;
    workspace.id = "w-1";
    workspace.scope = scope_;
    ASSERT_TRUE(workspaces_.PutWorkspace(workspace));
    domain::OnlineEndpoint endpoint;
    endpoint.name = "credit";
    ASSERT_TRUE(endpoints_.PutEndpoint(scope_, endpoint));
    ASSERT_TRUE(endpoints_.PutDeployment(scope_, deployment_));
  }

  void AddGreen() {
    domain::OnlineDeployment green = Deployment();
    green.name = "green";
    ASSERT_TRUE(endpoints_.PutDeployment(scope_, green));
  }
  domain::OnlineDeployment Deployment() {
    domain::OnlineDeployment deployment;
    deployment.endpoint_name = "credit";
    deployment.name = "blue";
    deployment.model = "azureml:loans:3";
    return deployment;
  }
  void Collect() {
    domain::DataCollector collector;
    collector.collections["model_inputs"] = {true, "d", "azureml://datastores/s/paths/in", "1"};
    deployment_.data_collector = collector;
    ++deployment_.revision;
    ASSERT_TRUE(endpoints_.PutDeployment(scope_, deployment_));
  }
  void Print(int count, int age, const std::string& deployment = "blue") {
    std::vector<std::string> rows;
    for (int i = 0; i < count; ++i)
      rows.push_back(json{{"TimeGenerated", FormatTimestamp(clock_.Now())},
                          {"WorkspaceId", "w-1"},
                          {"_ResourceId", scope_.ArmId() + "/onlineEndpoints/credit"},
                          {"DeploymentName", deployment},
                          {"Message", "InputData | " + json{{"data", {{{"age", age + i % 100}}}}}.dump()}}
                         .dump());
    ASSERT_TRUE(logs_->Ingest("AmlOnlineEndpointConsoleLog", rows));
  }
  void CollectRows(int count, int age) {
    std::string lines;
    for (int i = 0; i < count; ++i)
      lines += json{{"time", FormatTimestamp(clock_.Now(), 0)}, {"data", {{{"age", age + i % 100}}}}}.dump() + "\n";
    const auto file = folder_->path() / "in/2026/03/04/05/blue-0.jsonl";
    ASSERT_TRUE(MakeDirectories(file.parent_path()));
    ASSERT_TRUE(AppendFile(file, lines));
  }
  void Tick(Duration later = kSecond) {
    clock_.Advance(later);
    EXPECT_EQ(live_.Tick(clock_.Now()), clock_.Now() + kSecond);
  }
  void TickUntilSeen() {
    for (int i = 0; i < 4; ++i) Tick();
  }
  // The verdict and rows of the five minutes' gauge, "stable 200".
  std::string Gauge() {
    const auto all = live_.Read();
    if (all.size() != 1 || all[0].readings.empty()) return "";
    const auto& gauge = all[0].readings[0].gauge;
    return std::string(stats::GaugeVerdictName(gauge.verdict)) + " " + std::to_string(gauge.rows);
  }
  std::vector<std::vector<std::string>> Rows(const std::string& query) {
    auto result = logs_->Query("SlipwayDriftGauges " + query, {}, "w-1");
    EXPECT_TRUE(result) << result.error().ToString();
    return result ? result->rows : std::vector<std::vector<std::string>>();
  }

  const domain::Scope scope_;
  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  ManualClock clock_{kStart};
  domain::testing::MemoryWorkspaceStore workspaces_;
  domain::testing::MemoryEndpointStore endpoints_;
  domain::OnlineDeployment deployment_ = Deployment();
  std::unique_ptr<logstore::LogStore> logs_ =
      std::move(*logstore::LogStore::Open(folder_->path() / "logs", folder_->path() / "spool", clock_));
  Baselines baselines_{folder_->path() / "baselines",
                       [this](const domain::Scope&, const std::string& model) -> Result<KnownModel> {
                         if (model != "azureml:loans:3") return NotFound("no model " + model);
                         return KnownModel{"w-1", "loans", "3", digest_, folder_->path() / "model"};
                       }};
  std::string digest_ = "abc";
  LiveDrift live_{{workspaces_, endpoints_, baselines_, *logs_, clock_,
                   [this](const domain::Scope&, const std::string&) -> Result<std::filesystem::path> {
                     return folder_->path() / "in";
                   }}};
};

TEST_F(LiveDriftTest, SaysWhatIsMissingWithoutABaseline) {
  Tick();
  const auto all = live_.Read();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_THAT(all[0].note, HasSubstr("slipway model baseline --name loans --version 3 --data"));
  EXPECT_THAT(all[0].readings, IsEmpty());
}

TEST_F(LiveDriftTest, FollowsTheConsoleLog) {
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", AgesToAHundred()));
  Print(200, 0);
  TickUntilSeen();
  EXPECT_EQ(Gauge(), "stable 200");
  Print(300, 500);
  Tick();
  EXPECT_EQ(Gauge(), "drifted 500");
  const auto rows = Rows(
      "| where Window == 'PT5M' | top 1 by TimeGenerated desc | project EndpointName, DeploymentName, "
      "ModelName, ModelVersion, Feature, FeatureKind, Verdict, SampleCount");
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_THAT(rows[0], ::testing::ElementsAre("\"credit\"", "\"blue\"", "\"loans\"", "\"3\"", "\"age\"", "\"numeric\"",
                                              "\"drifted\"", "500"));
  EXPECT_THAT(live_.MetricsPage(), HasSubstr("slipway_drift_drifted{workspace=\"default\",endpoint=\"credit\","
                                             "deployment=\"blue\",feature=\"age\",window=\"PT5M\"} 1\n"));
  Tick(std::chrono::minutes(6));
  EXPECT_EQ(Gauge(), "not enough data 0");
}

TEST_F(LiveDriftTest, FollowsCollectedFilesWhereThereAreSome) {
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", AgesToAHundred()));
  Collect();
  Print(50, 0);  // would be counted twice
  CollectRows(200, 0);
  TickUntilSeen();
  EXPECT_EQ(live_.Read()[0].source, "data collection");
  EXPECT_EQ(Gauge(), "stable 200");
  CollectRows(300, 500);
  Tick();
  EXPECT_EQ(Gauge(), "drifted 500");
}

TEST_F(LiveDriftTest, FilesThatCannotBeReadHoldUpNoOtherDeployment) {
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", AgesToAHundred()));
  Collect();
  ASSERT_TRUE(WriteFileAtomic(folder_->path() / "in/2026", "a file where a folder should be"));
  AddGreen();
  Print(200, 0, "green");
  TickUntilSeen();
  EXPECT_THAT(Rows("| where DeploymentName == 'green' and Window == 'PT5M' and Verdict == 'stable'"), SizeIs(1));
}

TEST_F(LiveDriftTest, TheFirstToReadTheConsoleLogFindsTheLastHour) {
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", AgesToAHundred()));
  Collect();
  Print(200, 0, "green");
  TickUntilSeen();
  AddGreen();
  TickUntilSeen();
  EXPECT_THAT(Rows("| where DeploymentName == 'green' and Window == 'PT5M' and SampleCount == 200"), SizeIs(1));
}

TEST_F(LiveDriftTest, AStoredBaselineThatIsDamagedIsSaidToBe) {
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", AgesToAHundred()));
  for (const char* text : {"[]", "{}", R"({"model_digest": 1, "baseline": {}})"}) {
    ASSERT_TRUE(WriteFileAtomic(folder_->path() / "baselines/w-1/loans/3.json", text));
    EXPECT_EQ(baselines_.Get(scope_, "azureml:loans:3").error().code(), Code::kDataLoss) << text;
  }
}

TEST_F(LiveDriftTest, AnotherBaselineBeginsAnewAndTheSameGoesOn) {
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", AgesToAHundred()));
  Print(200, 0);
  TickUntilSeen();
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", AgesToAHundred()));
  TickUntilSeen();
  EXPECT_EQ(Gauge(), "stable 200");
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", *stats::DescribeTable(*tabular::ParseCsv("age\n1\n2\n"))));
  TickUntilSeen();
  EXPECT_EQ(Gauge(), "not enough data 0");
}

TEST_F(LiveDriftTest, ADeploymentThatGoesTakesItsGaugesWithIt) {
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", AgesToAHundred()));
  TickUntilSeen();
  ASSERT_TRUE(endpoints_.DeleteDeployment(scope_, "credit", "blue"));
  TickUntilSeen();
  EXPECT_THAT(live_.Read(), IsEmpty());
}

TEST_F(LiveDriftTest, BaselinesComeFromTheModelUntilOneIsGiven) {
  const auto rows = [&] { return baselines_.Get(scope_, "azureml:loans:3").value().rows; };
  EXPECT_EQ(baselines_.Get(scope_, "azureml:loans:3").error().code(), Code::kNotFound);
  const auto own = stats::BaselineToJson(*stats::DescribeTable(*tabular::ParseCsv("age\n1\n2\n")));
  ASSERT_TRUE(WriteFileAtomic(folder_->path() / "model/baseline.json", own.dump()));
  EXPECT_EQ(rows(), 2U);
  ASSERT_TRUE(baselines_.Put(scope_, "azureml:loans:3", AgesToAHundred()));
  EXPECT_EQ(rows(), 1000U);
  digest_ = "def";  // another model has taken the version's number
  EXPECT_EQ(rows(), 2U);
  digest_ = "abc";
  ASSERT_TRUE(baselines_.Delete(scope_, "azureml:loans:3"));
  EXPECT_EQ(rows(), 2U);
  EXPECT_EQ(baselines_.Delete(scope_, "azureml:loans:3").error().code(), Code::kNotFound);
  EXPECT_EQ(baselines_.Put(scope_, "azureml:other:1", AgesToAHundred()).error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace slipway::monitor
