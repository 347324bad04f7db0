// Every test on small samples; the expected numbers are scipy 1.10's.
#include "slipway/stats/drift_tests.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/stats/drift_text.h"
#include "slipway/stats/kolmogorov_smirnov.h"
#include "slipway/stats/test_support.h"

namespace slipway::stats {
namespace {

using ::testing::HasSubstr;
using testing::Numbers;
using testing::TableOf;
using testing::Texts;

const std::vector<std::optional<double>> kA = {1.5, 2.5, 2.5, 3.0, 4.25, 5.5, 7.0, 7.5};
const std::vector<std::optional<double>> kB = {2.0, 3.5, 4.25, 6.0, 8.0, 9.5};

Result<double> Score(const std::string& test, const tabular::Column& reference, const tabular::Column& current,
                     FeatureKind kind) {
  return (*FindDriftTest(test))->score(MakeColumnPair(reference, current, kind), 7);
}

struct Expected {
  std::string test;
  double score;
};

class NumericTest : public ::testing::TestWithParam<Expected> {};

TEST_P(NumericTest, AgreesWithScipy) {
  const auto score = Score(GetParam().test, Numbers("x", kA), Numbers("x", kB), FeatureKind::kNumeric);
  ASSERT_TRUE(score) << score.error().ToString();
  EXPECT_NEAR(*score, GetParam().score, 1e-9 * std::abs(GetParam().score));
}

INSTANTIATE_TEST_SUITE_P(Drift, NumericTest,
                         ::testing::Values(Expected{"ks", 0.7838827838827839},
                                           Expected{"wasserstein", 0.6530519130309227},
                                           Expected{"ed", 0.7528879583163606},
                                           Expected{"cramer_von_mises", 0.5161505161505161},
                                           Expected{"mannw", 0.36510057572918375},
                                           Expected{"t_test", 0.3472298229050008}, Expected{"es", 0.9130421468518417}),
                         [](const auto& info) { return info.param.test; });

std::vector<std::optional<std::string>> Repeat(int a, int b, int c) {
  std::vector<std::optional<std::string>> texts;
  texts.insert(texts.end(), static_cast<size_t>(a), "a");
  texts.insert(texts.end(), static_cast<size_t>(b), "b");
  texts.insert(texts.end(), static_cast<size_t>(c), "c");
  return texts;
}

class CategoryTest : public ::testing::TestWithParam<Expected> {};

TEST_P(CategoryTest, AgreesWithScipy) {
  const auto score =
      Score(GetParam().test, Texts("x", Repeat(5, 3, 2)), Texts("x", Repeat(2, 2, 6)), FeatureKind::kCategorical);
  ASSERT_TRUE(score) << score.error().ToString();
  EXPECT_NEAR(*score, GetParam().score, 1e-9 * std::abs(GetParam().score));
}

INSTANTIATE_TEST_SUITE_P(Drift, CategoryTest,
                         ::testing::Values(Expected{"jensenshannon", 0.3009416055570711},
                                           Expected{"chisquare", 0.006303396482417283},
                                           Expected{"g_test", 0.019290123456790122},
                                           Expected{"psi", 0.7548786458403067}, Expected{"kl_div", 0.3600624406359048},
                                           Expected{"hellinger", 0.3039952272504764}),
                         [](const auto& info) { return info.param.test; });

TEST(DriftTests, CompareTwoProportions) {
  const auto reference = Texts("x", Repeat(14, 6, 0)), current = Texts("x", Repeat(9, 11, 0));
  EXPECT_NEAR(Score("z", reference, current, FeatureKind::kCategorical).value(), 0.10976893978320734, 1e-12);
  EXPECT_NEAR(Score("fisher_exact", reference, current, FeatureKind::kCategorical).value(), 0.2002872728123007, 1e-9);
}

TEST(DriftTests, ANewCategoryIsCertainDriftForChiSquare) {
  EXPECT_EQ(
      Score("chisquare", Texts("x", Repeat(5, 5, 0)), Texts("x", Repeat(5, 5, 1)), FeatureKind::kCategorical).value(),
      0);
}

TEST(DriftTests, RandomTestsRepeatWithTheirSeed) {
  const auto a = Numbers("x", kA), b = Numbers("x", kB);
  const double first = Score("emperical_mmd", a, b, FeatureKind::kNumeric).value();
  EXPECT_EQ(first, Score("emperical_mmd", a, b, FeatureKind::kNumeric).value());
  EXPECT_GT(first, 0.05);  // the samples are alike
}

TEST(DriftTests, RefuseDataThatDoNotFit) {
  const auto score = [](const std::string& test, int a, int b) {
    return Score(test, Texts("x", Repeat(a, b, 1)), Texts("x", Repeat(3, 3, 3)), FeatureKind::kCategorical);
  };
  EXPECT_THAT(score("fisher_exact", 2, 2).error().message(), HasSubstr("at most two categories; there are 3"));
  EXPECT_THAT(score("g_test", 2, 2).error().message(), HasSubstr("the reference has 5 and the current data 9"));
  const auto constant = Numbers("x", {4, 4, 4, 4, 4, 4});
  EXPECT_FALSE(Score("anderson", constant, constant, FeatureKind::kNumeric));
  EXPECT_FALSE(Score("es", constant, constant, FeatureKind::kNumeric));
}

TEST(DriftTests, KolmogorovDistribution) {
  struct Case {
    int64_t n;
    double d, tail;
  };
  // The branches of the distribution: matrix, sums, and Pelz and Good's expansion.
  for (const Case& c : {Case{100, 0.01, 1.0}, Case{100, 0.08, 0.5182193645480672},
                        Case{100, 0.15, 0.019839242125643017}, Case{500, 0.04, 0.3902508696049749},
                        Case{5000, 0.011, 0.576731142062301}, Case{200000, 0.002, 0.39995085369038097},
                        Case{20, 0.6, 2.0483011649719853e-07}, Case{5739, 0.02, 0.02000810268540017}})
    EXPECT_NEAR(KolmogorovUpperTail(c.n, c.d), c.tail, 1e-6 * c.tail) << c.n << " " << c.d;
}

TEST(DriftTests, AreFoundByName) {
  EXPECT_EQ(DriftTestNames().size(), 18u);
  const auto wrong = FindDriftTest("waserstein");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("did you mean 'wasserstein'?"));
  EXPECT_THAT(wrong.error().message(), HasSubstr("ks, chisquare, z"));
  EXPECT_EQ(FindDriftTest("perc_text_content_drift").error().code(), slipway::Code::kUnimplemented);
}

TEST(DriftTests, DirectionsAtTheThreshold) {
  EXPECT_TRUE((*FindDriftTest("ks"))->IsDrift(0.05, 0.05));
  EXPECT_FALSE((*FindDriftTest("z"))->IsDrift(0.05, 0.05));
  EXPECT_TRUE((*FindDriftTest("wasserstein"))->IsDrift(0.1, 0.1));
  EXPECT_FALSE((*FindDriftTest("ed"))->IsDrift(0.1, 0.1));
  EXPECT_FALSE((*FindDriftTest("ks"))->IsDrift(std::nan(""), 0.05));
}

}  // namespace
}  // namespace slipway::stats
