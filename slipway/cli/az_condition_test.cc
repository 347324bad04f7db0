#include "slipway/cli/az_condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MetricConditions, AreReadWithNamespaceAndDimensions) {
  const auto read = ParseMetricCondition(
      "avg Some.Namespace.RequestLatency_P99 >= 50.5 where deployment includes blue or green and statusCode excludes "
      "200 "
      "with skipmetricvalidation");
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->time_aggregation, "Average");
  EXPECT_EQ(read->metric_namespace, "Some.Namespace");
  EXPECT_EQ(read->metric_name, "RequestLatency_P99");
  EXPECT_EQ(read->compare, domain::CompareOperator::kGreaterThanOrEqual);
  EXPECT_EQ(read->threshold, 50.5);
  ASSERT_EQ(read->dimensions.size(), 2u);
  EXPECT_THAT(read->dimensions[0].values, ElementsAre("blue", "green"));
  EXPECT_TRUE(read->dimensions[1].is_excluding);
  EXPECT_TRUE(read->skips_metric_validation);
}

TEST(MetricConditions, NeedNoSpacesAroundTheOperator) {
  const auto read = ParseMetricCondition("total Percentage CPU<3");
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->metric_name, "Percentage CPU");
  EXPECT_EQ(read->compare, domain::CompareOperator::kLessThan);
}

TEST(MetricConditions, SayWhereTheyAreWrong) {
  const auto error = [](const char* text) { return ParseMetricCondition(text).error().message(); };
  EXPECT_THAT(error("mean x > 1"), HasSubstr("begins with avg, min, max, total or count\nmean x > 1\n^"));
  EXPECT_THAT(error("avg x > many"), HasSubstr("expected the threshold, a number\navg x > many\n        ^"));
  EXPECT_THAT(error("avg x"), HasSubstr("expected an operator: =, >, >=, < or <=\navg x\n     ^"));
  EXPECT_THAT(error("avg x > 1 where d is 3"), HasSubstr("expected 'includes' or 'excludes'"));
  EXPECT_THAT(error("avg x > 1 otherwise"), HasSubstr("expected nothing further\navg x > 1 otherwise\n          ^"));
  EXPECT_EQ(ParseMetricCondition("avg x > dynamic medium 2 of 4").error().code(), Code::kUnimplemented);
  EXPECT_EQ(ParseMetricCondition("avg x != 4").error().code(), Code::kUnimplemented);
}

TEST(LogConditions, AreReadInFull) {
  const auto read = ParseLogCondition(
      "max \"share\" from 'Q1' > 0.5 resource id _ResourceId where model includes 'credit card' "
      "at least 2 violations out of 5 aggregated points");
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->condition.metric_measure_column, "share");
  EXPECT_EQ(read->condition.query, "Q1");
  EXPECT_EQ(read->condition.resource_id_column, "_ResourceId");
  EXPECT_THAT(read->condition.dimensions.at(0).values, ElementsAre("credit card"));
  EXPECT_EQ(read->failing_periods, 2);
  EXPECT_EQ(read->evaluation_periods, 5);
  EXPECT_EQ(ParseLogCondition("count 'Q' > 360")->condition.threshold, 360);
  EXPECT_THAT(ParseLogCondition("count 'Q' > 3 at most 2").error().message(), HasSubstr("expected 'least'"));
}

TEST(ConditionTexts, AreToldApartByTheirFirstWords) {
  EXPECT_THAT(ConditionTexts({"avg x > 1", "max y > 2"}), ElementsAre("avg x > 1", "max y > 2"));
  EXPECT_THAT(ConditionTexts({"avg", "x", ">", "1", "max y > 2"}), ElementsAre("avg x > 1", "max y > 2"));
}

}  // namespace
}  // namespace slipway::cli
