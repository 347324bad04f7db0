#include "slipway/tabular/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/tabular/csv.h"

namespace slipway::tabular {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

ColumnProfile ProfileOf(std::string_view csv, const ProfileOptions& options = {}) {
  return ProfileColumn(ParseCsv(csv)->column(0), options);
}

auto Counts(const char* text, size_t count) {
  return testing::AllOf(Field(&ValueCount::text, text), Field(&ValueCount::count, count));
}

TEST(ProfileColumn, DescribesNumbers) {
  // pandas: Series([3, 1, 4, 1, 5, 9, 2, 6]).describe()
  const ColumnProfile profile = ProfileOf("a,b\n3,0\n1,0\n4,0\n,0\n1,0\n5,0\n9,0\n2,0\n6,0\n", {.top = 2, .bins = 4});
  EXPECT_EQ(profile.rows, 9u);
  EXPECT_EQ(profile.nulls, 1u);
  EXPECT_EQ(profile.distinct, 7u);
  EXPECT_THAT(profile.top, ElementsAre(Counts("1", 2), Counts("3", 1)));
  ASSERT_TRUE(profile.numbers.has_value());
  EXPECT_EQ(profile.numbers->min, 1);
  EXPECT_EQ(profile.numbers->max, 9);
  EXPECT_DOUBLE_EQ(profile.numbers->mean, 3.875);
  EXPECT_NEAR(profile.numbers->standard_deviation, 2.748376143938713, 1e-14);
  EXPECT_DOUBLE_EQ(profile.numbers->lower_quartile, 1.75);
  EXPECT_DOUBLE_EQ(profile.numbers->median, 3.5);
  EXPECT_DOUBLE_EQ(profile.numbers->upper_quartile, 5.25);
  std::vector<size_t> counts;
  for (const HistogramBin& bin : profile.numbers->histogram) counts.push_back(bin.count);
  EXPECT_THAT(counts, ElementsAre(3, 2, 2, 1));  // numpy.histogram(…, bins=4)
  EXPECT_EQ(profile.numbers->histogram[1].from, 3);
  EXPECT_EQ(profile.numbers->histogram[3].to, 9);
}

TEST(ProfileColumn, DescribesTextsAndBooleans) {
  const ColumnProfile texts = ProfileOf("a,b\ny,0\nx,0\n,0\nx,0\nz,0\n");
  EXPECT_EQ(texts.nulls, 1u);
  EXPECT_EQ(texts.distinct, 3u);
  EXPECT_THAT(texts.top, ElementsAre(Counts("x", 2), Counts("y", 1), Counts("z", 1)));
  EXPECT_FALSE(texts.numbers.has_value());
  const ColumnProfile booleans = ProfileOf("a\nTrue\nFalse\nTrue\n");
  EXPECT_THAT(booleans.top, ElementsAre(Counts("True", 2), Counts("False", 1)));
  EXPECT_FALSE(booleans.numbers.has_value());
}

TEST(ProfileColumn, CountsNanAsNullAndZeroesAsOneValue) {
  CsvOptions options{.null_texts = {""}};
  const Table table = *ParseCsv("a,b\nNaN,0\n0.0,0\n-0.0,0\ninf,0\n,0\n", options);
  const ColumnProfile profile = ProfileColumn(table.column(0));
  EXPECT_EQ(profile.nulls, 2u);
  EXPECT_EQ(profile.distinct, 2u);
  EXPECT_THAT(profile.top, ElementsAre(Counts("0.0", 2), Counts("Infinity", 1)));
  EXPECT_EQ(profile.numbers->histogram.size(), 1u);
}

TEST(ProfileColumn, DescribesDatetimesInMicroseconds) {
  const ColumnProfile profile = ProfileOf("a\n1970-01-01\n1970-01-01T00:00:01\n");
  EXPECT_EQ(profile.numbers->max, 1000000);
  EXPECT_EQ(profile.numbers->median, 500000);
}

TEST(ProfileColumn, DescribesConstantsAndEmptyColumns) {
  const ColumnProfile constant = ProfileOf("a\n5\n5\n");
  EXPECT_EQ(constant.numbers->standard_deviation, 0);
  ASSERT_EQ(constant.numbers->histogram.size(), 1u);
  EXPECT_EQ(constant.numbers->histogram[0].count, 2u);
  const ColumnProfile empty = ProfileOf("a,b\n,1\n");
  EXPECT_EQ(empty.nulls, 1u);
  EXPECT_THAT(empty.top, IsEmpty());
  EXPECT_FALSE(empty.numbers.has_value());
}

TEST(ProfileTable, DescribesEveryColumn) {
  const auto profiles = ProfileTable(*ParseCsv("a,b\n1,x\n"));
  ASSERT_EQ(profiles.size(), 2u);
  EXPECT_EQ(profiles[1].name, "b");
  EXPECT_EQ(profiles[1].type, ColumnType::kString);
}

}  // namespace
}  // namespace slipway::tabular
