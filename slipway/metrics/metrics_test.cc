// The expected numbers are scikit-learn 1.2.1's, for the same inputs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "slipway/base/hash.h"
#include "slipway/metrics/classification.h"
#include "slipway/metrics/probability.h"
#include "slipway/metrics/ranking.h"
#include "slipway/metrics/regression.h"

namespace slipway::metrics {
namespace {

using testing::HasSubstr;

constexpr double kTolerance = 1e-14;

using Classes = std::vector<uint32_t>;
using Truth = std::vector<uint8_t>;
using Numbers = std::vector<double>;

void ExpectScores(const ClassScores& scores, double precision, double recall, double f1, uint64_t support) {
  EXPECT_NEAR(scores.precision, precision, kTolerance);
  EXPECT_NEAR(scores.recall, recall, kTolerance);
  EXPECT_NEAR(scores.f1, f1, kTolerance);
  EXPECT_EQ(scores.support, support);
}

const Classes kTruth = {0, 1, 2, 0, 1, 2, 2, 1, 0, 1};
const Classes kPredicted = {0, 2, 2, 0, 1, 1, 2, 1, 1, 3};

TEST(ConfusionMatrix, CountsPairs) {
  const auto matrix = ConfusionMatrix::Make(kTruth, kPredicted, 5);
  ASSERT_TRUE(matrix.has_value());
  EXPECT_EQ(matrix->count(0, 0), 2u);
  EXPECT_EQ(matrix->count(0, 1), 1u);
  EXPECT_EQ(matrix->count(1, 0), 0u);
  EXPECT_EQ(matrix->true_count(1), 4u);
  EXPECT_EQ(matrix->predicted_count(3), 1u);
  EXPECT_EQ(matrix->total(), 10u);
}

TEST(ConfusionMatrix, RefusesListsThatDoNotFit) {
  const auto complaint = [](const Classes& truth, const Classes& predicted) {
    return ConfusionMatrix::Make(truth, predicted, 2).error().message();
  };
  EXPECT_EQ(complaint({0, 1}, {0}), "there are 2 true values, but 1 predictions");
  EXPECT_EQ(complaint({}, {}), "there is no row to measure");
  EXPECT_EQ(complaint({0, 1}, {0, 2}), "row 2 has class 2, there are 2 classes");
  EXPECT_EQ(complaint({2}, {0}), "row 1 has class 2, there are 2 classes");
}

TEST(Accuracy, IsTheShareOfRightPredictions) {
  EXPECT_NEAR(Accuracy(*ConfusionMatrix::Make(kTruth, kPredicted, 4)), 0.6, kTolerance);
  EXPECT_NEAR(*Accuracy(kTruth, kPredicted), 0.6, kTolerance);
  EXPECT_FALSE(Accuracy(Classes{}, Classes{}).has_value());
}

TEST(ScoresOfClass, AreThoseOfTheClassAgainstTheRest) {
  const auto matrix = *ConfusionMatrix::Make(kTruth, kPredicted, 4);
  ExpectScores(ScoresOfClass(matrix, 0), 1, 2.0 / 3, 0.8, 3);
  ExpectScores(ScoresOfClass(matrix, 1), 0.5, 0.5, 0.5, 4);
  ExpectScores(ScoresOfClass(matrix, 2), 2.0 / 3, 2.0 / 3, 2.0 / 3, 3);
  ExpectScores(ScoresOfClass(matrix, 3), 0, 0, 0, 0);
  const auto binary = *ConfusionMatrix::Make(Classes{0, 1, 1, 0, 1, 0, 1, 1}, Classes{0, 1, 0, 1, 1, 0, 1, 0}, 2);
  ExpectScores(ScoresOfClass(binary, 1), 0.75, 0.6, 0.6666666666666665, 5);
}

TEST(ScoresOfClass, AreZeroWithoutAnythingBelowTheLine) {
  const auto matrix = *ConfusionMatrix::Make(Classes{0, 0, 1}, Classes{0, 0, 0}, 2);
  ExpectScores(ScoresOfClass(matrix, 1), 0, 0, 0, 1);
  ExpectScores(MacroScores(matrix), 0.3333333333333333, 0.5, 0.4, 3);
}

TEST(MacroScores, LeaveOutClassesThatDoNotOccur) {
  for (size_t classes : {4, 9}) {
    const auto matrix = *ConfusionMatrix::Make(kTruth, kPredicted, classes);
    ExpectScores(MacroScores(matrix), 0.5416666666666666, 0.45833333333333326, 0.4916666666666667, 10);
    ExpectScores(WeightedScores(matrix), 0.7, 0.6, 0.64, 10);
  }
}

const Truth kRanked = {0, 0, 1, 1, 0, 1, 1, 0};
const Numbers kScores = {0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.05};

TEST(RocAuc, CountsTiesHalf) {
  EXPECT_NEAR(*RocAuc(kRanked, kScores), 0.8125, kTolerance);
  EXPECT_EQ(*RocAuc(Truth{0, 1, 0, 1}, Numbers{.5, .5, .5, .5}), 0.5);
  EXPECT_EQ(*RocAuc(Truth{0, 1}, Numbers{-1e300, 1e300}), 1);
  EXPECT_EQ(*RocAuc(Truth{1, 0}, Numbers{-1e300, 1e300}), 0);
}

// 2000 rows whose scores take 50 values.
struct ManyRows {
  Truth truth;
  Numbers scores;
  ManyRows() {
    SplitMix64 random(3);
    for (int row = 0; row < 2000; ++row) {
      const double score = static_cast<double>(random.NextBelow(50)) / 50;
      truth.push_back(random.NextUnit() < score ? 1 : 0);
      scores.push_back(score);
    }
  }
};

TEST(RocAuc, AgreesOnManyRows) {
  const ManyRows many;
  EXPECT_NEAR(*RocAuc(many.truth, many.scores), 0.8149045072650885, kTolerance);
  EXPECT_NEAR(*AveragePrecision(many.truth, many.scores), 0.804876272863833, 1e-13);
  EXPECT_NEAR(*LogLoss(many.truth, many.scores), 0.5230189030385777, 1e-13);
  EXPECT_NEAR(*BrierScore(many.truth, many.scores), 0.175769, 1e-13);
}

// The definition, pair by pair.
double ObviousRocAuc(const Truth& truth, const Numbers& scores) {
  double won = 0, pairs = 0;
  for (size_t i = 0; i < truth.size(); ++i)
    for (size_t j = 0; j < truth.size(); ++j) {
      if (truth[i] == 0 || truth[j] != 0) continue;
      ++pairs;
      won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
    }
  return won / pairs;
}

TEST(RocAuc, IsTheShareOfPairsWon) {
  SplitMix64 random(5);
  for (int round = 0; round < 200; ++round) {
    Truth truth = {0, 1};
    Numbers scores = {0.5, 0.5};
    for (size_t row = random.NextBelow(40); row > 0; --row) {
      truth.push_back(static_cast<uint8_t>(random.NextBelow(2)));
      scores.push_back(static_cast<double>(random.NextBelow(6)));
    }
    ASSERT_NEAR(*RocAuc(truth, scores), ObviousRocAuc(truth, scores), kTolerance);
  }
}

TEST(RocAuc, RefusesWhatHasNoArea) {
  const auto complaint = [](const Truth& truth, const Numbers& scores) {
    return RocAuc(truth, scores).error().message();
  };
  EXPECT_THAT(complaint({1, 1}, {0.1, 0.2}), HasSubstr("needs rows of both classes; all 2 rows are positive"));
  EXPECT_THAT(complaint({0}, {0.1}), HasSubstr("negative"));
  EXPECT_THAT(complaint({0, 1}, {0.1}), HasSubstr("but 1 scores"));
  EXPECT_THAT(complaint({0, 1}, {0.1, std::nan("")}), HasSubstr("score 2 is nan"));
}

TEST(RocAucOneVsRest, IsTheMeanOverClasses) {
  const Classes truth = {0, 1, 2, 2, 1, 0, 1};
  const Numbers scores = {.7, .2, .1, .1, .8, .1, .2, .2, .6, .3, .4, .3, .3, .3, .4, .5, .25, .25, 0, 1, 0};
  EXPECT_NEAR(*RocAucOneVsRest(truth, scores, 3), 0.9388888888888888, kTolerance);
  EXPECT_NEAR(*LogLoss(truth, scores, 3), 0.5988195583186787, kTolerance);
  const auto missing = RocAucOneVsRest(Classes{0, 1}, Numbers{.1, .2, .7, .3, .3, .4}, 3);
  EXPECT_THAT(missing.error().ToString(), HasSubstr("class 2: the area under the ROC curve needs rows of both"));
}

TEST(AveragePrecision, SumsPrecisionOverRecall) {
  EXPECT_NEAR(*AveragePrecision(kRanked, kScores), 0.8166666666666667, kTolerance);
  EXPECT_NEAR(*AveragePrecision(Truth{0, 1, 0, 1}, Numbers{.5, .5, .5, .5}), 0.5, kTolerance);
  EXPECT_EQ(*AveragePrecision(Truth{0, 0}, Numbers{.5, .6}), 0);
}

TEST(LogLoss, KeepsProbabilitiesOffTheEnds) {
  const Truth truth = {1, 0, 1, 0};
  const Numbers positive = {0.9, 0.2, 1.0, 1.0};
  EXPECT_NEAR(*LogLoss(truth, positive), 9.093039364022298, 1e-13);
  EXPECT_NEAR(*BrierScore(truth, positive), 0.2625, kTolerance);
}

TEST(LogLoss, ScalesRowsToOne) {
  const Numbers probabilities = {.7, .2, .2, .1, .8, .3, .2, .2, .4};
  EXPECT_NEAR(*LogLoss(Classes{0, 1, 2}, probabilities, 3), 0.5168658041370556, kTolerance);
}

TEST(LogLoss, RefusesWhatIsNoProbability) {
  EXPECT_THAT(LogLoss(Truth{1}, Numbers{1.5}).error().message(), HasSubstr("probability 1 is 1.5"));
  EXPECT_THAT(BrierScore(Truth{1}, Numbers{std::nan("")}).error().message(), HasSubstr("probability 1 is nan"));
  EXPECT_THAT(LogLoss(Classes{2}, Numbers{.5, .5}, 2).error().message(), HasSubstr("row 1 has class 2"));
  EXPECT_THAT(LogLoss(Classes{0}, Numbers{.5}, 2).error().message(), HasSubstr("but 1 probabilities"));
}

TEST(ScoreRegression, MeasuresDistances) {
  const auto scores = ScoreRegression(Numbers{3, -0.5, 2, 7, 4.25}, Numbers{2.5, 0, 2, 8, 4.5});
  ASSERT_TRUE(scores.has_value());
  EXPECT_NEAR(scores->rmse, 0.5590169943749475, kTolerance);
  EXPECT_NEAR(scores->mae, 0.45, kTolerance);
  EXPECT_NEAR(scores->r2, 0.9491042345276873, kTolerance);
}

TEST(ScoreRegression, HasAnAnswerForAConstantTruth) {
  EXPECT_EQ(ScoreRegression(Numbers{2, 2}, Numbers{2, 2})->r2, 1);
  EXPECT_EQ(ScoreRegression(Numbers{2, 2}, Numbers{2, 3})->r2, 0);
  EXPECT_TRUE(std::isnan(ScoreRegression(Numbers{2}, Numbers{3})->r2));
}

TEST(ScoreRegression, RefusesWhatIsNoNumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(ScoreRegression(Numbers{}, Numbers{}).has_value());
  EXPECT_EQ(ScoreRegression(Numbers{1, infinity}, Numbers{1, 2}).error().message(),
            "true value 2 is inf, it has to be a finite number");
  EXPECT_FALSE(ScoreRegression(Numbers{1}, Numbers{std::nan("")}).has_value());
}

}  // namespace
}  // namespace slipway::metrics
