// Feature columns as a matrix that is multiplied with vectors: categories are never written out as 0/1 columns.
#pragma once

#include <span>
#include <vector>

#include "slipway/base/thread_pool.h"
#include "slipway/learn/binning.h"

namespace slipway::learn {

// Looks at columns that outlive it. Results are the same for any number of threads.
class DesignMatrix {
 public:
  // `weights`: one a row, or empty.
  DesignMatrix(std::span<const FeatureColumn> columns, std::span<const double> weights, ThreadPool& pool);

  size_t rows() const { return rows_; }
  size_t features() const { return means_.size(); }
  double total_weight() const { return total_weight_; }
  double weight(size_t row) const { return weights_.empty() ? 1 : weights_[row]; }
  // By weight. A feature that is constant has the deviation 1.
  const std::vector<double>& means() const { return means_; }
  const std::vector<double>& deviations() const { return deviations_; }

  // out[row] = standardised features · factors; features are (x - mean) / deviation.
  void Multiply(std::span<const double> factors, std::span<double> out) const;
  // out[feature] = Σ over rows of standardised feature × numbers[row]. Weights are not looked at.
  void MultiplyTransposed(std::span<const double> numbers, std::span<double> out) const;
  // Σ weight × standardised feature i × standardised feature k, row-major.
  std::vector<double> Gram() const;

 private:
  // The first feature of a column.
  struct Place {
    const FeatureColumn* column;
    size_t first;
  };
  void FindMoments(const Place& place);
  void FillStandardised(size_t row, std::span<double> out) const;

  std::vector<Place> places_;
  std::span<const double> weights_;
  ThreadPool& pool_;
  size_t rows_ = 0;
  double total_weight_ = 0;
  std::vector<double> means_, deviations_;
};

}  // namespace slipway::learn
