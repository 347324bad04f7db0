#include "slipway/training/domain_drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/hash.h"

namespace slipway::training {
namespace {

using stats::DomainVerdict;
using tabular::ColumnBuilder;
using tabular::ColumnType;
using tabular::Table;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two numbers and a text; `is_twisted`: b follows a, though each by itself is as it was.
Table Rows(size_t rows, uint64_t seed, double shift, bool is_twisted) {
  SplitMix64 random(seed);
  ColumnBuilder a("a", ColumnType::kFloat64), b("b", ColumnType::kFloat64), job("job", ColumnType::kString);
  for (size_t i = 0; i < rows; ++i) {
    const double value = random.NextUnit();
    a.AddDouble(value + shift);
    b.AddDouble(is_twisted ? value : random.NextUnit());
    job.AddString(random.NextBelow(2) == 0 ? "clerk" : "cook");
  }
  return Table::Make({std::move(a).Build(), std::move(b).Build(), std::move(job).Build()}).value();
}

DomainDriftOptions Small() {
  return {.folds = 3, .trees = 30};
}

TEST(DomainDriftTest, SamplesOfOneDistributionCannotBeToldApart) {
  const auto drift = MeasureDomainDrift(Rows(1000, 1, 0, false), Rows(800, 2, 0, false), Small()).value();
  EXPECT_EQ(drift.verdict, DomainVerdict::kSame);
  EXPECT_NEAR(drift.auc, 0.5, 0.06);
  EXPECT_NEAR(drift.standard_error, 0.0137, 0.001);  // sqrt((n + m + 1) / (12 n m)) of a chance order
  EXPECT_EQ(drift.reference_rows, 1000U);
}

TEST(DomainDriftTest, AShiftIsFoundAndItsColumnNamed) {
  const auto drift = MeasureDomainDrift(Rows(1000, 1, 0, false), Rows(800, 2, 0.5, false), Small()).value();
  EXPECT_EQ(drift.verdict, DomainVerdict::kDrifted);
  EXPECT_GT(drift.auc, 0.8);
  ASSERT_EQ(drift.contributions.size(), 3U);
  EXPECT_EQ(drift.contributions[0].column, "a");
  EXPECT_GT(drift.contributions[0].value, 0.2);
}

TEST(DomainDriftTest, ColumnsThatChangeTogetherAreFoundToo) {
  const auto drift = MeasureDomainDrift(Rows(1000, 1, 0, false), Rows(800, 2, 0, true), Small()).value();
  EXPECT_EQ(drift.verdict, DomainVerdict::kDrifted);
  EXPECT_EQ(drift.contributions[2].column, "job");
}

TEST(DomainDriftTest, FewRowsAreNotEnoughData) {
  const auto drift = MeasureDomainDrift(Rows(1000, 1, 0, false), Rows(50, 2, 9, false), Small()).value();
  EXPECT_EQ(drift.verdict, DomainVerdict::kNotEnoughData);
  EXPECT_THAT(drift.contributions, IsEmpty());
}

TEST(DomainDriftTest, WantsColumnsInCommon) {
  DomainDriftOptions options = Small();
  options.ignored = {"a", "b", "job"};
  EXPECT_THAT(MeasureDomainDrift(Rows(300, 1, 0, false), Rows(300, 2, 0, false), options).error().message(),
              HasSubstr("no column in common"));
}

}  // namespace
}  // namespace slipway::training
