// The pieces that estimators are made of: medians that follow moving rows, the minimiser, the equation solver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "slipway/base/hash.h"
#include "slipway/learn/absolute_error.h"
#include "slipway/learn/lbfgs.h"
#include "slipway/learn/symmetric_solver.h"

namespace slipway::learn {
namespace {

using testing::DoubleNear;
using testing::Pointwise;

double ErrorAround(std::vector<WeightedValue> rows) {
  if (rows.empty()) return 0;
  const double median = WeightedMedian(rows);
  double error = 0;
  for (const WeightedValue& row : rows) error += row.weight * std::abs(row.value - median);
  return error;
}

TEST(WeightedMedian, IsBetweenTheHalves) {
  std::vector<WeightedValue> rows = {{1, 5}, {1, 1}, {2, 3}};
  EXPECT_EQ(WeightedMedian(rows), 3);
  rows = {{1, 4}, {1, 2}};
  EXPECT_EQ(WeightedMedian(rows), 3);
  rows = {{5, 7}};
  EXPECT_EQ(WeightedMedian(rows), 7);
}

TEST(AbsoluteErrors, AreThoseOfBothSidesAfterEveryMove) {
  SplitMix64 random(5);
  AbsoluteErrors errors;
  for (size_t count : {1, 2, 7, 40}) {
    std::vector<WeightedValue> rows, left, right;
    for (size_t i = 0; i < count; ++i)
      rows.push_back({static_cast<double>(1 + random.NextBelow(4)), static_cast<double>(random.NextBelow(10))});
    errors.Begin(rows);
    EXPECT_NEAR(errors.node_error(), ErrorAround(rows), 1e-9);
    for (int round = 0; round < 2; ++round) {
      left.clear();
      right = rows;
      errors.Reset();
      for (uint32_t i = 0; i < count; ++i) {
        errors.MoveLeft(i);
        left.push_back(rows[i]);
        right.erase(right.begin());
        EXPECT_NEAR(errors.Sum(), ErrorAround(left) + ErrorAround(right), 1e-9);
      }
    }
  }
}

// (x - a)ᵀ D (x - a), badly scaled.
double Bowl(std::span<const double> x, std::span<double> gradient) {
  double value = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double scale = std::pow(10.0, static_cast<double>(i)), distance = x[i] - 1.5 * static_cast<double>(i + 1);
    value += scale * distance * distance;
    gradient[i] = 2 * scale * distance;
  }
  return value;
}

TEST(Lbfgs, FindsTheBottomOfABadlyScaledBowl) {
  std::vector<double> x(4, 0);
  const LbfgsOutcome outcome = Minimize(Bowl, {.tolerance = 1e-9}, x);
  EXPECT_TRUE(outcome.converged);
  EXPECT_THAT(x, Pointwise(DoubleNear(1e-8), {1.5, 3.0, 4.5, 6.0}));
}

// The minimum of d(x - a)² + w|x| is a - w / 2d, or 0 where that changes the sign.
TEST(Lbfgs, PenaltyMovesElementsToZeroAndHoldsThemThere) {
  std::vector<double> x(4, 0);
  const std::vector<double> l1 = {4, 10, 0, 3000};
  EXPECT_TRUE(Minimize(Bowl, {.tolerance = 1e-9, .l1 = l1}, x).converged);
  EXPECT_EQ(x[0], 0);
  EXPECT_THAT(x, Pointwise(DoubleNear(1e-7), {0.0, 2.5, 4.5, 4.5}));
}

TEST(Lbfgs, SaysWhenItRanOutOfIterations) {
  std::vector<double> x(4, 0);
  EXPECT_FALSE(Minimize(Bowl, {.max_iterations = 1, .tolerance = 1e-9}, x).converged);
}

TEST(SymmetricSolver, SolvesWhatHasOneSolution) {
  const std::vector<double> matrix = {2, 1, 1, 3}, zero = {0, 0}, right = {4, 7};
  EXPECT_THAT(SolveSymmetric(matrix, zero, right).value(), Pointwise(DoubleNear(1e-9), {1.0, 2.0}));
}

TEST(SymmetricSolver, GivesTheShortestOfManySolutions) {
  const std::vector<double> matrix = {1, 1, 1, 1}, zero = {0, 0}, right = {4, 4};
  EXPECT_THAT(SolveSymmetric(matrix, zero, right).value(), Pointwise(DoubleNear(1e-6), {2.0, 2.0}));
}

TEST(SymmetricSolver, RefusesWhatIsNotSemidefinite) {
  const std::vector<double> matrix = {1, 2, 2, 1}, zero = {0, 0}, right = {1, 1};
  EXPECT_FALSE(SolveSymmetric(matrix, zero, right));
}

}  // namespace
}  // namespace slipway::learn
