#include "slipway/endpoints/rollout/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::endpoints {
namespace {

using domain::RolloutEvidence;
using ::testing::HasSubstr;
using Verdict = domain::GuardOutcome::Verdict;

TEST(Guard, IsReadInAllItsForms) {
  struct Case {
    const char* text;
    GuardMetric metric;
    GuardComparator comparator;
    double number;
    bool is_relative;
  };
  const Case cases[] = {
      {"p99_ms<20", GuardMetric::kP99, GuardComparator::kLess, 20, false},
      {" P50_MS <= 1.5 ms ", GuardMetric::kP50, GuardComparator::kLessOrEqual, 1.5, false},
      {"p95_ms<1.2x", GuardMetric::kP95, GuardComparator::kLess, 1.2, true},
      {"error_rate<0.5%", GuardMetric::kErrorRate, GuardComparator::kLess, 0.005, false},
      {"error_rate<0.005", GuardMetric::kErrorRate, GuardComparator::kLess, 0.005, false},
      {"rate_5xx <= 2x", GuardMetric::kRate5xx, GuardComparator::kLessOrEqual, 2, true},
      {"score_psi<.2", GuardMetric::kScorePsi, GuardComparator::kLess, 0.2, false},
      {"p50_ms>0", GuardMetric::kP50, GuardComparator::kGreater, 0, false},
      {"p50_ms>=1", GuardMetric::kP50, GuardComparator::kGreaterOrEqual, 1, false},
  };
  for (const Case& row : cases) {
    const auto guard = ParseGuard(row.text);
    ASSERT_TRUE(guard) << row.text << ": " << guard.error().ToString();
    EXPECT_EQ(guard->metric, row.metric) << row.text;
    EXPECT_EQ(guard->comparator, row.comparator) << row.text;
    EXPECT_DOUBLE_EQ(guard->number, row.number) << row.text;
    EXPECT_EQ(guard->is_relative, row.is_relative) << row.text;
  }
}

TEST(Guard, SaysWhatIsWrongAndWhere) {
  struct Case {
    const char* text;
    int column;
    const char* message;
  };
  const Case cases[] = {
      {"", 1, "begins with a metric"},
      {"p98_ms<20", 1, "no metric 'p98_ms'; did you mean"},
      {"latency<20", 1, "take p50_ms, p95_ms"},
      {"p99_ms = 20", 8, "one of <, <=, >, >="},
      {"p99_ms", 7, "one of <, <=, >, >="},
      {"p99_ms < fast", 10, "there has to be a number"},
      {"p99_ms<1.2.3", 8, "there has to be a number"},
      {"p99_ms<20%", 10, "'%' does not go with p99_ms"},
      {"error_rate<5ms", 13, "'ms' does not go with error_rate"},
      {"error_rate<5", 13, "write 0.5%"},
      {"score_psi<2x", 12, "'x' does not go with score_psi"},
      {"p99_ms<20 or else", 11, "'or else' does not go with p99_ms"},
  };
  for (const Case& row : cases) {
    const auto guard = ParseGuard(row.text);
    ASSERT_FALSE(guard) << row.text;
    EXPECT_THAT(guard.error().message(), HasSubstr(row.message)) << row.text;
    EXPECT_EQ(guard.error().position()->column, row.column) << row.text;
  }
  EXPECT_THAT(ParseGuard("p99_ms = 20").error().message(), HasSubstr("\n  p99_ms = 20\n         ^"));
}

RolloutEvidence Evidence(int64_t canary, int64_t control) {
  RolloutEvidence evidence;
  evidence.canary.requests = canary;
  evidence.canary.p99_ms = 12;
  evidence.canary.error_rate = 0.01;
  evidence.control.requests = control;
  evidence.control.p99_ms = 10;
  return evidence;
}

TEST(Guard, IsJudgedByItsMetric) {
  struct Case {
    const char* guard;
    RolloutEvidence evidence;
    Verdict verdict;
  };
  RolloutEvidence fast = Evidence(200, 200);
  fast.canary.p99_ms = 1;
  fast.control.p99_ms = 0;
  const Case cases[] = {
      {"p99_ms<13", Evidence(200, 0), Verdict::kHolds},
      {"p99_ms<12", Evidence(200, 0), Verdict::kBreached},
      {"p99_ms<=12", Evidence(200, 0), Verdict::kHolds},
      {"p99_ms<13", Evidence(99, 500), Verdict::kUnknown},
      {"p99_ms<1.3x", Evidence(200, 200), Verdict::kHolds},
      {"p99_ms<1.1x", Evidence(200, 200), Verdict::kBreached},
      {"p99_ms<1.3x", Evidence(200, 99), Verdict::kUnknown},
      {"p99_ms<1.5x", fast, Verdict::kHolds},
      {"error_rate<0.5%", Evidence(200, 0), Verdict::kBreached},
      {"error_rate<3x", Evidence(200, 200), Verdict::kHolds},
      {"error_rate<2x", Evidence(200, 200), Verdict::kBreached},
      {"score_psi<0.2", Evidence(200, 200), Verdict::kUnknown},
  };
  for (const Case& row : cases)
    EXPECT_EQ(Judge(*ParseGuard(row.guard), row.evidence, 100).verdict, row.verdict) << row.guard;
}

TEST(Guard, SaysWhyItIsUnknown) {
  RolloutEvidence evidence = Evidence(200, 200);
  evidence.score_note = "the logs hold no scores of 'green'";
  const Guard psi = *ParseGuard("score_psi<0.2");
  EXPECT_EQ(Judge(psi, evidence, 100).note, evidence.score_note);
  evidence.score_psi = 0.1;
  evidence.canary.scores = 200;
  EXPECT_EQ(Judge(psi, evidence, 100).note, "0 scores of the old deployment, 100 needed");
  evidence.control.scores = 200;
  EXPECT_EQ(Judge(psi, evidence, 100).verdict, Verdict::kHolds);
}

}  // namespace
}  // namespace slipway::endpoints
