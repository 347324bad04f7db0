#include "slipway/tabular/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"

namespace slipway::tabular {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Table MustParse(std::string_view text, const CsvOptions& options = {}) {
  auto table = ParseCsv(text, options, "t.csv");
  EXPECT_TRUE(table.has_value()) << (table ? "" : table.error().ToString());
  return table ? std::move(*table) : Table();
}

std::string ErrorOf(std::string_view text, const CsvOptions& options = {}) {
  auto table = ParseCsv(text, options, "t.csv");
  return table ? "no error" : table.error().ToString();
}

std::vector<std::string> Texts(const Column& column) {
  std::vector<std::string> texts;
  for (size_t row = 0; row < column.size(); ++row) texts.push_back(column.is_null(row) ? "<null>" : column.text(row));
  return texts;
}

// The type and values of a column `x` with these lines; a second column keeps empty ones from being skipped.
Column ColumnOf(const std::vector<std::string>& fields, const CsvOptions& options = {}) {
  std::string text = "x,y\n";
  for (const std::string& field : fields) text += field + ",0\n";
  const Table table = MustParse(text, options);
  return table.width() == 2 ? table.column(0) : Column();
}

struct InferenceCase {
  std::vector<std::string> fields;
  ColumnType type;
  std::vector<std::string> texts;
};

void PrintTo(const InferenceCase& inference, std::ostream* out) {
  *out << testing::PrintToString(inference.fields);
}

class CsvInference : public testing::TestWithParam<InferenceCase> {};

TEST_P(CsvInference, FindsTheNarrowestTypeOfAllValues) {
  const Column column = ColumnOf(GetParam().fields);
  EXPECT_EQ(ColumnTypeName(column.type), ColumnTypeName(GetParam().type));
  EXPECT_EQ(Texts(column), GetParam().texts);
}

const InferenceCase kInferenceCases[] = {
    {{"1", "-2", "+3", "007", " 4 "}, ColumnType::kInt64, {"1", "-2", "3", "7", "4"}},
    {{"9223372036854775807", "-9223372036854775808"},
     ColumnType::kInt64,
     {"9223372036854775807", "-9223372036854775808"}},
    {{"1", "", "3"}, ColumnType::kInt64, {"1", "<null>", "3"}},
    {{"", "NA", "3"}, ColumnType::kInt64, {"<null>", "<null>", "3"}},
    {{"1", "2.5"}, ColumnType::kFloat64, {"1.0", "2.5"}},
    {{"1", "", "2.5"}, ColumnType::kFloat64, {"1.0", "<null>", "2.5"}},
    {{"1000.00", "0.10", "-.5", "5.", "1e3", "-1E-2"},
     ColumnType::kFloat64,
     {"1000.0", "0.1", "-0.5", "5.0", "1000.0", "-0.01"}},
    {{"inf", "-Infinity", "INF"}, ColumnType::kFloat64, {"Infinity", "-Infinity", "Infinity"}},
    {{"1e999", "-1e999", "1e-999"}, ColumnType::kFloat64, {"Infinity", "-Infinity", "0.0"}},
    {{"0.1234567890123456789", "123456789012345678901.5"},
     ColumnType::kFloat64,
     {"0.12345678901234568", "123456789012345683968.0"}},
    {{"True", "FALSE", "true"}, ColumnType::kBool, {"True", "False", "True"}},
    {{"True", "", "False"}, ColumnType::kBool, {"True", "<null>", "False"}},
    {{"2026-03-04", "2026-03-04T05:06:07.5Z", "2026-03-04 05:06:07+01:00"},
     ColumnType::kDatetime,
     {"2026-03-04T00:00:00Z", "2026-03-04T05:06:07.500Z", "2026-03-04T04:06:07Z"}},
    {{"", "null", "nan"}, ColumnType::kFloat64, {"<null>", "<null>", "<null>"}},
    // Mixtures keep every text as it stands, also those that were parsed before the mixture showed.
    {{"1", "x"}, ColumnType::kString, {"1", "x"}},
    {{"007", "1.50", "x"}, ColumnType::kString, {"007", "1.50", "x"}},
    {{"1", "", "x"}, ColumnType::kString, {"1", "<null>", "x"}},
    {{"True", "1"}, ColumnType::kString, {"True", "1"}},
    {{"1", "True"}, ColumnType::kString, {"1", "True"}},
    {{"2026-03-04", "yesterday"}, ColumnType::kString, {"2026-03-04", "yesterday"}},
    {{"2026-02-30"}, ColumnType::kString, {"2026-02-30"}},
    {{"20260304", "x"}, ColumnType::kString, {"20260304", "x"}},
    {{" a", "a ", "a"}, ColumnType::kString, {" a", "a ", "a"}},
    {{"0x10"}, ColumnType::kString, {"0x10"}},
    {{"1_000"}, ColumnType::kString, {"1_000"}},
    {{"--1"}, ColumnType::kString, {"--1"}},
    {{"."}, ColumnType::kString, {"."}},
    {{"1e"}, ColumnType::kString, {"1e"}},
    {{"nan(1)"}, ColumnType::kString, {"nan(1)"}},
    {{"NAN"}, ColumnType::kString, {"NAN"}},
    {{" "}, ColumnType::kString, {" "}},
    {{"None", "na"}, ColumnType::kString, {"None", "na"}},
    // Ids beyond 64 bits keep their digits; beside fractions they are numbers.
    {{"1", "12345678901234567890"}, ColumnType::kString, {"1", "12345678901234567890"}},
    {{"12345678901234567890", "2"}, ColumnType::kString, {"12345678901234567890", "2"}},
    {{"99999999999999999999999", "0.5"}, ColumnType::kFloat64, {"1e+23", "0.5"}},
    {{"0.5", "99999999999999999999999"}, ColumnType::kFloat64, {"0.5", "1e+23"}},
};

INSTANTIATE_TEST_SUITE_P(All, CsvInference, testing::ValuesIn(kInferenceCases));

TEST(ParseCsv, TakesEveryNullTextOfPandas) {
  for (const std::string& text : DefaultNullTexts()) {
    const Column column = ColumnOf({"1", text});
    EXPECT_EQ(column.type, ColumnType::kInt64) << text;
    EXPECT_TRUE(column.is_null(1)) << text;
  }
}

TEST(ParseCsv, ReadsQuotedFields) {
  const Table table = MustParse("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"line\nend\",\"\"\"\"\n");
  EXPECT_THAT(Texts(table.column(0)), ElementsAre("x,y", "line\nend"));
  EXPECT_THAT(Texts(table.column(1)), ElementsAre("say \"hi\"", "\""));
}

TEST(ParseCsv, TakesQuotesInsideAPlainFieldAsTheyAre) {
  EXPECT_THAT(Texts(MustParse("a,b\nx\"y\",1\n").column(0)), ElementsAre("x\"y\""));
}

TEST(ParseCsv, ReadsNumbersInQuotes) {
  EXPECT_EQ(MustParse("a\n\"1\"\n\"2\"\n").column(0).type, ColumnType::kInt64);
}

TEST(ParseCsv, EndsLinesWithLfCrlfAndCr) {
  for (const char* text : {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4\r", "a,b\n1,2\r\n3,4"}) {
    const Table table = MustParse(text);
    ASSERT_EQ(table.width(), 2u);
    EXPECT_THAT(table.column(1).ints, ElementsAre(2, 4));
  }
}

TEST(ParseCsv, SkipsEmptyLinesAndTheByteOrderMark) {
  const Table table = MustParse("\xEF\xBB\xBF\n\na,b\n\n1,2\r\n\r\n");
  EXPECT_THAT(table.names(), ElementsAre("a", "b"));
  EXPECT_EQ(table.rows(), 1u);
}

TEST(ParseCsv, ReadsAHeaderAlone) {
  const Table table = MustParse("a,b");
  EXPECT_THAT(table.names(), ElementsAre("a", "b"));
  EXPECT_EQ(table.rows(), 0u);
}

TEST(ParseCsv, NamesColumnsWithoutAHeader) {
  const Table table = MustParse("1,x\n2,y\n", {.has_header = false});
  EXPECT_THAT(table.names(), ElementsAre("Column1", "Column2"));
  EXPECT_THAT(table.column(0).ints, ElementsAre(1, 2));
}

TEST(ParseCsv, PutsGivenNamesInPlaceOfTheHeader) {
  EXPECT_THAT(MustParse("a,b\n1,2\n", {.names = {"x", "y"}}).names(), ElementsAre("x", "y"));
  EXPECT_EQ(MustParse("1,2\n", {.has_header = false, .names = {"x", "y"}}).rows(), 1u);
}

TEST(ParseCsv, NamesTheIndexThatPandasWrites) {
  EXPECT_THAT(MustParse(",a\n0,5\n").names(), ElementsAre("Unnamed: 0", "a"));
}

TEST(ParseCsv, TakesOtherDelimiters) {
  EXPECT_THAT(MustParse("a;b\n1,5;2\n", {.delimiter = ';'}).column(0).dictionary, ElementsAre("1,5"));
  EXPECT_THAT(MustParse("a\tb\n1\t2\n", {.delimiter = '\t'}).column(1).ints, ElementsAre(2));
}

TEST(ParseCsv, ForcesTypes) {
  const Table table =
      MustParse("i,f,s,b,d\n1,1,007,true,2026-01-01\n,,NA,,\n", {.types = {{"i", ColumnType::kFloat64},
                                                                           {"f", ColumnType::kInt64},
                                                                           {"s", ColumnType::kString},
                                                                           {"b", ColumnType::kBool},
                                                                           {"d", ColumnType::kDatetime}}});
  EXPECT_EQ(table.column(0).doubles[0], 1.0);
  EXPECT_EQ(table.column(1).ints[0], 1);
  EXPECT_THAT(Texts(table.column(2)), ElementsAre("007", "<null>"));
  EXPECT_THAT(Texts(table.column(3)), ElementsAre("True", "<null>"));
  EXPECT_THAT(Texts(table.column(4)), ElementsAre("2026-01-01T00:00:00Z", "<null>"));
}

TEST(ParseCsv, LeavesTextsAloneWhenTold) {
  const Column column = ColumnOf({"1", "007"}, {.infer_types = false});
  EXPECT_THAT(column.dictionary, ElementsAre("1", "007"));
  EXPECT_EQ(ColumnOf({"2026-03-04"}, {.infer_datetimes = false}).type, ColumnType::kString);
}

TEST(ParseCsv, TellsQuotedTextsFromNullsWhenTold) {
  EXPECT_THAT(Texts(ColumnOf({"NA", "\"NA\"", "\"\"", "x"})), ElementsAre("<null>", "<null>", "<null>", "x"));
  EXPECT_THAT(Texts(ColumnOf({"NA", "\"NA\"", "\"\"", "x"}, {.quoted_nulls = false})),
              ElementsAre("<null>", "NA", "", "x"));
}

TEST(ParseCsv, KeepsNanThatIsNoNullText) {
  const Column column = ColumnOf({"1.5", "NaN", ""}, {.null_texts = {""}});
  EXPECT_EQ(column.type, ColumnType::kFloat64);
  EXPECT_FALSE(column.is_null(1));
  EXPECT_TRUE(std::isnan(column.doubles[1]));
  EXPECT_TRUE(column.is_null(2));
}

TEST(ParseCsv, ReadsLatin1) {
  EXPECT_THAT(MustParse("a\nMalm\xF6\n", {.encoding = Encoding::kLatin1}).column(0).dictionary,
              ElementsAre("Malm\xC3\xB6"));
}

TEST(ParseCsv, SaysWhereItFails) {
  CsvOptions ascii{.encoding = Encoding::kAscii};
  CsvOptions one_line{.multi_line = false};
  CsvOptions whole{.types = {{"b", ColumnType::kInt64}}};
  EXPECT_EQ(ErrorOf(""), "t.csv:1:1: there is no line to read columns from");
  EXPECT_EQ(ErrorOf("\n\n"), "t.csv:3:1: there is no line to read columns from");
  EXPECT_EQ(ErrorOf("a,b\n1,2,3\n"), "t.csv:2:5: the line has 3 fields, the first line has 2");
  EXPECT_EQ(ErrorOf("a,b\r\n\r\n1,2\r\n12\r\n"), "t.csv:4:1: the line has 1 field, the first line has 2");
  EXPECT_EQ(ErrorOf("a,b\n\"x\ny\",1\n1,2,3"), "t.csv:4:5: the line has 3 fields, the first line has 2");
  EXPECT_EQ(ErrorOf("a,b\n1,\"x\n"), "t.csv:2:3: this quote is never closed");
  EXPECT_EQ(ErrorOf("a,b\n1,\"x\"\"\n"), "t.csv:2:3: this quote is never closed");
  EXPECT_EQ(ErrorOf("a,b\n1,\"x\ny\"\n", one_line), "t.csv:2:3: this quote is never closed");
  EXPECT_THAT(ErrorOf("a,b\n\"x\"y,1\n"), HasSubstr("t.csv:2:4: text after a closing quote"));
  EXPECT_EQ(ErrorOf("a,b\n\xC3\xA4,1.5\n", whole), "t.csv:2:3: '1.5' is not a whole number of 64 bits (column 'b')");
  EXPECT_EQ(ErrorOf("a,b\n1,\"x\"\n", whole), "t.csv:2:3: 'x' is not a whole number of 64 bits (column 'b')");
  EXPECT_THAT(ErrorOf("a,b\n1,x\xFF\n"), HasSubstr("t.csv:2:4: the byte 0xFF is not UTF-8 here"));
  EXPECT_THAT(ErrorOf("a,b\n1,\xC3\xA4\n", ascii), HasSubstr("t.csv:2:3: the byte 0xC3 is not ASCII here"));
  EXPECT_EQ(ErrorOf("a,b,a\n"), "t.csv:1:5: column 'a' stands twice in the header");
  EXPECT_EQ(ErrorOf("a,income\n", {.types = {{"incom", ColumnType::kBool}}}),
            "t.csv:1:1: there is no column 'incom' to be of type boolean; did you mean 'income'?");
  EXPECT_EQ(ErrorOf("a,b\n", {.names = {"x"}}), "t.csv:1:1: the line has 2 fields for 1 column name");
  EXPECT_EQ(ErrorOf("a\n", {.delimiter = '"'}), "a delimiter is neither a quote nor a line end");
}

TEST(ParseCsv, NamesEachForcedTypeInItsComplaint) {
  const auto complaint = [](ColumnType type) { return ErrorOf("a\nx\n", {.types = {{"a", type}}}); };
  EXPECT_EQ(complaint(ColumnType::kBool), "t.csv:2:1: 'x' is neither true nor false (column 'a')");
  EXPECT_EQ(complaint(ColumnType::kFloat64), "t.csv:2:1: 'x' is not a number (column 'a')");
  EXPECT_EQ(complaint(ColumnType::kDatetime), "t.csv:2:1: 'x' is not an ISO 8601 date or time (column 'a')");
}

TEST(ParseCsv, RefusesEveryMalformedUtf8) {
  for (const char* bytes : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8"})
    EXPECT_THAT(ErrorOf(std::string("a\n") + bytes + "\n"), HasSubstr("t.csv:2:1: the byte"));
  EXPECT_EQ(ErrorOf("a\n\xF0\x9F\x98\x80\xE2\x82\xAC\xC3\xA9\n"), "no error");
}

TEST(ReadCsvFile, NamesTheFile) {
  const auto missing = ReadCsvFile("/nowhere/at/all.csv");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code(), Code::kNotFound);
  EXPECT_THAT(missing.error().ToString(), HasSubstr("/nowhere/at/all.csv"));
}

TEST(WriteCsv, QuotesWhatWouldReadDifferently) {
  ColumnBuilder text("a,b", ColumnType::kString);
  for (const char* value : {"plain", "x,y", "say \"hi\"", "two\nlines", "", "NA"}) text.AddString(value);
  text.AddNull();
  ColumnBuilder number("n", ColumnType::kFloat64);
  for (double value : {1.0, 0.1, 1e300, -2.5, 0.0, 3.0}) number.AddDouble(value);
  number.AddNull();
  std::vector<Column> columns;
  columns.push_back(std::move(text).Build());
  columns.push_back(std::move(number).Build());
  EXPECT_EQ(WriteCsv(*Table::Make(std::move(columns))),
            "\"a,b\",n\nplain,1.0\n\"x,y\",0.1\n\"say \"\"hi\"\"\",1e+300\n\"two\nlines\",-2.5\n\"\",0.0\n"
            "\"NA\",3.0\n,\n");
}

TEST(WriteCsv, KeepsNullsOfASingleColumn) {
  ColumnBuilder builder("a", ColumnType::kInt64);
  builder.AddNull();
  builder.AddInt(1);
  std::vector<Column> columns;
  columns.push_back(std::move(builder).Build());
  const std::string text = WriteCsv(*Table::Make(std::move(columns)));
  EXPECT_EQ(text, "a\n\"\"\n1\n");
  EXPECT_THAT(Texts(MustParse(text).column(0)), ElementsAre("<null>", "1"));
}

TEST(WriteCsvFile, MakesMissingFolders) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder.has_value());
  const auto path = folder->path() / "a" / "b" / "t.csv";
  ASSERT_TRUE(WriteCsvFile(MustParse("a,b\n1,x\n"), path).has_value());
  EXPECT_EQ(*ReadFile(path), "a,b\n1,x\n");
}

