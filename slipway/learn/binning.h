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
  uint32_t bins = 0;  // codes are below it; at most 256
  std::vector<uint8_t> codes;
  std::vector<float> lowest, highest;  // numeric: the smallest and the largest value of each bin
};

struct BinnedTable {
  size_t rows = 0;
  size_t features = 0;
  std::vector<BinnedColumn> columns;
  std::vector<uint32_t> column_of_feature;

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
