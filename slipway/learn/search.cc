#include "slipway/learn/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/learn/normal_distribution.h"

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

constexpr uint64_t kHugeGrid = uint64_t{1} << 32;  // more points than any sweep has trials

bool DependsOn(const Distribution& distribution, std::string_view choice, size_t branch) {
  return distribution.choice == choice && (choice.empty() || distribution.branch == branch);
}

// How many points span the names that depend on value `branch` of `choice`; of "", those that depend on none.
uint64_t GridSize(const SearchSpace& space, const std::string& choice, size_t branch);

uint64_t GridSizeOfChoice(const SearchSpace& space, const std::string& name) {
  uint64_t size = 0;
  for (size_t i = 0; i < space.at(name).choices; ++i) size += GridSize(space, name, i);
  return std::min(size, kHugeGrid);
}

uint64_t GridSize(const SearchSpace& space, const std::string& choice, size_t branch) {
  uint64_t size = 1;
  for (const auto& [name, distribution] : space) {
    if (DependsOn(distribution, choice, branch)) size = std::min(size * GridSizeOfChoice(space, name), kHugeGrid);
  }
  return size;
}

// Takes what it needs of `index`, and leaves the rest.
void FillGridPoint(const SearchSpace& space, const std::string& choice, size_t branch, uint64_t& index, Point& point) {
  for (auto entry = space.rbegin(); entry != space.rend(); ++entry) {
    const auto& [name, distribution] = *entry;
    if (!DependsOn(distribution, choice, branch)) continue;
    const uint64_t size = GridSizeOfChoice(space, name);
    uint64_t own = index % size;
    index /= size;
    for (size_t i = 0; i < distribution.choices; ++i) {
      const uint64_t below = GridSize(space, name, i);
      if (own < below) {
        point[name] = Choice{i};
        FillGridPoint(space, name, i, own, point);
        break;
      }
      own -= below;
    }
  }
}

std::optional<Point> GridPoint(const SearchSpace& space, uint64_t index) {
  Point point;
  FillGridPoint(space, "", 0, index, point);
  return index == 0 ? std::optional(point) : std::nullopt;
}

// Every draw has to be a number. Bounds of logarithmic kinds are exponents, and easily taken for values.
Status CheckDraws(const Distribution& distribution) {
  constexpr double kSigmasMax = 9;  // beyond the quantile of the smallest share that is drawn
  const Kind kind = distribution.kind;
  if (kind == Kind::kChoice || kind == Kind::kRandint) return {};
  const double low = IsNormal(kind) ? distribution.mu - kSigmasMax * distribution.sigma : distribution.min;
  const double high = IsNormal(kind) ? distribution.mu + kSigmasMax * distribution.sigma : distribution.max;
  if (!std::isfinite(high - low)) return InvalidArgument("the values reach beyond the largest number there is");
  if (!IsLogarithmic(kind) || std::isfinite(std::exp(high))) return {};
  return InvalidArgument(
      fmt::format("values reach up to e^{}, beyond the largest number there is: what is given are exponents of e, such "
                  "as {} for {}",
                  FormatDouble(high), FormatDouble(std::round(std::log(high) * 100) / 100), FormatDouble(high)));
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
  return CheckDraws(distribution);
}

// Early termination.

bool IsWorse(bool maximize, double a, double b) {
  return maximize ? a < b : a > b;
}

// The first `count` reports that are numbers: a trial that diverged at times is judged by the rest.
std::vector<double> FirstOf(const std::vector<double>& values, size_t count) {
  std::vector<double> numbers(values.begin(),
                              values.begin() + static_cast<std::ptrdiff_t>(std::min(count, values.size())));
  std::erase_if(numbers, [](double value) { return std::isnan(value); });
  return numbers;
}

std::optional<double> BestOf(bool maximize, const std::vector<double>& values, size_t count) {
  const auto numbers = FirstOf(values, count);
  if (numbers.empty()) return std::nullopt;
  return maximize ? *std::max_element(numbers.begin(), numbers.end())
                  : *std::min_element(numbers.begin(), numbers.end());
}

std::optional<double> AverageOf(const std::vector<double>& values, size_t count) {
  const auto numbers = FirstOf(values, count);
  if (numbers.empty()) return std::nullopt;
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
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
    const auto other = BestOf(maximize, values, count);
    if (other && IsWorse(maximize, best, *other)) best = *other;
  }
  double bound = best;
  if (policy.slack_factor) {
    // Division and multiplication change sides for negative metrics: the bound is never better than the best.
    const double factor = 1 + *policy.slack_factor;
    bound = maximize == (best >= 0) ? best / factor : best * factor;
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
    if (const auto average = AverageOf(values, count)) averages.push_back(*average);
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
    const auto other = BestOf(maximize, values, count);
    better += other && IsWorse(maximize, own, *other);
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

uint64_t SeedOfText(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

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

double UnitOf(const Distribution& distribution, const SampledValue& sampled) {
  const Kind kind = distribution.kind;
  if (const auto* choice = std::get_if<Choice>(&sampled)) {
    return (static_cast<double>(choice->index) + 0.5) / static_cast<double>(distribution.choices);
  }
  if (const auto* whole = std::get_if<int64_t>(&sampled)) {
    return (static_cast<double>(*whole) + 0.5) / static_cast<double>(distribution.upper);
  }
  double value = std::get<double>(sampled);
  if (IsLogarithmic(kind)) value = std::log(std::max(value, 1e-300));
  if (IsNormal(kind)) return NormalCdf((value - distribution.mu) / distribution.sigma);
  if (!(distribution.max > distribution.min)) return 0.5;
  // A quantized value may lie beyond its bounds by half a quantum.
  return std::clamp((value - distribution.min) / (distribution.max - distribution.min), 0.0, 1.0);
}

bool IsActive(const Distribution& distribution, const Point& point) {
  if (distribution.choice.empty()) return true;
  const auto chosen = point.find(distribution.choice);
  return chosen != point.end() && chosen->second == SampledValue(Choice{distribution.branch});
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
      SplitMix64 random(SplitMix64(seed).Next() ^ SplitMix64(index + 1).Next() ^ SeedOfText(name));
      unit = (static_cast<double>(random.Next() >> 11) + 0.5) * 0x1.0p-53;
    }
    if (IsActive(distribution, point)) point[name] = ValueAt(distribution, unit);
    ++dimension;
  }
  return point;
}

std::optional<std::string> WhyStop(const StoppingPolicy& policy, bool maximize, const std::string& trial,
                                   const Reports& reports) {
  const auto own_reports = reports.find(trial);
  if (own_reports == reports.end() || own_reports->second.empty()) return std::nullopt;
  // The last interval that is full: reports that arrive together do not jump over it.
  const auto interval = static_cast<size_t>(std::max(1, policy.evaluation_interval));
  const size_t count = own_reports->second.size() / interval * interval;
  if (count == 0 || count < static_cast<size_t>(std::max(0, policy.delay_evaluation))) return std::nullopt;
  const auto own = BestOf(maximize, own_reports->second, count);
  if (!own) return std::nullopt;
  switch (policy.kind) {
    case StoppingPolicy::Kind::kBandit:
      return WhyBandit(policy, maximize, *own, reports, count);
    case StoppingPolicy::Kind::kMedianStopping:
      return WhyMedian(maximize, *own, reports, count);
    case StoppingPolicy::Kind::kTruncationSelection:
      return WhyTruncation(policy, maximize, *own, reports, count);
  }
  return std::nullopt;
}

}  // namespace slipway::learn