// Tables of random shape and content, from one generator with a fixed seed.
class RandomTables {
 public:
  explicit RandomTables(uint64_t seed) : random_(seed) {}

  Table Next() {
    const size_t rows = random_.NextBelow(40), width = 2 + random_.NextBelow(5);
    std::vector<Column> columns;
    for (size_t i = 0; i < width; ++i) columns.push_back(NextColumn("c" + std::to_string(i) + NextText(), rows));
    return *Table::Make(std::move(columns));
  }

 private:
  Column NextColumn(std::string name, size_t rows) {
    const auto type = static_cast<ColumnType>(random_.NextBelow(5));
    ColumnBuilder builder(std::move(name), type);
    for (size_t row = 0; row < rows; ++row) {
      if (random_.NextBelow(5) == 0)
        builder.AddNull();
      else if (type == ColumnType::kString)
        builder.AddString(NextText());
      else if (type == ColumnType::kFloat64)
        builder.AddDouble(NextDouble());
      else
        builder.AddInt(NextInt(type));
    }
    return std::move(builder).Build();
  }

  std::string NextText() {
    static const char* const pieces[] = {"a", ",", "\"", "\n", "\r", "NA", " ", "\xC3\xA4", "1", ";", "null", "."};
    std::string text;
    for (size_t i = random_.NextBelow(4); i > 0; --i) text += pieces[random_.NextBelow(std::size(pieces))];
    return text;
  }

