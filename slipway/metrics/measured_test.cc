#include "slipway/metrics/measured.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "slipway/base/hash.h"
#include "slipway/metrics/curves.h"

namespace slipway::metrics {
namespace {

using testing::DoubleNear;
using testing::HasSubstr;

const Measured& Find(const std::vector<Measured>& measured, const std::string& name) {
  return *std::find_if(measured.begin(), measured.end(), [&](const Measured& metric) { return metric.name == name; });
}

// Rows of which `right` in a thousand are predicted right.
struct Coins {
  Coins(size_t rows, uint64_t right, uint64_t seed) {
    SplitMix64 random(seed);
    for (size_t i = 0; i < rows; ++i) {
      truth.push_back(static_cast<uint8_t>(random.NextBelow(2)));
      predicted.push_back(random.NextBelow(1000) < right ? truth.back() : static_cast<uint8_t>(1 - truth.back()));
      positive.push_back(predicted.back() != 0 ? 0.8 : 0.2);
    }
  }
  std::vector<uint8_t> truth, predicted;
  std::vector<double> positive;
};

std::vector<Measured> MeasureBinary(const std::vector<uint8_t>& truth, const std::vector<double>& positive,
                                    const std::vector<uint8_t>& predicted, const IntervalOptions& options) {
  return WithIntervals(ResampleBinary(truth, positive, predicted, options).value(), options.level);
}

TEST(Measured, IntervalsHoldTheTruthAboutAsOftenAsTheySay) {
  int held = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Coins coins(400, 800, seed);
    const auto measured =
        MeasureBinary(coins.truth, coins.positive, coins.predicted, {.resamples = 200, .seed = seed + 1});
    const Measured& accuracy = Find(measured, "accuracy");
    EXPECT_LE(accuracy.low, accuracy.value);
    EXPECT_GE(accuracy.high, accuracy.value);
    held += accuracy.low <= 0.8 && 0.8 <= accuracy.high ? 1 : 0;
  }
  EXPECT_GE(held, 51);  // 57 expected
}

TEST(Measured, MoreRowsGiveNarrowerIntervals) {
  const auto width = [](size_t rows) {
    const Coins coins(rows, 800, 1);
    const Measured accuracy = Find(MeasureBinary(coins.truth, coins.positive, coins.predicted, {}), "accuracy");
    return accuracy.high - accuracy.low;
  };
  EXPECT_NEAR(width(200) / width(3200), 4, 1.2);
}

TEST(Measured, TheSameSeedGivesTheSameIntervals) {
  const Coins coins(100, 700, 1);
  const auto low = [&](uint64_t seed) {
    return Find(MeasureBinary(coins.truth, coins.positive, coins.predicted, {.seed = seed}), "f1_score").low;
  };
  EXPECT_EQ(low(3), low(3));
  EXPECT_NE(low(3), low(4));
}

TEST(Measured, WhatHasNoMeaningIsNoNumber) {
  const std::vector<uint8_t> ones(5, 1);
  const std::vector<double> sure(5, 0.9);
  const auto measured = MeasureBinary(ones, sure, ones, {.resamples = 0});
  EXPECT_TRUE(std::isnan(Find(measured, "roc_auc").value));
  EXPECT_TRUE(std::isnan(Find(measured, "cohen_kappa").value));
  EXPECT_EQ(Find(measured, "accuracy").value, 1);
  EXPECT_TRUE(std::isnan(Find(measured, "accuracy").low));
}

TEST(Measured, ADifferenceOfPairsIsSurerThanTwoIntervals) {
  const Coins coins(400, 800, 1);
  std::vector<uint8_t> better = coins.predicted;
  int mended = 0;
  for (size_t row = 0; row < better.size() && mended < 12; ++row)
    if (better[row] != coins.truth[row]) better[row] = coins.truth[row], ++mended;
  const IntervalOptions options = {.resamples = 400, .seed = 2};
  const auto first = ResampleBinary(coins.truth, coins.positive, coins.predicted, options).value();
  const auto second = ResampleBinary(coins.truth, coins.positive, better, options).value();
  EXPECT_GT(WithInterval(first[0], 0.95).high, WithInterval(second[0], 0.95).low);  // the two overlap
  const Measured gain = WithInterval(PairedDifference(first[0], second[0]), 0.95);
  EXPECT_EQ(gain.name, "accuracy");
  EXPECT_NEAR(gain.value, 0.03, 1e-12);
  EXPECT_GT(gain.low, 0.01);  // twelve rows are better and none is worse: 0.03 give or take 1.96 * sqrt(0.03 / 400)
  EXPECT_LT(gain.high, 0.05);
}

TEST(Measured, KnowsWhichWayIsBetter) {
  EXPECT_TRUE(HigherIsBetter("roc_auc"));
  EXPECT_TRUE(HigherIsBetter("r2_score"));
  EXPECT_FALSE(HigherIsBetter("log_loss"));
  EXPECT_FALSE(HigherIsBetter("rmse"));
}

TEST(Measured, RefusesWhatDoesNotFit) {
  const std::vector<uint8_t> two = {0, 1}, one = {1};
  const std::vector<double> half = {0.5, 0.5}, outside = {0.5, 1.5};
  EXPECT_THAT(ResampleBinary(two, half, one, {}).error().ToString(), HasSubstr("predictions"));
  EXPECT_THAT(ResampleBinary(two, outside, two, {}).error().ToString(), HasSubstr("1.5"));
  EXPECT_FALSE(ResampleRegression({}, {}, {}));
  const std::vector<uint32_t> classes = {0, 3};
  const std::vector<double> three = {1, 0, 0, 0, 1, 0};
  EXPECT_FALSE(ResampleClasses(classes, three, classes, 3, {}));
}

TEST(Measured, AMedianOfEvenlyManyErrorsIsTheMeanOfTheMiddleTwo) {
  const std::vector<double> truth = {0, 0, 0, 0}, predicted = {1, -2, 4, 7};
  const auto measured = WithIntervals(ResampleRegression(truth, predicted, {.resamples = 0}).value(), 0.95);
  EXPECT_EQ(Find(measured, "median_absolute_error").value, 3);
  EXPECT_EQ(Find(measured, "max_error").value, 7);
  EXPECT_EQ(Find(measured, "r2_score").value, 0);  // a constant truth that is not met
}

TEST(Curves, CalibrationSeesProbabilitiesThatMeanWhatTheySay) {
  SplitMix64 random(3);
  std::vector<uint8_t> truth;
  std::vector<double> honest, bold;
  for (int i = 0; i < 20'000; ++i) {
    honest.push_back(random.NextUnit());
    truth.push_back(random.NextUnit() < honest.back() ? 1 : 0);
    bold.push_back(honest.back() < 0.5 ? honest.back() / 2 : (1 + honest.back()) / 2);
  }
  EXPECT_LT(CalibrationError(Calibrate(truth, honest).value()), 0.02);
  EXPECT_GT(CalibrationError(Calibrate(truth, bold).value()), 0.08);
  EXPECT_EQ(Calibrate(truth, honest, 4).value().size(), 4u);
}

TEST(Curves, LiftTellsHowManyPositivesTheHighestScoresHold) {
  const std::vector<uint8_t> truth = {1, 1, 0, 1, 0, 0, 0, 0};
  const std::vector<double> scores = {8, 7, 6, 5, 4, 3, 2, 1};
  const auto parts = Lift(truth, scores, 4).value();
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[0].share_positive, 1);
  EXPECT_THAT(parts[0].lift, DoubleNear(8.0 / 3, 1e-12));
  EXPECT_THAT(parts[0].captured, DoubleNear(2.0 / 3, 1e-12));
  EXPECT_EQ(parts[3].captured, 1);
}

TEST(Curves, ThinnedKeepsBothEnds) {
  std::vector<ThresholdPoint> points(1001);
  for (size_t i = 0; i < points.size(); ++i) points[i].threshold = static_cast<double>(i);
  const auto thinned = Thinned(points, 50);
  EXPECT_EQ(thinned.size(), 50u);
  EXPECT_EQ(thinned.front().threshold, 0);
  EXPECT_EQ(thinned.back().threshold, 1000);
  EXPECT_EQ(Thinned(points, 5000).size(), points.size());
}

TEST(Curves, RefuseOneClassAlone) {
  const std::vector<uint8_t> ones = {1, 1};
  const std::vector<double> scores = {0.1, 0.2};
  EXPECT_THAT(ThresholdCurve(ones, scores).error().ToString(), HasSubstr("all 2 rows are positive"));
}

}  // namespace
}  // namespace slipway::metrics
