#include "slipway/stats/quality/outlier_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "slipway/base/thread_pool.h"

namespace slipway::stats {
namespace {

constexpr float kUnusable = std::numeric_limits<float>::infinity();

// The loops below run over all rows for one feature at a time, so that the compiler can do several rows at once.
class Distances {
 public:
  Distances(const std::vector<GowerFeature>& features, size_t rows) : features_(features), rows_(rows) {
    for (const GowerFeature& feature : features)
      has_missing_.push_back(
          std::any_of(feature.values.begin(), feature.values.end(), [](float value) { return std::isnan(value); }));
  }

  // From `row` to every row.
  void Of(size_t row, std::vector<float>& sum, std::vector<float>& terms) const {
    std::fill(sum.begin(), sum.end(), 0.0F);
    std::fill(terms.begin(), terms.end(), static_cast<float>(features_.size()));
    for (size_t f = 0; f < features_.size(); ++f) {
      const float* values = features_[f].values.data();
      if (features_[f].is_category)
        AddCategory(values, values[row], sum.data());
      else if (has_missing_[f])
        AddWithMissing(values, values[row], sum.data(), terms.data());
      else
        AddNumber(values, values[row], sum.data());
    }
    for (size_t j = 0; j < rows_; ++j) sum[j] = terms[j] <= 0 ? kUnusable : sum[j] / terms[j];
  }

 private:
  void AddNumber(const float* values, float own, float* sum) const {
    for (size_t j = 0; j < rows_; ++j) sum[j] += std::abs(values[j] - own);
  }

  void AddCategory(const float* values, float own, float* sum) const {
    for (size_t j = 0; j < rows_; ++j) sum[j] += values[j] != own ? 1.0F : 0.0F;
  }

  void AddWithMissing(const float* values, float own, float* sum, float* terms) const {
    const bool is_missing = std::isnan(own);
    for (size_t j = 0; j < rows_; ++j) {
      const bool other_missing = std::isnan(values[j]);
      if (is_missing && other_missing)
        sum[j] = kUnusable;
      else if (is_missing || other_missing)
        --terms[j];
      else
        sum[j] += std::abs(values[j] - own);
    }
  }

  const std::vector<GowerFeature>& features_;
  size_t rows_;
  std::vector<bool> has_missing_;
};

float NthSmallest(std::vector<float>& values, size_t n) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n), values.end());
  return values[n];
}

// The `count`-th smallest distance. Every tenth distance tells where it is about, so that few have to be sorted; when
// that guess was too low, all are.
float LimitOf(const std::vector<float>& distances, size_t count, std::vector<float>& scratch) {
  constexpr size_t kStep = 10;
  scratch.clear();
  for (size_t j = 0; j < distances.size(); j += kStep) scratch.push_back(distances[j]);
  const float guess = NthSmallest(scratch, std::min(scratch.size() - 1, 2 * count / kStep + 5));
  scratch.clear();
  for (float distance : distances)
    if (distance <= guess) scratch.push_back(distance);
  if (scratch.size() < count) scratch = distances;
  return NthSmallest(scratch, count - 1);
}

// The rows at the `count` smallest distances; of equal ones the first.
void Nearest(const std::vector<float>& distances, size_t count, std::vector<float>& scratch,
             std::vector<uint32_t>& nearest) {
  const float limit = LimitOf(distances, count, scratch);
  nearest.clear();
  for (uint32_t j = 0; j < distances.size(); ++j)
    if (distances[j] < limit) nearest.push_back(j);
  for (uint32_t j = 0; j < distances.size() && nearest.size() < count; ++j)
    if (distances[j] == limit && limit != kUnusable) nearest.push_back(j);
}

struct Neighbourhood {
  double sigma = 0;  // the standard distance, times 3
  std::vector<uint32_t> rows;
};

std::vector<Neighbourhood> Neighbourhoods(const std::vector<GowerFeature>& features, size_t rows, size_t neighbours,
                                          int threads) {
  constexpr size_t kBlock = 64;
  const Distances distances(features, rows);
  std::vector<Neighbourhood> all(rows);
  const auto block = [&](size_t index) {
    std::vector<float> sum(rows), terms(rows), scratch(rows);
    for (size_t row = index * kBlock; row < std::min(rows, (index + 1) * kBlock); ++row) {
      distances.Of(row, sum, terms);
      Nearest(sum, neighbours, scratch, all[row].rows);
      double squares = 0;
      for (uint32_t j : all[row].rows) squares += static_cast<double>(sum[j]) * static_cast<double>(sum[j]);
      all[row].sigma = 3 * std::sqrt(squares / static_cast<double>(neighbours));
    }
  };
  const size_t blocks = (rows + kBlock - 1) / kBlock;
  if (threads > 1) {
    ThreadPool pool(threads - 1);
    pool.ParallelFor(blocks, block);
  } else {
    for (size_t i = 0; i < blocks; ++i) block(i);
  }
  return all;
}

}  // namespace

std::vector<double> OutlierScores(const std::vector<GowerFeature>& features, size_t rows, size_t neighbours,
                                  int threads) {
  constexpr double kTiny = 1e-8;
  const auto all = Neighbourhoods(features, rows, std::min(rows, neighbours), threads);
  std::vector<double> factors(rows);
  double squares = 0;
  for (size_t row = 0; row < rows; ++row) {
    double expected = 0;
    for (uint32_t j : all[row].rows) expected += all[j].sigma;
    expected /= static_cast<double>(std::max<size_t>(1, all[row].rows.size()));
    factors[row] = all[row].sigma / (expected == 0 ? kTiny : expected) - 1;
    squares += factors[row] * factors[row];
  }
  const double scale = 3 * std::sqrt(squares / static_cast<double>(rows)) * std::sqrt(2.0);
  for (double& factor : factors) factor = scale == 0 ? 0 : std::max(0.0, std::erf(factor / scale));
  return factors;
}

}  // namespace slipway::stats
