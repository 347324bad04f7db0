#include "slipway/tabular/table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include <fmt/format.h>

#include "slipway/base/assert.h"
#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/tabular/append_null.h"
#include "slipway/tabular/interner.h"
#include "slipway/tabular/missing_column.h"

namespace slipway::tabular {
namespace {

// A float stays one when it is read again: 1 is written "1.0".
std::string FloatText(double value) {
  std::string text = FormatDouble(value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// With as much of the fraction as is needed.
std::string DatetimeText(int64_t microseconds) {
  const Timestamp time{Duration(microseconds)};
  if (microseconds % 1000000 == 0) return FormatTimestamp(time, 0);
  return FormatTimestamp(time, microseconds % 1000 == 0 ? 3 : 6);
}

template <typename T>
std::vector<T> Pick(const std::vector<T>& values, const std::vector<uint32_t>& rows) {
  if (values.empty()) return {};
  std::vector<T> picked;
  picked.reserve(rows.size());
  for (uint32_t row : rows) picked.push_back(values[row]);
  return picked;
}

void DropEmptyNulls(std::vector<uint8_t>& nulls) {
  if (std::find(nulls.begin(), nulls.end(), uint8_t{1}) == nulls.end()) nulls.clear();
}

// Codes in order of first appearance again, and no text that no row has.
void CompactDictionary(Column& column, const std::vector<std::string>& old_dictionary) {
  constexpr uint32_t kUnseen = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> new_codes(old_dictionary.size(), kUnseen);
  for (size_t row = 0; row < column.codes.size(); ++row) {
    uint32_t& code = column.codes[row];
    if (column.is_null(row)) {
      code = 0;
      continue;
    }
    uint32_t& renamed = new_codes[code];
    if (renamed == kUnseen) {
      renamed = static_cast<uint32_t>(column.dictionary.size());
      column.dictionary.push_back(old_dictionary[code]);
    }
    code = renamed;
  }
}

Column PickRows(const Column& column, const std::vector<uint32_t>& rows) {
  Column picked{.name = column.name,
                .type = column.type,
                .ints = Pick(column.ints, rows),
                .doubles = Pick(column.doubles, rows),
                .codes = Pick(column.codes, rows),
                .dictionary = {},
                .nulls = Pick(column.nulls, rows)};
  DropEmptyNulls(picked.nulls);
  if (column.type == ColumnType::kString) CompactDictionary(picked, column.dictionary);
  return picked;
}

}  // namespace

std::string_view ColumnTypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return "boolean";
    case ColumnType::kInt64:
      return "long";
    case ColumnType::kFloat64:
      return "double";
    case ColumnType::kString:
      return "string";
    case ColumnType::kDatetime:
      return "datetime";
  }
  return "string";
}

size_t Column::size() const {
  if (type == ColumnType::kFloat64) return doubles.size();
  return type == ColumnType::kString ? codes.size() : ints.size();
}

size_t Column::null_count() const {
  return static_cast<size_t>(std::count(nulls.begin(), nulls.end(), uint8_t{1}));
}

double Column::number(size_t row) const {
  SLIPWAY_ASSERT(type != ColumnType::kString);
  if (is_null(row)) return std::numeric_limits<double>::quiet_NaN();
  return type == ColumnType::kFloat64 ? doubles[row] : static_cast<double>(ints[row]);
}

std::string Column::text(size_t row) const {
  if (is_null(row)) return {};
  switch (type) {
    case ColumnType::kBool:
      return ints[row] != 0 ? "True" : "False";
    case ColumnType::kInt64:
      return std::to_string(ints[row]);
    case ColumnType::kFloat64:
      return FloatText(doubles[row]);
    case ColumnType::kString:
      return string_at(row);
    case ColumnType::kDatetime:
      return DatetimeText(ints[row]);
  }
  return {};
}

struct ColumnBuilder::Interner : tabular::Interner {};

ColumnBuilder::ColumnBuilder(std::string name, ColumnType type) {
  column_.name = std::move(name);
  column_.type = type;
  if (type == ColumnType::kString) interner_ = std::make_unique<Interner>();
}

ColumnBuilder::~ColumnBuilder() = default;
ColumnBuilder::ColumnBuilder(ColumnBuilder&&) noexcept = default;
ColumnBuilder& ColumnBuilder::operator=(ColumnBuilder&&) noexcept = default;

void ColumnBuilder::AddInt(int64_t value) {
  SLIPWAY_ASSERT(column_.type != ColumnType::kFloat64 && column_.type != ColumnType::kString);
  column_.ints.push_back(value);
  if (!column_.nulls.empty()) column_.nulls.push_back(0);
}

void ColumnBuilder::AddDouble(double value) {
  SLIPWAY_ASSERT(column_.type == ColumnType::kFloat64);
  column_.doubles.push_back(value);
  if (!column_.nulls.empty()) column_.nulls.push_back(0);
}

void ColumnBuilder::AddString(std::string_view value) {
  SLIPWAY_ASSERT(column_.type == ColumnType::kString);
  column_.codes.push_back(interner_->Intern(value, column_.dictionary));
  if (!column_.nulls.empty()) column_.nulls.push_back(0);
}

void ColumnBuilder::AddNull() {
  AppendNull(column_);
}

Column ColumnBuilder::Build() && {
  return std::move(column_);
}

Result<Table> Table::Make(std::vector<Column> columns) {
  std::unordered_set<std::string_view> names;
  for (const Column& column : columns) {
    if (column.size() != columns[0].size())
      return InvalidArgument(fmt::format("column '{}' has {} rows, column '{}' has {}", column.name, column.size(),
                                         columns[0].name, columns[0].size()));
    if (!names.insert(column.name).second) return InvalidArgument(fmt::format("column '{}' stands twice", column.name));
  }
  Table table;
  table.columns_ = std::move(columns);
  return table;
}

std::optional<size_t> Table::IndexOf(std::string_view name) const {
  for (size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].name == name) return i;
  return std::nullopt;
}

const Column* Table::Find(std::string_view name) const {
  const auto index = IndexOf(name);
  return index ? &columns_[*index] : nullptr;
}

Result<const Column*> Table::Get(std::string_view name) const {
  if (const Column* column = Find(name)) return column;
  return NoSuchColumn(name, names());
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(column.name);
  return names;
}

Table Table::TakeRows(const std::vector<uint32_t>& rows) const {
  Table taken;
  for (const Column& column : columns_) taken.columns_.push_back(PickRows(column, rows));
  return taken;
}

Table Table::Head(size_t count) const {
  std::vector<uint32_t> first(std::min(count, rows()));
  for (size_t row = 0; row < first.size(); ++row) first[row] = static_cast<uint32_t>(row);
  return TakeRows(first);
}

Result<Table> Table::Select(const std::vector<std::string>& names) const {
  std::vector<Column> selected;
  for (const std::string& name : names) {
    SLIPWAY_ASSIGN_OR_RETURN(const Column* column, Get(name));
    selected.push_back(*column);
  }
  return Make(std::move(selected));
}

Table Table::Without(std::string_view name) const {
  Table rest;
  for (const Column& column : columns_)
    if (column.name != name) rest.columns_.push_back(column);
  return rest;
}

Status Table::Add(Column column) {
  if (Find(column.name) != nullptr) return AlreadyExists(fmt::format("column '{}' stands twice", column.name));
  if (!columns_.empty() && column.size() != rows())
    return InvalidArgument(
        fmt::format("column '{}' has {} rows, the table has {}", column.name, column.size(), rows()));
  columns_.push_back(std::move(column));
  return {};
}

}  // namespace slipway::tabular
