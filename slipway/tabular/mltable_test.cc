#include "slipway/tabular/mltable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/tabular/convert.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/filter.h"
#include "slipway/tabular/read.h"

namespace slipway::tabular {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// A folder of files that goes away with the test.
class Folder : public testing::Test {
 protected:
  void Put(const std::string& path, std::string_view content) {
    ASSERT_TRUE(WriteFileAtomic(root() / path, content).has_value());
  }
  fs::path root() const { return folder_->path(); }

  // The table as CSV, or its error without the folder's name.
  std::string Describe(const Result<Table>& table) const {
    return ReplaceAll(table ? WriteCsv(*table) : table.error().ToString(), root().string(), "<root>");
  }
  std::string ReadWith(const std::string& mltable) {
    Put("MLTable", mltable);
    return Describe(ReadMltable(root()));
  }
  // With one file t.csv and further transformations.
  std::string ReadSteps(const std::string& steps, const std::string& csv = "a,b\n1,x\n2,y\n3,x\n") {
    Put("t.csv", csv);
    return ReadWith("paths:\n- file: ./t.csv\ntransformations:\n- read_delimited\n" + steps);
  }

 private:
  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
};

using Mltable = Folder;

TEST_F(Mltable, ReadsFilesOfAPatternInOrder) {
  Put("2.csv", "a,b\n3,y\n");
  Put("1.csv", "a,b\n1,x\n");
  Put("deep/3.csv", "a,b\n9,z\n");
  Put("note.txt", "no table");
  const std::string read = "transformations:\n- read_delimited: {delimiter: ',', encoding: ascii}\n";
  EXPECT_EQ(ReadWith("type: mltable\npaths:\n- pattern: ./*.csv\n" + read), "a,b\n1,x\n3,y\n");
  EXPECT_EQ(ReadWith("paths:\n- pattern: '**/*.csv'\n" + read), "a,b\n1,x\n3,y\n9,z\n");
  EXPECT_EQ(ReadWith("paths:\n- pattern: deep/[0-9].csv\n" + read), "a,b\n9,z\n");
  EXPECT_EQ(ReadWith("paths:\n- folder: deep\n- file: 1.csv\n" + read), "a,b\n9,z\n1,x\n");
  EXPECT_EQ(ReadWith("paths:\n- file: file://" + root().string() + "/1.csv\n" + read), "a,b\n1,x\n");
  EXPECT_EQ(ReadWith("paths:\n- pattern: " + root().string() + "/?.csv\n" + read), "a,b\n1,x\n3,y\n");
}

TEST_F(Mltable, ListsItsFiles) {
  Put("1.csv", "a\n1\n");
  Put("MLTable", "paths:\n- pattern: '*.csv'\ntransformations:\n- read_delimited\n");
  EXPECT_THAT(*ListMltableFiles(root()), ElementsAre(root() / "1.csv"));
}

TEST_F(Mltable, ReadsEachHeaderMode) {
  Put("1.csv", "a,b\n1,2\n");
  Put("2.csv", "b,c\n3,4\n");
  const auto read = [&](const std::string& header) {
    return ReadWith("paths:\n- pattern: '*.csv'\ntransformations:\n- read_delimited: {header: " + header + "}\n");
  };
  EXPECT_EQ(read("no_header"), "Column1,Column2\na,b\n1,2\nb,c\n3,4\n");
  EXPECT_EQ(read("from_first_file"), "a,b\n1,2\nb,c\n3,4\n");
  EXPECT_EQ(read("all_files_different_headers"), "a,b,c\n1,2,\n,3,4\n");
  EXPECT_EQ(read("all_files_same_headers"), "<root>/2.csv has a column 'c', <root>/1.csv has none; did you mean 'a'?");
}

TEST_F(Mltable, MakesColumnsOfMixedTypesTexts) {
  Put("1.csv", "a,b\n007,1\n");
  Put("2.csv", "a,b\nx,1.5\n");
  EXPECT_EQ(ReadWith("paths:\n- pattern: '*.csv'\ntransformations:\n- read_delimited\n"), "a,b\n007,1.0\nx,1.5\n");
}

TEST_F(Mltable, TakesTheOptionsOfReadDelimited) {
  Put("t.csv", "a\tb\n1\t\n2\tNA\n");
  const auto read = [&](const std::string& options) {
    return ReadWith("paths:\n- file: t.csv\ntransformations:\n- read_delimited: {delimiter: '\\t', " + options + "}\n");
  };
  EXPECT_EQ(read("encoding: utf8"), "a,b\n1,\n2,\"NA\"\n");  // quoted, since it is a text
  EXPECT_EQ(read("empty_as_string: true"), "a,b\n1,\"\"\n2,\"NA\"\n");
  EXPECT_EQ(read("include_path_column: true"), "Path,a,b\n<root>/t.csv,1,\n<root>/t.csv,2,\"NA\"\n");
  Put("MLTable",
      "paths:\n- file: t.csv\ntransformations:\n- read_delimited: {delimiter: \"\\t\", infer_column_types: false}");
  EXPECT_EQ(ReadMltable(root())->column(0).type, ColumnType::kString);
}

TEST_F(Mltable, ReadsLineEndsInQuotesWhenTold) {
  Put("t.csv", "a,b\n\"x\ny\",1\n");
  EXPECT_EQ(ReadWith("paths: [{file: t.csv}]\ntransformations: [read_delimited: {support_multi_line: true}]"),
            "a,b\n\"x\ny\",1\n");
  EXPECT_EQ(ReadWith("paths: [{file: t.csv}]\ntransformations: [read_delimited]"),
            "<root>/t.csv:2:1: this quote is never closed");
}

TEST_F(Mltable, ReadsJsonLines) {
  Put("1.jsonl", "{\"a\":1}\nnonsense\n{\"b\":\"x\"}\n");
  Put("2.jsonl", "{\"c\":true}\n");
  const auto read = [&](const std::string& step) {
    return ReadWith("paths:\n- pattern: '*.jsonl'\ntransformations:\n- " + step + "\n");
  };
  EXPECT_EQ(read("read_json_lines: {invalid_lines: drop}"), "a,b,c\n1,,\n,x,\n,,True\n");
  EXPECT_THAT(read("read_json_lines"), HasSubstr("<root>/1.jsonl:2:"));
}

TEST_F(Mltable, AppliesTransformationsInOrder) {
  EXPECT_EQ(ReadSteps("- keep_columns: [b, a]\n- take: 2\n"), "a,b\n1,x\n2,y\n");
  EXPECT_EQ(ReadSteps("- keep_columns: b\n"), "b\nx\ny\nx\n");
  EXPECT_EQ(ReadSteps("- drop_columns: [b]\n- skip: 1\n- take: 1\n"), "a\n2\n");
  EXPECT_EQ(ReadSteps("- skip: 9\n"), "a,b\n");
  EXPECT_EQ(ReadSteps("- filter: 'col(\"a\") > 1 and col(\"b\") == \"x\"'\n"), "a,b\n3,x\n");
  EXPECT_EQ(ReadSteps("- take: 1\n- filter: col(\"b\") == 'y'\n"), "a,b\n");
}

TEST_F(Mltable, SamplesTheSameRowsForTheSameSeed) {
  std::string csv = "a,b\n";
  for (int i = 0; i < 1000; ++i) csv += std::to_string(i) + ",x\n";
  const std::string first = ReadSteps("- take_random_sample: {probability: 0.3, seed: 5}\n", csv);
  EXPECT_EQ(first, ReadSteps("- take_random_sample: {probability: 0.3, seed: 5}\n", csv));
  EXPECT_NE(first, ReadSteps("- take_random_sample: {probability: 0.3, seed: 6}\n", csv));
  const auto rows = std::count(first.begin(), first.end(), '\n') - 1;
  EXPECT_GT(rows, 230);
  EXPECT_LT(rows, 370);
}

TEST_F(Mltable, ConvertsColumnTypes) {
  const std::string csv = "i,f,s,b,d\n007,1,1,yes,04/03/2026\n,2,2.0,no,\n";
  EXPECT_EQ(ReadSteps("- convert_column_types:\n"
                      "  - {columns: i, column_type: string}\n"
                      "  - {columns: [f], column_type: float}\n"
                      "  - {columns: s, column_type: int}\n"
                      "  - {columns: b, column_type: {boolean: {true_values: [yes], false_values: [no]}}}\n"
                      "  - {columns: d, column_type: {datetime: {formats: ['%Y-%m-%d', '%d/%m/%Y']}}}\n",
                      csv),
            "i,f,s,b,d\n007,1.0,1,True,2026-03-04T00:00:00Z\n,2.0,2,False,\n");
  EXPECT_EQ(ReadSteps("- filter: col('a') > 2\n- convert_column_types: [{columns: a, column_type: string}]\n"),
            "a,b\n3,x\n");
}

TEST_F(Mltable, SaysWhereItsFileIsWrong) {
  const std::string paths = "paths:\n- file: t.csv\n";
  const std::string start = paths + "transformations:\n- read_delimited\n";
  Put("t.csv", "a,b\n1,x\n");
  struct {
    std::string mltable, complaint;
  } const cases[] = {
      {"paths: [", "<root>/MLTable:1:1: end of sequence flow not found"},
      {"path: 1", "<root>/MLTable:1:1: an MLTable file has no key 'path'; did you mean 'paths'?"},
      {"type: uri_file\n" + start, "<root>/MLTable:1:7: type has to be mltable, not 'uri_file'"},
      {"transformations: [read_delimited]", "an MLTable file needs 'paths'"},
      {paths, "nothing says how to read the files"},
      {paths + "transformations: []", "transformations start with read_delimited"},
      {"paths: []", "<root>/MLTable:1:8: paths must not be empty"},
      {"paths:\n- files: t.csv\n", "<root>/MLTable:2:3: an item of paths has no key 'files'; did you mean 'file'?"},
      {"paths:\n- {file: t.csv, folder: .}\n", "<root>/MLTable:2:3: needs exactly one of"},
      {"paths:\n- file: '*.csv'\n", "<root>/MLTable:2:9: 'file' is one file; write 'pattern: *.csv'"},
      {"paths:\n- file: u.csv\n", "<root>/MLTable:2:9: there is no file for the file 'u.csv' in '<root>'"},
      {"paths:\n- pattern: ./*.tsv\n", "<root>/MLTable:2:12: there is no file for the pattern './*.tsv'"},
      {"paths:\n- folder: ./nowhere\n", "<root>/MLTable:2:11: there is no file for the folder"},
      {"paths:\n- file: azureml://datastores/d/paths/p\n",
       "<root>/MLTable:2:9: reading a table from azureml:// is not supported yet"},
      {paths + "transformations:\n- read_delta_lake: {version_as_of: 1}\n",
       "<root>/MLTable:4:3: the transformation read_delta_lake is not supported yet"},
      {paths + "transformations:\n- read_parquet: {encoding: utf8}\n",
       "<root>/MLTable:4:18: read_parquet has no key 'encoding'"},
      {paths + "transformations:\n- read_delimited: {delimiter: ';;'}\n",
       "<root>/MLTable:4:31: the delimiter has to be a single character, not ';;'"},
      {paths + "transformations:\n- read_delimited: {encoding: utf16}\n",
       "<root>/MLTable:4:30: the encoding utf16 is not supported yet"},
      {paths + "transformations:\n- read_delimited: {header: yes}\n", "<root>/MLTable:4:28: header has to be one of"},
      {paths + "transformations:\n- read_delimited: {infer_column_types: {sample_size: 9}}\n",
       "infer_column_types with options is not supported yet"},
      {paths + "transformations:\n- read_delimited: {separator: ';'}\n",
       "<root>/MLTable:4:20: read_delimited has no key 'separator'"},
      {start + "- read_json_lines\n", "<root>/MLTable:5:3: files are read by the first transformation alone"},
      {start + "- keep_colums: [a]\n",
       "<root>/MLTable:5:3: there is no transformation 'keep_colums'; did you mean 'keep_columns'?"},
      {start + "- keep_columns: [income]\n", "<root>/MLTable:5:3: there is no column 'income'"},
      {start + "- drop_columns: {a: 1}\n", "<root>/MLTable:5:17: drop_columns has to be a list"},
      {start + "- take\n", "<root>/MLTable:5:3: take has to be a whole number of at least 1"},
      {start + "- take: 0\n", "<root>/MLTable:5:9: take has to be a whole number of at least 1"},
      {start + "- skip: -1\n", "<root>/MLTable:5:9: skip has to be a whole number of at least 0"},
      {start + "- take_random_sample: {seed: 1}\n", "<root>/MLTable:5:23: take_random_sample needs a 'probability'"},
      {start + "- extract_columns_from_partition_format: x\n",
       "the transformation extract_columns_from_partition_format is not supported yet"},
      {start + "- filter: col('a') >\n", "<root>/MLTable:5:11: the filter needs col(\"NAME\")"},
      {start + "- filter: col('a') > 'x'\n",
       "<root>/MLTable:5:11: the filter compares the number column 'a' with a text"},
      {start + "- convert_column_types: [{columns: b, column_type: int}]\n",
       "<root>/MLTable:5:3: 'x' in row 1 of column 'b' does not convert to long"},
      {start + "- convert_column_types: [{columns: b, column_type: integer}]\n",
       "<root>/MLTable:5:52: 'integer' is none of the column types"},
      {start + "- convert_column_types: [{columns: b}]\n",
       "<root>/MLTable:5:26: needs both 'columns' and 'column_type'"},
  };
  for (const auto& [mltable, complaint] : cases) EXPECT_THAT(ReadWith(mltable), HasSubstr(complaint)) << mltable;
}

TEST_F(Mltable, ReadsTheExampleOfTheRepository) {
  const fs::path example =
      fs::path(SLIPWAY_SOURCE_DIR) / "examples/credit-card-default/core/data/credit-card-default/curated/MLTable";
  const fs::path data = fs::path(SLIPWAY_SOURCE_DIR) / "../shared/data/credit-card-default/curated/01.csv";
  if (!fs::exists(example) || !fs::exists(data)) GTEST_SKIP() << "the data set is not there";
  Put("01.csv", *ReadFile(data));
  Put("MLTable", *ReadFile(example));
  const auto table = ReadTable(root());
  ASSERT_TRUE(table.has_value()) << table.error().ToString();
  EXPECT_EQ(table->rows(), 30000u);
  EXPECT_EQ(table->width(), 24u);
  EXPECT_EQ((*table->Get("default_payment_next_month"))->type, ColumnType::kBool);
}

using ReadTableFolder = Folder;

TEST_F(ReadTableFolder, ReadsFilesByTheirEndings) {
  Put("t.csv", "a,b\n1,x\n");
  Put("t.tsv", "a\tb\n1\tx\n");
  Put("t.jsonl", "{\"a\":1,\"b\":\"x\"}\n");
  Put("t.json", "[{\"a\":1,\"b\":\"x\"}]");
  Put("t.data", "a,b\n1,x\n");
  for (const char* name : {"t.csv", "t.tsv", "t.jsonl", "t.json", "t.data"})
    EXPECT_EQ(Describe(ReadTable(root() / name)), "a,b\n1,x\n") << name;
}

TEST_F(ReadTableFolder, PutsTheFilesOfAFolderBelowEachOther) {
  Put("2.jsonl", "{\"b\":\"y\",\"a\":2.5}\n");
  Put("1.csv", "a,b\n1,x\n");
  Put("deep/3.tsv", "a\tb\n3\tz\n");
  Put("README.md", "no table");
  Put(".hidden/4.csv", "q\n1\n");
  EXPECT_EQ(Describe(ReadTable(root())), "a,b\n1.0,x\n2.5,y\n3.0,z\n");
}

TEST_F(ReadTableFolder, SaysWhatDoesNotAgree) {
  Put("1.csv", "a,b\n1,x\n");
  Put("2.csv", "a,b\n2,3\n");
  EXPECT_EQ(Describe(ReadTable(root())), "column 'b' is long in <root>/2.csv, but string in <root>/1.csv");
}

TEST_F(ReadTableFolder, SaysWhatIsNotThereOrNotSupported) {
  EXPECT_EQ(ReadTable(root()).error().code(), Code::kNotFound);
  EXPECT_EQ(ReadTable(root() / "t.csv").error().code(), Code::kNotFound);
  for (const char* name : {"t.csv.zst", "t.csv.gz"}) {
    Put(name, "x");
    EXPECT_EQ(ReadTable(root() / name).error().code(), Code::kUnimplemented);
  }
}

std::vector<uint8_t> FilterRows(const std::string& filter) {
  const Table table =
      *ParseCsv("n,s,t,d\n1,x,True,2026-03-01\n2,y,False,2026-03-02\n,,,\n4,it's,True,2026-03-04T12:00\n");
  auto parsed = Filter::Parse(filter);
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error().ToString());
  if (!parsed) return {};
  auto mask = parsed->Apply(table);
  EXPECT_TRUE(mask.has_value()) << (mask ? "" : mask.error().ToString());
  return mask ? *mask : std::vector<uint8_t>();
}

