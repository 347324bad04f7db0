#include "slipway/learn/search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "slipway/learn/test_support.h"

namespace slipway::learn {
namespace {

using Kind = Distribution::Kind;
using testing::Choices;
using testing::Normal;
using testing::Randint;
using testing::Range;

double NumberAt(const Distribution& distribution, SamplingRule rule, uint64_t index) {
  return std::get<double>(SamplePoint({{"x", distribution}}, rule, 7, index)->at("x"));
}

TEST(Search, SameArgumentsGiveTheSamePoint) {
  const SearchSpace space = {{"a", Range(Kind::kUniform, 0, 1)}, {"b", Choices(3)}};
  EXPECT_EQ(SamplePoint(space, SamplingRule::kRandom, 7, 3), SamplePoint(space, SamplingRule::kRandom, 7, 3));
  EXPECT_NE(SamplePoint(space, SamplingRule::kRandom, 7, 3), SamplePoint(space, SamplingRule::kRandom, 8, 3));
  EXPECT_NE(SamplePoint(space, SamplingRule::kRandom, 7, 3), SamplePoint(space, SamplingRule::kRandom, 7, 4));
}

TEST(Search, UniformFillsItsRange) {
  double sum = 0, low = 1e9, high = -1e9;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    const double value = NumberAt(Range(Kind::kUniform, 100, 1000), SamplingRule::kRandom, i);
    sum += value;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_NEAR(sum / kDraws, 550, 15);
  EXPECT_GE(low, 100);
  EXPECT_LT(low, 102);
  EXPECT_LE(high, 1000);
  EXPECT_GT(high, 998);
}

TEST(Search, NormalsHaveTheirMoments) {
  double sum = 0, squares = 0;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    const double value = NumberAt(Normal(Kind::kNormal, 5, 2), SamplingRule::kRandom, i);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kDraws;
  EXPECT_NEAR(mean, 5, 0.12);
  EXPECT_NEAR(std::sqrt(squares / kDraws - mean * mean), 2, 0.1);
}

TEST(Search, LogarithmicBoundsAreExponentsAndQuantaHold) {
  for (int i = 0; i < 200; ++i) {
    const double log_value = NumberAt(Range(Kind::kLogUniform, -3, 0), SamplingRule::kRandom, i);
    EXPECT_GE(log_value, std::exp(-3));
    EXPECT_LE(log_value, 1);
    const double quantized = NumberAt(Range(Kind::kQUniform, 1, 25, 2), SamplingRule::kRandom, i);
    EXPECT_EQ(std::fmod(quantized, 2), 0);
  }
}

TEST(Search, RandintStaysBelowItsBound) {
  std::set<int64_t> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(std::get<int64_t>(SamplePoint({{"x", Randint(3)}}, SamplingRule::kRandom, 1, i)->at("x")));
  }
  EXPECT_EQ(seen, (std::set<int64_t>{0, 1, 2}));
}

TEST(Search, AGridHasEveryCombinationOnceAndAnEnd) {
  const SearchSpace space = {{"a", Choices(2)}, {"b", Choices(3)}};
  std::set<std::pair<size_t, size_t>> seen;
  for (uint64_t i = 0; i < 6; ++i) {
    const auto point = SamplePoint(space, SamplingRule::kGrid, 0, i);
    ASSERT_TRUE(point);
    seen.emplace(std::get<Choice>(point->at("a")).index, std::get<Choice>(point->at("b")).index);
  }
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_FALSE(SamplePoint(space, SamplingRule::kGrid, 0, 6));
}

TEST(Search, AGridTurnsWhatIsNestedWithinItsChoice) {
  SearchSpace space = {{"a", Choices(2)}, {"m", Choices(2)}, {"m[0].d", Choices(3)}};
  space["m[0].d"].choice = "m";
  std::set<std::string> seen;
  uint64_t count = 0;
  for (; SamplePoint(space, SamplingRule::kGrid, 0, count); ++count) {
    const Point point = *SamplePoint(space, SamplingRule::kGrid, 0, count);
    std::string text;
    for (const auto& [name, value] : point) text += name + "=" + std::to_string(std::get<Choice>(value).index) + " ";
    seen.insert(text);
    EXPECT_EQ(point.count("m[0].d"), std::get<Choice>(point.at("m")).index == 0 ? 1u : 0u) << text;
  }
  EXPECT_EQ(count, 2u * (3 + 1));
  EXPECT_EQ(seen.size(), 8u);
}

// Every dimension of a Sobol sequence puts one of 2^k points into each of 2^k equal cells; a digital shift keeps that.
TEST(Search, SobolIsStratifiedInEveryDimension) {
  SearchSpace space;
  for (size_t i = 0; i < kMaxSobolDimensions; ++i)
    space[std::string(1, static_cast<char>('a' + i))] = Range(Kind::kUniform, 0, 1);
  constexpr int kPoints = 64;
  std::map<std::string, std::set<int>> cells;
  for (int i = 0; i < kPoints; ++i) {
    const auto point = SamplePoint(space, SamplingRule::kSobol, 3, i);
    for (const auto& [name, value] : *point) cells[name].insert(static_cast<int>(std::get<double>(value) * kPoints));
  }
  for (const auto& [name, filled] : cells) EXPECT_EQ(filled.size(), static_cast<size_t>(kPoints)) << name;
}

// The first points of Joe and Kuo's sequence in three dimensions, in the order of the Gray code; the digital shift is
// taken off by comparing with the first of them, which is 0.
TEST(Search, SobolIsJoeAndKuosSequence) {
  const SearchSpace space = {
      {"a", Range(Kind::kUniform, 0, 1)}, {"b", Range(Kind::kUniform, 0, 1)}, {"c", Range(Kind::kUniform, 0, 1)}};
  constexpr double kKnown[][3] = {{0, 0, 0},
                                  {0.5, 0.5, 0.5},
                                  {0.75, 0.25, 0.25},
                                  {0.25, 0.75, 0.75},
                                  {0.375, 0.375, 0.625},
                                  {0.875, 0.875, 0.125},
                                  {0.625, 0.125, 0.875},
                                  {0.125, 0.625, 0.375}};
  const auto bits = [&](uint64_t index, const char* name) {
    const double unit = std::get<double>(SamplePoint(space, SamplingRule::kSobol, 99, index)->at(name));
    return static_cast<uint32_t>(unit * 0x1.0p32);
  };
  for (uint64_t i = 0; i < std::size(kKnown); ++i) {
    for (int d = 0; d < 3; ++d) {
      const char name[] = {static_cast<char>('a' + d), '\0'};
      EXPECT_EQ((bits(i, name) ^ bits(0, name)) * 0x1.0p-32, kKnown[i][d]) << "point " << i << ", dimension " << d;
    }
  }
}

TEST(Search, ImpossibleSpacesAreRefused) {
  EXPECT_FALSE(CheckSpace({}, SamplingRule::kRandom));
  EXPECT_FALSE(CheckSpace({{"x", Choices(0)}}, SamplingRule::kRandom));
  EXPECT_FALSE(CheckSpace({{"x", Range(Kind::kUniform, 2, 1)}}, SamplingRule::kRandom));
  EXPECT_FALSE(CheckSpace({{"x", Range(Kind::kQUniform, 1, 2, 0)}}, SamplingRule::kRandom));
  EXPECT_FALSE(CheckSpace({{"x", Normal(Kind::kNormal, 0, 0)}}, SamplingRule::kRandom));
  EXPECT_FALSE(CheckSpace({{"x", Range(Kind::kUniform, 0, 1)}}, SamplingRule::kGrid));
  EXPECT_TRUE(CheckSpace({{"x", Range(Kind::kUniform, 0, 1)}}, SamplingRule::kSobol));
}

TEST(Search, DrawsBeyondTheLargestNumberAreRefused) {
  const auto error_of = [](const Distribution& distribution) {
    const Status checked = CheckSpace({{"x", distribution}}, SamplingRule::kRandom);
    return checked ? std::string() : checked.error().message();
  };
  EXPECT_EQ(error_of(Range(Kind::kLogUniform, 1, 1000)),
            "values reach up to e^1000, beyond the largest number there is: what is given are exponents of e, such as "
            "6.91 for 1000");
  EXPECT_NE(error_of(Normal(Kind::kLogNormal, 500, 30)), "");
  EXPECT_NE(error_of(Range(Kind::kUniform, 0, std::numeric_limits<double>::infinity())), "");
  EXPECT_NE(error_of(Range(Kind::kUniform, -1e308, 1e308)), "");
  EXPECT_EQ(error_of(Range(Kind::kLogUniform, -700, 700)), "");
  EXPECT_EQ(error_of(Normal(Kind::kLogNormal, 0, 2)), "");
}

TEST(EarlyTermination, BanditStopsWhatIsBelowTheSlack) {
  StoppingPolicy policy;
  policy.slack_factor = 0.2;
  EXPECT_TRUE(WhyStop(policy, true, "b", {{"a", {0.9}}, {"b", {0.7}}}));
  EXPECT_FALSE(WhyStop(policy, true, "b", {{"a", {0.9}}, {"b", {0.76}}}));
  EXPECT_TRUE(WhyStop(policy, false, "b", {{"a", {0.5}}, {"b", {0.7}}}));
  EXPECT_FALSE(WhyStop(policy, false, "b", {{"a", {0.5}}, {"b", {0.59}}}));
  policy.slack_factor.reset();
  policy.slack_amount = 0.1;
  EXPECT_TRUE(WhyStop(policy, true, "b", {{"a", {0.9}}, {"b", {0.79}}}));
}

TEST(EarlyTermination, AYoungTrialIsComparedWithYoungOnes) {
  StoppingPolicy policy;
  policy.slack_amount = 0.1;
  EXPECT_FALSE(WhyStop(policy, true, "b", {{"a", {0.2, 0.9}}, {"b", {0.3}}}));
}

TEST(EarlyTermination, IntervalAndDelayHoldBack) {
  StoppingPolicy policy;
  policy.slack_amount = 0.1;
  policy.evaluation_interval = 2;
  policy.delay_evaluation = 4;
  const auto why = [&](size_t count) {
    return WhyStop(policy, true, "b", {{"a", std::vector<double>(9, 0.9)}, {"b", std::vector<double>(count, 0.1)}});
  };
  for (const size_t held_back : {1, 2, 3}) EXPECT_FALSE(why(held_back)) << held_back;
  EXPECT_TRUE(why(4));
  EXPECT_TRUE(why(5)) << "two reports at once do not jump over the fourth";
  EXPECT_TRUE(why(6));
}

TEST(EarlyTermination, ANegativeBestIsNotStoppedByItsOwnSlack) {
  StoppingPolicy policy;
  policy.slack_factor = 0.2;
  const std::map<std::string, std::vector<double>> reports = {{"a", {-1.0}}, {"b", {-1.1}}, {"c", {-1.3}}};
  EXPECT_FALSE(WhyStop(policy, true, "a", reports));
  EXPECT_FALSE(WhyStop(policy, true, "b", reports));
  EXPECT_TRUE(WhyStop(policy, true, "c", reports));
  EXPECT_FALSE(WhyStop(policy, false, "c", reports));
  EXPECT_TRUE(WhyStop(policy, false, "a", reports));
}

TEST(EarlyTermination, ReportsThatAreNoNumbersDoNotCount) {
  StoppingPolicy policy;
  policy.slack_amount = 0.1;
  EXPECT_FALSE(WhyStop(policy, true, "b", {{"a", {0.9}}, {"b", {std::nan("")}}}));
  EXPECT_FALSE(WhyStop(policy, true, "b", {{"a", {std::nan("")}}, {"b", {0.1}}}));
  EXPECT_TRUE(WhyStop(policy, true, "b", {{"a", {0.9, std::nan("")}}, {"b", {0.1, std::nan("")}}}));
}

TEST(EarlyTermination, MedianAndTruncation) {
  StoppingPolicy median;
  median.kind = StoppingPolicy::Kind::kMedianStopping;
  const std::map<std::string, std::vector<double>> reports = {{"a", {0.9}}, {"b", {0.5}}, {"c", {0.7}}, {"d", {0.8}}};
  EXPECT_TRUE(WhyStop(median, true, "b", reports));
  EXPECT_FALSE(WhyStop(median, true, "d", reports));
  StoppingPolicy truncation;
  truncation.kind = StoppingPolicy::Kind::kTruncationSelection;
  truncation.truncation_percentage = 25;
  EXPECT_TRUE(WhyStop(truncation, true, "b", reports));
  EXPECT_FALSE(WhyStop(truncation, true, "c", reports));
}

}  // namespace
}  // namespace slipway::learn
