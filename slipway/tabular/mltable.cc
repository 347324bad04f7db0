#include "slipway/tabular/mltable.h"

#include <algorithm>
#include <map>

#include "slipway/base/file.h"
#include "slipway/tabular/column_source.h"
#include "slipway/tabular/concatenate.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/json_lines.h"
#include "slipway/tabular/mltable_file.h"

namespace slipway::tabular {
namespace {

namespace fs = std::filesystem;

// A column of `rows` nulls.
Column NullColumn(const std::string& name, size_t rows) {
  ColumnBuilder builder(name, ColumnType::kFloat64);
  for (size_t row = 0; row < rows; ++row) builder.AddNull();
  return std::move(builder).Build();
}

Column PathColumn(const fs::path& path, size_t rows) {
  ColumnBuilder builder("Path", ColumnType::kString);
  for (size_t row = 0; row < rows; ++row) builder.AddString(path.string());
  return std::move(builder).Build();
}

void TurnNullsToEmptyTexts(Table& table) {
  std::vector<Column> columns = table.columns();
  for (Column& column : columns) {
    if (column.type != ColumnType::kString || column.nulls.empty()) continue;
    ColumnBuilder builder(column.name, ColumnType::kString);
    for (size_t row = 0; row < column.size(); ++row)
      builder.AddString(column.is_null(row) ? std::string_view() : column.string_at(row));
    column = std::move(builder).Build();
  }
  table = *Table::Make(std::move(columns));  // same names, same lengths
}

// Gives every table the columns of all, in order of first appearance; what a table has not is null.
Status AlignColumns(std::vector<Table>& tables) {
  std::vector<std::string> names;
  for (const Table& table : tables)
    for (const std::string& name : table.names())
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  for (Table& table : tables)
    for (const std::string& name : names)
      if (table.Find(name) == nullptr) SLIPWAY_RETURN_IF_ERROR(table.Add(NullColumn(name, table.rows())));
  return {};
}

// True when the two do not stand below each other but as texts.
bool Mixes(const Column& a, const Column& b) {
  const auto is_number = [](const Column& column) {
    return column.type == ColumnType::kInt64 || column.type == ColumnType::kFloat64;
  };
  return a.type != b.type && !(is_number(a) && is_number(b));
}

class MltableReader {
 public:
  explicit MltableReader(const MltableFile& file) : file_(file), csv_(file.reading.csv) {}

  Result<Table> Read() {
    SLIPWAY_ASSIGN_OR_RETURN(std::vector<Table> tables, ReadFiles());
    if (ForceTextOnMixedColumns(tables)) {
      SLIPWAY_ASSIGN_OR_RETURN(tables, ReadFiles());
    }
    for (size_t i = 0; i < tables.size(); ++i) SLIPWAY_RETURN_IF_ERROR(Finish(tables[i], file_.files[i]));
    if (MayDiffer()) SLIPWAY_RETURN_IF_ERROR(AlignColumns(tables));
    std::vector<std::string> names;
    for (const fs::path& path : file_.files) names.push_back(path.string());
    return Concatenate(std::move(tables), names);
  }

 private:
  bool IsJson() const { return file_.reading.format == MltableReading::Format::kJsonLines; }
  bool IsDelimited() const { return file_.reading.format == MltableReading::Format::kDelimited; }
  bool MayDiffer() const { return IsJson() || (IsDelimited() && file_.reading.header == HeaderMode::kAllDifferent); }

  Result<std::vector<Table>> ReadFiles() {
    std::vector<Table> tables;
    for (const fs::path& path : file_.files) {
      SLIPWAY_ASSIGN_OR_RETURN(Table table, ReadOneFile(path, tables));
      tables.push_back(std::move(table));
    }
    return tables;
  }

  // The file after those read.
  Result<Table> ReadOneFile(const fs::path& path, const std::vector<Table>& read) const {
    if (IsJson()) return ReadJsonFile(path, file_.reading.json);
    if (IsDelimited()) return ReadCsvFile(path, OptionsFor(read));
    SLIPWAY_ASSIGN_OR_RETURN(const auto source, OpenParquet(path));
    return ReadAll(*source);
  }

  CsvOptions OptionsFor(const std::vector<Table>& read) const {
    CsvOptions options = csv_;
    const HeaderMode header = file_.reading.header;
    options.has_header = header != HeaderMode::kNone && (header != HeaderMode::kFirstFile || read.empty());
    if (header == HeaderMode::kFirstFile && !read.empty()) options.names = read[0].names();
    return options;
  }

  // True when there is one: the files have to be read again, since the texts of numbers are gone.
  bool ForceTextOnMixedColumns(const std::vector<Table>& tables) {
    if (!IsDelimited()) return false;
    std::map<std::string, const Column*> first_seen;  // with a value
    bool is_mixed = false;
    for (const Table& table : tables)
      for (const Column& column : table.columns()) {
        if (column.null_count() == column.size()) continue;
        const Column* first = first_seen.emplace(column.name, &column).first->second;
        if (!Mixes(*first, column)) continue;
        csv_.types[column.name] = ColumnType::kString;
        is_mixed = true;
      }
    return is_mixed;
  }

  Status Finish(Table& table, const fs::path& path) const {
    if (file_.reading.empty_as_string) TurnNullsToEmptyTexts(table);
    if (!file_.reading.include_path_column) return {};
    std::vector<Column> columns = {PathColumn(path, table.rows())};
    columns.insert(columns.end(), table.columns().begin(), table.columns().end());
    SLIPWAY_ASSIGN_OR_RETURN(table, Table::Make(std::move(columns)));
    return {};
  }

  const MltableFile& file_;
  CsvOptions csv_;
};

Result<Table> Apply(const MltableStep& step, Table table) {
  auto result = step.apply(std::move(table));
  if (!result && !result.error().position()) return std::move(result.error()).At(step.position);
  return result;
}

}  // namespace

Result<Table> ReadMltable(const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const MltableFile file, LoadMltableFile(folder));
  SLIPWAY_ASSIGN_OR_RETURN(Table table, MltableReader(file).Read());
  for (const MltableStep& step : file.steps) {
    SLIPWAY_ASSIGN_OR_RETURN(table, Apply(step, std::move(table)));
  }
  return table;
}

Result<std::vector<fs::path>> ListMltableFiles(const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(MltableFile file, LoadMltableFile(folder));
  return std::move(file.files);
}

}  // namespace slipway::tabular
