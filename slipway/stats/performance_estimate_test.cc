#include "slipway/stats/performance_estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
  for (size_t i = 0; i < PerformanceMetrics().size(); ++i)
    if (PerformanceMetrics()[i].name == name) return chunk.metrics.at(i).estimated;
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
  for (const PerformanceMetric& metric : PerformanceMetrics())
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

// --- several classes ---

struct ClassSample {
  ScoredClassRows rows;
  std::vector<uint32_t> truth;
};

const std::vector<std::string> kClasses = {"a", "b", "c"};

// Three classes of unlike frequency. The closer `sharpness` is to 0, the less the true probabilities tell; what is
// scored is their power `confidence`, normalised: 1 is calibrated.
ClassSample DrawClasses(size_t count, double sharpness, double confidence, uint64_t seed) {
  SplitMix64 random(seed);
  ClassSample sample;
  sample.rows.scores.resize(3);
  for (size_t i = 0; i < count; ++i) {
    double truth[3], scores[3], truth_sum = 0, score_sum = 0;
    for (size_t k = 0; k < 3; ++k) {
      truth[k] = std::exp(sharpness * (random.NextUnit() - 0.1 * static_cast<double>(k)));
      scores[k] = std::pow(truth[k], confidence);
      truth_sum += truth[k];
      score_sum += scores[k];
    }
    for (size_t k = 0; k < 3; ++k) sample.rows.scores[k].push_back(scores[k] / score_sum);
    sample.rows.predicted.push_back(static_cast<uint32_t>(std::max_element(scores, scores + 3) - scores));
    const double drawn = random.NextUnit() * truth_sum;
    sample.truth.push_back(drawn < truth[0] ? 0 : drawn < truth[0] + truth[1] ? 1 : 2);
  }
  return sample;
}

PerformanceEstimate EstimateClasses(const ClassSample& reference, const ClassSample& current,
                                    const EstimateOptions& options) {
  return EstimatePerformance(kClasses, reference.rows, reference.truth, current.rows, current.truth, options).value();
}

