// Parquet files as DuckDB writes them (tests/parquet/README.md), and damaged ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/time.h"
#include "slipway/tabular/column_source.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/read.h"

namespace slipway::tabular {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

fs::path FileOf(const std::string& name) {
  return fs::path(SLIPWAY_SOURCE_DIR) / "tests" / "parquet" / (name + ".parquet");
}

Table Read(const std::string& name) {
  auto table = ReadTable(FileOf(name));
  EXPECT_TRUE(table) << table.error().ToString();
  return table ? *table : Table();
}

TEST(ParquetTest, ReadsEveryTypeThatTablesHave) {
  const Table table = Read("types");
  ASSERT_EQ(table.rows(), 100U);
  ASSERT_EQ(table.width(), 12U);
  const int64_t noon = ParseTimestamp("2026-03-01T00:00:00Z")->time_since_epoch().count();
  for (size_t i = 0; i < 100; ++i) {
    const auto n = static_cast<int64_t>(i);
    EXPECT_EQ(table.Find("flag")->ints[i], n % 3 == 0);
    EXPECT_EQ(table.Find("whole")->ints[i], n * 1000003);
    EXPECT_EQ(table.Find("small")->ints[i], n - 5);
    EXPECT_EQ(table.Find("unsigned")->ints[i], 4294967290 + n % 6);
    EXPECT_EQ(table.Find("real")->doubles[i], static_cast<double>(n) / 4);
    EXPECT_EQ(table.Find("single")->doubles[i], static_cast<double>(n) / 8);
    EXPECT_EQ(table.Find("text")->text(i), n % 5 == 0 ? "" : "word " + std::to_string(n % 7));
    EXPECT_EQ(table.Find("text")->is_null(i), n % 5 == 0);
    EXPECT_EQ(table.Find("day")->ints[i], noon + n * 86'400'000'000);
    EXPECT_EQ(table.Find("moment")->ints[i], noon + 36'000'250'000 + n * 60'000'000);
    EXPECT_DOUBLE_EQ(table.Find("money")->doubles[i], static_cast<double>(n) / 4);
    EXPECT_EQ(table.Find("sparse")->is_null(i), n < 90);
  }
  EXPECT_EQ(table.Find("flag")->type, ColumnType::kBool);
  EXPECT_EQ(table.Find("day")->type, ColumnType::kDatetime);
  EXPECT_EQ(table.Find("text")->dictionary.size(), 7U);
  EXPECT_EQ(table.Find("nothing")->null_count(), 100U);
  EXPECT_TRUE(std::isnan(table.Find("sparse")->doubles[0]));
}

TEST(ParquetTest, CompressionMakesNoDifference) {
  const std::string expected = WriteCsv(Read("types"));
  EXPECT_EQ(WriteCsv(Read("gzip")), expected);
  EXPECT_EQ(WriteCsv(Read("uncompressed")), expected);
}

TEST(ParquetTest, RowGroupsFollowOneAnother) {
  const auto source = OpenParquet(FileOf("groups"));
  ASSERT_TRUE(source) << source.error().ToString();
  EXPECT_EQ((*source)->rows(), 5000U);
  EXPECT_EQ((*source)->IndexOf("number"), 2U);
  EXPECT_THAT((*source)->Get("numbr").error().message(), HasSubstr("did you mean 'number'"));
  const auto few = *(*source)->Read(0), many = *(*source)->Read(1), number = *(*source)->Read(2);
  EXPECT_EQ(many->dictionary.size(), 1000U);
  for (size_t i = 0; i < 5000; ++i) {
    EXPECT_EQ(few->doubles[i], static_cast<double>(i % 9));
    EXPECT_EQ(many->string_at(i), "w" + std::to_string(i % 1000));
    EXPECT_EQ(number->ints[i], static_cast<int64_t>(i));
  }
}

TEST(ParquetTest, AFolderOfAlikeFilesIsOneTable) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(CopyTree(FileOf("types"), folder->path() / "a.parquet"));
  ASSERT_TRUE(CopyTree(FileOf("gzip"), folder->path() / "b.parquet"));
  EXPECT_TRUE(IsParquet(folder->path()));
  EXPECT_EQ((*OpenParquet(folder->path()))->rows(), 200U);
  EXPECT_EQ(ReadTable(folder->path())->rows(), 200U);
  ASSERT_TRUE(CopyTree(FileOf("groups"), folder->path() / "c.parquet"));
  EXPECT_THAT(OpenParquet(folder->path()).error().ToString(), HasSubstr("c.parquet': its columns are not those"));
  ASSERT_TRUE(WriteFileAtomic(folder->path() / "d.csv", "a\n1\n"));
  EXPECT_FALSE(IsParquet(folder->path()));
}

TEST(ParquetTest, AnMltableReadsFilesAndTransformsThem) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(CopyTree(FileOf("types"), folder->path() / "part-0"));  // whatever its name ends in
  ASSERT_TRUE(CopyTree(FileOf("gzip"), folder->path() / "part-1"));
  const auto read = [&](const std::string& transformations) {
    EXPECT_TRUE(WriteFileAtomic(folder->path() / "MLTable",
                                "type: mltable\npaths: [{pattern: ./part-*}]\ntransformations:\n" + transformations));
    return ReadTable(folder->path());
  };
  const auto all = read("- read_parquet\n");
  ASSERT_TRUE(all) << all.error().ToString();
  EXPECT_EQ(all->rows(), 200U);
  EXPECT_EQ(all->width(), 12U);
  const auto some = read(
      "- read_parquet: {include_path_column: true}\n- filter: 'col(\"whole\") > 96000000'\n"
      "- keep_columns: [Path, whole, text]\n- convert_column_types: [{columns: whole, column_type: string}]\n");
  ASSERT_TRUE(some) << some.error().ToString();
  EXPECT_EQ(some->names(), (std::vector<std::string>{"Path", "whole", "text"}));
  ASSERT_EQ(some->rows(), 8U);
  EXPECT_EQ(some->Find("whole")->text(7), "99000297");
  EXPECT_EQ(some->Find("Path")->text(7), (folder->path() / "part-1").string());
  ASSERT_TRUE(WriteFileAtomic(folder->path() / "part-2", "a,b\n1,2\n"));
  EXPECT_THAT(read("- read_parquet\n").error().ToString(), HasSubstr("part-2': it is no Parquet file"));
}

TEST(ParquetTest, NamesWhatIsNotSupported) {
  const auto refusal = [](const std::string& name) { return ReadTable(FileOf(name)).error(); };
  EXPECT_EQ(refusal("zstd").code(), Code::kUnimplemented);
  EXPECT_THAT(refusal("zstd").ToString(),
              HasSubstr("zstd.parquet': the column 'whole': Parquet files compressed with zstd"));
  EXPECT_EQ(refusal("nested").code(), Code::kUnimplemented);
  EXPECT_THAT(refusal("nested").ToString(), HasSubstr("'list'"));
  EXPECT_EQ(refusal("version2").code(), Code::kUnimplemented);
  EXPECT_THAT(refusal("version2").ToString(), HasSubstr("DELTA"));
  EXPECT_EQ(refusal("nowhere").code(), Code::kNotFound);
}

TEST(ParquetTest, DamagedFilesAreRefusedNotRead) {
  const auto folder = TemporaryDirectory::Make();
  const fs::path file = folder->path() / "t.parquet";
  const std::string whole = ReadFile(FileOf("types")).value();
  const auto read = [&](const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
    return ReadTable(file);
  };
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("PAR1PAR1"));
  for (size_t size = 0; size < whole.size(); size += 97) EXPECT_FALSE(read(whole.substr(0, size))) << size;
  // Bytes changed anywhere give an error or a table, and nothing worse.
  SplitMix64 random(1);
  for (int round = 0; round < 3000; ++round) {
    std::string changed = whole;
    for (int i = 0; i < 1 + round % 3; ++i)
      changed[random.NextBelow(changed.size())] = static_cast<char>(random.NextBelow(256));
    const auto table = read(changed);
    if (table) {
      EXPECT_EQ(table->rows(), 100U);
    }
  }
}

