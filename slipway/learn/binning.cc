#include "slipway/learn/binning.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::learn {
namespace {

constexpr uint32_t kCategoriesPerColumn = kBinsMax - 1;
constexpr size_t kRowsPerBlock = 4096;  // that one thread encodes at a time

struct DistinctValue {
  float value;
  size_t rows;
};

std::vector<DistinctValue> DistinctValues(std::vector<float> sorted) {
  std::sort(sorted.begin(), sorted.end());
  std::vector<DistinctValue> distinct;
  for (const float value : sorted) {
    if (distinct.empty() || distinct.back().value != value) distinct.push_back({value, 0});
    ++distinct.back().rows;
  }
  return distinct;
}

// A bin ends when it has its share of the rows that are left for the bins that are left, or before a value that is a
// share by itself.
void CutBins(const std::vector<DistinctValue>& distinct, size_t rows, BinnedColumn& out) {
  const bool is_exact = distinct.size() <= kBinsMax;
  size_t left = rows, in_bin = 0;
  for (size_t i = 0; i < distinct.size(); ++i) {
    if (in_bin == 0) out.lowest.push_back(distinct[i].value);
    in_bin += distinct[i].rows;
    const size_t bins_left = kBinsMax - out.highest.size();
    const size_t share = (left + bins_left - 1) / bins_left;
    const bool next_is_heavy = i + 1 < distinct.size() && distinct[i + 1].rows >= share;
    const bool is_last = i + 1 == distinct.size();
    if (is_last || is_exact || (bins_left > 1 && (in_bin >= share || next_is_heavy))) {
      out.highest.push_back(distinct[i].value);
      left -= in_bin;
      in_bin = 0;
    }
  }
  out.bins = static_cast<uint32_t>(out.highest.size());
}

// The first bin whose highest value is not below the number. Without a branch on the data, which nobody could predict.
uint8_t BinOf(const BinnedColumn& column, float number) {
  const float* first = column.highest.data();
  for (size_t left = column.highest.size() - 1; left > 0;) {
    const size_t half = (left + 1) / 2;
    first += half * static_cast<size_t>(first[half - 1] < number);
    left -= half;
  }
  return static_cast<uint8_t>(first - column.highest.data());
}

// What one binned column is made from.
struct Origin {
  const FeatureColumn* column;
  uint32_t first_category;
};

void AddNumeric(const FeatureColumn& column, uint32_t source, BinnedTable& table, std::vector<Origin>& origins) {
  BinnedColumn& binned = table.columns.emplace_back();
  binned.source = source;
  binned.first_feature = static_cast<uint32_t>(table.features);
  table.features += 1;
  origins.push_back({&column, 0});
}

void AddCategorical(const FeatureColumn& column, uint32_t source, BinnedTable& table, std::vector<Origin>& origins) {
  for (size_t first = 0; first < column.category_count; first += kCategoriesPerColumn) {
    BinnedColumn& binned = table.columns.emplace_back();
    binned.is_categorical = true;
    binned.source = source;
    binned.first_feature = static_cast<uint32_t>(table.features);
    binned.feature_count = static_cast<uint32_t>(std::min<size_t>(kCategoriesPerColumn, column.category_count - first));
    binned.bins = binned.feature_count + 1;
    table.features += binned.feature_count;
    origins.push_back({&column, static_cast<uint32_t>(first)});
  }
}

// The codes of some rows, of every column.
void Encode(size_t begin, size_t end, const std::vector<Origin>& origins, BinnedTable& table) {
  for (size_t i = 0; i < origins.size(); ++i) {
    const BinnedColumn& binned = table.columns[i];
    const FeatureColumn& column = *origins[i].column;
    if (!binned.is_categorical) {
      for (size_t row = begin; row < end; ++row) table.codes(row, i) = BinOf(binned, column.numbers[row]);
      continue;
    }
    for (size_t row = begin; row < end; ++row) {
      const uint32_t offset = column.categories[row] - origins[i].first_category;  // wraps for those below
      table.codes(row, i) = static_cast<uint8_t>(std::min(offset, binned.feature_count));
    }
  }
}

bool HasMissing(const FeatureColumn& column) {
  return std::any_of(column.numbers.begin(), column.numbers.end(), [](float number) { return std::isnan(number); });
}

Status CheckColumns(std::span<const FeatureColumn> columns) {
  if (columns.empty()) return InvalidArgument("there are no feature columns");
  if (columns[0].size() == 0) return InvalidArgument("there are no rows");
  for (size_t i = 0; i < columns.size(); ++i) {
    if (HasMissing(columns[i])) return InvalidArgument(fmt::format("column {} has a missing value", i));
    if (columns[i].size() == columns[0].size()) continue;
    return InvalidArgument(
        fmt::format("column {} has {} rows, the first one has {}", i, columns[i].size(), columns[0].size()));
  }
  return {};
}

}  // namespace

CodeTable::CodeTable(size_t rows, size_t columns) {
  const size_t padded = std::bit_ceil(columns);  // so that no row lies across two lines
  if (padded <= sizeof(CacheLine)) {
    row_stride_ = padded;
    column_stride_ = 1;
  } else {
    row_stride_ = 1;
    column_stride_ = rows;
  }
  lines_.resize((std::max(rows * row_stride_, columns * column_stride_) + sizeof(CacheLine) - 1) / sizeof(CacheLine));
}

float BinnedTable::Threshold(const BinnedColumn& column, uint32_t bin, uint32_t next) {
  if (column.is_categorical) return 0.5F;
  return model::FloatThreshold(column.highest[bin] / 2.0 + column.lowest[next] / 2.0);
}

Result<BinnedTable> BinColumns(std::span<const FeatureColumn> columns, ThreadPool& pool) {
  SLIPWAY_RETURN_IF_ERROR(CheckColumns(columns));
  BinnedTable table;
  table.rows = columns[0].size();
  std::vector<Origin> origins;
  for (uint32_t i = 0; i < columns.size(); ++i) {
    columns[i].is_categorical() ? AddCategorical(columns[i], i, table, origins)
                                : AddNumeric(columns[i], i, table, origins);
  }
  if (table.features == 0) return InvalidArgument("the columns give no features");
  pool.ParallelFor(origins.size(), [&](size_t i) {
    if (table.columns[i].is_categorical) return;
    const std::vector<float>& numbers = origins[i].column->numbers;
    CutBins(DistinctValues(numbers), numbers.size(), table.columns[i]);
  });
  table.codes = CodeTable(table.rows, table.columns.size());
  pool.ParallelFor((table.rows + kRowsPerBlock - 1) / kRowsPerBlock, [&](size_t block) {
    const size_t begin = block * kRowsPerBlock;
    Encode(begin, std::min(begin + kRowsPerBlock, table.rows), origins, table);
  });
  for (uint32_t i = 0; i < table.columns.size(); ++i) {
    table.column_of_feature.insert(table.column_of_feature.end(), table.columns[i].feature_count, i);
  }
  return table;
}

}  // namespace slipway::learn