// 4 rows, by hand: a is predicted twice and right once, b and c once, b right.
TEST(ExpectedPerformanceTest, OfSeveralClassesIsTheMean) {
  const ScoredClassRows rows = {{{0.9, 0.8, 0.1, 0.0}, {0.1, 0.1, 0.7, 0.1}, {0.0, 0.1, 0.2, 0.9}}, {0, 0, 1, 2}};
  const auto realised = ExpectedPerformance({{1, 0, 0, 1}, {0, 0, 1, 0}, {0, 1, 0, 0}}, rows);
  EXPECT_DOUBLE_EQ(realised.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(realised.precision, (0.5 + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(realised.recall, (0.5 + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(realised.f1, (0.5 + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(realised.specificity, (0.5 + 1 + 2.0 / 3) / 3);
  EXPECT_DOUBLE_EQ(realised.roc_auc, (0.5 + 1 + 1.0 / 3) / 3);
}

// b neither occurs nor is predicted: precision, recall and F1 do not count it, as scikit-learn's do not. c occurs and
// is never predicted: its precision is 0.
TEST(ExpectedPerformanceTest, LeavesOutClassesThatAreNowhere) {
  const ScoredClassRows rows = {{{0.9, 0.8}, {0.1, 0.1}, {0.0, 0.1}}, {0, 0}};
  const auto realised = ExpectedPerformance({{1, 0}, {0, 0}, {0, 1}}, rows);
  EXPECT_DOUBLE_EQ(realised.precision, 0.25);
  EXPECT_DOUBLE_EQ(realised.recall, 0.5);
  EXPECT_DOUBLE_EQ(realised.specificity, (0.0 + 1 + 1) / 3);
  EXPECT_DOUBLE_EQ(realised.roc_auc, 1);
}

// Each of two classes against the rest is the binary problem, once from either side.
TEST(ExpectedPerformanceTest, OfTwoClassesAgreesWithTheBinaryOne) {
  const auto sample = Draw(2'000, 0, 1, 7, Same);
  ScoredClassRows rows;
  rows.predicted.assign(sample.rows.predicted.begin(), sample.rows.predicted.end());
  rows.scores = {{}, sample.rows.scores};
  for (const double score : sample.rows.scores) rows.scores[0].push_back(1 - score);
  const auto binary = ExpectedPerformance(sample.rows.scores, sample.rows);
  const auto classes = ExpectedPerformance(rows.scores, rows);
  EXPECT_NEAR(classes.accuracy, binary.accuracy, 1e-12);
  EXPECT_NEAR(classes.roc_auc, binary.roc_auc, 1e-9);
  EXPECT_NEAR(classes.recall, (binary.recall + binary.specificity) / 2, 1e-12);
  EXPECT_NEAR(classes.specificity, (binary.recall + binary.specificity) / 2, 1e-12);
}

// The inputs shift to where the model is less sure; the truth is known here and agrees with the estimate.
TEST(EstimateClassesTest, SeesWhatAShiftOfTheInputsCosts) {
  const auto estimate = EstimateClasses(DrawClasses(20'000, 8, 1, 1), DrawClasses(10'000, 3, 1, 2), {.chunks = 2});
  EXPECT_EQ(estimate.classes, kClasses);
  ASSERT_EQ(estimate.chunks.size(), 2U);
  for (const EstimatedChunk& chunk : estimate.chunks) {
    EXPECT_LT(Estimated(chunk, "accuracy"), estimate.limits[0].low);
    for (const MetricEstimate& metric : chunk.metrics) {
      EXPECT_NEAR(metric.realised, metric.estimated, 0.02);
      EXPECT_LT(metric.low, metric.estimated);
      EXPECT_GT(metric.high, metric.estimated);
      EXPECT_LT(metric.high - metric.low, 0.06);
      EXPECT_TRUE(metric.is_alarming);
    }
  }
  ASSERT_TRUE(estimate.alarm);
  EXPECT_THAT(*estimate.alarm, HasSubstr("of the newest 5000 rows is"));
}

TEST(EstimateClassesTest, IsQuietWithoutAShift) {
  const auto estimate = EstimateClasses(DrawClasses(20'000, 5, 1, 1), DrawClasses(10'000, 5, 1, 2), {.chunks = 5});
  EXPECT_FALSE(estimate.alarm) << *estimate.alarm;
}

TEST(EstimateClassesTest, BandsHoldWhatTheyPromise) {
  const auto estimate =
      EstimateClasses(DrawClasses(50'000, 5, 1, 1), DrawClasses(100 * 400, 5, 1, 5), {.chunk_rows = 400});
  for (size_t i = 0; i < PerformanceMetrics().size(); ++i) {
    int held = 0;
    for (const EstimatedChunk& chunk : estimate.chunks)
      held += chunk.metrics[i].low <= chunk.metrics[i].realised && chunk.metrics[i].realised <= chunk.metrics[i].high;
    EXPECT_GE(held, 88) << PerformanceMetrics()[i].name;
  }
}

// Raw scores promise more than they keep. Calibrated one by one they do not sum to 1; the estimate is right all the
// same.
TEST(EstimateClassesTest, CalibratesEachClass) {
  const auto reference = DrawClasses(20'000, 4, 3, 1), current = DrawClasses(10'000, 4, 3, 2);
  const auto estimate = EstimateClasses(reference, current, {.chunks = 1});
  EXPECT_TRUE(estimate.is_calibrated);
  EXPECT_LT(estimate.calibration_error, 0.03);
  const double promised = ExpectedPerformance(current.rows.scores, current.rows).accuracy;
  const double realised = estimate.chunks[0].metrics[0].realised;
  EXPECT_GT(promised, realised + 0.1);
  for (const MetricEstimate& metric : estimate.chunks[0].metrics) EXPECT_NEAR(metric.estimated, metric.realised, 0.02);
}

// Scores that say nothing of any class, for which all calibrations are 0: each class is as likely.
TEST(EstimateClassesTest, RowsWithoutAnyClassMayBeOfEach) {
  ClassSample reference;
  reference.rows.scores.resize(3);
  for (uint32_t i = 0; i < 300; ++i) {
    for (uint32_t k = 0; k < 3; ++k) reference.rows.scores[k].push_back(i % 3 == k ? 5 : 1);
    reference.rows.predicted.push_back(i % 3);
    reference.truth.push_back(i % 3);
  }
  ScoredClassRows current = {std::vector<std::vector<double>>(3, std::vector<double>(100, 0.5)),
                             std::vector<uint32_t>(100, 0)};
  const auto estimate =
      EstimatePerformance(kClasses, reference.rows, reference.truth, current, {}, {.chunks = 1}).value();
  EXPECT_NEAR(Estimated(estimate.chunks[0], "accuracy"), 1.0 / 3, 1e-12);
}

TEST(EstimateClassesTest, SaysWhatIsWrong) {
  const auto sample = DrawClasses(1000, 4, 1, 1);
  const auto refusal = [&](const std::vector<std::string>& classes, const ScoredClassRows& reference,
                           const std::vector<uint32_t>& truth) {
    return EstimatePerformance(classes, reference, truth, sample.rows, {}, {}).error().message();
  };
  EXPECT_THAT(refusal({"a", "b"}, sample.rows, sample.truth), HasSubstr("scores of 3 classes for 2 classes"));
  EXPECT_THAT(refusal(kClasses, sample.rows, {0, 1}), HasSubstr("2 labels"));
  auto truth = sample.truth;
  std::replace(truth.begin(), truth.end(), 2U, 1U);
  EXPECT_THAT(refusal(kClasses, sample.rows, truth), HasSubstr("no reference row has the label 'c'"));
  truth[5] = 3;
  EXPECT_THAT(refusal(kClasses, sample.rows, truth), HasSubstr("none of the 3 classes"));
  ScoredClassRows odd = sample.rows;
  odd.scores[1][4] = std::nan("");
  EXPECT_THAT(refusal(kClasses, odd, sample.truth), HasSubstr("not finite"));
  const ClassSample few = DrawClasses(20, 4, 1, 1);
  EXPECT_THAT(refusal(kClasses, few.rows, few.truth), HasSubstr("20 labelled reference rows"));
}

}  // namespace
}  // namespace slipway::stats
