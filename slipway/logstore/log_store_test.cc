#include "slipway/logstore/log_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "slipway/base/file.h"
#include "slipway/spool/spool.h"

namespace slipway::logstore {
namespace {

Timestamp At(const char* text) {
  return *ParseTimestamp(text);
}

class Logs : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    store_.reset();
    auto opened = LogStore::Open(root_.path() / "logs", root_.path() / "spool", clock_);
    ASSERT_TRUE(opened) << opened.error().ToString();
    store_ = std::move(*opened);
  }
  QueryResult Run(std::string_view kql, const TimeRange& range = {}, std::string_view workspace = "") {
    auto result = store_->Query(kql, range, workspace);
    EXPECT_TRUE(result) << result.error().ToString();
    return result ? std::move(*result) : QueryResult{};
  }
  std::vector<std::string> ColumnNames(const QueryResult& result) {
    std::vector<std::string> names;
    for (const ResultColumn& column : result.columns) names.push_back(column.name + ":" + column.type);
    return names;
  }
  using Rows = std::vector<std::vector<std::string>>;
  using Names = std::vector<std::string>;

  TemporaryDirectory root_ = std::move(*TemporaryDirectory::Make());
  ManualClock clock_{At("2026-03-04T12:00:00Z")};
  std::unique_ptr<LogStore> store_;
};

TEST_F(Logs, TheOverallDriftQueryOfTheScenarioGivesOneColumnAMetric) {
  ASSERT_TRUE(store_->Ingest(
      "AppTraces",
      {R"({"TimeGenerated":"2026-03-04T10:00:00Z","Message":"{\"model\":\"credit-card-default\",\"type\":\"OverallDriftMetrics\",\"data\":{\"share\":0.25,\"drifted\":3,\"dataset_drift\":false}}"})",
       R"({"TimeGenerated":"2026-03-04T10:01:00Z","Message":"{\"model\":\"credit-card-defaults\",\"type\":\"OverallDriftMetrics\",\"data\":{\"share\":1}}"})",
       R"({"TimeGenerated":"2026-03-04T10:02:00Z","Message":"credit-card-default OverallDriftMetrics, no JSON"})"}));
  const QueryResult result =
      Run("traces\n| where message has 'credit-card-default' and message has 'OverallDriftMetrics'\n"
          "| project timestamp, data=parse_json(tostring(message)).data\n| evaluate bag_unpack(data)\n| order by "
          "timestamp asc");
  EXPECT_EQ(ColumnNames(result), (Names{"timestamp:datetime", "dataset_drift:bool", "drifted:long", "share:real"}));
  EXPECT_EQ(result.rows, (Rows{{"\"2026-03-04T10:00:00Z\"", "false", "3", "0.25"},
                               {"\"2026-03-04T10:02:00Z\"", "null", "null", "null"}}));
}

TEST_F(Logs, TheFeatureDriftQueryOfTheScenarioGivesOneRowAFeature) {
  ASSERT_TRUE(store_->Ingest(
      "AppTraces",
      {R"({"TimeGenerated":"2026-03-04T10:00:00Z","Message":"{\"model\":\"credit-card-default\",\"type\":\"FeatureDriftMetrics\",\"data\":[{\"feature\":\"AGE\",\"score\":0.5},{\"feature\":\"SEX\",\"score\":1}]}"})"}));
  const QueryResult result = Run(
      "traces\n| where message has 'credit-card-default' and message has 'FeatureDriftMetrics'\n"
      "| project timestamp, data=parse_json(tostring(message)).data\n| mv-expand data\n| evaluate bag_unpack(data)");
  EXPECT_EQ(ColumnNames(result), (Names{"timestamp:datetime", "feature:string", "score:real"}));
  EXPECT_EQ(result.rows,
            (Rows{{"\"2026-03-04T10:00:00Z\"", "\"AGE\"", "0.5"}, {"\"2026-03-04T10:00:00Z\"", "\"SEX\"", "1"}}));
}

TEST_F(Logs, TheInputDataQueryOfTheScenarioGivesOneRowAnInput) {
  ASSERT_TRUE(store_->Ingest(
      "AmlOnlineEndpointConsoleLog",
      {R"({"TimeGenerated":"2026-03-04T10:00:00Z","Message":"2026|INFO|online/credit-card-default/1|InputData| {\"data\": [{\"AGE\": 30, \"SEX\": \"female\"}, {\"AGE\": 40.5, \"SEX\": \"male\"}]}"})",
       R"({"TimeGenerated":"2026-03-04T10:01:00Z","Message":"2026|INFO|online/credit-card-default/1|InputData| {\"data\": \"[{\\\"AGE\\\": 50, \\\"SEX\\\": \\\"male\\\"}]\"}"})",
       R"({"TimeGenerated":"2026-03-04T10:02:00Z","Message":"2026|INFO|online/credit-card-default/12|InputData| {\"data\": [{\"AGE\": 1}]}"})",
       R"({"TimeGenerated":"2026-03-03T10:02:00Z","Message":"2026|INFO|online/credit-card-default/1|InputData| {\"data\": [{\"AGE\": 2}]}"})"}));
  const QueryResult result = Run(R"(AmlOnlineEndpointConsoleLog
| where TimeGenerated > ago (1d)
| where Message has 'online/credit-card-default/1' and Message has 'InputData'
| project TimeGenerated, ResponsePayload=split(Message, '|')
| project TimeGenerated, InputData=parse_json(tostring(ResponsePayload[-1])).data
| project TimeGenerated, InputData=parse_json(tostring(InputData))
| mv-expand InputData
| evaluate bag_unpack(InputData))");
  EXPECT_EQ(ColumnNames(result), (Names{"TimeGenerated:datetime", "AGE:real", "SEX:string"}));
  EXPECT_EQ(result.rows, (Rows{{"\"2026-03-04T10:00:00Z\"", "30", "\"female\""},
                               {"\"2026-03-04T10:00:00Z\"", "40.5", "\"male\""},
                               {"\"2026-03-04T10:01:00Z\"", "50", "\"male\""}}));
}

// No file of this process grows beyond some bytes, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_;
  void (*handler_)(int);
};

TEST_F(Logs, AFullDiskAtTheFirstUseLeavesNothingBroken) {
  const auto ingest = [&] {
    return store_->Ingest("AppTraces", {R"({"TimeGenerated":"2026-03-04T10:00:00Z","Message":"x"})"});
  };
  for (const rlim_t bytes : {0, 5'000, 13'000, 100'000}) {
    const FullDisk full(bytes);
    EXPECT_FALSE(ingest()) << bytes;
    Reopen();
  }
  const auto stored = ingest();
  ASSERT_TRUE(stored) << stored.error().ToString();
  EXPECT_EQ(Run("traces | count").rows, (Rows{{"1"}}));
}

}  // namespace
}  // namespace slipway::logstore
