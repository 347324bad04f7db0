#include "slipway/spec/sweep.h"

#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/search_space.h"
#include "slipway/spec/command.h"
#include "slipway/spec/inputs.h"

namespace slipway::spec {
namespace {

const std::vector<std::string> kDistributions = {"choice",      "randint", "uniform", "quniform",  "loguniform",
                                                 "qloguniform", "normal",  "qnormal", "lognormal", "qlognormal"};

bool IsRange(std::string_view type) {
  return type.find("uniform") != std::string_view::npos;
}
bool IsQuantized(std::string_view type) {
  return type.starts_with("q");
}

using Space = std::map<std::string, domain::SearchDistribution>;

domain::SearchDistribution ReadDistribution(const Value& value, const std::string& name, Space& space);

// What a choice nests: distributions, and values that stand for themselves.
void ReadNested(const Value& map, const std::string& choice, size_t branch, Space& space) {
  if (map.node().members.empty()) map.Complain("a map among the values of a choice must not be empty");
  map.ForEachMember([&](const std::string& key, const Value& member) {
    const std::string name = domain::MakeNestedName(choice, branch, key);
    domain::SearchDistribution fixed;
    fixed.type = "choice";
    if (member.node().IsMap())
      fixed = ReadDistribution(member, name, space);
    else if (member.Text())
      fixed.values.push_back(LiteralOf(member.node()));
    space[name] = std::move(fixed);
  });
}

void ReadChoices(ObjectReader& reader, const std::string& name, Space& space, domain::SearchDistribution& into) {
  auto values = reader.Require("values");
  if (!values) return;
  values->ForEachItem([&](const Value& item) {
    if (item.node().IsMap()) {
      const size_t branch = into.values.size();
      into.values.push_back({domain::Literal::Kind::kString, fmt::format("[{}]", branch)});
      ReadNested(item, name, branch, space);
    } else if (item.Text()) {
      into.values.push_back(LiteralOf(item.node()));
    }
  });
  if (values->node().IsSequence() && values->node().items.empty()) values->Complain("must not be empty");
}

// `name` is its key in `space`, which gets what it nests.
domain::SearchDistribution ReadDistribution(const Value& value, const std::string& name, Space& space) {
  domain::SearchDistribution distribution;
  ObjectReader reader(value, "a distribution");
  if (reader.Require("type")) reader.Choice("type", kDistributions, distribution.type);
  const std::string& type = distribution.type;
  auto require_number = [&](std::string_view key, double& into) {
    if (reader.Require(key)) reader.Number(key, into);
  };
  auto require_positive = [&](std::string_view key, double& into) {
    std::optional<double> given;
    if (reader.Require(key)) reader.Number(key, given);
    into = given.value_or(1);
    if (!(into > 0)) reader.Find(key)->Complain("must be greater than 0");
  };
  if (type == "choice") ReadChoices(reader, name, space, distribution);
  if (type == "randint") {
    std::optional<int64_t> upper;
    if (reader.Require("upper")) reader.Integer("upper", upper, 1);
    distribution.upper = upper.value_or(1);
  }
  if (IsRange(type)) {
    require_number("min_value", distribution.min_value);
    require_number("max_value", distribution.max_value);
    if (distribution.min_value > distribution.max_value)
      value.Complain(fmt::format("min_value {} is greater than max_value {}", FormatDouble(distribution.min_value),
                                 FormatDouble(distribution.max_value)));
  }
  if (type.ends_with("normal")) {
    require_number("mu", distribution.mu);
    require_positive("sigma", distribution.sigma);
  }
  if (IsQuantized(type)) require_positive("q", distribution.q);
  if (!type.empty()) reader.Finish();
  return distribution;
}

void ReadSampling(const Value& value, domain::SamplingAlgorithm& into) {
  const std::vector<std::string> types = {"random", "grid", "bayesian"};
  if (value.node().IsScalar()) {
    if (auto type = value.Choice(types)) into.type = *type;
    return;
  }
  ObjectReader reader(value, "'sampling_algorithm'");
  if (reader.Require("type")) reader.Choice("type", types, into.type);
  if (into.type != "grid") reader.Integer("seed", into.seed, INT64_MIN);
  if (into.type == "random") reader.Choice("rule", {"random", "sobol"}, into.rule);
  reader.Finish();
}

void CheckGrid(const Value& value, const Space& space) {
  for (const auto& [key, distribution] : space)
    if (!distribution.type.empty() && distribution.type != "choice")
      value.Complain(fmt::format("grid sampling takes 'choice' only, and '{}' is of type {}", key, distribution.type));
}

void ReadObjective(const Value& value, domain::Objective& into) {
  ObjectReader reader(value, "'objective'");
  std::string goal = "maximize";
  if (reader.Require("goal")) reader.Choice("goal", {"maximize", "minimize"}, goal);
  into.maximize = goal == "maximize";
  reader.RequireText("primary_metric", into.primary_metric);
  reader.Finish();
}

void ReadLimits(const Value& value, domain::SweepLimits& into) {
  ObjectReader reader(value, "'limits' of a sweep");
  reader.Integer("max_total_trials", into.max_total_trials, 1, 1000);
  reader.Integer("max_concurrent_trials", into.max_concurrent_trials, 1, 1000);
  reader.Integer("timeout", into.timeout_seconds, 1);
  reader.Integer("trial_timeout", into.trial_timeout_seconds, 1);
  reader.Finish();
}

double SlackOf(const domain::EarlyTermination& policy, std::string_view key) {
  return (key == "slack_factor" ? policy.slack_factor : policy.slack_amount).value_or(0);
}

void ReadEarlyTermination(const Value& value, std::optional<domain::EarlyTermination>& into) {
  domain::EarlyTermination policy;
  ObjectReader reader(value, "'early_termination'");
  if (reader.Require("type")) reader.Choice("type", {"bandit", "median_stopping", "truncation_selection"}, policy.type);
  reader.Integer("evaluation_interval", policy.evaluation_interval, 1);
  reader.Integer("delay_evaluation", policy.delay_evaluation, 0);
  if (policy.type == "bandit") {
    reader.Number("slack_factor", policy.slack_factor);
    reader.Number("slack_amount", policy.slack_amount);
    if (!policy.slack_factor && !policy.slack_amount) value.Complain("bandit needs 'slack_factor' or 'slack_amount'");
    for (const char* key : {"slack_factor", "slack_amount"})
      if (auto given = reader.Find(key); given && SlackOf(policy, key) < 0) given->Complain("must not be negative");
  }
  if (policy.type == "truncation_selection" && reader.Require("truncation_percentage"))
    reader.Integer("truncation_percentage", policy.truncation_percentage, 1, 99);
  if (!policy.type.empty()) reader.Finish();
  into = std::move(policy);
}

domain::CommandComponent ReadInlineTrial(const Value& value, const domain::SweepSpec& sweep,
                                         AnonymousAssets& anonymous) {
  domain::CommandComponent trial;
  ObjectReader reader(value, "an inline trial");
  std::string type;
  reader.Choice("type", {"command"}, type);
  ReadCommandFields(reader, trial, anonymous);
  reader.Ignore({"limits"});
  reader.Finish();
  if (auto command = reader.Find("command"))
    CheckPlaceholders(*command,
                      {KeysOf(sweep.inputs), KeysOf(sweep.outputs), domain::SearchPlaceholders(sweep.search_space)});
  return trial;
}

void ReadTrial(const Value& value, domain::SweepSpec& into, AnonymousAssets& anonymous) {
  if (value.node().IsMap() && !value.node().Find("inputs")) {
    into.trial = ReadInlineTrial(value, into, anonymous);
    return;
  }
  ComponentOrReference trial = ReadComponentOrReference(value, anonymous);
  into.trial_component = trial.reference;
  if (!trial.component) return;
  into.trial = std::move(*trial.component);
  for (const auto& [key, distribution] : into.search_space)
    if (!domain::ParseNestedName(key) && !into.trial.inputs.count(key))
      value.Complain(fmt::format("'{}' of the search space is not an input of the trial{}", key,
                                 DidYouMean(key, KeysOf(into.trial.inputs))));
  for (const auto& [key, port] : into.trial.inputs)
    if (!port.optional && !port.default_value && !into.inputs.count(key) && !into.search_space.count(key))
      value.Complain(
          fmt::format("the trial's input '{}' gets no value: give it under 'inputs' or 'search_space'", key));
}

}  // namespace

void ReadSweepFields(ObjectReader& reader, domain::SweepSpec& into, AnonymousAssets& anonymous) {
  auto space = reader.Require("search_space");
  if (space) {
    space->ForEachMember([&](const std::string& key, const Value& value) {
      into.search_space[key] = ReadDistribution(value, key, into.search_space);
    });
    if (space->node().IsMap() && space->node().members.empty()) space->Complain("must not be empty");
  }
  if (auto sampling = reader.Require("sampling_algorithm")) ReadSampling(*sampling, into.sampling);
  if (space && into.sampling.type == "grid") CheckGrid(*space, into.search_space);
  if (auto objective = reader.Require("objective")) ReadObjective(*objective, into.objective);
  if (auto limits = reader.Find("limits")) ReadLimits(*limits, into.limits);
  if (auto policy = reader.Find("early_termination")) ReadEarlyTermination(*policy, into.early_termination);
  if (auto trial = reader.Require("trial")) ReadTrial(*trial, into, anonymous);
}

}  // namespace slipway::spec
