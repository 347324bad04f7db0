// A table in memory, column by column: what CSV and MLTable readers give and what learn, stats and scoring take.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::tabular {

enum class ColumnType { kBool, kInt64, kFloat64, kString, kDatetime };

// "boolean", "long", "double", "string", "datetime": the names MLflow's signatures use.
std::string_view ColumnTypeName(ColumnType type);

// One column. A value type; copies share nothing. A null's slot holds 0 (NaN for kFloat64, code 0 for kString).
//   kBool, kInt64: ints.  kDatetime: ints, microseconds since 1970 UTC.  kFloat64: doubles; NaN from the data is not
//   null. kString: codes into `dictionary`, which holds each distinct text once, in order of first appearance.
struct Column {
  std::string name;
  ColumnType type = ColumnType::kFloat64;
  std::vector<int64_t> ints;
  std::vector<double> doubles;
  std::vector<uint32_t> codes;
  std::vector<std::string> dictionary;
  std::vector<uint8_t> nulls;  // empty when no value is null; else one byte a row, 1 = null

  size_t size() const;
  bool is_null(size_t row) const { return !nulls.empty() && nulls[row] != 0; }
  size_t null_count() const;
  bool is_numeric() const { return type != ColumnType::kString && type != ColumnType::kDatetime; }
  // The number at `row` (a bool is 0 or 1); NaN when null. Not for kString.
  double number(size_t row) const;
  // The text of the value as it would be written to CSV; "" when null.
  std::string text(size_t row) const;
  const std::string& string_at(size_t row) const { return dictionary[codes[row]]; }
};

// Builds a column value by value. Not thread-safe.
class ColumnBuilder {
 public:
  ColumnBuilder(std::string name, ColumnType type);
  ~ColumnBuilder();
  ColumnBuilder(ColumnBuilder&&) noexcept;
  ColumnBuilder& operator=(ColumnBuilder&&) noexcept;
  void AddInt(int64_t value);              // kBool, kInt64, kDatetime
  void AddDouble(double value);            // kFloat64
  void AddString(std::string_view value);  // kString
  void AddNull();
  size_t size() const { return column_.size(); }
  Column Build() &&;

 private:
  struct Interner;
  Column column_;
  std::unique_ptr<Interner> interner_;
};

// Columns of equal length with distinct names.
class Table {
 public:
  Table() = default;
  // kInvalidArgument when lengths differ or a name stands twice.
  static Result<Table> Make(std::vector<Column> columns);

  size_t rows() const { return columns_.empty() ? 0 : columns_[0].size(); }
  size_t width() const { return columns_.size(); }
  const std::vector<Column>& columns() const { return columns_; }
  const Column& column(size_t index) const { return columns_[index]; }
  const Column* Find(std::string_view name) const;
  std::optional<size_t> IndexOf(std::string_view name) const;
  // kNotFound names the nearest column.
  Result<const Column*> Get(std::string_view name) const;
  std::vector<std::string> names() const;

  // New tables; rows in the order given.
  Table TakeRows(const std::vector<uint32_t>& rows) const;
  Table Head(size_t rows) const;
  Result<Table> Select(const std::vector<std::string>& names) const;
  Table Without(std::string_view name) const;
  Status Add(Column column);

 private:
  std::vector<Column> columns_;
};

}  // namespace slipway::tabular
