#include "slipway/runner/sampling.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/search_space.h"
#include "slipway/learn/search.h"
#include "slipway/learn/tree_parzen.h"

namespace slipway::runner {
namespace {

using domain::Literal;
using domain::SearchDistribution;
using domain::SweepSpec;

// Bayesian sampling needs of a space what random sampling does, with which it begins.
Result<learn::SamplingRule> RuleOf(const domain::SamplingAlgorithm& sampling) {
  if (sampling.type == "grid") return learn::SamplingRule::kGrid;
  if (sampling.type == "bayesian") return learn::SamplingRule::kRandom;
  if (sampling.type == "random" && sampling.rule == "sobol") return learn::SamplingRule::kSobol;
  if (sampling.type == "random" && sampling.rule == "random") return learn::SamplingRule::kRandom;
  return InvalidArgument(
      fmt::format("there is no {} sampling with rule '{}': random (rule: random or sobol), grid and "
                  "bayesian are",
                  sampling.type, sampling.rule));
}

Result<learn::SearchSpace> SpaceOf(const SweepSpec& sweep) {
  learn::SearchSpace space;
  for (const auto& [name, from] : sweep.search_space) {
    const auto kind = learn::ParseDistributionKind(from.type);
    if (!kind) return InvalidArgument(fmt::format("'{}' is not a distribution", from.type));
    const auto nested = domain::ParseNestedName(name);
    space[name] = {*kind,
                   from.values.size(),
                   from.upper,
                   from.min_value,
                   from.max_value,
                   from.mu,
                   from.sigma,
                   from.q,
                   nested ? nested->choice : "",
                   nested ? nested->branch : 0};
  }
  return space;
}

Literal LiteralOf(const SearchDistribution& distribution, const learn::SampledValue& value) {
  if (const auto* choice = std::get_if<learn::Choice>(&value)) return distribution.values[choice->index];
  if (const auto* whole = std::get_if<int64_t>(&value)) return {Literal::Kind::kInteger, fmt::format("{}", *whole)};
  return {Literal::Kind::kNumber, FormatDouble(std::get<double>(value))};
}

// A search without a seed is another one each time, and the same after a restart.
uint64_t SeedOf(const domain::Job& job, const SweepSpec& sweep) {
  return sweep.sampling.seed ? static_cast<uint64_t>(*sweep.sampling.seed) : learn::SeedOfText(job.name);
}

// What LiteralOf made, back; nullopt for a text that the distribution cannot have given.
std::optional<learn::SampledValue> SampledValueOf(const SearchDistribution& distribution, const Literal& literal) {
  for (size_t i = 0; i < distribution.values.size(); ++i) {
    if (distribution.values[i].text == literal.text) return learn::Choice{i};
  }
  if (distribution.type == "choice") return std::nullopt;
  if (distribution.type == "randint") {
    const auto whole = ParseInt(literal.text);
    return whole ? std::optional<learn::SampledValue>(int64_t{*whole}) : std::nullopt;
  }
  const auto number = ParseDouble(literal.text);
  return number ? std::optional<learn::SampledValue>(*number) : std::nullopt;
}

std::vector<learn::Observation> ObservationsOf(const SweepSpec& sweep, const std::vector<SampledTrial>& seen) {
  std::vector<learn::Observation> observations;
  for (const SampledTrial& trial : seen) {
    learn::Observation observation;
    observation.value = trial.best;
    for (const auto& [name, literal] : trial.values) {
      const auto value = SampledValueOf(sweep.search_space.at(name), literal);
      if (value) observation.point[name] = *value;
    }
    observations.push_back(std::move(observation));
  }
  return observations;
}

std::optional<learn::StoppingPolicy> PolicyOf(const domain::EarlyTermination& from) {
  learn::StoppingPolicy policy;
  if (from.type == "bandit") {
    policy.kind = learn::StoppingPolicy::Kind::kBandit;
  } else if (from.type == "median_stopping") {
    policy.kind = learn::StoppingPolicy::Kind::kMedianStopping;
  } else if (from.type == "truncation_selection") {
    policy.kind = learn::StoppingPolicy::Kind::kTruncationSelection;
  } else {
    return std::nullopt;
  }
  policy.evaluation_interval = from.evaluation_interval;
  policy.delay_evaluation = from.delay_evaluation;
  policy.slack_factor = from.slack_factor;
  policy.slack_amount = from.slack_amount;
  policy.truncation_percentage = from.truncation_percentage;
  return policy;
}

}  // namespace

Status CheckSampling(const SweepSpec& sweep) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto rule, RuleOf(sweep.sampling));
  SLIPWAY_ASSIGN_OR_RETURN(const auto space, SpaceOf(sweep));
  return learn::CheckSpace(space, rule);
}

Sampler MakeSampler() {
  return [](const domain::Job& job, int index,
            const std::vector<SampledTrial>& seen) -> Result<std::optional<SampledValues>> {
    const auto& sweep = std::get<SweepSpec>(job.spec.body);
    SLIPWAY_ASSIGN_OR_RETURN(const auto rule, RuleOf(sweep.sampling));
    SLIPWAY_ASSIGN_OR_RETURN(const auto space, SpaceOf(sweep));
    SLIPWAY_RETURN_IF_ERROR(learn::CheckSpace(space, rule));
    const uint64_t seed = SeedOf(job, sweep), number = static_cast<uint64_t>(index);
    const auto point = sweep.sampling.type == "bayesian"
                           ? std::optional(learn::SuggestPoint(space, sweep.objective.maximize, seed, number,
                                                               ObservationsOf(sweep, seen)))
                           : learn::SamplePoint(space, rule, seed, number);
    if (!point) return std::optional<SampledValues>();
    SampledValues values;
    for (const auto& [name, value] : *point) values[name] = LiteralOf(sweep.search_space.at(name), value);
    return std::optional(std::move(values));
  };
}

EarlyStop MakeEarlyStop() {
  return [](const domain::Job& job, const std::string& trial,
            const std::map<std::string, std::vector<double>>& reports) -> std::optional<std::string> {
    const auto& sweep = std::get<SweepSpec>(job.spec.body);
    const auto policy = sweep.early_termination ? PolicyOf(*sweep.early_termination) : std::nullopt;
    return policy ? learn::WhyStop(*policy, sweep.objective.maximize, trial, reports) : std::nullopt;
  };
}

}  // namespace slipway::runner