TEST(Filter, ComparesAndCombines) {
  EXPECT_THAT(FilterRows("col(\"n\") >= 2"), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(FilterRows("2 > col('n')"), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(FilterRows("col('n') != 1"), ElementsAre(0, 1, 0, 1));  // null compares with nothing
  EXPECT_THAT(FilterRows("not col('n') == 1"), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(FilterRows("col('s') == 'x' or col('s') == \"y\""), ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(FilterRows("col('s') == 'it\\'s'"), ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(FilterRows("col('s') < 'x'"), ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(FilterRows("col('t')"), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(FilterRows("col('t') == False"), ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(FilterRows("col('d') >= '2026-03-02' and col('d') < '2026-03-04T12:00:01Z'"), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(FilterRows("col('n') == 1 or col('n') == 2 and col('t')"), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(FilterRows("(col('n')==1 or col('n')==2) and not (col('t'))"), ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(FilterRows("col('n') <= col('n')"), ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(FilterRows("-1.5e1 < col('n')"), ElementsAre(1, 1, 0, 1));
}

TEST(Filter, SaysAtWhichCharacterItFails) {
  const auto complaint = [](std::string_view text) { return Filter::Parse(text).error().message(); };
  EXPECT_THAT(complaint(""), HasSubstr("at character 1"));
  EXPECT_THAT(complaint("col('a' > 1"), HasSubstr("needs a ')' at character 9"));
  EXPECT_THAT(complaint("col('a') > 1 col('b')"), HasSubstr("needs 'and', 'or' or the end at character 14"));
  EXPECT_THAT(complaint("(col('a')"), HasSubstr("needs a ')' at character 10"));
  EXPECT_THAT(complaint("1"), HasSubstr("needs a comparison"));
  EXPECT_THAT(complaint("col('a) > 1"), HasSubstr("needs a closing quote"));
  EXPECT_THAT(complaint("column('a') > 1"), HasSubstr("at character 1"));
  EXPECT_THAT(complaint(std::string(5000, '(')), HasSubstr("1000th condition"));
}

TEST(Filter, RefusesWhatDoesNotCompare) {
  const Table table = *ParseCsv("n,s\n1,x\n");
  const auto complaint = [&](std::string_view text) { return Filter::Parse(text)->Apply(table).error().message(); };
  EXPECT_THAT(complaint("col('n') == col('s')"), HasSubstr("the number column 'n' with the text column 's'"));
  EXPECT_THAT(complaint("col('n')"), HasSubstr("alone in a filter it has to be boolean"));
  EXPECT_THAT(complaint("col('x') == 1"), HasSubstr("there is no column 'x'"));
}

TEST(ConvertColumn, ConvertsBetweenTypes) {
  const auto convert = [](std::string_view csv, const Conversion& conversion) {
    const auto column = ConvertColumn(ParseCsv(csv)->column(0), conversion);
    if (!column) return column.error().message();
    return std::string(ColumnTypeName(column->type)) + ":" + column->text(0);
  };
  EXPECT_EQ(convert("a\n1.0\n", {.type = ColumnType::kInt64}), "long:1");
  EXPECT_EQ(convert("a\nTrue\n", {.type = ColumnType::kInt64}), "long:1");
  EXPECT_EQ(convert("a\nFalse\n", {.type = ColumnType::kFloat64}), "double:0.0");
  EXPECT_EQ(convert("a\n2\n", {.type = ColumnType::kString}), "string:2");
  EXPECT_EQ(convert("a\n1\n", {.type = ColumnType::kBool}), "boolean:True");
  EXPECT_EQ(convert("a\nmaybe\n", {.type = ColumnType::kBool, .mismatch_as = false}), "boolean:False");
  EXPECT_EQ(convert("a\n1.5\n", {.type = ColumnType::kInt64}), "'1.5' in row 1 of column 'a' does not convert to long");
  EXPECT_EQ(convert("a\n1e30\n", {.type = ColumnType::kInt64}),
            "'1e+30' in row 1 of column 'a' does not convert to long");
  EXPECT_EQ(convert("a\nmaybe\n", {.type = ColumnType::kBool}),
            "'maybe' in row 1 of column 'a' does not convert to boolean");
  EXPECT_EQ(convert("a\n31.12.1969\n", {.type = ColumnType::kDatetime, .formats = {"%d.%m.%Y"}}),
            "datetime:1969-12-31T00:00:00Z");
}

}  // namespace
}  // namespace slipway::tabular
