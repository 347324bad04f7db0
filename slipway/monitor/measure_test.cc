#include "slipway/monitor/measure.h"

#include <gtest/gtest.h>

#include <limits>

namespace slipway::monitor {
namespace {

using domain::AlertCondition;
using domain::AlertRule;
using domain::CompareOperator;
using logstore::QueryResult;

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
    AlertCondition condition;
    condition.compare = c.compare;
    condition.threshold = 0.5;
    EXPECT_EQ(IsBreached(condition, 0.4), c.below) << static_cast<int>(c.compare);
    EXPECT_EQ(IsBreached(condition, 0.5), c.equal) << static_cast<int>(c.compare);
    EXPECT_EQ(IsBreached(condition, 0.6), c.above) << static_cast<int>(c.compare);
    EXPECT_FALSE(IsBreached(condition, std::nullopt));
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
  AlertCondition condition;
  condition.time_aggregation = aggregation;
  condition.metric_measure_column = column;
  const auto value = Measure(condition, result);
  EXPECT_TRUE(value) << value.error().ToString();
  return value ? value->at({}) : std::nullopt;
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
  AlertCondition condition;
  condition.time_aggregation = "Average";
  condition.metric_measure_column = "shares";
  EXPECT_EQ(Measure(condition, Numbers({})).error().message(),
            "the query's result has no column 'shares' to measure; did you mean 'share'?");
  condition.metric_measure_column = "name";
  EXPECT_NE(Measure(condition, Numbers({})).error().message().find("'name' is of type string"), std::string::npos);
}

// Rows of endpoint, status and a share.
QueryResult Split(std::vector<std::vector<std::string>> rows) {
  QueryResult result;
  result.columns = {{"endpoint", "string"}, {"status", "long"}, {"share", "real"}};
  result.rows = std::move(rows);
  return result;
}

TEST(Measure, SplitsByDimensions) {
  AlertCondition condition;
  condition.dimensions = {{"endpoint", false, {"*"}}, {"status", true, {"200"}}};
  const auto measured = Measure(
      condition, Split({{"\"a\"", "500", "1"}, {"\"b\"", "200", "1"}, {"\"a\"", "500", "1"}, {"null", "404", "1"}}));
  ASSERT_TRUE(measured) << measured.error().ToString();
  const Measured expected = {{{{"endpoint", "a"}, {"status", "500"}}, 2}, {{{"endpoint", ""}, {"status", "404"}}, 1}};
  EXPECT_EQ(*measured, expected);
  EXPECT_TRUE(Measure(condition, Split({}))->empty());
  condition.dimensions = {{"endpont", false, {"*"}}};
  EXPECT_NE(Measure(condition, Split({})).error().message().find("did you mean 'endpoint'?"), std::string::npos);
}

TEST(Judge, NeedsSoManyBadWindowsOfTheLast) {
  AlertRule rule;
  rule.conditions[0].threshold = 10;
  rule.evaluation_periods = 3;
  rule.failing_periods = 2;
  const auto verdict = [&](double newest, double middle, double oldest) {
    const std::vector<std::vector<Measured>> windows = {{{{{}, newest}}, {{{}, middle}}, {{{}, oldest}}}};
    return Judge(rule, windows, {}).at({});
  };
  EXPECT_FALSE(verdict(11, 5, 5).is_breached);
  EXPECT_TRUE(verdict(11, 5, 12).is_breached);
  EXPECT_TRUE(verdict(5, 11, 12).is_breached);
  EXPECT_EQ(verdict(5, 11, 12).values.at(0), 5);
}

TEST(Judge, WantsAllConditionsOfAWindow) {
  AlertRule rule;
  rule.conditions.resize(2);
  rule.conditions[0].threshold = 10;
  rule.conditions[1].threshold = 100;
  const auto is_breached = [&](double first, double second) {
    return Judge(rule, {{{{{}, first}}}, {{{{}, second}}}}, {}).at({}).is_breached;
  };
  EXPECT_FALSE(is_breached(11, 99));
  EXPECT_FALSE(is_breached(9, 101));
  EXPECT_TRUE(is_breached(11, 101));
}

// A rule of two metrics, of which one splits by more.
TEST(Judge, JoinsConditionsByTheDimensionsThatTheyShare) {
  AlertRule rule;
  rule.kind = domain::AlertKind::kMetric;
  rule.conditions.resize(2);
  rule.conditions[0].metric_name = "RequestLatency_P99";
  rule.conditions[0].dimensions = {{"deployment", false, {"blue"}}};
  rule.conditions[1].metric_name = "RequestsPerMinute";
  rule.conditions[1].dimensions = {{"deployment", false, {"blue"}}, {"statusCodeClass", false, {"5xx"}}};
  rule.conditions[1].threshold = 10;
  const Combination blue = {{"deployment", "blue"}}, failing = {{"deployment", "blue"}, {"statusCodeClass", "5xx"}};
  const auto verdicts = Judge(rule, {{{{blue, 4}}}, {{{failing, 11}}}}, {});
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_TRUE(verdicts.at(failing).is_breached);
  EXPECT_EQ(verdicts.at(failing).values, (std::vector<std::optional<double>>{4, 11}));
  EXPECT_FALSE(Judge(rule, {{{{blue, 4}}}, {{}}}, {}).at(failing).is_breached);
}

TEST(Judge, AMetricWithoutSamplesIsNoDataEvenForCount) {
  AlertRule rule;
  rule.conditions[0].metric_name = "RequestsPerMinute";
  rule.conditions[0].compare = CompareOperator::kLessThan;
  rule.conditions[0].threshold = 1;
  EXPECT_FALSE(Judge(rule, {{{{{}, std::nullopt}}}}, {}).at({}).is_breached);
}

TEST(Judge, ClosesWhatTheRuleNoLongerSplitsBy) {
  AlertRule rule;
  rule.conditions[0].compare = CompareOperator::kLessThan;
  rule.conditions[0].threshold = 1;
  const Combination old = {{"endpoint", "a"}};
  const auto verdicts = Judge(rule, {{{{{}, 0}}}}, {old});
  EXPECT_TRUE(verdicts.at({}).is_breached);
  EXPECT_FALSE(verdicts.at(old).is_breached);
}

TEST(Measure, SplitsByTheColumnOfResourceIds) {
  AlertCondition condition;
  condition.resource_id_column = "endpoint";
  const auto measured = Measure(condition, Split({{"\"a\"", "500", "1"}, {"\"b\"", "200", "1"}}));
  ASSERT_TRUE(measured) << measured.error().ToString();
  EXPECT_EQ(measured->size(), 2u);
}

TEST(Judge, GivesOpenCombinationsAVerdictWithoutRows) {
  AlertRule rule;
  rule.conditions[0].threshold = 10;
  rule.conditions[0].dimensions = {{"endpoint", false, {"*"}}};
  const Combination gone = {{"endpoint", "a"}};
  EXPECT_EQ(Judge(rule, {{{}}}, {gone}).at(gone).values.at(0), 0);  // a Count
  rule.conditions[0].time_aggregation = "Average";
  EXPECT_EQ(Judge(rule, {{{}}}, {gone}).at(gone).values.at(0), std::nullopt);
  EXPECT_FALSE(Judge(rule, {{{}}}, {gone}).at(gone).is_breached);
}

TEST(MetricQuery, KeepsWhateverTheNamesHold) {
  AlertCondition condition;
  condition.metric_name = "a\" or 1==1 //";
  condition.time_aggregation = "Average";
  const std::string query = MetricQuery(condition, "/subscriptions/x");
  EXPECT_NE(query.find(R"(MetricName =~ "a\" or 1==1 //")"), std::string::npos) << query;
  EXPECT_NE(query.find("sum(Total) / sum(Count)"), std::string::npos);
  condition.dimensions = {{"deployment", false, {"*"}}, {"a\"]b", false, {"*"}}};
  EXPECT_NE(MetricQuery(condition, "x").find(R"( by ["deployment"] = tostring(Dimensions["deployment"]), ["a\"]b"])"),
            std::string::npos);
}

}  // namespace
}  // namespace slipway::monitor
