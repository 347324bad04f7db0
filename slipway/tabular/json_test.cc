#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "slipway/base/hash.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/json_lines.h"
#include "slipway/tabular/json_records.h"

namespace slipway::tabular {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Table MustParse(std::string_view text, const JsonOptions& options = {}) {
  auto table = ParseJsonRecords(text, options, "t.jsonl");
  EXPECT_TRUE(table.has_value()) << (table ? "" : table.error().ToString());
  return table ? std::move(*table) : Table();
}

std::string ErrorOf(std::string_view text) {
  auto table = ParseJsonRecords(text, {}, "t.jsonl");
  return table ? "no error" : table.error().ToString();
}

TEST(ParseJsonRecords, ReadsLinesAndArraysAlike) {
  const char* lines = "{\"i\":1,\"f\":0.5,\"s\":\"x\",\"b\":true}\n\n{\"i\":2,\"f\":1.5,\"s\":\"y\",\"b\":false}\r\n";
  const char* array =
      " [ {\"i\":1,\"f\":0.5,\"s\":\"x\",\"b\":true} ,\n{\"i\":2,\"f\":1.5,\"s\":\"y\",\"b\":false}\n] ";
  for (const char* text : {lines, array}) {
    const Table table = MustParse(text);
    EXPECT_EQ(WriteCsv(table), "i,f,s,b\n1,0.5,x,True\n2,1.5,y,False\n");
    EXPECT_EQ(table.column(0).type, ColumnType::kInt64);
    EXPECT_EQ(table.column(3).type, ColumnType::kBool);
  }
}

TEST(ParseJsonRecords, FillsMissingKeysWithNulls) {
  EXPECT_EQ(WriteCsv(MustParse("{\"a\":1}\n{\"b\":\"x\",\"a\":null}\n{\"b\":\"y\",\"a\":3}\n{}")),
            "a,b\n1,\n,x\n3,y\n,\n");
}

TEST(ParseJsonRecords, WidensWholeNumbersToFloats) {
  const Table table = MustParse("{\"a\":1}\n{\"a\":null}\n{\"a\":2.5}\n{\"a\":3}\n{\"a\":18446744073709551615}");
  EXPECT_EQ(WriteCsv(table), "a\n1.0\n\"\"\n2.5\n3.0\n18446744073709551616.0\n");
}

TEST(ParseJsonRecords, ReadsDatesUnlessTold) {
  const char* text = "{\"t\":\"2026-03-04T05:06:07Z\"}\n{\"t\":null}\n{\"t\":\"2026-03-05\"}";
  EXPECT_EQ(MustParse(text).column(0).type, ColumnType::kDatetime);
  EXPECT_EQ(WriteCsv(MustParse(text)), "t\n2026-03-04T05:06:07Z\n\"\"\n2026-03-05T00:00:00Z\n");
  EXPECT_EQ(MustParse(text, {.infer_datetimes = false}).column(0).type, ColumnType::kString);
  EXPECT_EQ(MustParse("{\"t\":\"2026-03-04\"}\n{\"t\":\"never\"}").column(0).type, ColumnType::kString);
}

TEST(ParseJsonRecords, KeepsNestedValuesAsJson) {
  const Table table = MustParse("[{\"a\":[1,{\"b\":\"}]\"}]},{\"a\":\"x\"}]");
  EXPECT_THAT(table.column(0).dictionary, ElementsAre("[1,{\"b\":\"}]\"}]", "x"));
}

TEST(ParseJsonRecords, ReadsNothingFromNothing) {
  EXPECT_EQ(MustParse("").width(), 0u);
  EXPECT_EQ(MustParse("[]").width(), 0u);
}

TEST(ParseJsonRecords, SaysWhereItFails) {
  EXPECT_THAT(ErrorOf("{\"a\":1}\n{\"a\":x}"), HasSubstr("t.jsonl:2:6: this is not valid JSON: invalid literal"));
  EXPECT_EQ(ErrorOf("{\"a\":1}\n  7"), "t.jsonl:2:3: a record has to be an object, {…}");
  EXPECT_EQ(ErrorOf("{\"a\":1}\n{\"a\":\"x\"}"),
            "t.jsonl:2:1: 'a' is a text in this record, but a number in those before");
  EXPECT_EQ(ErrorOf("[{\"a\":true},\n {\"a\":1}]"),
            "t.jsonl:2:2: 'a' is a number in this record, but a boolean in those before");
  EXPECT_EQ(ErrorOf("[{\"a\":1}\n{\"a\":2}]"), "t.jsonl:2:1: a ',' or the closing ']' is missing here");
  EXPECT_EQ(ErrorOf("[{\"a\":1},\n3]"), "t.jsonl:2:1: a record has to be an object, {…}");
  EXPECT_EQ(ErrorOf("[{\"a\":1},\n {\"a\":\"]}"), "t.jsonl:2:2: this object is never closed");
  EXPECT_EQ(ErrorOf("[{\"a\":1}"), "t.jsonl:1:9: a ',' or the closing ']' is missing here");
  EXPECT_EQ(ErrorOf("[{\"a\":1}] x"), "t.jsonl:1:11: text after the closing ']'");
  EXPECT_THAT(ErrorOf("{\"a\":\"\xFF\"}"), HasSubstr("t.jsonl:1:7: the byte 0xFF is not UTF-8 here"));
  EXPECT_THAT(ErrorOf("{\"a\":" + std::string(100000, '[')), HasSubstr("nested too deep"));
}

TEST(ParseJsonRecords, DropsInvalidLinesWhenTold) {
  const Table table = MustParse("{\"a\":1}\nnonsense\n[1]\n{\"a\":2}", {.drop_invalid_lines = true});
  EXPECT_THAT(table.column(0).ints, ElementsAre(1, 2));
}

TEST(ParseJsonRecords, SurvivesArbitraryBytes) {
  SplitMix64 random(11);
  const std::string seeds[] = {"[{\"a\":1,\"b\":\"x\\\"y\"},{\"a\":2.5,\"c\":[{}]}]",
                               "{\"a\":1,\"b\":\"x\"}\n{\"a\":null,\"b\":true}\n"};
  size_t parsed = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = seeds[round % 2];
    for (size_t changes = 1 + random.NextBelow(4); changes > 0; --changes) {
      const size_t at = random.NextBelow(text.size());
      const char byte =
          random.NextBelow(2) == 0 ? "\"{}[],:\\\n0"[random.NextBelow(10)] : static_cast<char>(random.NextBelow(256));
      random.NextBelow(3) == 0 ? text.erase(at, 1) : text.insert(at, 1, byte);
    }
    const auto table = ParseJsonRecords(text);
    if (!table) continue;
    ++parsed;
    for (const Column& column : table->columns()) ASSERT_EQ(column.size(), table->rows());
  }
  EXPECT_GT(parsed, 500u);
}

