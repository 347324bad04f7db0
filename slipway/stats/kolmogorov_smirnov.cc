#include "slipway/stats/kolmogorov_smirnov.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "slipway/stats/pooled.h"
#include "slipway/stats/special_functions.h"

namespace slipway::stats {
namespace {

constexpr double kPi = 3.14159265358979323846;

// The share of lattice paths from (0, 0) to (n, n) that leave the band |i - j| < h.
double EqualSizesOutside(int64_t n, int64_t h) {
  double outside = 0;
  for (int64_t k = n / h; k >= 0; --k) {
    double product = 1;
    for (int64_t j = 0; j < h; ++j)
      product *= static_cast<double>(n - k * h - j) / static_cast<double>(n + k * h + j + 1);
    outside = product * (1 - outside);
  }
  return 2 * outside;
}

// The share of lattice paths from (0, 0) to (n, m) that touch |i m - j n| >= h g, g = gcd(n, m). Works on the share
// that leaves rather than on the share that stays, so tiny results keep their precision.
double LatticeOutside(int64_t n, int64_t m, int64_t g, int64_t h) {
  std::vector<double> row(static_cast<size_t>(m) + 1, 1.0);
  const int64_t limit = h * g;
  for (int64_t i = 0; i <= n; ++i) {
    // Inside the band: |i m - j n| < limit.
    const int64_t low = i * m - limit < 0 ? 0 : (i * m - limit) / n + 1;
    const int64_t high = std::min(m, (i * m + limit - 1) / n);
    if (low > 0 && low - 1 <= m) row[static_cast<size_t>(low - 1)] = 1;
    for (int64_t j = low; j <= high; ++j) {
      double& cell = row[static_cast<size_t>(j)];
      if (i == 0 && j == 0) {
        cell = 0;
        continue;
      }
      const double above = i > 0 ? static_cast<double>(i) * cell : 0;
      const double left = j > 0 ? static_cast<double>(j) * row[static_cast<size_t>(j - 1)] : 0;
      cell = (above + left) / static_cast<double>(i + j);
    }
  }
  return row[static_cast<size_t>(m)];
}

class SquareMatrix {
 public:
  explicit SquareMatrix(size_t size) : size_(size), cells_(size * size) {}
  double& at(size_t i, size_t j) { return cells_[i * size_ + j]; }
  double at(size_t i, size_t j) const { return cells_[i * size_ + j]; }
  size_t size() const { return size_; }
  std::vector<double>& cells() { return cells_; }