std::string ZigZag(uint64_t value) {
  std::string bytes;
  for (value <<= 1; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

// A file of one column of whole numbers, whose pages are 100 bytes that are none. The footer is Thrift's compact form.
std::string FileThatClaims(uint64_t rows) {
  const std::string zero(1, '\0');
  const std::string root = "\x48\x01r\x15\x02" + zero, column = "\x15\x04\x25" + zero + "\x18\x01x" + zero;
  const std::string chunk =
      "\x1C\x45" + zero + "\x16" + ZigZag(rows) + "\x26" + ZigZag(100) + "\x26" + ZigZag(4) + zero + zero;
  const std::string group = "\x19\x1C\x26\x08" + chunk + "\x26" + ZigZag(rows) + zero;
  const std::string footer = "\x15\x02\x19\x2C" + root + column + "\x16" + ZigZag(rows) + "\x19\x1C" + group + zero;
  return "PAR1" + std::string(100, 'x') + footer + static_cast<char>(footer.size()) + zero + zero + zero + "PAR1";
}

TEST(ParquetTest, ACountOfRowsIsBoundedByTheBytesThereAre) {
  const auto folder = TemporaryDirectory::Make();
  const fs::path file = folder->path() / "t.parquet";
  const auto open = [&](uint64_t rows) {
    std::ofstream(file, std::ios::binary) << FileThatClaims(rows);
    return OpenParquet(file);
  };
  ASSERT_TRUE(open(1000)) << open(1000).error().ToString();
  EXPECT_EQ((*open(1000))->rows(), 1000U);
  EXPECT_FALSE((*open(1000))->Read(0));
  for (const uint64_t rows : {uint64_t{1} << 40, uint64_t{1} << 62}) {
    const auto source = open(rows);
    ASSERT_FALSE(source) << rows;
    EXPECT_EQ(source.error().code(), Code::kDataLoss);
    EXPECT_THAT(source.error().ToString(), HasSubstr("more values than its bytes can hold"));
  }
}

}  // namespace
}  // namespace slipway::tabular
