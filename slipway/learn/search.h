// Hyperparameter search: spaces, samplers that give a point for a trial's number, and early termination policies.
//
// Samplers are functions of (space, seed, index): the same arguments give the same point on every machine and in every
// order, so that a search goes on after a restart as if nothing had happened.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::learn {

// How one value is drawn (U: uniform in [min, max]; N: normal with mu and sigma).
struct Distribution {
  enum class Kind {
    kChoice,       // one of `choices`, equally likely
    kRandint,      // whole number in [0, upper)
    kUniform,      // U
    kQUniform,     // round(U / q) * q
    kLogUniform,   // exp(U): min and max are exponents
    kQLogUniform,  // round(exp(U) / q) * q
    kNormal,       // N
    kQNormal,      // round(N / q) * q
    kLogNormal,    // exp(N)
    kQLogNormal,   // round(exp(N) / q) * q
  };
  Kind kind = Kind::kUniform;
  size_t choices = 0;
  int64_t upper = 0;
  double min = 0, max = 0, mu = 0, sigma = 0, q = 1;
  // A nested hyperparameter: it has a value only where the choice of that name took that index. "" = always.
  std::string choice;
  size_t branch = 0;
};
// "choice", "randint", "uniform" … "qlognormal".
std::optional<Distribution::Kind> ParseDistributionKind(std::string_view name);

// A choice comes before (in the order of names) what is nested in it.
using SearchSpace = std::map<std::string, Distribution>;

// The index of a choice, a whole number (randint) or a number.
struct Choice {
  size_t index = 0;
  bool operator==(const Choice&) const = default;
};
using SampledValue = std::variant<Choice, int64_t, double>;
using Point = std::map<std::string, SampledValue>;

// The value at `unit` in [0, 1) of the distribution (every draw is one inversion of one uniform number), and back: of a
// value that stands for a range, the middle.
SampledValue ValueAt(const Distribution& distribution, double unit);
double UnitOf(const Distribution& distribution, const SampledValue& value);
// Whether it has a value, given the choices that the point holds already.
bool IsActive(const Distribution& distribution, const Point& point);

// FNV-1a: the same everywhere, unlike std::hash.
uint64_t SeedOfText(std::string_view text);

enum class SamplingRule { kRandom, kSobol, kGrid };

// Why the space cannot be sampled by that rule: no values, min above max, q or sigma not positive; grid with anything
// but choices; more than kMaxSobolDimensions with Sobol.
inline constexpr size_t kMaxSobolDimensions = 16;
Status CheckSpace(const SearchSpace& space, SamplingRule rule);

// The point of trial `index` (from 0); nullopt past the last point of a grid. The space has passed CheckSpace.
//  - kRandom: SplitMix64 seeded by seed, index and name;
//  - kSobol: the Sobol sequence with the direction numbers of Joe and Kuo (2008), moved by a seeded digital shift;
//  - kGrid: every combination, the last name turning fastest; what is nested turns within its choice.
std::optional<Point> SamplePoint(const SearchSpace& space, SamplingRule rule, uint64_t seed, uint64_t index);

// Early termination. An interval is one report of the primary metric by a trial.
struct StoppingPolicy {
  enum class Kind { kBandit, kMedianStopping, kTruncationSelection };
  Kind kind = Kind::kBandit;
  int evaluation_interval = 1;                       // judged at every so many reports …
  int delay_evaluation = 0;                          // … but not before that many
  std::optional<double> slack_factor, slack_amount;  // bandit
  int truncation_percentage = 0;                     // 1 to 99
};

// Why `trial` should stop now; nullopt when it goes on. It is compared with what every trial had reported by the same
// number of reports, so that a younger trial is not held against an older one's later results:
//  - bandit: its best is worse than best / (1 + slack_factor) (maximizing; times for minimizing; of a negative best the
//    other way round), or than best minus (plus) slack_amount;
//  - median stopping: its best is worse than the median of all trials' averages;
//  - truncation selection: it is among the worst truncation_percentage of the trials that got that far.
std::optional<std::string> WhyStop(const StoppingPolicy& policy, bool maximize, const std::string& trial,
                                   const std::map<std::string, std::vector<double>>& reports);

}  // namespace slipway::learn
