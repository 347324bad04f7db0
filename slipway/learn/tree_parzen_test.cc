#include "slipway/learn/tree_parzen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "slipway/learn/test_support.h"

namespace slipway::learn {
namespace {

using Kind = Distribution::Kind;
using testing::Choices;
using testing::Randint;
using testing::Range;

double NumberOf(const Point& point, const std::string& name) {
  return std::get<double>(point.at(name));
}

// The best value after `trials` trials, one after another.
double BestAfter(const SearchSpace& space, int trials, uint64_t seed, bool is_random,
                 const std::function<double(const Point&)>& loss) {
  std::vector<Observation> seen;
  double best = 1e300;
  for (int i = 0; i < trials; ++i) {
    const Point point = is_random ? *SamplePoint(space, SamplingRule::kRandom, seed, i)
                                  : SuggestPoint(space, /*maximize=*/false, seed, i, seen);
    const double value = loss(point);
    seen.push_back({point, value});
    best = std::min(best, value);
  }
  return best;
}

double MedianBest(const SearchSpace& space, int trials, bool is_random,
                  const std::function<double(const Point&)>& loss) {
  std::vector<double> bests;
  for (uint64_t seed = 0; seed < 15; ++seed) bests.push_back(BestAfter(space, trials, seed, is_random, loss));
  std::sort(bests.begin(), bests.end());
  return bests[bests.size() / 2];
}

// Branin's function, whose minimum is 0.397887.
double Branin(const Point& point) {
  const double x = NumberOf(point, "x"), y = NumberOf(point, "y"), pi = std::acos(-1.0);
  const double inner = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
  return inner * inner + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10;
}

TEST(TreeParzen, FindsTheMinimumSoonerThanChance) {
  const SearchSpace space = {{"x", Range(Kind::kUniform, -5, 10)}, {"y", Range(Kind::kUniform, 0, 15)}};
  const double guided = MedianBest(space, 80, false, Branin), random = MedianBest(space, 80, true, Branin);
  EXPECT_LT(guided, 0.7);
  EXPECT_LT(guided - 0.397887, 0.5 * (random - 0.397887));
}

TEST(TreeParzen, SearchesALogarithmicScaleByItsExponent) {
  const SearchSpace space = {{"rate", Range(Kind::kLogUniform, std::log(1e-6), std::log(1.0))}};
  const auto loss = [](const Point& point) { return std::pow(std::log10(NumberOf(point, "rate")) + 4, 2); };
  EXPECT_LT(MedianBest(space, 40, false, loss), 0.5 * MedianBest(space, 40, true, loss));
}

TEST(TreeParzen, LearnsWhichChoiceIsGood) {
  const SearchSpace space = {{"kind", Choices(8)}, {"x", Range(Kind::kUniform, 0, 1)}};
  const auto loss = [](const Point& point) {
    return (std::get<Choice>(point.at("kind")).index == 3 ? 0 : 1) + std::abs(NumberOf(point, "x") - 0.3);
  };
  std::vector<Observation> seen;
  int late_hits = 0;
  for (int i = 0; i < 60; ++i) {
    const Point point = SuggestPoint(space, false, 5, i, seen);
    late_hits += i >= 40 && std::get<Choice>(point.at("kind")).index == 3;
    seen.push_back({point, loss(point)});
  }
  EXPECT_GE(late_hits, 12) << "of 20";  // 2.5 by chance
}

TEST(TreeParzen, NestedHyperparametersComeWithTheirChoiceAlone) {
  SearchSpace space = {{"model", Choices(2)}, {"model[0].depth", Range(Kind::kUniform, 1, 9)}};
  space["model[0].depth"].choice = "model";
  space["model[1].rate"] = Range(Kind::kUniform, 0, 1);
  space["model[1].rate"].choice = "model";
  space["model[1].rate"].branch = 1;
  std::vector<Observation> seen;
  for (int i = 0; i < 40; ++i) {
    const Point point = SuggestPoint(space, false, 1, i, seen);
    const bool is_first = std::get<Choice>(point.at("model")).index == 0;
    EXPECT_EQ(point.count("model[0].depth"), is_first ? 1u : 0u);
    EXPECT_EQ(point.count("model[1].rate"), is_first ? 0u : 1u);
    seen.push_back({point, is_first ? 1.0 : NumberOf(point, "model[1].rate")});
  }
}

TEST(TreeParzen, IsAFunctionOfSeedIndexAndWhatWasSeen) {
  const SearchSpace space = {{"x", Range(Kind::kUniform, 0, 1)}};
  std::vector<Observation> seen;
  for (int i = 0; i < 12; ++i) {
    const Point point = SuggestPoint(space, true, 3, i, seen);
    seen.push_back({point, NumberOf(point, "x")});
  }
  EXPECT_EQ(SuggestPoint(space, true, 3, 12, seen), SuggestPoint(space, true, 3, 12, seen));
  EXPECT_NE(SuggestPoint(space, true, 3, 12, seen), SuggestPoint(space, true, 3, 13, seen));
  EXPECT_NE(SuggestPoint(space, true, 3, 12, seen), SuggestPoint(space, true, 4, 12, seen));
}

TEST(TreeParzen, BeginsAtRandomAndTakesTrialsWithoutAValueOrWithNaN) {
  const SearchSpace space = {{"x", Range(Kind::kUniform, 0, 1)}};
  EXPECT_EQ(SuggestPoint(space, true, 3, 0, {}), *SamplePoint(space, SamplingRule::kRandom, 3, 0));
  std::vector<Observation> seen;
  for (int i = 0; i < 12; ++i) seen.push_back({*SamplePoint(space, SamplingRule::kRandom, 3, i), 1.0 * i});
  seen.push_back({{{"x", 0.5}}, std::nullopt});
  seen.push_back({{{"x", 0.25}}, std::nan("")});
  const double x = NumberOf(SuggestPoint(space, true, 3, 14, seen), "x");
  EXPECT_GE(x, 0);
  EXPECT_LE(x, 1);
}

TEST(TreeParzen, EveryDistributionGoesThereAndBack) {
  for (const Kind kind : {Kind::kUniform, Kind::kLogUniform, Kind::kNormal, Kind::kLogNormal}) {
    Distribution distribution = Range(kind, 0.5, 2);
    distribution.mu = 1;
    distribution.sigma = 0.5;
    for (const double unit : {0.1, 0.5, 0.77}) {
      EXPECT_NEAR(UnitOf(distribution, ValueAt(distribution, unit)), unit, 1e-6) << static_cast<int>(kind);
    }
  }
  EXPECT_EQ(UnitOf(Randint(4), int64_t{2}), 0.625);
  EXPECT_EQ(UnitOf(Range(Kind::kQUniform, 1, 4, 5), 5.0), 1);  // round(4 / 5) * 5 lies beyond the bound
}

}  // namespace
}  // namespace slipway::learn
