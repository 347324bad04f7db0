#include "slipway/sdk/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "slipway/base/file.h"
#include "slipway/sdk/program.h"
#include "slipway/tabular/table.h"

namespace slipway::sdk {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string FailureOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "no failure";
}

TEST(Table, ReadsBackWhatItWrites) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder.has_value());
  const std::string path = (folder->path() / "new" / "folder" / "t.csv").string();
  const Table table = Table::ParseCsv("a,b\n1,x\n2.5,y\n");
  table.WriteCsv(path);
  const Table again = Table::Read(path);
  EXPECT_THAT(again.columns(), ElementsAre("a", "b"));
  EXPECT_EQ(again.ToJsonRecords(), "[{\"a\":1.0,\"b\":\"x\"},{\"a\":2.5,\"b\":\"y\"}]");
  EXPECT_EQ(Table::Read((folder->path() / "new" / "folder").string()).rows(), 2u);
}

TEST(Table, SplitsIntoDisjointRows) {
  std::string csv = "a\n";
  for (int i = 0; i < 100; ++i) csv += std::to_string(i) + "\n";
  const Table table = Table::ParseCsv(csv);
  const auto [train, test] = table.Split(0.2, 42);
  EXPECT_EQ(train.rows(), 80u);
  EXPECT_EQ(test.rows(), 20u);
  std::vector<int64_t> rows = train.get().column(0).ints;
  rows.insert(rows.end(), test.get().column(0).ints.begin(), test.get().column(0).ints.end());
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, table.get().column(0).ints);
  EXPECT_EQ(table.Split(0.2, 42).second.ToJsonRecords(), test.ToJsonRecords());
}

TEST(Table, AppendsDropsAndCuts) {
  const Table table = Table::ParseCsv("a,b\n1,x\n").Append(Table::ParseCsv("b,a\ny,2.5\n"));
  EXPECT_EQ(table.ToJsonRecords(), "[{\"a\":1.0,\"b\":\"x\"},{\"a\":2.5,\"b\":\"y\"}]");
  EXPECT_THAT(table.Without("a").columns(), ElementsAre("b"));
  EXPECT_EQ(table.Head(1).rows(), 1u);
}

TEST(Table, ThrowsWhatAUserCanActOn) {
  const Table table = Table::ParseCsv("income,b\n1,x\n");
  EXPECT_THAT(FailureOf([] { Table::ParseCsv("a,b\n1\n"); }), HasSubstr("line 2:1: the line has 1 field,"));
  EXPECT_THAT(FailureOf([] { Table::Read("/nowhere/t.csv"); }), HasSubstr("/nowhere/t.csv"));
  EXPECT_THAT(FailureOf([&] { table.Without("incom"); }), HasSubstr("did you mean 'income'?"));
  EXPECT_THAT(FailureOf([&] { table.Append(Table::ParseCsv("income\n1\n")); }), HasSubstr("no column 'b'"));
  EXPECT_THAT(FailureOf([&] { table.Split(2, 1); }), HasSubstr("within 0 and 1"));
}

}  // namespace
}  // namespace slipway::sdk