 private:
  size_t size_;
  std::vector<double> cells_;
};

// A matrix times 10^exponent.
struct ScaledMatrix {
  SquareMatrix matrix;
  int exponent = 0;
};

ScaledMatrix Multiply(const ScaledMatrix& a, const ScaledMatrix& b) {
  const size_t size = a.matrix.size();
  ScaledMatrix product{SquareMatrix(size), a.exponent + b.exponent};
  for (size_t i = 0; i < size; ++i)
    for (size_t k = 0; k < size; ++k) {
      const double factor = a.matrix.at(i, k);
      for (size_t j = 0; j < size; ++j) product.matrix.at(i, j) += factor * b.matrix.at(k, j);
    }
  constexpr double kLarge = 1e140;
  if (product.matrix.at(size / 2, size / 2) > kLarge) {
    for (double& cell : product.matrix.cells()) cell /= kLarge;
    product.exponent += 140;
  }
  return product;
}

ScaledMatrix Power(ScaledMatrix base, int64_t exponent) {
  ScaledMatrix result{SquareMatrix(base.matrix.size()), 0};
  for (size_t i = 0; i < base.matrix.size(); ++i) result.matrix.at(i, i) = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result = Multiply(result, base);
    if (exponent > 1) base = Multiply(base, base);
  }
  return result;
}

// Durbin's matrix for n d = k - h, 0 <= h < 1.
SquareMatrix DurbinMatrix(size_t k, double h) {
  const size_t size = 2 * k - 1;
  SquareMatrix matrix(size);
  for (size_t i = 0; i < size; ++i)
    for (size_t j = 0; j < size; ++j) matrix.at(i, j) = j <= i + 1 ? 1 : 0;
  for (size_t i = 0; i < size; ++i) {
    matrix.at(i, 0) -= std::pow(h, static_cast<double>(i + 1));
    matrix.at(size - 1, i) -= std::pow(h, static_cast<double>(size - i));
  }
  if (2 * h - 1 > 0) matrix.at(size - 1, 0) += std::pow(2 * h - 1, static_cast<double>(size));
  for (size_t i = 0; i < size; ++i)
    for (size_t j = 0; j <= i; ++j)
      for (size_t g = 2; g <= i - j + 1; ++g) matrix.at(i, j) /= static_cast<double>(g);
  return matrix;
}

// P(D_n < d), exactly.
double DurbinCdf(int64_t n, double d) {
  const double nd = static_cast<double>(n) * d;
  const auto k = static_cast<size_t>(nd) + 1;
  const double h = static_cast<double>(k) - nd;
  const ScaledMatrix power = Power({DurbinMatrix(k, h), 0}, n);
  double value = power.matrix.at(k - 1, k - 1);
  int exponent = power.exponent;
  for (int64_t i = 1; i <= n; ++i) {
    value *= static_cast<double>(i) / static_cast<double>(n);
    if (value < 1e-140) {
      value *= 1e140;
      exponent -= 140;
    }
  }
  return value * std::pow(10.0, exponent);
}

// Smirnov's P(D_n+ >= d).
double OneSidedTail(int64_t n, double d) {
  const double e = static_cast<double>(n);
  constexpr int64_t kSumMax = 1'000'000;
  if (n > kSumMax) return std::exp(-(6 * e * d + 1) * (6 * e * d + 1) / (18 * e));
  double sum = 0;
  const auto last = static_cast<int64_t>(std::floor(e * (1 - d)));
  for (int64_t v = 0; v <= last; ++v) {
    const double x = static_cast<double>(v);
    const double up = d + x / e, down = 1 - d - x / e;
    if (down <= 0) continue;
    sum += std::exp(LogChoose(e, x) + (x - 1) * std::log(up) + (e - x) * std::log(down));
  }
  return d * sum;
}

// Pelz and Good's expansion of P(D_n <= d) to order n^(-3/2), each term in its form for small arguments.
double PelzGoodCdf(int64_t n, double d) {
  const double root = std::sqrt(static_cast<double>(n));
  const double z = root * d;
  const double z2 = z * z, z4 = z2 * z2, z6 = z4 * z2;
  const double p2 = kPi * kPi, p4 = p2 * p2, p6 = p4 * p2;
  double k0 = 0, k1 = 0, k2 = 0, k3 = 0, k2_even = 0, k3_even = 0;
  const int terms = static_cast<int>(std::ceil(16 * z / kPi)) + 1;
  for (int i = 1; i <= terms; ++i) {
    const double odd = 2 * i - 1, m2 = odd * odd, m4 = m2 * m2, m6 = m4 * m2;
    const double weight = std::exp(-p2 * m2 / (8 * z2));
    k0 += weight;
    k1 += weight * (p2 * m2 / 4 - z2);
    k2 += weight * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * p2 * m2 / 4 + (1 - 2 * z2) * p4 * m4 / 16);
    k3 += weight * (-30 * z6 - 90 * z4 * z4 + (135 * z4 - 96 * z6) * p2 * m2 / 4 + (212 * z4 - 60 * z2) * p4 * m4 / 16 +
                    (5 - 30 * z2) * p6 * m6 / 64);
    const double even = i, e2 = even * even;
    const double even_weight = std::exp(-p2 * e2 / (2 * z2));
    k2_even += even_weight * e2;
    k3_even += even_weight * e2 * (3 * z2 - p2 * e2);
  }
  const double scale = std::sqrt(2 * kPi);
  const double order0 = scale * k0 / z;
  const double order1 = scale * k1 / (6 * z4);
  const double order2 = scale * (k2 / (72 * z6 * z) - p2 * k2_even / (36 * z2 * z));
  const double order3 = scale * (k3 / (6480 * z6 * z4) + p2 * k3_even / (216 * z6));
  return order0 + order1 / root + order2 / (root * root) + order3 / (root * root * root);
}

double UpperTailUnclipped(int64_t n, double d) {
  const double e = static_cast<double>(n), t = e * d;
  if (t <= 0.5) return 1;
  if (t <= 1) return 1 - std::exp(LogGamma(e + 1) + e * std::log(2 * d - 1 / e));
  if (t >= e - 1) return 2 * std::pow(1 - d, e);
  if (d >= 0.5) return 2 * OneSidedTail(n, d);
  const double v = e * d * d;
  if (n <= 140) return v <= 4 ? 1 - DurbinCdf(n, d) : 2 * OneSidedTail(n, d);
  if (v >= 370) return 0;
  if (v >= 2.2) return 2 * OneSidedTail(n, d);
  if (n <= 100'000 && e * std::pow(d, 1.5) <= 1.4) return 1 - DurbinCdf(n, d);
  return 1 - PelzGoodCdf(n, d);
}

}  // namespace

double KolmogorovUpperTail(int64_t n, double d) {
  if (d >= 1) return 0;
  return std::clamp(UpperTailUnclipped(n, d), 0.0, 1.0);
}

double KolmogorovSmirnovDistance(std::span<const double> a, std::span<const double> b) {
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  size_t in_a = 0, in_b = 0;
  double distance = 0;
  ForEachPooledValue(a, b, [&](double, size_t times_a, size_t times_b) {
    in_a += times_a;
    in_b += times_b;
    distance = std::max(distance, std::abs(static_cast<double>(in_a) / n - static_cast<double>(in_b) / m));
  });
  return distance;
}

double KolmogorovSmirnovPValue(double d, size_t n_size, size_t m_size) {
  const auto n = static_cast<int64_t>(n_size), m = static_cast<int64_t>(m_size);
  constexpr int64_t kExactMax = 10'000;
  if (std::max(n, m) <= kExactMax) {
    const int64_t g = std::gcd(n, m);
    const auto h = static_cast<int64_t>(std::llround(d * static_cast<double>(n) * static_cast<double>(m / g)));
    if (h == 0) return 1;
    const double p = n == m ? EqualSizesOutside(n, h) : LatticeOutside(std::min(n, m), std::max(n, m), g, h);
    if (p >= 0 && p <= 1) return p;
  }
  const double product = static_cast<double>(n) * static_cast<double>(m);
  return KolmogorovUpperTail(static_cast<int64_t>(std::nearbyint(product / static_cast<double>(n + m))), d);
}

}  // namespace slipway::stats
