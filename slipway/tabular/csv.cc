#include "slipway/tabular/csv.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/tabular/cell_text.h"
#include "slipway/tabular/column_reader.h"
#include "slipway/tabular/csv_records.h"
#include "slipway/tabular/text_encoding.h"

namespace slipway::tabular {
namespace {

std::string_view Expectation(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return "is neither true nor false";
    case ColumnType::kInt64:
      return "is not a whole number of 64 bits";
    case ColumnType::kFloat64:
      return "is not a number";
    case ColumnType::kDatetime:
      return "is not an ISO 8601 date or time";
    case ColumnType::kString:
      break;
  }
  return "is not a text";
}

// "1 field", "2 fields".
std::string Counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// Reads one text; used once. Texts of columns that turn out to hold text late are read in a second pass.
class CsvReader {
 public:
  CsvReader(std::string_view text, const CsvOptions& options, std::string_view file)
      : options_(options), nulls_(options.null_texts), records_(text, options.delimiter, options.multi_line, file) {}

  Result<Table> Read();

 private:
  Status ReadHeader();
  Status NameByHeader();
  Status NameByOptions();
  Status CheckForcedTypes() const;
  Status ReadRows();
  Status ReadTextsAgain();
  Status CheckWidth() const;
  Status AddCell(ColumnReader& column, const CsvCell& cell);
  void AddColumn(const std::string& name);
  std::string_view ValueOf(const CsvCell& cell) { return cell.Value(scratch_); }

  const CsvOptions& options_;
  TextSet nulls_;
  CsvRecords records_;
  std::vector<CsvCell> cells_;  // of the current record
  std::vector<ColumnReader> columns_;
  std::string scratch_;
};

Result<Table> CsvReader::Read() {
  SLIPWAY_RETURN_IF_ERROR(ReadHeader());
  SLIPWAY_RETURN_IF_ERROR(CheckForcedTypes());
  const size_t first_row = records_.offset();
  SLIPWAY_RETURN_IF_ERROR(ReadRows());
  records_.set_offset(first_row);
  SLIPWAY_RETURN_IF_ERROR(ReadTextsAgain());
  std::vector<Column> columns;
  for (ColumnReader& column : columns_) columns.push_back(std::move(column).Build());
  return Table::Make(std::move(columns));
}

// Makes the columns and leaves the reader before the first row.
Status CsvReader::ReadHeader() {
  const size_t start = records_.offset();
  SLIPWAY_ASSIGN_OR_RETURN(const bool has_record, records_.Next(cells_));
  if (!has_record) return records_.ErrorAtEnd("there is no line to read columns from");
  if (!options_.names.empty())
    SLIPWAY_RETURN_IF_ERROR(NameByOptions());
  else if (options_.has_header)
    SLIPWAY_RETURN_IF_ERROR(NameByHeader());
  else
    for (size_t i = 0; i < cells_.size(); ++i) AddColumn(fmt::format("Column{}", i + 1));
  if (!options_.has_header) records_.set_offset(start);
  return {};
}

Status CsvReader::NameByHeader() {
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < cells_.size(); ++i) {
    std::string name(ValueOf(cells_[i]));
    if (name.empty()) name = fmt::format("Unnamed: {}", i);  // as pandas calls the index that it writes without a name
    if (!seen.emplace(name, i).second)
      return records_.ErrorAt(cells_[i], fmt::format("column '{}' stands twice in the header", name));
    AddColumn(name);
  }
  return {};
}

Status CsvReader::NameByOptions() {
  if (options_.names.size() != cells_.size())
    return records_.ErrorAt(cells_[0], fmt::format("the line has {} for {}", Counted(cells_.size(), "field"),
                                                   Counted(options_.names.size(), "column name")));
  for (const std::string& name : options_.names) AddColumn(name);
  return {};
}

void CsvReader::AddColumn(const std::string& name) {
  std::optional<ColumnType> type;
  if (const auto forced = options_.types.find(name); forced != options_.types.end())
    type = forced->second;
  else if (!options_.infer_types)
    type = ColumnType::kString;
  columns_.emplace_back(name, type, options_.infer_datetimes);
}

Status CsvReader::CheckForcedTypes() const {
  if (options_.types_may_be_missing) return {};
  std::vector<std::string> names;
  for (const ColumnReader& column : columns_) names.push_back(column.name());
  for (const auto& [name, type] : options_.types)
    if (std::find(names.begin(), names.end(), name) == names.end())
      return records_.ErrorAtStart(fmt::format("there is no column '{}' to be of type {}{}", name, ColumnTypeName(type),
                                               DidYouMean(name, names)));
  return {};
}

Status CsvReader::ReadRows() {
  while (true) {
    SLIPWAY_ASSIGN_OR_RETURN(const bool has_record, records_.Next(cells_));
    if (!has_record) return {};
    SLIPWAY_RETURN_IF_ERROR(CheckWidth());
    for (size_t i = 0; i < cells_.size(); ++i) SLIPWAY_RETURN_IF_ERROR(AddCell(columns_[i], cells_[i]));
  }
}

Status CsvReader::ReadTextsAgain() {
  std::vector<size_t> again;
  for (size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].NeedsSecondReading()) again.push_back(i);
  if (again.empty()) return {};
  for (size_t i : again) columns_[i].StartSecondReading();
  while (true) {
    SLIPWAY_ASSIGN_OR_RETURN(const bool has_record, records_.Next(cells_));
    if (!has_record) return {};
    for (size_t i : again) SLIPWAY_RETURN_IF_ERROR(AddCell(columns_[i], cells_[i]));
  }
}

Status CsvReader::CheckWidth() const {
  if (cells_.size() == columns_.size()) return {};
  // Points at the first field too many, or at the last one there is.
  const CsvCell& cell = cells_[std::min(columns_.size(), cells_.size() - 1)];
  return records_.ErrorAt(
      cell, fmt::format("the line has {}, the first line has {}", Counted(cells_.size(), "field"), columns_.size()));
}

Status CsvReader::AddCell(ColumnReader& column, const CsvCell& cell) {
  const std::string_view value = ValueOf(cell);
  if ((!cell.quoted || options_.quoted_nulls) && nulls_.Has(value)) {
    column.AddNull();
    return {};
  }
  if (column.Add(value)) return {};
  return records_.ErrorAt(cell, fmt::format("'{}' {} (column '{}')", value, Expectation(column.type()), column.name()));
}

Status CheckDelimiter(char delimiter) {
  if (delimiter != '"' && delimiter != '\n' && delimiter != '\r') return {};
  return InvalidArgument("a delimiter is neither a quote nor a line end");
}

}  // namespace

// pandas 1.5's STR_NA_VALUES.
const std::vector<std::string>& DefaultNullTexts() {
  static const std::vector<std::string> texts = {"",     "#N/A", "#N/A N/A", "#NA",     "-1.#IND", "-1.#QNAN",
                                                 "-NaN", "-nan", "1.#IND",   "1.#QNAN", "<NA>",    "N/A",
                                                 "NA",   "NULL", "NaN",      "n/a",     "nan",     "null"};
  return texts;
}

Result<Table> ParseCsv(std::string_view text, const CsvOptions& options, std::string_view file) {
  SLIPWAY_RETURN_IF_ERROR(CheckDelimiter(options.delimiter));
  std::string storage;
  SLIPWAY_ASSIGN_OR_RETURN(const std::string_view decoded, DecodeText(text, options.encoding, file, storage));
  return CsvReader(decoded, options, file).Read();
}

Result<Table> ReadCsvFile(const std::filesystem::path& path, const CsvOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseCsv(text, options, path.string());
}

}  // namespace slipway::tabular
