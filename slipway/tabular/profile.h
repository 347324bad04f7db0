// What a table's columns look like: counts, ranges, frequent values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "slipway/tabular/table.h"

namespace slipway::tabular {

struct ValueCount {
  std::string text;  // as in CSV
  size_t count = 0;
};

// Values in [from, to); the last bin also holds `to`.
struct HistogramBin {
  double from = 0, to = 0;
  size_t count = 0;
};

// Of the values that are neither null nor NaN. Datetimes in microseconds since 1970 UTC.
struct NumberProfile {
  double min = 0, max = 0;
  double mean = 0;
  double standard_deviation = 0;                              // of a sample (n - 1), as pandas; 0 for a single value
  double lower_quartile = 0, median = 0, upper_quartile = 0;  // interpolated linearly, as NumPy
  std::vector<HistogramBin> histogram;                        // of equal width over [min, max], of the finite values
};

struct ColumnProfile {
  std::string name;
  ColumnType type = ColumnType::kFloat64;
  size_t rows = 0;
  size_t nulls = 0;                      // NaN counts as null here
  size_t distinct = 0;                   // of the others
  std::vector<ValueCount> top;           // most frequent first, ties in order of first appearance
  std::optional<NumberProfile> numbers;  // nothing for texts and booleans, and without any value
};

struct ProfileOptions {
  size_t top = 10;
  size_t bins = 10;
};

std::vector<ColumnProfile> ProfileTable(const Table& table, const ProfileOptions& options = {});
ColumnProfile ProfileColumn(const Column& column, const ProfileOptions& options = {});

}  // namespace slipway::tabular