  double NextDouble() {
    if (random_.NextBelow(4) == 0) return static_cast<double>(random_.NextBelow(100000)) / 100;
    while (true) {
      const uint64_t bits = random_.Next();
      double value = 0;
      std::memcpy(&value, &bits, sizeof value);
      if (!std::isnan(value)) return value;
    }
  }

  int64_t NextInt(ColumnType type) {
    if (type == ColumnType::kBool) return static_cast<int64_t>(random_.NextBelow(2));
    if (type == ColumnType::kInt64) return static_cast<int64_t>(random_.Next());
    return static_cast<int64_t>(random_.NextBelow(4000000000000000ULL)) - 1000000000000000;  // 1938 to 2065
  }

  SplitMix64 random_;
};

CsvOptions OptionsToReadBack(const Table& table, char delimiter) {
  CsvOptions options{.delimiter = delimiter, .quoted_nulls = false};
  for (const Column& column : table.columns()) options.types[column.name] = column.type;
  return options;
}

TEST(WriteCsv, WritesWhatReadsBackTheSame) {
  RandomTables tables(20260304);
  for (int round = 0; round < 500; ++round) {
    const Table table = tables.Next();
    const char delimiter = ",;\t."[round % 4];
    const std::string text = WriteCsv(table, delimiter);
    const Table again = MustParse(text, OptionsToReadBack(table, delimiter));
    ASSERT_EQ(again.names(), table.names()) << text;
    for (size_t i = 0; i < table.width(); ++i) {
      const Column &a = table.column(i), &b = again.column(i);
      ASSERT_EQ(a.nulls, b.nulls) << text;
      ASSERT_EQ(a.ints, b.ints) << text;
      ASSERT_EQ(a.codes, b.codes) << text;
      ASSERT_EQ(a.dictionary, b.dictionary) << text;
      ASSERT_EQ(Texts(a), Texts(b)) << text;
    }
  }
}

