#include "slipway/stats/windowed_drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "slipway/base/hash.h"
#include "slipway/stats/test_support.h"

namespace slipway::stats {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int64_t kDay = 86'400'000'000;
const int64_t kMonday = ParseTimestamp("2026-03-02T00:00:00Z")->time_since_epoch().count();

// `rows` a day from the day on; what `x` is moved by on a day, `shift` tells. `noise` never moves.
template <typename Shift>
tabular::Table Days(int first_day, int days, int rows, uint64_t seed, const Shift& shift) {
  SplitMix64 random(seed);
  tabular::ColumnBuilder time("time", tabular::ColumnType::kDatetime), x("x", tabular::ColumnType::kFloat64),
      noise("noise", tabular::ColumnType::kFloat64);
  for (int day = first_day; day < first_day + days; ++day)
    for (int row = 0; row < rows; ++row) {
      time.AddInt(kMonday + day * kDay + row * 1'000'000);
      x.AddDouble(random.NextUnit() + shift(day));
      noise.AddDouble(random.NextUnit());
    }
  return testing::TableOf({std::move(time).Build(), std::move(x).Build(), std::move(noise).Build()});
}

double Nothing(int) {
  return 0;
}
double OnWeekends(int day) {
  return day % 7 >= 5 ? 0.8 : 0;
}

WindowOptions ByDay() {
  return {.time_column = "time"};
}

const ColumnVerdict& Of(const WindowedDrift& drift, std::string_view name) {
  for (const ColumnVerdict& column : drift.columns)
    if (column.name == name) return column;
  throw std::out_of_range("no such column");
}

TEST(WindowedDriftTest, IsQuietWithoutDrift) {
  const auto drift = CompareWindows(Days(0, 28, 200, 1, Nothing), Days(28, 14, 200, 2, Nothing), ByDay()).value();
  ASSERT_THAT(drift.windows, SizeIs(14));
  EXPECT_EQ(drift.windows[0].label, "2026-03-30");
  EXPECT_EQ(drift.state, DriftState::kQuiet) << drift.reason;
}

TEST(WindowedDriftTest, OneBadDayIsWatchedAndSeveralAlarm) {
  const auto reference = Days(0, 28, 200, 1, Nothing);
  const auto from = [](int first) { return [first](int day) { return day >= first ? 0.5 : 0.0; }; };
  const auto once = CompareWindows(reference, Days(28, 7, 200, 2, from(34)), ByDay()).value();
  EXPECT_EQ(once.state, DriftState::kWatch);
  EXPECT_EQ(Of(once, "x").bad, 1U);
  const auto lasting = CompareWindows(reference, Days(28, 7, 200, 2, from(32)), ByDay()).value();
  EXPECT_EQ(lasting.state, DriftState::kAlarm);
  EXPECT_THAT(lasting.reason, HasSubstr("x: beyond 0.2 in 3 of the last 5 windows"));
  EXPECT_EQ(Of(lasting, "noise").state, DriftState::kQuiet);
  const auto over =
      CompareWindows(reference, Days(28, 7, 200, 2, [](int day) { return day == 30 ? 0.5 : 0; }), ByDay()).value();
  EXPECT_EQ(over.state, DriftState::kQuiet);  // one day, and it is over
}

TEST(WindowedDriftTest, WhatTheModelDoesNotHangOnDoesNotAlarm) {
  const auto reference = Days(0, 28, 200, 1, Nothing);
  const auto current = Days(28, 7, 200, 2, [](int) { return 0.5; });
  WindowOptions options = ByDay();
  options.importance = {{"x", 0.001}, {"noise", 0.2}};
  EXPECT_EQ(CompareWindows(reference, current, options)->state, DriftState::kQuiet);
  options.importance = {{"x", 0.2}, {"noise", 0.001}};
  EXPECT_EQ(CompareWindows(reference, current, options)->state, DriftState::kAlarm);
}

TEST(WindowedDriftTest, ComparesLikeDaysWithLikeDays) {
  const auto reference = Days(0, 56, 200, 1, OnWeekends), current = Days(56, 14, 200, 2, OnWeekends);
  WindowOptions options = ByDay();
  options.bad_windows = 2;
  EXPECT_EQ(CompareWindows(reference, current, options)->state, DriftState::kAlarm);  // weekends look odd
  options.by_weekday = true;
  EXPECT_EQ(CompareWindows(reference, current, options)->state, DriftState::kQuiet);
  const auto odd = Days(56, 14, 200, 2, [](int) { return 0.8; });  // as on weekends, but always
  EXPECT_EQ(CompareWindows(reference, odd, options)->state, DriftState::kAlarm);
}

TEST(WindowedDriftTest, FewRowsAreNotEnoughData) {
  const auto reference = Days(0, 28, 200, 1, Nothing);
  const auto drift = CompareWindows(reference, Days(28, 7, 30, 2, [](int) { return 5.0; }), ByDay()).value();
  EXPECT_EQ(drift.state, DriftState::kNotEnoughData);
  EXPECT_EQ(drift.reason, "no window has 100 rows");
  EXPECT_TRUE(std::isnan(drift.windows[0].columns[0].impact));
}

TEST(WindowedDriftTest, MissingValuesAreDrift) {
  const auto reference = testing::TableOf({testing::Numbers("x", std::vector<std::optional<double>>(500, 1.0))});
  std::vector<std::optional<double>> holes(500, 1.0);
  for (size_t i = 0; i < holes.size(); i += 2) holes[i] = std::nullopt;
  const auto drift = CompareWindows(reference, testing::TableOf({testing::Numbers("x", holes)}),
                                    {.rows = 100, .bad_windows = 3, .of_windows = 5});
  ASSERT_TRUE(drift);
  EXPECT_EQ(drift->state, DriftState::kAlarm);
  EXPECT_EQ(drift->windows[4].label, "rows 400 to 499");
}

TEST(WindowedDriftTest, NumbersWhereTextsWereAreOtherCategories) {
  tabular::ColumnBuilder before("x", tabular::ColumnType::kString);
  for (int i = 0; i < 500; ++i) before.AddString(i % 2 == 0 ? "7" : "clerk");
  const auto reference = testing::TableOf({std::move(before).Build()});
  const WindowOptions options = {.rows = 100, .bad_windows = 3, .of_windows = 5};
  const auto unseen = [&](tabular::Column column) {
    const auto drift = CompareWindows(reference, testing::TableOf({std::move(column)}), options).value();
    EXPECT_EQ(drift.state, DriftState::kAlarm);
    return drift.windows[0].columns[0].gauge.unseen_share;
  };
  EXPECT_EQ(unseen(testing::Numbers("x", std::vector<std::optional<double>>(500, 1.5))), 1);
  tabular::ColumnBuilder whole("x", tabular::ColumnType::kInt64);
  for (int i = 0; i < 500; ++i) whole.AddInt(7);
  EXPECT_EQ(unseen(std::move(whole).Build()), 0);
}

TEST(WindowedDriftTest, RefusesWhatMakesNoWindows) {
  const auto table = Days(0, 2, 200, 1, Nothing);
  const auto refusal = [&](const WindowOptions& options) {
    return CompareWindows(table, table, options).error().ToString();
  };
  EXPECT_THAT(refusal({.time_column = "tme"}), HasSubstr("did you mean 'time'"));
  EXPECT_THAT(refusal({.time_column = "x"}), HasSubstr("not times"));
  EXPECT_THAT(refusal({.rows = 0}), HasSubstr("hold something"));
  EXPECT_THAT(refusal({.bad_windows = 6}), HasSubstr("6 bad windows of 5"));
  EXPECT_THAT(refusal({.by_weekday = true}), HasSubstr("column of times"));
  EXPECT_THAT(refusal({.time_column = "time", .length = std::chrono::hours(1), .by_weekday = true}),
              HasSubstr("windows of one day"));
}

TEST(JudgeImpactsTest, SkipsWindowsWithoutEnoughRows) {
  const double none = std::nan("");
  const WindowOptions options = {.bad_windows = 2, .of_windows = 3};
  const std::vector<std::string> labels = {"a", "b", "c", "d", "e"};
  EXPECT_EQ(JudgeImpacts({none, none, none, none, none}, labels, options).state, DriftState::kNotEnoughData);
  EXPECT_EQ(JudgeImpacts({1, 0, none, 1, none}, labels, options).state, DriftState::kAlarm);
  EXPECT_EQ(JudgeImpacts({1, 0, 0, none, 1}, labels, options).state, DriftState::kWatch);
  EXPECT_EQ(JudgeImpacts({1, 1, 0, 0, 0}, labels, options).state, DriftState::kQuiet);
}

}  // namespace
}  // namespace slipway::stats