TEST(ToJsonRecords, WritesEachType) {
  const Table table = *ParseCsv(
      "i,f,s,b,d,\"q\"\"\"\n1,1.5,\"say "
      "\"\"hi\"\"\",True,2026-03-04,x\n,,,,,\n3,inf,z,False,2026-03-04T05:06:07.25,y\n");
  EXPECT_EQ(ToJsonRecords(table),
            "[{\"i\":1,\"f\":1.5,\"s\":\"say \\\"hi\\\"\",\"b\":true,\"d\":\"2026-03-04T00:00:00Z\",\"q\\\"\":\"x\"},"
            "{\"i\":null,\"f\":null,\"s\":null,\"b\":null,\"d\":null,\"q\\\"\":null},"
            "{\"i\":3,\"f\":null,\"s\":\"z\",\"b\":false,\"d\":\"2026-03-04T05:06:07.250Z\",\"q\\\"\":\"y\"}]");
}

TEST(ToJsonRecords, WritesWhatReadsBackTheSame) {
  const Table table = *ParseCsv("i,f,s,b\n1,1.0,x,True\n,0.1,,False\n3,1e300,\"y\nz\",\n");
  EXPECT_EQ(WriteCsv(MustParse(ToJsonRecords(table))), WriteCsv(table));
  EXPECT_EQ(WriteCsv(MustParse(ToJsonLines(table))), WriteCsv(table));
  EXPECT_EQ(ToJsonRecords(Table()), "[]");
  EXPECT_EQ(ToJsonLines(Table()), "");
}

}  // namespace
}  // namespace slipway::tabular
