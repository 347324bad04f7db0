#include "slipway/schedules/cron.h"

#include <gtest/gtest.h>

namespace slipway::schedules {
namespace {

CronExpression Parse(std::string_view text) {
  auto cron = CronExpression::Parse(text);
  EXPECT_TRUE(cron) << cron.error().ToString();
  return cron ? *cron : CronExpression{};
}

std::string ErrorOf(std::string_view text) {
  const auto cron = CronExpression::Parse(text);
  EXPECT_FALSE(cron) << text;
  return cron ? "" : cron.error().ToString();
}

template <size_t N>
std::vector<int> List(const std::bitset<N>& bits) {
  std::vector<int> values;
  for (size_t i = 0; i < N; ++i)
    if (bits[i]) values.push_back(static_cast<int>(i));
  return values;
}

using Ints = std::vector<int>;

TEST(Cron, ReadsListsRangesAndSteps) {
  EXPECT_EQ(List(Parse("1,15,7 * * * *").minutes), (Ints{1, 7, 15}));
  EXPECT_EQ(List(Parse("*/15 * * * *").minutes), (Ints{0, 15, 30, 45}));
  EXPECT_EQ(List(Parse("10-20/5 * * * *").minutes), (Ints{10, 15, 20}));
  EXPECT_EQ(List(Parse("0 20/2 * * *").hours), (Ints{20, 22}));
  EXPECT_EQ(List(Parse("0 1-3,22 * * *").hours), (Ints{1, 2, 3, 22}));
  EXPECT_TRUE(Parse("* * * * *").minutes.all());
}

TEST(Cron, ReadsNamesOfMonthsAndDays) {
  EXPECT_EQ(List(Parse("0 0 * JAN,march-May *").months), (Ints{1, 3, 4, 5}));
  EXPECT_EQ(List(Parse("0 0 * * MON-fri").week_days), (Ints{1, 2, 3, 4, 5}));
  EXPECT_EQ(List(Parse("0 0 * * sunday").week_days), (Ints{0}));
}

TEST(Cron, TakesZeroAndSevenForSunday) {
  EXPECT_EQ(List(Parse("0 0 * * 7").week_days), (Ints{0}));
  EXPECT_EQ(List(Parse("0 0 * * 0").week_days), (Ints{0}));
  EXPECT_EQ(List(Parse("0 0 * * 5-7").week_days), (Ints{0, 5, 6}));
}

TEST(Cron, TakesEitherDayWhenBothAreRestricted) {
  const CronExpression both = Parse("0 0 13 * 5");
  EXPECT_TRUE(both.MatchesDay(3, 13, 1));
  EXPECT_TRUE(both.MatchesDay(3, 6, 5));
  EXPECT_FALSE(both.MatchesDay(3, 6, 4));
  const CronExpression month_day = Parse("0 0 13 * *");
  EXPECT_TRUE(month_day.MatchesDay(3, 13, 1));
  EXPECT_FALSE(month_day.MatchesDay(3, 14, 1));
  const CronExpression stepped = Parse("0 0 */2 * 5");  // begins with '*': both have to match
  EXPECT_TRUE(stepped.MatchesDay(3, 13, 5));
  EXPECT_FALSE(stepped.MatchesDay(3, 13, 4));
  EXPECT_FALSE(stepped.MatchesDay(3, 6, 5));
}

TEST(Cron, HonoursTheMonth) {
  EXPECT_FALSE(Parse("0 0 13 2 5").MatchesDay(3, 13, 5));
}

TEST(Cron, SaysWhichFieldIsWrongAndWhere) {
  EXPECT_EQ(
      ErrorOf("0 24 * * *"),
      "cron expression:1:3: '24' is not a hour: write a number from 0 to 23, a range '0-23', '*', a list of those, "
      "or any of them with a step '/n'");
  EXPECT_NE(ErrorOf("0 0 * * fryday").find("cron expression:1:9: 'fryday' is not a day of week"), std::string::npos);
  EXPECT_NE(ErrorOf("0 0 *").find("'0 0 *' has 3"), std::string::npos);
  for (const char* text :
       {"60 * * * *", "-1 * * * *", "5-1 * * * *", "*/0 * * * *", "*/x * * * *", "1, * * * *", "* * 0 * *",
        "* * 32 * *", "* * * 13 *", "* * * * 8", "1-2-3 * * * *", "+5 * * * *", "* * * * * *", ""}) {
    ErrorOf(text);
  }
}

}  // namespace
}  // namespace slipway::schedules
