#include "slipway/monitor/live_drift/gauges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slipway/tabular/csv.h"

namespace slipway::monitor {
namespace {

using nlohmann::json;
using stats::GaugeVerdict;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Timestamp kStart = *ParseTimestamp("2026-03-04T05:00:00Z");
constexpr auto kMinute = std::chrono::minutes(1);

// Ages 0 to 99, two jobs; scores 0 to 0.99.
stats::Baseline SomeBaseline() {
  std::string csv = "age,job\n";
  std::vector<double> scores;
  for (int i = 0; i < 1000; ++i) {
    csv += std::to_string(i % 100) + (i % 2 == 0 ? ",clerk\n" : ",cook\n");
    scores.push_back(i % 100 / 100.0);
  }
  auto baseline = stats::DescribeTable(*tabular::ParseCsv(csv));
  baseline->score = stats::DescribeScores(scores);
  return *baseline;
}

class GaugesTest : public ::testing::Test {
 protected:
  void AddRows(int count, int age_from, const std::string& job, Timestamp time) {
    for (int i = 0; i < count; ++i) {
      gauges_.AddRow(json{{"age", age_from + i % 100}, {"job", i % 2 == 0 ? "clerk" : job}, {"id", i}}, time);
      gauges_.AddScore((age_from + i % 100) / 100.0, time);
    }
  }
  GaugeReading Reading(std::string_view feature, std::string_view window, Timestamp now) const {
    for (GaugeReading& reading : gauges_.Read(now))
      if (reading.feature == feature && reading.window == window) return reading;
    ADD_FAILURE() << "no reading of " << feature;
    return {};
  }
  DeploymentGauges gauges_{SomeBaseline()};
};

TEST_F(GaugesTest, StartWithoutData) {
  EXPECT_THAT(gauges_.Read(kStart), SizeIs(6));
  EXPECT_EQ(Reading("age", "PT5M", kStart).gauge.verdict, GaugeVerdict::kNotEnoughData);
  EXPECT_THAT(gauges_.TakeNews(kStart), IsEmpty());
}

TEST_F(GaugesTest, MoveWithTheTrafficAndForgetIt) {
  AddRows(200, 0, "cook", kStart);
  EXPECT_EQ(Reading("age", "PT5M", kStart).gauge.verdict, GaugeVerdict::kStable);
  EXPECT_EQ(Reading("(score)", "PT5M", kStart).gauge.verdict, GaugeVerdict::kStable);
  AddRows(400, 80, "pilot", kStart + kMinute);
  for (const char* feature : {"age", "job", "(score)"}) {
    EXPECT_EQ(Reading(feature, "PT5M", kStart + kMinute).gauge.verdict, GaugeVerdict::kDrifted) << feature;
    EXPECT_EQ(Reading(feature, "PT1H", kStart + kMinute).gauge.rows, 600U) << feature;
    EXPECT_EQ(Reading(feature, "PT5M", kStart + 6 * kMinute).gauge.rows, 0U) << feature;
    EXPECT_EQ(Reading(feature, "PT1H", kStart + 6 * kMinute).gauge.rows, 600U) << feature;
    EXPECT_EQ(Reading(feature, "PT1H", kStart + 62 * kMinute).gauge.rows, 0U) << feature;
  }
  EXPECT_DOUBLE_EQ(Reading("job", "PT5M", kStart + kMinute).gauge.unseen_share, 200.0 / 600);
}

TEST_F(GaugesTest, WhatIsNotThereIsMissing) {
  for (int i = 0; i < 200; ++i)
    gauges_.AddRow(i % 2 == 0 ? json{{"job", "cook"}} : json{{"age", "old"}, {"job", nullptr}}, kStart);
  EXPECT_EQ(Reading("age", "PT5M", kStart).gauge.missing_share, 1);
  EXPECT_EQ(Reading("job", "PT5M", kStart).gauge.missing_share, 0.5);
  EXPECT_EQ(Reading("age", "PT5M", kStart).gauge.verdict, GaugeVerdict::kDrifted);
}

TEST_F(GaugesTest, TellWhatMovedAndOnceAMinuteWhatGoesOn) {
  AddRows(200, 0, "cook", kStart);
  EXPECT_THAT(gauges_.TakeNews(kStart), SizeIs(6));
  EXPECT_THAT(gauges_.TakeNews(kStart + kMinute), IsEmpty());  // nothing came
  AddRows(100, 0, "cook", kStart + kMinute);
  EXPECT_THAT(gauges_.TakeNews(kStart + kMinute), SizeIs(6));
  AddRows(100, 0, "cook", kStart + kMinute);
  EXPECT_THAT(gauges_.TakeNews(kStart + kMinute + std::chrono::seconds(1)), IsEmpty());
  AddRows(300, 200, "cook", kStart + kMinute);
  const auto news = gauges_.TakeNews(kStart + kMinute + std::chrono::seconds(2));
  ASSERT_THAT(news, SizeIs(4));  // not of `job`
  EXPECT_EQ(news[0].feature, "age");
  EXPECT_EQ(news[3].feature, "(score)");
  EXPECT_THAT(gauges_.TakeNews(kStart + 10 * kMinute),
              SizeIs(4));  // short windows are empty now; `job` was not told of its last rows
}

TEST_F(GaugesTest, RowsThatComeLateFindTheirPlace) {
  AddRows(100, 0, "cook", kStart + 30 * kMinute);
  AddRows(100, 0, "cook", kStart + 10 * kMinute);
  AddRows(100, 0, "cook", kStart - 50 * kMinute);  // its slot was taken by a later minute, or is out of the window
  EXPECT_EQ(Reading("age", "PT1H", kStart + 30 * kMinute).gauge.rows, 200U);
  EXPECT_EQ(Reading("age", "PT5M", kStart + 30 * kMinute).gauge.rows, 100U);
}

}  // namespace
}  // namespace slipway::monitor
