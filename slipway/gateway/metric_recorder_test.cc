// What AzureMetrics is told.
#include "slipway/gateway/metric_recorder.h"

#include <gmock/gmock.h>

#include <sys/resource.h>
#include <unistd.h>

#include "slipway/gateway/gateway_fixture.h"

namespace slipway::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class MetricRecorderTest : public testing::Test {
 protected:
  const Timestamp noon_ = *ParseTimestamp("2026-03-04T12:00:00Z");
  ManualClock clock_{noon_};
  TemporaryDirectory folder_ = std::move(*TemporaryDirectory::Make());
  std::unique_ptr<spool::Writer> writer_ = std::move(*spool::Writer::Open(folder_.path(), {}));
  LogSink sink_{*writer_, clock_};
  Metrics metrics_{1};
  RoutingTableHolder tables_{1};
  std::vector<InstanceUsage> usages_;
  MetricRecorder recorder_{metrics_, tables_, sink_, [this](const RoutingTable&) { return usages_; }};

  void SetUp() override {
    WantedEndpoint credit;
    credit.name = "credit";
    credit.workspace_id = "w-1";
    credit.arm_id = "/x/onlineEndpoints/credit";
    credit.deployments.resize(1);
    credit.deployments[0].name = "blue";
    auto table = std::make_shared<RoutingTable>();
    table->Add(std::make_shared<LiveEndpoint>(credit, std::map<std::string, std::shared_ptr<const LiveDeployment>>(),
                                              metrics_));
    tables_.Publish(table);
  }

  // The rows of the metric, of one interval's recording.
  std::vector<Json> Rows(std::string_view metric, std::string_view resource) {
    auto reader = spool::Reader::Open(folder_.path(), {});
    EXPECT_TRUE(reader);
    const auto records = (*reader)->Read(100'000);
    EXPECT_TRUE(records);
    std::vector<Json> rows;
    for (const spool::Record& record : *records) {
      const Json row = Json::parse(record.row);
      EXPECT_EQ(record.table, "AzureMetrics");
      if (row["MetricName"] == metric && row["ResourceId"] == resource) rows.push_back(row);
    }
    return rows;
  }
};

constexpr std::string_view kEndpoint = "/x/onlineEndpoints/credit";
constexpr std::string_view kDeployment = "/x/onlineEndpoints/credit/deployments/blue";

TEST_F(MetricRecorderTest, RequestsAreToldByStatusAndAddUp) {
  const auto blue = metrics_.Of("credit", "blue"), none = metrics_.Of("credit", "");
  for (int i = 0; i < 3; ++i) blue->CountRequest(0, {200, 200, milliseconds(10), 100});
  blue->CountRequest(0, {424, 400, milliseconds(10), 100});
  none->CountRequest(1, {401, 0, milliseconds(1), 200});
  recorder_.Record(noon_ + seconds(30), noon_ + seconds(60));
  blue->CountRequest(0, {200, 200, milliseconds(10), 0});
  recorder_.Record(noon_ + seconds(60), noon_ + seconds(120));
  std::map<std::string, double> totals;
  for (const Json& row : Rows("RequestsPerMinute", kEndpoint)) {
    const Json dimensions = row["Dimensions"];
    totals[row["TimeGenerated"].get<std::string>().substr(11, 5) + " " + dimensions["deployment"].get<std::string>() +
           " " + dimensions["statusCode"].get<std::string>() + " " + dimensions["modelStatusCode"].get<std::string>()] =
        row["Total"];
    EXPECT_EQ(row["TimeGrain"], "PT1M");
    EXPECT_EQ(row["WorkspaceId"], "w-1");
  }
  const std::map<std::string, double> wanted = {
      {"12:00 blue 200 200", 3}, {"12:00 blue 424 400", 1}, {"12:00  401 ", 1}, {"12:01 blue 200 200", 1}};
  EXPECT_EQ(totals, wanted);
  const auto own = Rows("RequestsPerMinute", kDeployment);
  ASSERT_EQ(own.size(), 3u);
  EXPECT_EQ(own[0]["Dimensions"]["envoy_response_code"], "200");
  EXPECT_NEAR(Rows("NetworkBytes", kEndpoint)[0]["Total"].get<double>(), 600 / 30.0, 1e-3);
}

TEST_F(MetricRecorderTest, LatenciesAreMeansAndPercentilesOfTheMinute) {
  const auto blue = metrics_.Of("credit", "blue");
  for (int i = 1; i <= 100; ++i) blue->CountRequest(0, {200, 200, milliseconds(i), 0});
  blue->CountQueueWait(milliseconds(4));
  recorder_.Record(noon_, noon_ + seconds(60));
  const Json mean = Rows("RequestLatency", kEndpoint).at(0);
  EXPECT_EQ(mean["Count"], 100);
  EXPECT_NEAR(mean["Average"].get<double>(), 50.5, 0.1);
  EXPECT_EQ(mean["Dimensions"]["deployment"], "blue");
  EXPECT_NEAR(Rows("RequestLatency_P50", kDeployment).at(0)["Average"].get<double>(), 50, 7);
  EXPECT_NEAR(Rows("RequestLatency_P99", kEndpoint).at(0)["Average"].get<double>(), 99, 13);
  EXPECT_NEAR(Rows("RequestQueueTime", kDeployment).at(0)["Average"].get<double>(), 4, 0.01);
  EXPECT_TRUE(Rows("RequestLatency", kDeployment).empty());
  recorder_.Record(noon_ + seconds(60), noon_ + seconds(120));  // nothing came
  EXPECT_EQ(Rows("RequestLatency", kEndpoint).size(), 1u);
}

TEST_F(MetricRecorderTest, CollectedRecordsAreToldByCollectionAndReason) {
  collection::CollectionCounts& counts = metrics_.Of("credit", "blue")->collection();
  counts.CountWritten("model_inputs", 5);
  counts.CountFailed("request", "disk_full", 2);
  recorder_.Record(noon_, noon_ + seconds(60));
  counts.CountWritten("model_inputs", 1);
  recorder_.Record(noon_ + seconds(60), noon_ + seconds(120));
  const auto written = Rows("DataCollectionEventsPerMinute", kEndpoint);
  ASSERT_EQ(written.size(), 2u);
  EXPECT_EQ(written[0]["Total"], 5);
  EXPECT_EQ(written[1]["Total"], 1);
  EXPECT_EQ(written[0]["Dimensions"], Json({{"deployment", "blue"}, {"type", "model_inputs"}}));
  const auto lost = Rows("DataCollectionErrorsPerMinute", kDeployment);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0]["Total"], 2);
  EXPECT_EQ(lost[0]["Dimensions"], Json({{"reason", "disk_full"}, {"type", "request"}}));
}