TEST(ParseCsv, SurvivesArbitraryBytes) {
  SplitMix64 random(7);
  const std::string seed = "a,b,c\n1,x,\"q\"\"q\"\n2.5,2026-03-04,True\n,NA,\"l\nl\"\r\n1e5,\xC3\xA4,false\n";
  size_t parsed = 0, refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = seed;
    for (size_t changes = 1 + random.NextBelow(6); changes > 0; --changes) {
      const size_t at = random.NextBelow(text.size());
      const char byte =
          random.NextBelow(2) == 0 ? ",\"\n\r.-+e0 "[random.NextBelow(10)] : static_cast<char>(random.NextBelow(256));
      random.NextBelow(3) == 0 ? text.erase(at, 1 + random.NextBelow(3)) : text.insert(at, 1, byte);
    }
    const auto table = ParseCsv(text, {.has_header = random.NextBelow(2) == 0}, "t.csv");
    if (!table) {
      ++refused;
      ASSERT_GT(table.error().position()->line, 0);
      continue;
    }
    ++parsed;
    for (const Column& column : table->columns()) ASSERT_EQ(column.size(), table->rows());
    ASSERT_TRUE(ParseCsv(WriteCsv(*table)).has_value()) << text;
  }
  EXPECT_GT(parsed, 1000u);
  EXPECT_GT(refused, 1000u);
}

TEST(ReadCsvFile, ReadsTheCreditCardData) {
  const std::filesystem::path path =
      std::filesystem::path(SLIPWAY_SOURCE_DIR) / "../shared/data/credit-card-default/curated/01.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the data set is not there";
  const auto table = ReadCsvFile(path, {.encoding = Encoding::kAscii});
  ASSERT_TRUE(table.has_value()) << table.error().ToString();
  EXPECT_EQ(table->width(), 24u);
  EXPECT_EQ(table->column(0).type, ColumnType::kFloat64);
  EXPECT_EQ((*table->Get("sex"))->type, ColumnType::kString);
  EXPECT_EQ((*table->Get("age"))->type, ColumnType::kInt64);
  EXPECT_EQ((*table->Get("default_payment_next_month"))->type, ColumnType::kBool);
}

}  // namespace
}  // namespace slipway::tabular
