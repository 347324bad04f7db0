#include "slipway/learn/design_matrix.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "slipway/learn/feature_rows.h"

namespace slipway::learn {
namespace {

constexpr size_t kRowsPerTask = 4096;
constexpr double kNoDeviation = 1e-12;

}  // namespace

DesignMatrix::DesignMatrix(std::span<const FeatureColumn> columns, std::span<const double> weights, ThreadPool& pool)
    : weights_(weights), pool_(pool), rows_(columns.empty() ? 0 : columns[0].size()) {
  total_weight_ = weights.empty() ? static_cast<double>(rows_) : std::accumulate(weights.begin(), weights.end(), 0.0);
  size_t first = 0;
  for (const FeatureColumn& column : columns) {
    places_.push_back({&column, first});
    first += column.is_categorical() ? column.category_count : 1;
  }
  means_.assign(first, 0);
  deviations_.assign(first, 1);
  pool_.ParallelFor(places_.size(), [&](size_t i) { FindMoments(places_[i]); });
}

void DesignMatrix::FindMoments(const Place& place) {
  const FeatureColumn& column = *place.column;
  if (column.is_categorical()) {
    for (size_t row = 0; row < rows_; ++row)
      if (column.categories[row] < column.category_count) means_[place.first + column.categories[row]] += weight(row);
    for (size_t k = place.first; k < place.first + column.category_count; ++k) {
      means_[k] /= total_weight_;
      const double variance = means_[k] * (1 - means_[k]);
      if (variance > kNoDeviation) deviations_[k] = std::sqrt(variance);
    }
    return;
  }
  double sum = 0, squares = 0;
  for (size_t row = 0; row < rows_; ++row) sum += weight(row) * static_cast<double>(column.numbers[row]);
  const double mean = means_[place.first] = sum / total_weight_;
  for (size_t row = 0; row < rows_; ++row) {
    const double distance = static_cast<double>(column.numbers[row]) - mean;
    squares += weight(row) * distance * distance;
  }
  const double deviation = std::sqrt(squares / total_weight_);
  if (deviation > kNoDeviation * std::max(1.0, std::abs(mean))) deviations_[place.first] = deviation;
}

void DesignMatrix::Multiply(std::span<const double> factors, std::span<double> out) const {
  std::vector<double> scaled(features());
  double shift = 0;
  for (size_t k = 0; k < features(); ++k) {
    scaled[k] = factors[k] / deviations_[k];
    shift -= scaled[k] * means_[k];
  }
  pool_.ParallelFor((rows_ + kRowsPerTask - 1) / kRowsPerTask, [&](size_t task) {
    const size_t begin = task * kRowsPerTask, end = std::min(rows_, begin + kRowsPerTask);
    std::fill(out.begin() + static_cast<ptrdiff_t>(begin), out.begin() + static_cast<ptrdiff_t>(end), shift);
    for (const Place& place : places_) {
      const double* of_column = &scaled[place.first];
      if (place.column->is_categorical()) {
        const size_t count = place.column->category_count;
        for (size_t row = begin; row < end; ++row)
          if (const uint32_t category = place.column->categories[row]; category < count)
            out[row] += of_column[category];
      } else {
        for (size_t row = begin; row < end; ++row)
          out[row] += of_column[0] * static_cast<double>(place.column->numbers[row]);
      }
    }
  });
}

void DesignMatrix::MultiplyTransposed(std::span<const double> numbers, std::span<double> out) const {
  const double total = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  std::fill(out.begin(), out.end(), 0);
  pool_.ParallelFor(places_.size(), [&](size_t i) {
    const FeatureColumn& column = *places_[i].column;
    double* sums = &out[places_[i].first];
    if (column.is_categorical()) {
      for (size_t row = 0; row < rows_; ++row)
        if (column.categories[row] < column.category_count) sums[column.categories[row]] += numbers[row];
    } else {
      for (size_t row = 0; row < rows_; ++row) sums[0] += numbers[row] * static_cast<double>(column.numbers[row]);
    }
  });
  for (size_t k = 0; k < features(); ++k) out[k] = (out[k] - means_[k] * total) / deviations_[k];
}

void DesignMatrix::FillStandardised(size_t row, std::span<double> out) const {
  for (size_t k = 0; k < features(); ++k) out[k] = -means_[k] / deviations_[k];
  for (const Place& place : places_) {
    const FeatureColumn& column = *place.column;
    if (!column.is_categorical()) {
      out[place.first] += static_cast<double>(column.numbers[row]) / deviations_[place.first];
    } else if (column.categories[row] < column.category_count) {
      const size_t k = place.first + column.categories[row];
      out[k] += 1 / deviations_[k];
    }
  }
}

// Rows in blocks of a fixed size, whose sums are added in their order.
std::vector<double> DesignMatrix::Gram() const {
  const size_t width = features(), tasks = (rows_ + kRowsPerTask - 1) / kRowsPerTask;
  std::vector<double> gram(width * width, 0);
  const size_t at_once = static_cast<size_t>(pool_.threads()) + 1;
  std::vector<std::vector<double>> parts(at_once);
  for (size_t first = 0; first < tasks; first += at_once) {
    const size_t count = std::min(at_once, tasks - first);
    pool_.ParallelFor(count, [&](size_t i) {
      parts[i].assign(width * width, 0);
      std::vector<double> features_of_row(width);
      const size_t begin = (first + i) * kRowsPerTask;
      for (size_t row = begin; row < std::min(rows_, begin + kRowsPerTask); ++row) {
        FillStandardised(row, features_of_row);
        for (size_t a = 0; a < width; ++a) {
          const double factor = weight(row) * features_of_row[a];
          for (size_t b = 0; b <= a; ++b) parts[i][a * width + b] += factor * features_of_row[b];
        }
      }
    });
    for (size_t i = 0; i < count; ++i)
      for (size_t k = 0; k < gram.size(); ++k) gram[k] += parts[i][k];
  }
  for (size_t a = 0; a < width; ++a)
    for (size_t b = 0; b < a; ++b) gram[b * width + a] = gram[a * width + b];
  return gram;
}

}  // namespace slipway::learn
