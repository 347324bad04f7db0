// CSV files as pandas reads and writes them: RFC 4180 quoting, with types inferred from the texts.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular {

enum class Encoding { kUtf8, kAscii, kLatin1 };

// The texts that pandas 1.5's read_csv takes for a missing value: "", "NA", "NaN", "null", "N/A" …; not
// "None", which came with pandas 2.
const std::vector<std::string>& DefaultNullTexts();

struct CsvOptions {
  char delimiter = ',';
  Encoding encoding = Encoding::kUtf8;  // a UTF-8 byte order mark is skipped
  bool has_header = true;               // without one the columns are Column1, Column2, …
  std::vector<std::string> names = {};  // not empty: the columns' names, in place of those of the header
  std::vector<std::string> null_texts = DefaultNullTexts();
  // A quoted field that reads like a null text is null as well (as pandas has it). When false, quotes make it a text;
  // WriteCsv quotes such texts, so that what it writes reads back the same.
  bool quoted_nulls = true;
  bool multi_line = true;                        // a quoted field may hold line ends; else one is an unclosed quote
  bool infer_types = true;                       // false: every column without an entry in `types` is a string column
  bool infer_datetimes = true;                   // false: dates stay texts, as in pandas without parse_dates
  std::map<std::string, ColumnType> types = {};  // by column name; goes over inference
  bool types_may_be_missing = false;             // entries of `types` for columns that are not there count for nothing
};

// Reads a table. Every record must have as many fields as the first line; blank lines are skipped; lines end with LF,
// CRLF or CR. `file` names the text in errors, which carry line and column (in characters) of the field.
//
// A column is, when all its values that are not null are:
//   true, True, TRUE, false, False, FALSE       kBool
//   whole numbers within 64 bits                kInt64  (with nulls too, where pandas would turn to float)
//   numbers, inf, infinity                      kFloat64
//   ISO 8601 dates, with or without time        kDatetime; without a zone UTC
//   anything else, mixtures                     kString; also whole numbers when one needs more than 64 bits (ids)
// A column without any value is kFloat64. Spaces around a number do not count; those around texts do.
Result<Table> ParseCsv(std::string_view text, const CsvOptions& options = {}, std::string_view file = {});
Result<Table> ReadCsvFile(const std::filesystem::path& path, const CsvOptions& options = {});

// Header and rows, lines end with LF. Nulls are empty fields; texts that need quotes, or would read as null, get them.
std::string WriteCsv(const Table& table, char delimiter = ',');
// Makes missing parent folders.
Status WriteCsvFile(const Table& table, const std::filesystem::path& path, char delimiter = ',');

}  // namespace slipway::tabular
