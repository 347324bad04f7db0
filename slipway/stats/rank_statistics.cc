#include "slipway/stats/rank_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "slipway/stats/pooled.h"
#include "slipway/stats/special_functions.h"

namespace slipway::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kPi = 3.14159265358979323846;

double Mean(std::span<const double> values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::vector<double> Shifted(std::span<const double> values, double origin) {
  std::vector<double> shifted(values.begin(), values.end());
  for (double& value : shifted) value -= origin;
  return shifted;
}

double SquaresAround(std::span<const double> values, double mean) {
  double sum = 0;
  for (double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

// P(U >= u) of the Mann-Whitney statistic without ties: the coefficients of the Gaussian binomial [n+m choose n].
double ExactUpperTail(size_t n, size_t m, double u) {
  if (n > m) std::swap(n, m);
  std::vector<long double> ways(n * m + 1);
  ways[0] = 1;
  for (size_t i = 1; i <= n; ++i) {
    for (size_t k = ways.size(); k-- > m + i;) ways[k] -= ways[k - (m + i)];
    for (size_t k = i; k < ways.size(); ++k) ways[k] += ways[k - i];
  }
  long double total = 0, above = 0;
  for (size_t k = 0; k < ways.size(); ++k) {
    total += ways[k];
    if (static_cast<double>(k) >= u) above += ways[k];
  }
  return static_cast<double>(above / total);
}

// Calls assign(mask-like choice) for every way to give n of n + m ranks to the first sample, as the sum
// n sum (rank_i - i)^2 + m sum (rank_j - j)^2 that Cramer and von Mises' statistic is made of.
struct RankSplits {
  int n, m;
  double limit;
  double all = 0, at_least = 0;

  void Count(int in_a, int in_b, int64_t a_sum, int64_t b_sum) {
    const int rank = in_a + in_b + 1;
    if (rank > n + m) {
      ++all;
      at_least += static_cast<double>(n * a_sum + m * b_sum) >= limit;
      return;
    }
    if (in_a < n) {
      const int64_t gap = rank - (in_a + 1);
      Count(in_a + 1, in_b, a_sum + gap * gap, b_sum);
    }
    if (in_b < m) {
      const int64_t gap = rank - (in_b + 1);
      Count(in_a, in_b + 1, a_sum, b_sum + gap * gap);
    }
  }
};

// The distribution function of the Cramer-von Mises statistic in the limit (Csorgo and Faraway, 1996, equation 1.2).
double CramerVonMisesLimit(double x) {
  double sum = 0;
  for (int k = 0;; ++k) {
    const double y = 4 * k + 1, q = y * y / (16 * x);
    const double factor = std::exp(LogGamma(k + 0.5) - LogGamma(k + 1)) / (std::pow(kPi, 1.5) * std::sqrt(x));
    const double term = factor * std::sqrt(y) * std::exp(-q) * BesselKQuarter(q);
    sum += term;
    if (!(std::abs(term) >= 1e-7)) return sum;
  }
}

// Standardises A by its variance under the null hypothesis for k = 2 samples.
double StandardisedAndersonDarling(double statistic, double n, double m) {
  const double N = n + m, H = 1 / n + 1 / m;
  const auto last = static_cast<int64_t>(N) - 1;
  double h = 0;
  for (int64_t i = 1; i <= last; ++i) h += 1 / static_cast<double>(i);
  double g = 0, up_to_i = 0;
  for (int64_t i = 1; i < last; ++i) {
    up_to_i += 1 / static_cast<double>(i);
    g += (h - up_to_i) / (N - static_cast<double>(i));
  }
  constexpr double k = 2;
  const double a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * H;
  const double b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * H - 8 * h + 4 * g - 6;
  const double c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * H + 4 * h;
  const double d = (2 * h + 6) * k * k - 4 * h * k;
  const double variance = (a * N * N * N + b * N * N + c * N + d) / ((N - 1) * (N - 2) * (N - 3));
  return (statistic - (k - 1)) / std::sqrt(variance);
}

// The parabola through tabled critical values and logarithms of their levels, by least squares.
double AndersonDarlingLevel(double statistic) {
  constexpr std::array<double, 7> kCritical = {0.325, 1.226, 1.961, 2.718, 3.752, 4.592, 6.546};
  constexpr std::array<double, 7> kLevels = {0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001};
  if (statistic < kCritical.front()) return kLevels.front();
  if (statistic > kCritical.back()) return kLevels.back();
  long double system[3][4] = {};
  for (size_t i = 0; i < kCritical.size(); ++i) {
    const long double powers[3] = {1, kCritical[i], kCritical[i] * static_cast<long double>(kCritical[i])};
    for (int row = 0; row < 3; ++row) {
      for (int column = 0; column < 3; ++column) system[row][column] += powers[row] * powers[column];
      system[row][3] += powers[row] * std::log(static_cast<long double>(kLevels[i]));
    }
  }
  for (int pivot = 0; pivot < 3; ++pivot)
    for (int row = 0; row < 3; ++row) {
      if (row == pivot) continue;
      const long double factor = system[row][pivot] / system[pivot][pivot];
      for (int column = pivot; column < 4; ++column) system[row][column] -= factor * system[pivot][column];
    }
  const auto coefficient = [&](int row) { return static_cast<double>(system[row][3] / system[row][row]); };
  return std::exp(coefficient(0) + statistic * (coefficient(1) + statistic * coefficient(2)));
}

}  // namespace

double StudentTTest(std::span<const double> a, std::span<const double> b) {
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  if (n < 2 || m < 2) return kNaN;
  // From a value of theirs on: of large numbers that lie close together the means keep their digits.
  const auto from_a = Shifted(a, a.front()), from_b = Shifted(b, a.front());
  const double mean_a = Mean(from_a), mean_b = Mean(from_b), degrees = n + m - 2;
  const double variance = (SquaresAround(from_a, mean_a) + SquaresAround(from_b, mean_b)) / degrees;
  return StudentTwoSided((mean_a - mean_b) / std::sqrt(variance * (1 / n + 1 / m)), degrees);
}

double MannWhitneyUTest(std::span<const double> a, std::span<const double> b) {
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), N = n + m;
  double ranks = 0, ties = 0, below = 0;
  ForEachPooledValue(a, b, [&](double, size_t times_a, size_t times_b) {
    const double times = static_cast<double>(times_a + times_b);
    ranks += static_cast<double>(times_a) * (below + (times + 1) / 2);
    ties += times * times * times - times;
    below += times;
  });
  const double u_a = ranks - n * (n + 1) / 2;
  const double u = std::max(u_a, n * m - u_a);
  constexpr size_t kExactMax = 8;
  if (ties == 0 && (a.size() <= kExactMax || b.size() <= kExactMax))
    return std::min(1.0, 2 * ExactUpperTail(a.size(), b.size(), u));
  const double deviation = std::sqrt(n * m / 12 * (N + 1 - ties / (N * (N - 1))));
  return std::min(1.0, 2 * NormalUpperTail((u - n * m / 2 - 0.5) / deviation));
}

Result<double> AndersonDarlingTest(std::span<const double> a, std::span<const double> b) {
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), N = n + m;
  double below = 0, below_a = 0, below_b = 0, sum = 0;
  size_t distinct = 0;
  ForEachPooledValue(a, b, [&](double, size_t times_a, size_t times_b) {
    ++distinct;
    const double f_a = static_cast<double>(times_a), f_b = static_cast<double>(times_b), times = f_a + f_b;
    const double middle = below + times / 2;
    const double excess_a = N * (below_a + f_a / 2) - middle * n, excess_b = N * (below_b + f_b / 2) - middle * m;
    const double scale = middle * (N - middle) - N * times / 4;
    if (scale > 0) sum += times / N * (excess_a * excess_a / n + excess_b * excess_b / m) / scale;
    below += times;
    below_a += f_a;
    below_b += f_b;
  });
  if (distinct < 2) return InvalidArgument("anderson needs more than one distinct value");
  return AndersonDarlingLevel(StandardisedAndersonDarling((N - 1) / N * sum, n, m));
}

