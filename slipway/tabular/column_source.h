// Tables whose columns are read one at a time: what is too large to be held whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular {

struct ColumnInfo {
  std::string name;
  ColumnType type = ColumnType::kFloat64;
};

// Immutable and thread-safe.
class ColumnSource {
 public:
  virtual ~ColumnSource() = default;
  virtual uint64_t rows() const = 0;
  virtual const std::vector<ColumnInfo>& columns() const = 0;
  // All rows of the column at `index`.
  virtual Result<std::shared_ptr<const Column>> Read(size_t index) const = 0;

  std::optional<size_t> IndexOf(std::string_view name) const;
  // kNotFound names the nearest column.
  Result<size_t> Get(std::string_view name) const;
  std::vector<std::string> names() const;
};

// Columns of a table in memory, which outlives it and what is read.
std::unique_ptr<ColumnSource> SourceOf(const Table& table);

// A Parquet file (flat columns; PLAIN and dictionary encodings; snappy, gzip or no compression), read by row groups, or
// a folder of such files with the same columns, one below the other. kNotFound, kDataLoss, or kUnimplemented for what
// is not supported.
Result<std::unique_ptr<ColumnSource>> OpenParquet(const std::filesystem::path& path);
// Whether `path` is a file that ends in .parquet, or a folder that holds such files and no others that are read.
bool IsParquet(const std::filesystem::path& path);

// All of it.
Result<Table> ReadAll(const ColumnSource& source);

}  // namespace slipway::tabular
