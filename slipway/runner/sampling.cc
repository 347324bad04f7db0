#include "slipway/runner/sampling.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/learn/search.h"

namespace slipway::runner {
namespace {

using domain::Literal;
using domain::SearchDistribution;
using domain::SweepSpec;

Result<learn::SamplingRule> RuleOf(const domain::SamplingAlgorithm& sampling) {
  if (sampling.type == "grid") return learn::SamplingRule::kGrid;
  if (sampling.type == "random") {
    return sampling.rule == "sobol" ? learn::SamplingRule::kSobol : learn::SamplingRule::kRandom;
  }
  return Unimplemented(
      fmt::format("{} sampling is not supported yet; random (also with rule: sobol) and grid are", sampling.type));
}

Result<learn::SearchSpace> SpaceOf(const SweepSpec& sweep) {
  learn::SearchSpace space;
  for (const auto& [name, from] : sweep.search_space) {
    const auto kind = learn::ParseDistributionKind(from.type);
    if (!kind) return InvalidArgument(fmt::format("'{}' is not a distribution", from.type));
    space[name] = {*kind, from.values.size(), from.upper, from.min_value, from.max_value, from.mu, from.sigma, from.q};
  }
  return space;
}

Literal LiteralOf(const SearchDistribution& distribution, const learn::SampledValue& value) {
  if (const auto* choice = std::get_if<learn::Choice>(&value)) return distribution.values[choice->index];
  if (const auto* whole = std::get_if<int64_t>(&value)) return {Literal::Kind::kInteger, fmt::format("{}", *whole)};
  return {Literal::Kind::kNumber, FormatDouble(std::get<double>(value))};
}

// FNV-1a of the name: a search without a seed is another one each time, and the same after a restart.
uint64_t SeedOf(const domain::Job& job, const SweepSpec& sweep) {
  if (sweep.sampling.seed) return static_cast<uint64_t>(*sweep.sampling.seed);
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : job.name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
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
  return [](const domain::Job& job, int index) -> Result<std::optional<SampledValues>> {
    const auto& sweep = std::get<SweepSpec>(job.spec.body);
    SLIPWAY_ASSIGN_OR_RETURN(const auto rule, RuleOf(sweep.sampling));
    SLIPWAY_ASSIGN_OR_RETURN(const auto space, SpaceOf(sweep));
    SLIPWAY_RETURN_IF_ERROR(learn::CheckSpace(space, rule));
    const auto point = learn::SamplePoint(space, rule, SeedOf(job, sweep), static_cast<uint64_t>(index));
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
