// Epps and Singleton's test and the maximum mean discrepancy: comparisons through transforms of the values.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/stats/rank_statistics.h"
#include "slipway/stats/special_functions.h"

namespace slipway::stats {
namespace {

using Vector4 = std::array<double, 4>;
using Matrix4 = std::array<Vector4, 4>;

// The value at `share` of the way through the pooled samples, interpolated linearly.
double PooledQuantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(place);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

struct Moments {
  Vector4 mean{};
  Matrix4 covariance{};  // divided by n
};

Moments CharacteristicMoments(std::span<const double> values, double scale) {
  std::vector<Vector4> features;
  features.reserve(values.size());
  for (double value : values) {
    const double x = 0.4 * value / scale, y = 0.8 * value / scale;
    features.push_back({std::cos(x), std::cos(y), std::sin(x), std::sin(y)});
  }
  Moments moments;
  const double n = static_cast<double>(values.size());
  for (const Vector4& feature : features)
    for (size_t i = 0; i < 4; ++i) moments.mean[i] += feature[i] / n;
  for (const Vector4& feature : features)
    for (size_t i = 0; i < 4; ++i)
      for (size_t j = 0; j < 4; ++j)
        moments.covariance[i][j] += (feature[i] - moments.mean[i]) * (feature[j] - moments.mean[j]) / n;
  return moments;
}

// Eigenvalues on the diagonal of `matrix`, eigenvectors in the columns of the result: Jacobi's rotations.
Matrix4 Diagonalise(Matrix4& matrix) {
  Matrix4 vectors{};
  for (size_t i = 0; i < 4; ++i) vectors[i][i] = 1;
  for (int sweep = 0; sweep < 60; ++sweep)
    for (size_t p = 0; p < 4; ++p)
      for (size_t q = p + 1; q < 4; ++q) {
        if (matrix[p][q] == 0) continue;
        const double theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
        const double t = std::copysign(1, theta) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (size_t k = 0; k < 4; ++k) {
          const double kp = matrix[k][p], kq = matrix[k][q];
          matrix[k][p] = c * kp - s * kq;
          matrix[k][q] = s * kp + c * kq;
        }
        for (size_t k = 0; k < 4; ++k) {
          const double pk = matrix[p][k], qk = matrix[q][k];
          matrix[p][k] = c * pk - s * qk;
          matrix[q][k] = s * pk + c * qk;
          const double vp = vectors[k][p], vq = vectors[k][q];
          vectors[k][p] = c * vp - s * vq;
          vectors[k][q] = s * vp + c * vq;
        }
      }
  return vectors;
}

// g' S^+ g and the rank of S.
std::pair<double, int> QuadraticForm(Matrix4 matrix, const Vector4& g) {
  const Matrix4 vectors = Diagonalise(matrix);
  double largest = 0;
  for (size_t i = 0; i < 4; ++i) largest = std::max(largest, std::abs(matrix[i][i]));
  const double zero = largest * 4 * std::numeric_limits<double>::epsilon();
  double form = 0;
  int rank = 0;
  for (size_t i = 0; i < 4; ++i) {
    if (std::abs(matrix[i][i]) <= zero) continue;
    double projection = 0;
    for (size_t k = 0; k < 4; ++k) projection += vectors[k][i] * g[k];
    form += projection * projection / matrix[i][i];
    ++rank;
  }
  return {form, rank};
}

// The Gaussian kernel of all pairs of pooled values, row by row; its width is the median squared distance within `a`.
std::vector<double> GaussianKernel(std::span<const double> a, std::span<const double> pooled) {
  std::vector<double> squares;
  squares.reserve(a.size() * a.size());
  for (double x : a)
    for (double y : a) squares.push_back((x - y) * (x - y));
  const auto middle = static_cast<size_t>(std::nearbyint(static_cast<double>(squares.size() - 1) / 2));
  std::nth_element(squares.begin(), squares.begin() + static_cast<std::ptrdiff_t>(middle), squares.end());
  const double width = squares[middle] == 0 ? 1 : squares[middle];
  std::vector<double> kernel;
  kernel.reserve(pooled.size() * pooled.size());
  for (double x : pooled)
    for (double y : pooled) kernel.push_back(std::exp(-(x - y) * (x - y) / width));
  return kernel;
}

// The statistic when the rows `order[0 … n)` are the first sample.
double MeanDiscrepancy(const std::vector<double>& kernel, const std::vector<uint32_t>& order, size_t n) {
  const size_t rows = order.size(), m = rows - n;
  double within_a = 0, within_b = 0, between = 0;
  for (size_t i = 0; i < rows; ++i) {
    const double* row = kernel.data() + static_cast<size_t>(order[i]) * rows;
    double to_a = 0, to_b = 0;
    for (size_t j = 0; j < n; ++j) to_a += row[order[j]];
    for (size_t j = n; j < rows; ++j) to_b += row[order[j]];
    if (i < n) {
      within_a += to_a - 1;
      between += to_b;
    } else {
      within_b += to_b - 1;
    }
  }
  const double x = static_cast<double>(n), y = static_cast<double>(m);
  return within_a / (x * (x - 1)) + within_b / (y * (y - 1)) - 2 * between / (x * y);
}

}  // namespace

Result<double> EppsSingletonTest(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 5 || b.size() < 5) return InvalidArgument("es needs at least five values on both sides");
  std::vector<double> pooled(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), pooled.begin());
  const double scale = (PooledQuantile(pooled, 0.75) - PooledQuantile(pooled, 0.25)) / 2;
  if (scale == 0) return InvalidArgument("es needs values that differ: the middle half of them is one value");
  const Moments x = CharacteristicMoments(a, scale), y = CharacteristicMoments(b, scale);
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), N = n + m;
  Vector4 g{};
  Matrix4 covariance{};
  for (size_t i = 0; i < 4; ++i) {
    g[i] = x.mean[i] - y.mean[i];
    for (size_t j = 0; j < 4; ++j) covariance[i][j] = N / n * x.covariance[i][j] + N / m * y.covariance[i][j];
  }
  const auto [form, rank] = QuadraticForm(covariance, g);
  double statistic = N * form;
  if (std::max(n, m) < 25) statistic /= 1 + std::pow(N, -0.45) + 10.1 * (std::pow(n, -1.7) + std::pow(m, -1.7));
  return ChiSquareUpperTail(statistic, rank);
}

Result<double> MaximumMeanDiscrepancyTest(std::span<const double> a, std::span<const double> b, uint64_t seed) {
  constexpr size_t kRowsMax = 3000;
  constexpr int kPermutations = 100;
  std::vector<double> pooled(a.begin(), a.end());
  pooled.insert(pooled.end(), b.begin(), b.end());
  if (pooled.size() > kRowsMax)
    return Unimplemented(
        fmt::format("emperical_mmd of {} rows is not supported yet: it compares every pair of rows; "
                    "sample at most {} rows of both sides together",
                    pooled.size(), kRowsMax));
  const std::vector<double> kernel = GaussianKernel(a, pooled);
  std::vector<uint32_t> order(pooled.size());
  std::iota(order.begin(), order.end(), 0U);
  const double observed = MeanDiscrepancy(kernel, order, a.size());
  SplitMix64 random(seed);
  int as_far = 0;
  for (int round = 0; round < kPermutations; ++round) {
    for (size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.NextBelow(i + 1)]);
    as_far += MeanDiscrepancy(kernel, order, a.size()) >= observed;
  }
  return static_cast<double>(as_far) / kPermutations;
}

}  // namespace slipway::stats
