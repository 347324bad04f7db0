#include "slipway/tabular/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "slipway/tabular/concatenate.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/split.h"

namespace slipway::tabular {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Table Parse(std::string_view text, const CsvOptions& options = {}) {
  return *ParseCsv(text, options);
}

TEST(ColumnBuilder, KeepsTextsOnceInOrderOfAppearance) {
  ColumnBuilder builder("a", ColumnType::kString);
  builder.AddNull();
  for (const char* text : {"x", "y", "x"}) builder.AddString(text);
  const Column column = std::move(builder).Build();
  EXPECT_THAT(column.dictionary, ElementsAre("x", "y"));
  EXPECT_THAT(column.codes, ElementsAre(0, 0, 1, 0));
  EXPECT_THAT(column.nulls, ElementsAre(1, 0, 0, 0));
  EXPECT_EQ(column.null_count(), 1u);
}

TEST(ColumnBuilder, TellsThousandsOfTextsApart) {
  ColumnBuilder builder("a", ColumnType::kString);
  for (int i = 0; i < 20000; ++i) builder.AddString("text " + std::to_string(i % 5000));
  const Column column = std::move(builder).Build();
  EXPECT_EQ(column.dictionary.size(), 5000u);
  for (size_t row = 0; row < column.size(); ++row)
    ASSERT_EQ(column.string_at(row), "text " + std::to_string(row % 5000));
}

TEST(ColumnBuilder, HasNoNullsUntilThereIsOne) {
  ColumnBuilder builder("a", ColumnType::kFloat64);
  builder.AddDouble(1);
  builder.AddNull();
  builder.AddDouble(2);
  const Column column = std::move(builder).Build();
  EXPECT_THAT(column.nulls, ElementsAre(0, 1, 0));
  EXPECT_TRUE(std::isnan(column.doubles[1]));
  EXPECT_TRUE(std::isnan(column.number(1)));
  EXPECT_EQ(column.text(1), "");
  EXPECT_EQ(column.text(2), "2.0");
}

TEST(Table, RefusesUnequalLengthsAndNamesThatStandTwice) {
  const Table a = Parse("a,b\n1,2\n"), b = Parse("c,d\n1,2\n3,4\n");
  EXPECT_EQ(Table::Make({a.column(0), b.column(0)}).error().message(), "column 'c' has 2 rows, column 'a' has 1");
  EXPECT_EQ(Table::Make({a.column(0), a.column(0)}).error().message(), "column 'a' stands twice");
  Table c = a;
  EXPECT_EQ(c.Add(a.column(1)).error().code(), Code::kAlreadyExists);
  EXPECT_EQ(c.Add(b.column(0)).error().message(), "column 'c' has 2 rows, the table has 1");
}

TEST(Table, NamesTheNearestColumn) {
  const auto missing = Parse("income,age\n1,2\n").Get("incom");
  EXPECT_EQ(missing.error().code(), Code::kNotFound);
  EXPECT_EQ(missing.error().message(), "there is no column 'incom'; did you mean 'income'?");
}

TEST(Table, TellsWhatPartsTheFieldsWhereNobodySaidSo) {
  const auto missing = Parse("income;age\n1;2\n").Get("age");
  EXPECT_EQ(missing.error().message(),
            "there is no column 'age'; the table has one column, whose name holds ';': if that parts the fields, an "
            "MLTable file says so (read_delimited: {delimiter: \";\"})");
  EXPECT_THAT(Parse("income\tage\n1\t2\n").Get("age").error().message(), testing::HasSubstr("{delimiter: \"\\t\"}"));
}

TEST(Table, SelectsAndDropsColumns) {
  const Table table = Parse("a,b,c\n1,2,3\n");
  EXPECT_THAT(table.Select({"c", "a"})->names(), ElementsAre("c", "a"));
  EXPECT_FALSE(table.Select({"c", "x"}).has_value());
  EXPECT_THAT(table.Without("b").names(), ElementsAre("a", "c"));
  EXPECT_EQ(table.Without("x").width(), 3u);
}

TEST(Table, TakesRowsInTheOrderGiven) {
  const Table taken = Parse("a,s\n1,x\n,y\n3,z\n").TakeRows({2, 0, 2});
  EXPECT_THAT(taken.column(0).ints, ElementsAre(3, 1, 3));
  EXPECT_TRUE(taken.column(0).nulls.empty());
  EXPECT_THAT(taken.column(1).dictionary, ElementsAre("z", "x"));
  EXPECT_THAT(taken.column(1).codes, ElementsAre(0, 1, 0));
}

TEST(Table, HeadOfMoreRowsThanThereAreIsAll) {
  const Table table = Parse("a,b\n1,2\n3,4\n");
  EXPECT_EQ(table.Head(1).rows(), 1u);
  EXPECT_EQ(table.Head(9).rows(), 2u);
}

TEST(Concatenate, MergesDictionariesAndWidensToFloat) {
  const auto joined = Concatenate({Parse("n,s\n1,x\n,y\n"), Parse("s,n\ny,2.5\n,3.5\nz,1.0\n")});
  ASSERT_TRUE(joined.has_value()) << joined.error().ToString();
  EXPECT_EQ(WriteCsv(*joined), "n,s\n1.0,x\n,y\n2.5,y\n3.5,\n1.0,z\n");
  EXPECT_THAT(joined->column(1).dictionary, ElementsAre("x", "y", "z"));
  EXPECT_TRUE(std::isnan(joined->column(0).doubles[1]));
}

TEST(Concatenate, GivesAnEmptyColumnTheTypeOfItsPeers) {
  const auto joined = Concatenate({Parse("a,b\n,1\n"), Parse("a,b\nx,2\n"), Parse("a,b\n")});
  ASSERT_TRUE(joined.has_value()) << joined.error().ToString();
  EXPECT_EQ(WriteCsv(*joined), "a,b\n,1\nx,2\n");
  const auto flags = Append(Parse("a,b\nTrue,1\n"), Parse("a,b\n,2\n"));
  EXPECT_EQ(WriteCsv(*flags), "a,b\nTrue,1\n,2\n");
}

TEST(Concatenate, NamesTableAndColumnThatDoNotAgree) {
  const std::vector<std::string> names = {"1.csv", "2.csv"};
  const auto complaint = [&](std::string_view a, std::string_view b) {
    return Concatenate({Parse(a), Parse(b)}, names).error().message();
  };
  EXPECT_EQ(complaint("a,b\n1,2\n", "a,b\n1,x\n"), "column 'b' is string in 2.csv, but long in 1.csv");
  EXPECT_EQ(complaint("a,bb\n1,2\n", "a,bbb\n1,2\n"), "2.csv has a column 'bbb', 1.csv has none; did you mean 'bb'?");
  EXPECT_EQ(complaint("a,b\n1,2\n", "a\n1\n"), "2.csv has no column 'b', 1.csv has one");
  EXPECT_THAT(Append(Parse("a\n1\n"), Parse("a\nx\n")).error().message(), HasSubstr("in table 2, but long in table 1"));
}

TEST(SplitRows, PutsEveryRowOnOneSide) {
  const auto split = SplitRows(1000, 0.2, 42);
  ASSERT_TRUE(split.has_value());
  EXPECT_EQ(split->test.size(), 200u);
  std::vector<uint8_t> seen(1000);
  for (uint32_t row : split->test) ++seen[row];
  for (uint32_t row : split->train) ++seen[row];
  EXPECT_THAT(seen, testing::Each(1));
  EXPECT_TRUE(std::is_sorted(split->train.begin(), split->train.end()));
}

TEST(SplitRows, IsTheSameEverywhere) {
  // From another implementation of the documented draw.
  EXPECT_THAT(SplitRows(20, 0.3, 42)->test, ElementsAre(1, 4, 7, 8, 14, 18));
  EXPECT_NE(SplitRows(100, 0.3, 42)->test, SplitRows(100, 0.3, 43)->test);
}

TEST(SplitRows, RoundsUpAsScikitLearnDoes) {
  EXPECT_EQ(SplitRows(10, 0.25, 1)->test.size(), 3u);
  EXPECT_EQ(SplitRows(30000, 0.2, 1)->test.size(), 6000u);
  EXPECT_EQ(SplitRows(10, 0.1 + 0.2, 1)->test.size(), 3u);
  EXPECT_EQ(SplitRows(7, 0, 1)->test.size(), 0u);
  EXPECT_EQ(SplitRows(7, 1, 1)->train.size(), 0u);
  EXPECT_EQ(SplitRows(0, 0.5, 1)->train.size(), 0u);
}

TEST(SplitRows, RefusesSharesThatAreNone) {
  EXPECT_FALSE(SplitRows(10, -0.1, 1).has_value());
  EXPECT_FALSE(SplitRows(10, 1.1, 1).has_value());
  EXPECT_FALSE(SplitRows(10, std::nan(""), 1).has_value());
}

}  // namespace
}  // namespace slipway::tabular
