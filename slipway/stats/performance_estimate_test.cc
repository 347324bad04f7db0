#include "slipway/stats/performance_estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "slipway/base/hash.h"
#include "slipway/stats/calibration.h"
#include "slipway/stats/test_support.h"

namespace slipway::stats {
namespace {

using ::testing::HasSubstr;

struct Sample {
  ScoredRows rows;
  std::vector<uint8_t> truth;
};

// A classifier whose score s means the probability `probability(s)`; scores are drawn evenly from low to high.
template <typename Probability>
Sample Draw(size_t count, double low, double high, uint64_t seed, const Probability& probability) {
  SplitMix64 random(seed);
  Sample sample;
  for (size_t i = 0; i < count; ++i) {
    const double score = low + (high - low) * random.NextUnit();
    sample.rows.scores.push_back(score);
    sample.rows.predicted.push_back(score >= 0.5);
    sample.truth.push_back(random.NextUnit() < probability(score));
  }
  return sample;
}

double Same(double score) {
  return score;
}
double Overconfident(double score) {  // what says 0.9 is right in 0.66 of the cases
  return 0.5 + 0.4 * (score - 0.5);
}

double Estimated(const EstimatedChunk& chunk, std::string_view name) {
  for (size_t i = 0; i < BinaryMetrics().size(); ++i)
    if (BinaryMetrics()[i].name == name) return chunk.metrics.at(i).estimated;
  ADD_FAILURE() << name;
  return 0;
}

TEST(IsotonicCalibrationTest, PoolsWhatFallsAndJoinsWhatRises) {
  const std::vector<double> scores = {1, 2, 3, 4, 5};
  const std::vector<uint8_t> truth = {0, 1, 0, 1, 1};
  const auto fitted = IsotonicCalibration::Fit(scores, truth);
  EXPECT_EQ(fitted.At(-7), 0);
  EXPECT_EQ(fitted.At(1), 0);
  EXPECT_EQ(fitted.At(1.5), 0.25);
  EXPECT_EQ(fitted.At(2), 0.5);
  EXPECT_EQ(fitted.At(2.7), 0.5);
  EXPECT_EQ(fitted.At(3.5), 0.75);
  EXPECT_EQ(fitted.At(9), 1);
}

TEST(IsotonicCalibrationTest, TakesTiesTogether) {
  const std::vector<double> scores = {0.5, 0.5, 0.5, 0.5};
  const std::vector<uint8_t> truth = {1, 0, 0, 0};
  EXPECT_EQ(IsotonicCalibration::Fit(scores, truth).At(0.1), 0.25);
}

TEST(ExpectedCalibrationErrorTest, IsZeroForWhatIsMeant) {
  const auto good = Draw(20'000, 0, 1, 1, Same), bad = Draw(20'000, 0, 1, 1, Overconfident);
  EXPECT_LT(ExpectedCalibrationError(good.rows.scores, good.truth), 0.02);
  EXPECT_NEAR(ExpectedCalibrationError(bad.rows.scores, bad.truth), 0.15, 0.02);
}

// 4 rows, by hand: labels as probabilities give the realised metrics.
TEST(ExpectedPerformanceTest, OfLabelsIsTheRealisedOne) {
  const ScoredRows rows = {{0.9, 0.7, 0.4, 0.2}, {1, 1, 0, 0}};
  const std::vector<double> labels = {1, 0, 1, 0};
  const auto realised = ExpectedPerformance(labels, rows);
  EXPECT_EQ(realised.accuracy, 0.5);
  EXPECT_EQ(realised.precision, 0.5);
  EXPECT_EQ(realised.recall, 0.5);
  EXPECT_EQ(realised.f1, 0.5);
  EXPECT_EQ(realised.roc_auc, 0.75);
  const std::vector<double> none = {0, 0, 0, 0};
  EXPECT_TRUE(std::isnan(ExpectedPerformance(none, rows).recall));
  EXPECT_TRUE(std::isnan(ExpectedPerformance(none, rows).roc_auc));
  EXPECT_EQ(ExpectedPerformance({labels}, {{0.5, 0.5, 0.5, 0.5}, {1, 1, 1, 1}}).roc_auc, 0.5);
}

TEST(ExpectedPerformanceTest, EqualsNannyMl) {
  if (!testing::Shared("golden/drift_golden.json")) GTEST_SKIP() << "no shared data beside the checkout";
  const auto golden = testing::SharedJson("golden/drift_golden.json").at("cbpe_inline");
  const auto probabilities = golden.at("probability").get<std::vector<double>>();
  const auto estimated =
      ExpectedPerformance(probabilities, {probabilities, golden.at("predicted_label").get<std::vector<uint8_t>>()});
  for (const BinaryMetric& metric : BinaryMetrics())
    EXPECT_NEAR(estimated.*metric.value, golden.at("estimated").at(std::string(metric.name)).get<double>(), 1e-12)
        << metric.name;
}

// The inputs shift to where the model is less sure; the truth is known here and agrees with the estimate.
TEST(EstimatePerformanceTest, SeesWhatAShiftOfTheInputsCosts) {
  const auto reference = Draw(20'000, 0, 1, 1, Same), current = Draw(10'000, 0.3, 0.7, 2, Same);
  const auto estimate =
      EstimatePerformance(reference.rows, reference.truth, current.rows, current.truth, {.chunks = 5}).value();
  ASSERT_EQ(estimate.chunks.size(), 5U);
  EXPECT_NEAR(estimate.limits[0].mean, 0.75, 0.01);
  for (const EstimatedChunk& chunk : estimate.chunks) {
    EXPECT_EQ(chunk.rows, 2000U);
    EXPECT_NEAR(Estimated(chunk, "accuracy"), 0.6, 0.015);
    for (const MetricEstimate& metric : chunk.metrics) {
      EXPECT_LE(metric.low, metric.estimated);
      EXPECT_GE(metric.high, metric.estimated);
      EXPECT_NEAR(metric.realised, metric.estimated, 0.05);
    }
  }
  ASSERT_TRUE(estimate.alarm);
  EXPECT_THAT(*estimate.alarm, HasSubstr("of the newest 2000 rows is"));
}

TEST(EstimatePerformanceTest, IsQuietWithoutAShift) {
  const auto reference = Draw(20'000, 0, 1, 1, Same), current = Draw(10'000, 0, 1, 2, Same);
  const auto estimate = EstimatePerformance(reference.rows, reference.truth, current.rows, {}, {.chunks = 5}).value();
  EXPECT_FALSE(estimate.alarm) << *estimate.alarm;
  EXPECT_TRUE(std::isnan(estimate.chunks[0].metrics[0].realised));
}

// Of a hundred estimates the band should hold some 95 of the realised values.
TEST(EstimatePerformanceTest, BandsHoldWhatTheyPromise) {
  const auto reference = Draw(50'000, 0, 1, 1, Same), current = Draw(100 * 500, 0, 1, 5, Same);
  const auto estimate =
      EstimatePerformance(reference.rows, reference.truth, current.rows, current.truth, {.chunk_rows = 500}).value();
  int held = 0;
  for (const EstimatedChunk& chunk : estimate.chunks)
    held += chunk.metrics[0].low <= chunk.metrics[0].realised && chunk.metrics[0].realised <= chunk.metrics[0].high;
  EXPECT_GE(held, 88);
  EXPECT_LE(held, 100);
}

TEST(EstimatePerformanceTest, CalibratesScoresThatAreNoProbabilities) {
  const auto reference = Draw(20'000, 0, 1, 1, Overconfident), current = Draw(5'000, 0, 1, 2, Overconfident);
  const auto estimate =
      EstimatePerformance(reference.rows, reference.truth, current.rows, current.truth, {.chunks = 1}).value();
  EXPECT_TRUE(estimate.is_calibrated);
  EXPECT_LT(estimate.calibration_error, 0.02);
  EXPECT_NEAR(Estimated(estimate.chunks[0], "accuracy"), 0.6, 0.02);  // the raw scores promise 0.75
  EXPECT_NEAR(estimate.chunks[0].metrics[0].realised, 0.6, 0.02);
}

TEST(EstimatePerformanceTest, SaysWhenThereIsNotEnoughData) {
  const auto reference = Draw(1000, 0, 1, 1, Same), current = Draw(50, 0, 1, 2, Same);
  const auto estimate = EstimatePerformance(reference.rows, reference.truth, current.rows, {}, {.chunks = 1}).value();
  EXPECT_TRUE(estimate.chunks[0].metrics.empty());
  EXPECT_FALSE(estimate.alarm);
  const auto few = Draw(20, 0, 1, 1, Same);
  EXPECT_THAT(EstimatePerformance(few.rows, few.truth, current.rows, {}, {}).error().message(),
              HasSubstr("20 labelled reference rows"));
  const std::vector<uint8_t> ones(1000, 1);
  EXPECT_THAT(EstimatePerformance(reference.rows, ones, current.rows, {}, {}).error().message(),
              HasSubstr("one label"));
  ScoredRows odd = current.rows;
  odd.scores[3] = std::nan("");
  EXPECT_THAT(EstimatePerformance(reference.rows, reference.truth, odd, {}, {}).error().message(),
              HasSubstr("not finite"));
  odd.scores.pop_back();
  EXPECT_THAT(EstimatePerformance(reference.rows, reference.truth, odd, {}, {}).error().message(),
              HasSubstr("49 scores, 50 predictions"));
}

}  // namespace
}  // namespace slipway::stats
