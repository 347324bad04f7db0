#include "slipway/stats/data_shift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/stats/test_support.h"

namespace slipway::stats {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::optional<double> MaybeMissing(int i, int missing_of_100) {
  return i % 100 < missing_of_100 ? std::nullopt : std::optional<double>(i % 50);
}

tabular::Table Numbered(int rows, int missing_of_100) {
  std::vector<std::optional<double>> values;
  for (int i = 0; i < rows; ++i) values.push_back(MaybeMissing(i, missing_of_100));
  return testing::TableOf({testing::Numbers("x", values)});
}

TEST(DataShiftTest, EqualDataHaveNone) {
  EXPECT_THAT(FindShifts(Numbered(500, 5), Numbered(500, 5)), IsEmpty());
}

TEST(DataShiftTest, TellsOfColumnsThatComeGoAndChange) {
  const auto findings = FindShifts(testing::Csv("a,b,c\n1,x,1\n2,y,2\n"), testing::Csv("a,c,d\none,1,5\ntwo,2,6\n"));
  ASSERT_THAT(findings, SizeIs(3));
  EXPECT_EQ(findings[0].kind, ShiftKind::kTypeChange);
  EXPECT_EQ(findings[0].what, "it was of type long and is of type string");
  EXPECT_EQ(findings[1].kind, ShiftKind::kMissingColumn);
  EXPECT_EQ(findings[1].column, "b");
  EXPECT_EQ(findings[2].kind, ShiftKind::kNewColumn);
  EXPECT_EQ(findings[2].severity, Severity::kNote);
  EXPECT_THAT(FindShifts(testing::Csv("a\n1\n2\n"), testing::Csv("a\n1.5\n2\n")), IsEmpty());  // numbers are numbers
}

TEST(DataShiftTest, MissingValuesCountWhenTheyAreManyAndNoChance) {
  const auto slight = FindShifts(Numbered(1000, 1), Numbered(1000, 5));
  ASSERT_THAT(slight, SizeIs(1));
  EXPECT_EQ(slight[0].kind, ShiftKind::kMissingValues);
  EXPECT_EQ(slight[0].severity, Severity::kWarning);
  EXPECT_EQ(slight[0].what, "5.0 % of the values are missing, before 1.0 %");
  EXPECT_EQ(FindShifts(Numbered(1000, 1), Numbered(1000, 30))[0].severity, Severity::kError);
  EXPECT_THAT(FindShifts(Numbered(1000, 10), Numbered(20, 100 * 2 / 20)), SizeIs(1));  // 20 of 20: all
  EXPECT_THAT(FindShifts(Numbered(1000, 5), Numbered(100, 8)), IsEmpty());             // 3 points, by chance
  EXPECT_THAT(FindShifts(Numbered(1000, 30), Numbered(1000, 1)), IsEmpty());           // fewer
}

TEST(DataShiftTest, NamesNewCategories) {
  std::vector<std::optional<std::string>> before(1000, "a"), now(1000, "a");
  for (int i = 0; i < 30; ++i) now[i] = i < 10 ? "b" : "c";
  now[30] = std::nullopt;
  const auto findings =
      FindShifts(testing::TableOf({testing::Texts("job", before)}), testing::TableOf({testing::Texts("job", now)}));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  EXPECT_EQ(findings[0].what, "3.0 % of the values are of 2 new categories: 'c' (20), 'b' (10)");
  EXPECT_THAT(findings[0].advice, HasSubstr("retraining"));
  EXPECT_EQ(FindShifts(testing::TableOf({testing::Texts("job", before)}),
                       testing::TableOf({testing::Texts("job", now)}), {.new_category_error = 0.02})[0]
                .severity,
            Severity::kError);
}

TEST(DataShiftTest, NotesNewCategoriesThatMayBeChance) {
  std::vector<std::optional<std::string>> before(1000, "a"), now(1000, "a");
  const auto severity = [&] {
    return FindShifts(testing::TableOf({testing::Texts("job", before)}),
                      testing::TableOf({testing::Texts("job", now)}))[0]
        .severity;
  };
  for (int i = 0; i < 9; ++i) now[i] = "b";  // 2^-9 is more than a thousandth
  EXPECT_EQ(severity(), Severity::kNote);
  now[9] = "b";
  EXPECT_EQ(severity(), Severity::kWarning);
  now.resize(20);  // half of them: an error, however few rows there are
  EXPECT_EQ(severity(), Severity::kError);
}

TEST(DataShiftTest, TellsOfNumbersOutOfRange) {
  std::vector<std::optional<double>> before, now;
  for (int i = 0; i < 200; ++i) {
    before.push_back(i);
    now.push_back(i < 180 ? i : i < 184 ? -5 : 1000 + i);
  }
  const auto findings =
      FindShifts(testing::TableOf({testing::Numbers("x", before)}), testing::TableOf({testing::Numbers("x", now)}));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].severity, Severity::kError);
  EXPECT_EQ(findings[0].what, "10.0 % of the values are outside of 0 to 199: 4 below, 16 above, now -5 to 1199");
}

TEST(DataShiftTest, TellsOfWhatVariesNoMore) {
  const std::vector<std::optional<double>> constant(50, 7);
  const auto findings = FindShifts(Numbered(500, 0), testing::TableOf({testing::Numbers("x", constant)}));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].kind, ShiftKind::kConstant);
  EXPECT_THAT(FindShifts(testing::TableOf({testing::Numbers("x", constant)}),
                         testing::TableOf({testing::Numbers("x", constant)})),
              IsEmpty());
}

TEST(DataShiftTest, TablesWithoutRowsAreCompared) {
  EXPECT_THAT(FindShifts(testing::Csv("a\n"), testing::Csv("a\n")), IsEmpty());
}

}  // namespace
}  // namespace slipway::stats
