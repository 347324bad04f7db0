#include "slipway/learn/search.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::learn {
namespace {

using Kind = Distribution::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 10> kKinds = {{{"choice", Kind::kChoice},
                                                                       {"randint", Kind::kRandint},
                                                                       {"uniform", Kind::kUniform},
                                                                       {"quniform", Kind::kQUniform},
                                                                       {"loguniform", Kind::kLogUniform},
                                                                       {"qloguniform", Kind::kQLogUniform},
                                                                       {"normal", Kind::kNormal},
                                                                       {"qnormal", Kind::kQNormal},
                                                                       {"lognormal", Kind::kLogNormal},
                                                                       {"qlognormal", Kind::kQLogNormal}}};

bool IsQuantized(Kind kind) {
  return kind == Kind::kQUniform || kind == Kind::kQLogUniform || kind == Kind::kQNormal || kind == Kind::kQLogNormal;
}

bool IsNormal(Kind kind) {
  return kind == Kind::kNormal || kind == Kind::kQNormal || kind == Kind::kLogNormal || kind == Kind::kQLogNormal;
}

bool IsLogarithmic(Kind kind) {
  return kind == Kind::kLogUniform || kind == Kind::kQLogUniform || kind == Kind::kLogNormal ||
         kind == Kind::kQLogNormal;
}

// FNV-1a: the same everywhere, unlike std::hash.
uint64_t HashOf(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

// The quantile function of the standard normal by Acklam's rational approximation (relative error below 1.2e-9).
double NormalQuantile(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                          -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  constexpr double kLow = 0.02425;
  if (p > 1 - kLow) return -NormalQuantile(1 - p);
  if (p >= kLow) {
    const double q = p - 0.5, r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
           (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
  }
  const double q = std::sqrt(-2 * std::log(std::max(p, 1e-300)));
  return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
         ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
}

// The value at `unit` in [0, 1) of the distribution: every draw is one inversion of one uniform number.
SampledValue ValueAt(const Distribution& distribution, double unit) {
  const Kind kind = distribution.kind;
  if (kind == Kind::kChoice) {
    const auto index = static_cast<size_t>(unit * static_cast<double>(distribution.choices));
    return Choice{std::min(index, distribution.choices - 1)};
  }
  if (kind == Kind::kRandint) {
    const auto value = static_cast<int64_t>(unit * static_cast<double>(distribution.upper));
    return std::min(value, distribution.upper - 1);
  }
  double value = IsNormal(kind) ? distribution.mu + distribution.sigma * NormalQuantile(unit)
                                : distribution.min + unit * (distribution.max - distribution.min);
  if (IsLogarithmic(kind)) value = std::exp(value);
  if (IsQuantized(kind)) value = std::round(value / distribution.q) * distribution.q;
  return value;
}

// Joe and Kuo's direction numbers: degree and coefficients of the primitive polynomial, and its initial m values. The
// first dimension is van der Corput's.
struct SobolDimension {
  int degree;
  uint32_t coefficients;
  std::array<uint32_t, 6> m;
};
constexpr std::array<SobolDimension, kMaxSobolDimensions - 1> kSobol = {{{1, 0, {1}},
                                                                         {2, 1, {1, 3}},
                                                                         {3, 1, {1, 3, 1}},
                                                                         {3, 2, {1, 1, 1}},
                                                                         {4, 1, {1, 1, 3, 3}},
                                                                         {4, 4, {1, 3, 5, 13}},
                                                                         {5, 2, {1, 1, 5, 5, 17}},
                                                                         {5, 4, {1, 1, 5, 5, 5}},
                                                                         {5, 7, {1, 1, 7, 11, 19}},
                                                                         {5, 11, {1, 1, 5, 1, 1}},
                                                                         {5, 13, {1, 1, 1, 3, 11}},
                                                                         {5, 14, {1, 3, 5, 5, 31}},
                                                                         {6, 1, {1, 3, 3, 9, 7, 49}},
                                                                         {6, 13, {1, 1, 1, 15, 21, 21}},
                                                                         {6, 16, {1, 3, 1, 13, 27, 49}}}};

std::array<uint32_t, 32> DirectionsOf(size_t dimension) {
  std::array<uint32_t, 32> directions{};
  if (dimension == 0) {
    for (int i = 0; i < 32; ++i) directions[i] = 1U << (31 - i);
    return directions;
  }
  const SobolDimension& entry = kSobol[dimension - 1];
  for (int i = 0; i < entry.degree; ++i) directions[i] = entry.m[i] << (31 - i);
  for (int i = entry.degree; i < 32; ++i) {
    directions[i] = directions[i - entry.degree] ^ (directions[i - entry.degree] >> entry.degree);
    for (int k = 1; k < entry.degree; ++k) {
      if ((entry.coefficients >> (entry.degree - 1 - k)) & 1) directions[i] ^= directions[i - k];
    }
  }
  return directions;
}

double SobolUnit(size_t dimension, uint64_t index, uint32_t shift) {
  const auto directions = DirectionsOf(dimension);
  const uint64_t gray = index ^ (index >> 1);
  uint32_t bits = shift;
  for (int i = 0; i < 32; ++i) {
    if ((gray >> i) & 1) bits ^= directions[i];
  }
  // The middle of the cell: never exactly 0, where a normal has no quantile.
  return (static_cast<double>(bits) + 0.5) * 0x1.0p-32;
}

std::optional<Point> GridPoint(const SearchSpace& space, uint64_t index) {
  Point point;
  for (auto entry = space.rbegin(); entry != space.rend(); ++entry) {
    const uint64_t count = entry->second.choices;
    point[entry->first] = Choice{static_cast<size_t>(index % count)};
    index /= count;
  }
  return index == 0 ? std::optional(point) : std::nullopt;
}

Status CheckDistribution(const Distribution& distribution) {
  const Kind kind = distribution.kind;
  if (kind == Kind::kChoice && distribution.choices == 0) return InvalidArgument("'choice' needs at least one value");
  if (kind == Kind::kRandint && distribution.upper < 1) return InvalidArgument("'upper' must be at least 1");
  if (IsQuantized(kind) && !(distribution.q > 0)) return InvalidArgument("'q' must be positive");
  if (IsNormal(kind) && !(distribution.sigma > 0)) return InvalidArgument("'sigma' must be positive");
  const bool has_range = kind != Kind::kChoice && kind != Kind::kRandint && !IsNormal(kind);
  if (has_range && !(distribution.min <= distribution.max)) {
    return InvalidArgument(fmt::format("min_value {} is greater than max_value {}", FormatDouble(distribution.min),
                                       FormatDouble(distribution.max)));
  }
  return {};
}

// Early termination.

bool IsWorse(bool maximize, double a, double b) {
  return maximize ? a < b : a > b;
}

double BestOf(bool maximize, const std::vector<double>& values, size_t count) {
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(std::min(count, values.size()));
  return maximize ? *std::max_element(values.begin(), end) : *std::min_element(values.begin(), end);
}

double AverageOf(const std::vector<double>& values, size_t count) {
  count = std::min(count, values.size());
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += values[i];
  return sum / static_cast<double>(count);
}

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

using Reports = std::map<std::string, std::vector<double>>;

std::optional<std::string> WhyBandit(const StoppingPolicy& policy, bool maximize, double own, const Reports& reports,
                                     size_t count) {
  double best = own;
  for (const auto& [name, values] : reports) {
    if (values.empty()) continue;
    const double other = BestOf(maximize, values, count);
    if (IsWorse(maximize, best, other)) best = other;
  }
  double bound = best;
  if (policy.slack_factor) {
    bound = maximize ? best / (1 + *policy.slack_factor) : best * (1 + *policy.slack_factor);
  } else if (policy.slack_amount) {
    bound = maximize ? best - *policy.slack_amount : best + *policy.slack_amount;
  }
  if (!IsWorse(maximize, own, bound)) return std::nullopt;
  return fmt::format("bandit policy: after {} reports its best {} is worse than {}, the slack around the best {}",
                     count, FormatDouble(own), FormatDouble(bound), FormatDouble(best));
}

std::optional<std::string> WhyMedian(bool maximize, double own, const Reports& reports, size_t count) {
  std::vector<double> averages;
  for (const auto& [name, values] : reports) {
    if (!values.empty()) averages.push_back(AverageOf(values, count));
  }
  const double median = MedianOf(std::move(averages));
  if (!IsWorse(maximize, own, median)) return std::nullopt;
  return fmt::format("median stopping policy: after {} reports its best {} is worse than the median {}", count,
                     FormatDouble(own), FormatDouble(median));
}

std::optional<std::string> WhyTruncation(const StoppingPolicy& policy, bool maximize, double own,
                                         const Reports& reports, size_t count) {
  size_t reached = 0, better = 0;
  for (const auto& [name, values] : reports) {
    if (values.size() < count) continue;
    ++reached;
    better += IsWorse(maximize, own, BestOf(maximize, values, count));
  }
  const size_t cut = reached * static_cast<size_t>(policy.truncation_percentage) / 100;
  if (better < reached - cut) return std::nullopt;
  return fmt::format("truncation policy: after {} reports it is among the worst {} % of {} trials", count,
                     policy.truncation_percentage, reached);
}

}  // namespace

std::optional<Kind> ParseDistributionKind(std::string_view name) {
  for (const auto& [text, kind] : kKinds) {
    if (text == name) return kind;
  }
  return std::nullopt;
}

Status CheckSpace(const SearchSpace& space, SamplingRule rule) {
  if (space.empty()) return InvalidArgument("the search space is empty");
  for (const auto& [name, distribution] : space) {
    SLIPWAY_RETURN_IF_ERROR(With(CheckDistribution(distribution), fmt::format("'{}' of the search space", name)));
    if (rule == SamplingRule::kGrid && distribution.kind != Kind::kChoice) {
      return InvalidArgument(fmt::format("grid sampling takes 'choice' only, but '{}' is another distribution", name));
    }
  }
  if (rule == SamplingRule::kSobol && space.size() > kMaxSobolDimensions) {
    return Unimplemented(
        fmt::format("Sobol sampling of more than {} hyperparameters is not supported yet", kMaxSobolDimensions));
  }
  return {};
}

std::optional<Point> SamplePoint(const SearchSpace& space, SamplingRule rule, uint64_t seed, uint64_t index) {
  if (rule == SamplingRule::kGrid) return GridPoint(space, index);
  Point point;
  size_t dimension = 0;
  for (const auto& [name, distribution] : space) {
    double unit = 0;
    if (rule == SamplingRule::kSobol) {
      const auto shift = static_cast<uint32_t>(SplitMix64(seed + dimension).Next() >> 32);
      unit = SobolUnit(dimension, index, shift);
    } else {
      SplitMix64 random(SplitMix64(seed).Next() ^ SplitMix64(index + 1).Next() ^ HashOf(name));
      unit = (static_cast<double>(random.Next() >> 11) + 0.5) * 0x1.0p-53;
    }
    point[name] = ValueAt(distribution, unit);
    ++dimension;
  }
  return point;
}

std::optional<std::string> WhyStop(const StoppingPolicy& policy, bool maximize, const std::string& trial,
                                   const Reports& reports) {
  const auto own_reports = reports.find(trial);
  if (own_reports == reports.end() || own_reports->second.empty()) return std::nullopt;
  const size_t count = own_reports->second.size();
  const auto interval = static_cast<size_t>(std::max(1, policy.evaluation_interval));
  if (count % interval != 0 || count < static_cast<size_t>(std::max(0, policy.delay_evaluation))) return std::nullopt;
  const double own = BestOf(maximize, own_reports->second, count);
  switch (policy.kind) {
    case StoppingPolicy::Kind::kBandit:
      return WhyBandit(policy, maximize, own, reports, count);
    case StoppingPolicy::Kind::kMedianStopping:
      return WhyMedian(maximize, own, reports, count);
    case StoppingPolicy::Kind::kTruncationSelection:
      return WhyTruncation(policy, maximize, own, reports, count);
  }
  return std::nullopt;
}

}  // namespace slipway::learn
