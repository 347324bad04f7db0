// The table a forest grows on: every column as one byte a row. Values, no I/O.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/thread_pool.h"

namespace slipway::learn {

// A training column. Numeric: one finite float a row. Categorical: one index a row below category_count, or any larger
// number for "none of them"; each category is a 0/1 feature of its own, in order.
struct FeatureColumn {
  std::vector<float> numbers = {};
  std::vector<uint32_t> categories = {};
  size_t category_count = 0;

  bool is_categorical() const { return !categories.empty(); }
  size_t size() const { return is_categorical() ? categories.size() : numbers.size(); }
};

// A column as codes. Codes of a numeric column are bins in ascending order of values; codes of a categorical one are
// categories, `bins` - 1 standing for all that are not among its features (a column of more than 255 categories becomes
// several of these).
struct BinnedColumn {
  bool is_categorical = false;
  uint32_t source = 0;  // the column it was made from, by number
  uint32_t first_feature = 0;
  uint32_t feature_count = 1;
  uint32_t bins = 0;                   // codes are below it; at most 256
  std::vector<float> lowest, highest;  // numeric: the smallest and the largest value of each bin
};

// The codes of all rows and columns. Growing looks at a few columns of scattered rows: while a row fits into one cache
// line its codes lie together; rows of more columns would be read in vain, so there each column lies together.
class CodeTable {
 public:
  CodeTable() = default;
  CodeTable(size_t rows, size_t columns);

  uint8_t operator()(size_t row, size_t column) const { return bytes()[Place(row, column)]; }
  uint8_t& operator()(size_t row, size_t column) { return bytes()[Place(row, column)]; }

  // For inner loops: the code of `row` is first(column)[row * row_stride()].
  const uint8_t* first(size_t column) const { return bytes() + column * column_stride_; }
  size_t row_stride() const { return row_stride_; }

 private:
  struct alignas(64) CacheLine {
    uint8_t bytes[64];
  };
  size_t Place(size_t row, size_t column) const { return row * row_stride_ + column * column_stride_; }
  const uint8_t* bytes() const { return lines_.data()->bytes; }
  uint8_t* bytes() { return lines_.data()->bytes; }

  size_t row_stride_ = 0, column_stride_ = 0;
  std::vector<CacheLine> lines_;
};

struct BinnedTable {
  size_t rows = 0;
  size_t features = 0;
  std::vector<BinnedColumn> columns;
  std::vector<uint32_t> column_of_feature;
  CodeTable codes;

  // The float32 threshold that separates the values of `bin` from those of `next`, as scikit-learn puts it: the
  // midpoint in double, floored to float32.
  static float Threshold(const BinnedColumn& column, uint32_t bin, uint32_t next);
};

inline constexpr uint32_t kBinsMax = 256;

// One bin a distinct value where there are at most 256; else bins of about equally many rows, cut between neighbouring
// values. The same columns give the same table. kInvalidArgument when there are no rows or no features, lengths differ,
// or a number is missing (NaN).
Result<BinnedTable> BinColumns(std::span<const FeatureColumn> columns, ThreadPool& pool);

}  // namespace slipway::learn
