#include "slipway/monitor/decision.h"

#include <gtest/gtest.h>

#include <limits>

namespace slipway::monitor {
namespace {

using domain::AlertRule;
using domain::CompareOperator;
using logstore::QueryResult;

Timestamp At(std::string_view text) {
  return *ParseTimestamp(text);
}

TEST(IsBreached, ComparesAsTheOperatorSays) {
  struct Case {
    CompareOperator compare;
    bool below, equal, above;
  };
  constexpr Case kCases[] = {{CompareOperator::kGreaterThan, false, false, true},
                             {CompareOperator::kGreaterThanOrEqual, false, true, true},
                             {CompareOperator::kLessThan, true, false, false},
                             {CompareOperator::kLessThanOrEqual, true, true, false},
                             {CompareOperator::kEqual, false, true, false}};
  for (const Case& c : kCases) {
    AlertRule rule;
    rule.compare = c.compare;
    rule.threshold = 0.5;
    EXPECT_EQ(IsBreached(rule, 0.4), c.below) << static_cast<int>(c.compare);
    EXPECT_EQ(IsBreached(rule, 0.5), c.equal) << static_cast<int>(c.compare);
    EXPECT_EQ(IsBreached(rule, 0.6), c.above) << static_cast<int>(c.compare);
    EXPECT_FALSE(IsBreached(rule, std::nullopt));
  }
}

TEST(Decide, FollowsTheTable) {
  constexpr Decision kNothing = Decision::kNothing, kFire = Decision::kFire, kResolve = Decision::kResolve;
  struct Case {
    const char* what;
    bool auto_mitigate;
    int64_t mute_seconds;
    bool is_fired;
    std::optional<int> fired_seconds_ago;
    std::optional<double> value;
    Decision expected;
  };
  const Case kCases[] = {
      {"good and quiet", true, 0, false, {}, 0.0, kNothing},
      {"turns bad", true, 0, false, {}, 1.0, kFire},
      {"still bad", true, 0, true, 300, 1.0, kNothing},
      {"good again", true, 0, true, 300, 0.0, kResolve},
      {"no data is no breach", true, 0, true, 300, std::nullopt, kResolve},
      {"no data, never fired", true, 0, false, {}, std::nullopt, kNothing},
      {"bad again after it was resolved", true, 0, false, 300, 1.0, kFire},
      {"bad again, muted", true, 600, false, 300, 1.0, kNothing},
      {"bad again, a moment before the end of the mute", true, 600, false, 599, 1.0, kNothing},
      {"bad again, the mute is over", true, 600, false, 600, 1.0, kFire},
      {"muted, and good again", true, 600, true, 300, 0.0, kResolve},
      {"stateless: bad", false, 0, false, {}, 1.0, kFire},
      {"stateless: still bad", false, 0, true, 300, 1.0, kFire},
      {"stateless: still bad, muted", false, 600, true, 300, 1.0, kNothing},
      {"stateless: still bad, the mute is over", false, 600, true, 601, 1.0, kFire},
      {"stateless: good again", false, 0, true, 300, 0.0, kNothing},
  };
  const Timestamp now = At("2026-03-04T05:06:07Z");
  for (const Case& c : kCases) {
    AlertRule rule;
    rule.auto_mitigate = c.auto_mitigate;
    rule.mute_seconds = c.mute_seconds;
    rule.threshold = 0.5;
    AlertState state{c.is_fired, std::nullopt};
    if (c.fired_seconds_ago) state.last_fired_at = now - std::chrono::seconds(*c.fired_seconds_ago);
    EXPECT_EQ(Decide(rule, state, c.value, now), c.expected) << c.what;
  }
}

QueryResult Numbers(std::vector<std::string> cells, std::string type = "real") {
  QueryResult result;
  result.columns = {{"name", "string"}, {"share", std::move(type)}};
  for (auto& cell : cells) result.rows.push_back({"\"x\"", std::move(cell)});
  return result;
}

std::optional<double> MeasureAs(const std::string& aggregation, const QueryResult& result,
                                const std::string& column = "share") {
  AlertRule rule;
  rule.time_aggregation = aggregation;
  rule.metric_measure_column = column;
  const auto value = Measure(rule, result);
  EXPECT_TRUE(value) << value.error().ToString();
  return value ? *value : std::nullopt;
}

TEST(Measure, CountsRows) {
  EXPECT_EQ(MeasureAs("Count", Numbers({"1", "null"}), ""), 2);
  EXPECT_EQ(MeasureAs("Count", Numbers({}), ""), 0);
}

TEST(Measure, AggregatesTheColumn) {
  const QueryResult result = Numbers({"1.5", "null", "-2", "4"});
  EXPECT_EQ(MeasureAs("Count", result), 3);
  EXPECT_EQ(MeasureAs("Total", result), 3.5);
  EXPECT_EQ(MeasureAs("Average", result), 3.5 / 3);
  EXPECT_EQ(MeasureAs("Minimum", result), -2);
  EXPECT_EQ(MeasureAs("Maximum", result), 4);
}

TEST(Measure, ReadsNumbersThatAreWrittenAsText) {
  EXPECT_EQ(MeasureAs("Maximum", Numbers({"\"12.5\"", "\"3\""}, "decimal")), 12.5);
  EXPECT_EQ(MeasureAs("Maximum", Numbers({"\"NaN\"", "3"})), 3);
  EXPECT_EQ(MeasureAs("Maximum", Numbers({"\"Infinity\"", "3"})), std::numeric_limits<double>::infinity());
}

TEST(Measure, NothingToAggregateIsNoData) {
  EXPECT_EQ(MeasureAs("Average", Numbers({})), std::nullopt);
  EXPECT_EQ(MeasureAs("Maximum", Numbers({"null", "\"NaN\""})), std::nullopt);
}

TEST(Measure, AColumnThatCannotBeMeasuredIsRefused) {
  AlertRule rule;
  rule.time_aggregation = "Average";
  rule.metric_measure_column = "shares";
  EXPECT_EQ(Measure(rule, Numbers({})).error().message(),
            "the query's result has no column 'shares' to measure; did you mean 'share'?");
  rule.metric_measure_column = "name";
  EXPECT_NE(Measure(rule, Numbers({})).error().message().find("'name' is of type string"), std::string::npos);
}

}  // namespace
}  // namespace slipway::monitor