Result<double> CramerVonMisesTest(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 2 || b.size() < 2) return InvalidArgument("cramer_von_mises needs at least two values on both sides");
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), N = n + m;
  double below = 0, in_a = 0, in_b = 0, sum_a = 0, sum_b = 0;
  // Within a tie all rows share one rank; their own places run on.
  const auto add = [](double& sum, double& place, size_t times, double rank) {
    for (size_t i = 0; i < times; ++i) {
      const double gap = rank - ++place;
      sum += gap * gap;
    }
  };
  ForEachPooledValue(a, b, [&](double, size_t times_a, size_t times_b) {
    const double times = static_cast<double>(times_a + times_b);
    const double rank = below + (times + 1) / 2;
    add(sum_a, in_a, times_a, rank);
    add(sum_b, in_b, times_b, rank);
    below += times;
  });
  const double u = n * sum_a + m * sum_b;
  constexpr size_t kExactMax = 10;
  if (std::max(a.size(), b.size()) <= kExactMax) {
    RankSplits splits{static_cast<int>(a.size()), static_cast<int>(b.size()), u};
    splits.Count(0, 0, 0, 0);
    return splits.at_least / splits.all;
  }
  const double k = n * m;
  const double statistic = u / (k * N) - (4 * k - 1) / (6 * N);
  const double expected = (1 + 1 / N) / 6;
  const double variance = (N + 1) * (4 * k * N - 3 * (n * n + m * m) - 2 * k) / (45 * N * N * 4 * k);
  const double limit = 1.0 / 6 + (statistic - expected) / std::sqrt(45 * variance);
  return limit < 0.003 ? 1.0 : std::max(0.0, 1 - CramerVonMisesLimit(limit));
}

}  // namespace slipway::stats