TEST_F(MetricRecorderTest, ConnectionsAndInstancesAreTold) {
  const auto credit = metrics_.Of("credit", "");
  ConnectionCount kept;
  kept.MoveTo(credit);
  {
    ConnectionCount gone;
    gone.MoveTo(credit);
  }
  usages_ = {{"credit", "blue", "blue-0", true, seconds(5), 2, 1 << 20, 4 << 20},
             {"other", "blue", "blue-0", true, seconds(5), 2, 1, 1}};
  recorder_.Record(noon_, noon_ + seconds(60));
  usages_[0].cpu_time = seconds(35);
  recorder_.Record(noon_ + seconds(60), noon_ + seconds(120));
  usages_[0].cpu_time = seconds(12);  // of a worker that was started again
  recorder_.Record(noon_ + seconds(120), noon_ + seconds(180));
  EXPECT_EQ(Rows("ConnectionsActive", kEndpoint).at(0)["Total"], 1);
  EXPECT_NEAR(Rows("NewConnectionsPerSecond", kEndpoint).at(0)["Total"].get<double>(), 2 / 60.0, 1e-3);
  EXPECT_EQ(Rows("DeploymentCapacity", kDeployment).at(0)["Dimensions"]["State"], "Ready");
  const auto processor = Rows("CpuUtilizationPercentage", kDeployment);
  ASSERT_EQ(processor.size(), 2u);  // the first interval has nothing to compare with
  EXPECT_EQ(processor[0]["Total"], 25);
  EXPECT_EQ(processor[1]["Total"], 10);
  EXPECT_EQ(Rows("CpuMemoryUtilizationPercentage", kDeployment).at(0)["Total"], 25);
}

TEST(InstanceUsageTest, AProcessUsesTimeAndMemory) {
  rusage used{};
  while (used.ru_utime.tv_sec * 1'000'000 + used.ru_utime.tv_usec < 50'000) getrusage(RUSAGE_SELF, &used);
  const ProcessUsage own = UsageOfProcess(getpid());
  EXPECT_GE(own.cpu_time, milliseconds(20));
  EXPECT_GT(own.memory_bytes, 1u << 20);
  EXPECT_EQ(UsageOfProcess(0).memory_bytes, 0u);
}

TEST_F(GatewayTest, MetricsAreRecordedAtTheLatestWhenTheGatewayEnds) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  EXPECT_EQ(Score("{}").status, 200);
  gateway_.reset();
  double requests = 0;
  for (const Json& row : GatewayTest::Rows("AzureMetrics")) {
    if (row["MetricName"] == "RequestsPerMinute" && row["ResourceId"] == "/x/onlineEndpoints/credit/deployments/blue")
      requests += row["Total"].get<double>();
  }
  EXPECT_EQ(requests, 1);
  const auto capacity = [&](const Json& row) {
    return row["MetricName"] == "DeploymentCapacity" && row["Dimensions"]["instanceId"] == "blue-0" &&
           row["Dimensions"]["State"] == "Ready";
  };
  const auto memory = [&](const Json& row) {
    return row["MetricName"] == "CpuMemoryUtilizationPercentage" && row["Total"].get<double>() > 0;
  };
  const std::vector<Json> rows = GatewayTest::Rows("AzureMetrics");
  EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), capacity));
  EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), memory));
}

}  // namespace
}  // namespace slipway::gateway
