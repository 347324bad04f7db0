#include "slipway/tabular/concatenate.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/tabular/interner.h"

namespace slipway::tabular {
namespace {

// Tables and what to call them.
class Parts {
 public:
  Parts(const std::vector<Table>& tables, std::span<const std::string> names) : tables_(tables), names_(names) {}

  const std::vector<Table>& tables() const { return tables_; }
  std::string Name(size_t index) const {
    return index < names_.size() ? names_[index] : fmt::format("table {}", index + 1);
  }

 private:
  const std::vector<Table>& tables_;
  std::span<const std::string> names_;
};

bool HasValue(const Column& column) {
  return column.null_count() < column.size();
}

bool AreNumbers(ColumnType a, ColumnType b) {
  const auto is_number = [](ColumnType type) { return type == ColumnType::kInt64 || type == ColumnType::kFloat64; };
  return is_number(a) && is_number(b);
}

// The type that the values of all tables have in column `name`.
Result<ColumnType> CommonType(const Parts& parts, const std::string& name) {
  std::optional<ColumnType> common;
  size_t by = 0;  // the table that gave it
  for (size_t i = 0; i < parts.tables().size(); ++i) {
    const Column& column = *parts.tables()[i].Find(name);
    if (!HasValue(column) || column.type == common) continue;
    if (common && !AreNumbers(*common, column.type))
      return InvalidArgument(fmt::format("column '{}' is {} in {}, but {} in {}", name, ColumnTypeName(column.type),
                                         parts.Name(i), ColumnTypeName(*common), parts.Name(by)));
    common = common ? ColumnType::kFloat64 : column.type;
    by = i;
  }
  return common.value_or(parts.tables()[0].Find(name)->type);
}

Status CheckSameColumns(const Parts& parts) {
  const std::vector<std::string> expected = parts.tables()[0].names();
  for (size_t i = 1; i < parts.tables().size(); ++i) {
    const Table& table = parts.tables()[i];
    for (const std::string& name : table.names())
      if (std::find(expected.begin(), expected.end(), name) == expected.end())
        return InvalidArgument(fmt::format("{} has a column '{}', {} has none{}", parts.Name(i), name, parts.Name(0),
                                           DidYouMean(name, expected)));
    for (const std::string& name : expected)
      if (table.Find(name) == nullptr)
        return InvalidArgument(fmt::format("{} has no column '{}', {} has one", parts.Name(i), name, parts.Name(0)));
  }
  return {};
}

// Appends columns of one name; all have `type`, or are numbers, or hold no value.
class ColumnJoiner {
 public:
  ColumnJoiner(std::string name, ColumnType type) {
    joined_.name = std::move(name);
    joined_.type = type;
  }

  void Append(const Column& column) {
    AppendNulls(column);
    if (joined_.type == ColumnType::kFloat64)
      AppendNumbers(column);
    else if (joined_.type == ColumnType::kString)
      AppendTexts(column);
    else if (HasValue(column))
      joined_.ints.insert(joined_.ints.end(), column.ints.begin(), column.ints.end());
    else
      joined_.ints.resize(joined_.ints.size() + column.size());
  }

  Column Take() && { return std::move(joined_); }

 private:
  void AppendNulls(const Column& column) {
    if (joined_.nulls.empty() && column.nulls.empty()) return;
    joined_.nulls.resize(joined_.size(), 0);
    joined_.nulls.insert(joined_.nulls.end(), column.nulls.begin(), column.nulls.end());
    joined_.nulls.resize(joined_.size() + column.size(), 0);
  }

  void AppendNumbers(const Column& column) {
    if (column.type == ColumnType::kFloat64) {
      joined_.doubles.insert(joined_.doubles.end(), column.doubles.begin(), column.doubles.end());
      return;
    }
    for (size_t row = 0; row < column.size(); ++row)
      joined_.doubles.push_back(column.is_null(row) ? std::numeric_limits<double>::quiet_NaN()
                                                    : static_cast<double>(column.ints[row]));
  }

  void AppendTexts(const Column& column) {
    std::vector<uint32_t> new_codes;
    for (const std::string& text : column.dictionary) new_codes.push_back(interner_.Intern(text, joined_.dictionary));
    for (size_t row = 0; row < column.size(); ++row)
      joined_.codes.push_back(column.is_null(row) ? 0 : new_codes[column.codes[row]]);
  }

  Column joined_;
  Interner interner_;
};

}  // namespace

Result<Table> Concatenate(std::vector<Table> tables, std::span<const std::string> names) {
  if (tables.empty()) return Table();
  if (tables.size() == 1) return std::move(tables[0]);
  const Parts parts(tables, names);
  SLIPWAY_RETURN_IF_ERROR(CheckSameColumns(parts));
  std::vector<Column> columns;
  for (const std::string& name : tables[0].names()) {
    SLIPWAY_ASSIGN_OR_RETURN(const ColumnType type, CommonType(parts, name));
    ColumnJoiner joiner(name, type);
    for (const Table& table : tables) joiner.Append(*table.Find(name));
    columns.push_back(std::move(joiner).Take());
  }
  return Table::Make(std::move(columns));
}

Result<Table> Append(const Table& first, const Table& second) {
  return Concatenate({first, second});
}

}  // namespace slipway::tabular
