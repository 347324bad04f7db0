// What a statement answered: typed columns, read chunk by chunk (a chunk holds up to 2,048 rows).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::duck {

enum class ColumnType { kBool, kInt32, kInt64, kDouble, kString, kOther };

// One column of one chunk. Valid until the result set moves to its next chunk. The accessor has to be that of type(),
// and the row must not be null.
class ColumnView {
 public:
  ColumnType type() const { return type_; }
  bool IsNull(size_t row) const { return validity_ != nullptr && (validity_[row / 64] >> (row % 64) & 1) == 0; }
  bool Bool(size_t row) const { return static_cast<const bool*>(data_)[row]; }
  int32_t Int32(size_t row) const { return static_cast<const int32_t*>(data_)[row]; }
  int64_t Int64(size_t row) const { return static_cast<const int64_t*>(data_)[row]; }
  double Double(size_t row) const { return static_cast<const double*>(data_)[row]; }
  std::string_view String(size_t row) const;

 private:
  friend class ResultSet;
  ColumnType type_ = ColumnType::kOther;
  const void* data_ = nullptr;
  const uint64_t* validity_ = nullptr;
};

// A materialized result. Not thread-safe.
class ResultSet {
 public:
  ResultSet(ResultSet&& other) noexcept;
  ResultSet& operator=(ResultSet&& other) noexcept;
  ~ResultSet();

  size_t column_count() const;
  std::string column_name(size_t column) const;

  // Goes to the next chunk; false after the last.
  bool NextChunk();
  // Of the present chunk.
  size_t chunk_rows() const;
  const ColumnView& column(size_t index) const;

 private:
  friend class Statement;
  struct Impl;
  explicit ResultSet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::duck
