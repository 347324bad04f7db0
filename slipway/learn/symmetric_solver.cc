#include "slipway/learn/symmetric_solver.h"

#include <cmath>

namespace slipway::learn {
namespace {

constexpr double kDamping = 1e-8;
constexpr int kRounds = 30;

using Vector = std::vector<double>;

// In place: the lower triangle becomes L of L Lᵀ.
Status Factor(Vector& matrix, size_t n) {
  for (size_t j = 0; j < n; ++j) {
    double* row_j = &matrix[j * n];
    double pivot = row_j[j];
    for (size_t k = 0; k < j; ++k) pivot -= row_j[k] * row_j[k];
    if (!(pivot > 0)) return FailedPrecondition("the equations have no positive semidefinite matrix");
    row_j[j] = std::sqrt(pivot);
    for (size_t i = j + 1; i < n; ++i) {
      double* row_i = &matrix[i * n];
      double sum = row_i[j];
      for (size_t k = 0; k < j; ++k) sum -= row_i[k] * row_j[k];
      row_i[j] = sum / row_j[j];
    }
  }
  return {};
}

void SolveFactored(const Vector& factor, size_t n, Vector& x) {
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) x[i] -= factor[i * n + k] * x[k];
    x[i] /= factor[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) x[i] -= factor[k * n + i] * x[k];
    x[i] /= factor[i * n + i];
  }
}

}  // namespace

Result<Vector> SolveSymmetric(std::span<const double> matrix, std::span<const double> diagonal,
                              std::span<const double> right) {
  const size_t n = right.size();
  Vector factor(matrix.begin(), matrix.end());
  for (size_t i = 0; i < n; ++i) factor[i * n + i] += diagonal[i] + kDamping;
  SLIPWAY_RETURN_IF_ERROR(Factor(factor, n));
  Vector x(n, 0), rest(n);
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < n; ++i) {
      rest[i] = right[i] - diagonal[i] * x[i];
      for (size_t k = 0; k < n; ++k) rest[i] -= matrix[i * n + k] * x[k];
    }
    SolveFactored(factor, n, rest);
    for (size_t i = 0; i < n; ++i) x[i] += rest[i];
  }
  return x;
}

}  // namespace slipway::learn
