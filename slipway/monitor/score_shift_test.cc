#include "slipway/monitor/score_shift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace slipway::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<double> Hundredths(int from, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back((from + i) / 100.0);
  return values;
}

TEST(ScoreShift, IsNothingBetweenEqualSamplesAndLargeBetweenApartOnes) {
  EXPECT_DOUBLE_EQ(PopulationStabilityIndex(Hundredths(0, 100), Hundredths(0, 100)), 0);
  EXPECT_GT(PopulationStabilityIndex(Hundredths(0, 100), Hundredths(100, 100)), 1);
}

// A control of two equally frequent scores against a canary of 3 : 1, by the formula.
TEST(ScoreShift, FollowsTheFormula) {
  const std::vector<double> control = {0, 1, 0, 1}, canary = {0, 0, 0, 1};
  EXPECT_NEAR(PopulationStabilityIndex(control, canary), 0.25 * std::log(1.5) - 0.25 * std::log(0.5), 1e-12);
  const std::vector<double> same = {0.5, 0.5};
  EXPECT_DOUBLE_EQ(PopulationStabilityIndex(same, same), 0);
}

TEST(ScoreShift, FindsScoresInAnswers) {
  EXPECT_THAT(ScoresOfAnswer(R"({"predictions":[0,1],"probabilities":[[0.8,0.2],[0.1,0.9]]})"), ElementsAre(0.2, 0.9));
  EXPECT_THAT(ScoresOfAnswer(R"({"predictions":[1.5,2]})"), ElementsAre(1.5, 2));
  EXPECT_THAT(ScoresOfAnswer(R"([{"label":0,"probabilities":[0.8,0.2]}])"), ElementsAre(0.2));
  EXPECT_THAT(ScoresOfAnswer("[1, 2.5]"), ElementsAre(1, 2.5));
  EXPECT_THAT(ScoresOfAnswer(R"({"error":"no"})"), IsEmpty());
  EXPECT_THAT(ScoresOfAnswer("{"), IsEmpty());
  EXPECT_THAT(ScoresOfLine(R"(online/m/1 | OutputData | {"predictions": [0.25]})"), ElementsAre(0.25));
  EXPECT_THAT(ScoresOfLine(R"(online/m/1 | InputData | {"predictions": [0.25]})"), IsEmpty());
  EXPECT_THAT(ScoresOfLine("OutputData without JSON"), IsEmpty());
}

}  // namespace
}  // namespace slipway::monitor
