#include "slipway/stats/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "slipway/base/hash.h"
#include "slipway/stats/test_support.h"

namespace slipway::stats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<double> Uniform(size_t count, double low, double high, uint64_t seed) {
  SplitMix64 random(seed);
  std::vector<double> values(count);
  for (double& value : values) value = low + (high - low) * random.NextUnit();
  return values;
}

BinCounts Counted(const BaselineColumn& column, const std::vector<double>& values) {
  BinCounts counts(column);
  for (const double value : values) counts.AddNumber(column, value);
  return counts;
}

TEST(EqualCountCutsTest, HaveABinForEachOfFewValuesAndTenthsOfMany) {
  EXPECT_THAT(EqualCountCuts(std::vector<double>{}), IsEmpty());
  EXPECT_THAT(EqualCountCuts(std::vector<double>{4, 4, 4}), IsEmpty());
  EXPECT_THAT(EqualCountCuts(std::vector<double>{1, 1, 2, 5}), ElementsAre(1, 2));
  std::vector<double> many(101);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  EXPECT_THAT(EqualCountCuts(many), ElementsAre(10, 20, 30, 40, 50, 60, 70, 80, 90));
}

TEST(BaselineTest, DescribesNumbersCategoriesBooleansAndWhatIsMissing) {
  const auto table =
      testing::Csv("age,job,owner,empty,day\n20,a,true,,2026-01-01\n30,b,false,,2026-01-02\n,a,true,,2026-01-03\n");
  const auto baseline = DescribeTable(table, std::vector<std::string>{"day"}).value();
  EXPECT_EQ(baseline.rows, 3U);
  ASSERT_THAT(baseline.columns, SizeIs(3));  // nothing to say of `empty`
  EXPECT_THAT(baseline.columns[0].counts, ElementsAre(1, 1));
  EXPECT_EQ(baseline.columns[0].missing, 1U);
  EXPECT_EQ(baseline.columns[0].maximum, 30);
  EXPECT_THAT(baseline.columns[1].categories, ElementsAre("a", "b"));
  EXPECT_THAT(baseline.columns[1].counts, ElementsAre(2, 1, 0));
  EXPECT_THAT(baseline.columns[2].categories, ElementsAre("true", "false"));
  EXPECT_FALSE(DescribeTable(tabular::Table()));
}

TEST(BaselineTest, GoesThroughJsonUnchanged) {
  auto baseline = DescribeTable(testing::Csv("age,job\n20,a\n30.25,b\n40,\n")).value();
  baseline.score = DescribeScores({0.1, 0.7, std::nan("")});
  const auto json = BaselineToJson(baseline);
  const auto again = BaselineFromJson(json.dump());
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(BaselineToJson(*again), json);
  EXPECT_THAT(again->score->counts, ElementsAre(1, 1));
}

TEST(BaselineTest, BadTextsAreRefusedWithTheReason) {
  const auto refusal = [](std::string_view text) { return BaselineFromJson(text).error().ToString(); };
  EXPECT_THAT(refusal("{"), HasSubstr("not readable"));
  EXPECT_THAT(refusal(R"({"version":2})"), HasSubstr("version 2 is not supported"));
  EXPECT_THAT(refusal(R"({"version":1,"rows":1})"), HasSubstr("columns"));
  EXPECT_THAT(refusal(R"({"version":1,"rows":1,"columns":[{"name":"a","kind":"odd"}]})"), HasSubstr("'odd'"));
  EXPECT_THAT(refusal(R"({"version":1,"rows":1,"columns":[{"name":"a","kind":"numeric","minimum":0,"maximum":1,
                          "cuts":[1,2],"counts":[1],"missing":0}]})"),
              HasSubstr("'a' has 1 counts for 2 cuts"));
}

TEST(GaugeTest, StaysLowWithoutDriftAndRisesWithIt) {
  const auto column = *DescribeScores(Uniform(20'000, 0, 1, 1));
  const auto same = MeasureGauge(column, Counted(column, Uniform(500, 0, 1, 2)));
  EXPECT_LT(same.psi, 0.05);
  EXPECT_NEAR(same.expected_psi, 9.0 / 500 + 9.0 / 20'000, 1e-12);
  EXPECT_EQ(same.verdict, GaugeVerdict::kStable);
  const auto moved = MeasureGauge(column, Counted(column, Uniform(500, 0.5, 1.5, 3)));
  EXPECT_GT(moved.psi, 1);
  EXPECT_GT(moved.jensen_shannon, 0.3);
  EXPECT_NEAR(moved.unseen_share, 0.5, 0.1);
  EXPECT_EQ(moved.verdict, GaugeVerdict::kDrifted);
}

// A hundred batches without drift: a gauge that cries wolf is not looked at for long.
TEST(GaugeTest, SmallSamplesAreNotCalledDrifted) {
  const auto column = *DescribeScores(Uniform(5'000, 0, 1, 1));
  for (uint64_t seed = 10; seed < 110; ++seed) {
    const auto gauge = MeasureGauge(column, Counted(column, Uniform(200, 0, 1, seed)));
    EXPECT_EQ(gauge.verdict, GaugeVerdict::kStable) << "seed " << seed << ", psi " << gauge.psi;
  }
  const auto few = MeasureGauge(column, Counted(column, Uniform(199, 5, 6, 7)));
  EXPECT_EQ(few.verdict, GaugeVerdict::kNotEnoughData);
  EXPECT_GT(few.psi, 1);
}

TEST(GaugeTest, TellsOfMissingValuesAndNewCategories) {
  const auto table = testing::Csv("job\na\nb\na\nb\n");
  const auto column = *DescribeColumn(table.column(0));
  BinCounts counts(column);
  for (int i = 0; i < 120; ++i) counts.AddCategory(column, i % 2 == 0 ? "a" : "b");
  for (int i = 0; i < 40; ++i) counts.AddCategory(column, "c");
  for (int i = 0; i < 40; ++i) counts.AddMissing();
  const auto gauge = MeasureGauge(column, counts);
  EXPECT_EQ(gauge.rows, 200U);
  EXPECT_DOUBLE_EQ(gauge.missing_share, 0.2);
  EXPECT_DOUBLE_EQ(gauge.unseen_share, 0.25);
  EXPECT_EQ(gauge.verdict, GaugeVerdict::kDrifted);
}

// Between (1/2, 1/2) and (1/4, 3/4), by the formula.
TEST(GaugeTest, FollowsTheFormulas) {
  const std::vector<uint64_t> even = {2, 2}, odd = {1, 3};
  const Shares shares = SharesOfCounts(even, odd);
  EXPECT_NEAR(PopulationStabilityIndex(shares), 0.25 * std::log(2.0) - 0.25 * std::log(2.0 / 3), 1e-12);
}

TEST(BinCountsTest, AddUp) {
  const auto column = *DescribeScores({1, 2, 3});
  BinCounts all = Counted(column, {1, 2}), more = Counted(column, {3, 9, std::nan("")});
  all += more;
  EXPECT_THAT(all.counts, ElementsAre(1, 1, 2));
  EXPECT_EQ(all.missing, 1U);
  EXPECT_EQ(all.unseen, 1U);
  EXPECT_EQ(all.rows(), 5U);
}

}  // namespace
}  // namespace slipway::stats
