// Evidence out of a log store with rows as the gateway writes them.
#include "slipway/monitor/rollout_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"

namespace slipway::monitor {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const Timestamp kStart = *ParseTimestamp("2026-03-04T05:00:00Z");
constexpr auto kSecond = std::chrono::seconds(1);

class RolloutEvidenceTest : public ::testing::Test {
 protected:
  void AddRequests(const std::string& deployment, int from_second, int count, int code = 200, int model_code = 200,
                   const std::string& endpoint = "credit") {
    std::vector<std::string> rows;
    for (int i = 0; i < count; ++i)
      rows.push_back(json{
          {"TimeGenerated", FormatTimestamp(kStart + (from_second + i) * kSecond)},
          {"WorkspaceId", "w-1"},
          {"EndpointName", endpoint},
          {"DeploymentName", deployment},
          {"ResponseCode", code},
          {"ModelStatusCode", model_code},
          {"TotalDurationMs",
           i + 1}}.dump());
    ASSERT_TRUE(logs_->Ingest("AmlOnlineEndpointTrafficLog", rows));
  }
  void AddScores(const std::string& deployment, int from_second, const std::vector<double>& scores) {
    std::vector<std::string> rows;
    for (const double score : scores)
      rows.push_back(json{{"TimeGenerated", FormatTimestamp(kStart + from_second++ * kSecond)},
                          {"WorkspaceId", "w-1"},
                          {"_ResourceId", "/subscriptions/s/onlineEndpoints/credit"},
                          {"DeploymentName", deployment},
                          {"Message", "online/m/1 | OutputData | " + json{{"predictions", {score}}}.dump()}}
                         .dump());
    ASSERT_TRUE(logs_->Ingest("AmlOnlineEndpointConsoleLog", rows));
  }
  domain::RolloutEvidence Read() {
    auto evidence = ReadRolloutEvidence(*logs_, question_);
    EXPECT_TRUE(evidence) << evidence.error().ToString();
    return evidence ? *evidence : domain::RolloutEvidence{};
  }

  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  ManualClock clock_{kStart};
  std::unique_ptr<logstore::LogStore> logs_ =
      std::move(*logstore::LogStore::Open(folder_->path() / "logs", folder_->path() / "spool", clock_));
  // A rollout since kStart, whose step began 1000 s later.
  domain::RolloutQuestion question_ = {
      "w-1", "credit", "blue", "green", kStart + 1000 * kSecond, kStart, kStart + 2000 * kSecond, 10, false};
};

TEST_F(RolloutEvidenceTest, CollectedScoresStandInWhereTheLogsHoldNone) {
  AddRequests("green", 1000, 4);
  AddRequests("blue", 0, 4);
  question_.wants_scores = true;
  const auto collected = [&](const domain::RolloutQuestion& question, const std::string& deployment,
                             const logstore::TimeRange& range, size_t most) -> Result<std::vector<double>> {
    EXPECT_EQ(question.endpoint, "credit");
    EXPECT_EQ(range.end, question.until);
    EXPECT_GE(most, 4U);
    if (deployment == "blue") return std::vector<double>{0, 1, 0, 1};
    return std::vector<double>{0, 0, 0, 1};
  };
  const auto evidence = ReadRolloutEvidence(*logs_, question_, collected);
  ASSERT_TRUE(evidence) << evidence.error().ToString();
  EXPECT_NEAR(*evidence->score_psi, 0.25 * std::log(1.5) - 0.25 * std::log(0.5), 1e-12);
  EXPECT_THAT(Read().score_note, HasSubstr("or the deployment to collect model_outputs"));
}

TEST_F(RolloutEvidenceTest, NothingIsNoRequests) {
  const auto evidence = Read();
  EXPECT_EQ(evidence.canary.requests, 0);
  EXPECT_EQ(evidence.control.requests, 0);
  EXPECT_EQ(evidence.since, question_.since);
  EXPECT_EQ(evidence.until, question_.until);
}

TEST_F(RolloutEvidenceTest, CountsTheStepsOwnRequestsByDeployment) {
  AddRequests("green", 1000, 100);
  AddRequests("green", 900, 50);                        // before the step
  AddRequests("green", 2000, 50);                       // after the look
  AddRequests("green", 1000, 50, 200, 200, "another");  // another endpoint's
  const auto evidence = Read();
  EXPECT_EQ(evidence.canary.requests, 100);
  EXPECT_EQ(evidence.canary.p50_ms, 50);
  EXPECT_EQ(evidence.canary.p95_ms, 95);
  EXPECT_EQ(evidence.canary.p99_ms, 99);
  EXPECT_EQ(evidence.canary.error_rate, 0);
}

TEST_F(RolloutEvidenceTest, TheControlIsAsManyOfTheOldDeploymentsLatest) {
  AddRequests("green", 1000, 10);
  AddRequests("blue", 100, 500, 500, 500);
  AddRequests("blue", 1100, 10);
  const auto evidence = Read();
  EXPECT_EQ(evidence.control.requests, 10);
  EXPECT_EQ(evidence.control.error_rate, 0);
  EXPECT_EQ(evidence.control.p99_ms, 10);
}

TEST_F(RolloutEvidenceTest, TellsFaultsOfTheModelFromThoseOfCallers) {
  AddRequests("green", 1000, 5);
  AddRequests("green", 1000, 1, 424, 400);  // the request did not fit the model
  AddRequests("green", 1000, 1, 424, 500);  // the model raised
  AddRequests("green", 1000, 1, 408, 0);    // it took too long
  AddRequests("green", 1000, 1, 502, 0);
  AddRequests("green", 1000, 1, 429, 0);
  const auto evidence = Read();
  EXPECT_DOUBLE_EQ(evidence.canary.error_rate, 0.5);
  EXPECT_DOUBLE_EQ(evidence.canary.rate_5xx, 0.3);
}

TEST_F(RolloutEvidenceTest, ComparesScoresWhereAsked) {
  question_.wants_scores = true;
  AddRequests("green", 1000, 4);
  AddRequests("blue", 1000, 4);
  EXPECT_THAT(Read().score_note, HasSubstr("there are no scores of 'green'"));
  AddScores("green", 1000, {0, 0, 0, 1});
  EXPECT_THAT(Read().score_note, HasSubstr("there are no scores of 'blue'"));
  AddScores("blue", 500, {7, 7, 7, 7});  // older ones, which the equal size leaves out
  AddScores("blue", 1000, {0, 1, 0, 1});
  const auto evidence = Read();
  EXPECT_EQ(evidence.canary.scores, 4);
  EXPECT_EQ(evidence.control.scores, 4);
  ASSERT_TRUE(evidence.score_psi);
  EXPECT_NEAR(*evidence.score_psi, 0.2747, 1e-3);
  EXPECT_EQ(evidence.score_note, "");
}

}  // namespace
}  // namespace slipway::monitor
