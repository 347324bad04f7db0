// A sweep's fields in ARM's shape. Distributions: ["choice", [[1, 2]]], ["uniform", [min, max]],
// ["quniform", [min, max, q]], ["normal", [mu, sigma]], ["qnormal", [mu, sigma, q]], ["randint", [upper]]. A value of a
// choice may be an object of values and further distributions.
#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/search_space.h"
#include "slipway/wire/component.h"
#include "slipway/wire/job_parts.h"

namespace slipway::wire {
namespace {

using domain::EarlyTermination;
using domain::SamplingAlgorithm;
using domain::SearchDistribution;
using domain::SweepLimits;
using domain::SweepSpec;
using nlohmann::json;

const std::vector<std::string> kDistributions = {"choice",      "randint", "uniform", "quniform",  "loguniform",
                                                 "qloguniform", "normal",  "qnormal", "lognormal", "qlognormal"};
constexpr int kNestedDeepest = 16;
constexpr std::string_view kGoals[] = {"Maximize", "Minimize"};

using Space = std::map<std::string, SearchDistribution>;

json ChoiceToArm(const Space& space, const std::string& name, const SearchDistribution& choice);

json DistributionToArm(const Space& space, const std::string& name, const SearchDistribution& distribution) {
  const std::string& type = distribution.type;
  json parameters = json::array();
  if (type == "choice") {
    parameters.push_back(ChoiceToArm(space, name, distribution));
  } else if (type == "randint") {
    parameters.push_back(distribution.upper);
  } else if (type.ends_with("normal")) {
    parameters = {distribution.mu, distribution.sigma};
  } else {
    parameters = {distribution.min_value, distribution.max_value};
  }
  if (type.starts_with('q')) parameters.push_back(distribution.q);
  return json::array({type, parameters});
}

json ChoiceToArm(const Space& space, const std::string& name, const SearchDistribution& choice) {
  json values = json::array();
  for (size_t i = 0; i < choice.values.size(); ++i) {
    json map = json::object();
    for (const auto& [key, nested] : domain::NestedIn(space, name, i)) {
      map[key] = DistributionToArm(space, domain::MakeNestedName(name, i, key), *nested);
    }
    values.push_back(map.empty() ? LiteralToJson(choice.values[i]) : std::move(map));
  }
  return values;
}

// Where a distribution that is being read belongs.
struct Entry {
  std::string name;
  Space& space;  // gets what it nests
};

SearchDistribution ReadDistribution(const JsonView& view, const Entry& entry);

// The values of a nested map that stand for themselves become choices of one.
void ReadNested(const JsonView& view, const json& map, size_t branch, const Entry& entry) {
  if (map.empty()) view.Complain("an object among the values of a choice must not be empty");
  if (std::count(entry.name.begin(), entry.name.end(), '[') >= kNestedDeepest) {
    return view.Complain(fmt::format("choices are nested deeper than {} levels", kNestedDeepest));
  }
  for (const auto& [key, value] : map.items()) {
    const std::string name = domain::MakeNestedName(entry.name, branch, key);
    SearchDistribution nested;
    nested.type = "choice";
    if (value.is_structured()) {
      nested = ReadDistribution(view.At(key, value), {name, entry.space});
    } else if (auto literal = LiteralFromJson(value)) {
      nested.values.push_back(std::move(*literal));
    } else {
      view.At(key, value).Complain(literal.error().message());
    }
    entry.space[name] = std::move(nested);
  }
}

void ReadChoices(const JsonView& view, const json& values, const Entry& entry, SearchDistribution& into) {
  if (!values.is_array() || values.empty()) return view.Complain("'choice' needs a list of values that is not empty");
  for (const json& value : values) {
    const size_t branch = into.values.size();
    if (value.is_object()) {
      into.values.push_back({domain::Literal::Kind::kString, fmt::format("[{}]", branch)});
      ReadNested(view, value, branch, entry);
    } else if (auto literal = LiteralFromJson(value)) {
      into.values.push_back(std::move(*literal));
    } else {
      view.Complain(literal.error().message());
    }
  }
}

// The positional form.
SearchDistribution ReadDistributionList(const JsonView& view, const Entry& entry) {
  SearchDistribution distribution;
  const json& list = view.value();
  if (list.size() != 2 || !list[0].is_string() || !list[1].is_array() || list[1].empty()) {
    view.Complain(R"(a distribution is written ["<type>", [<parameters>]])");
    return distribution;
  }
  distribution.type = ToLower(list[0].get<std::string>());
  const json& parameters = list[1];
  if (distribution.type == "choice") {
    ReadChoices(view, parameters[0].is_array() ? parameters[0] : parameters, entry, distribution);
    return distribution;
  }
  const size_t wanted = distribution.type == "randint" ? 1 : distribution.type.starts_with('q') ? 3 : 2;
  if (parameters.size() != wanted) {
    view.Complain(fmt::format("'{}' takes {} parameters, not {}", distribution.type, wanted, parameters.size()));
    return distribution;
  }
  const auto number = [&](size_t i) { return view.At(std::to_string(i), parameters[i]).AsNumber().value_or(0); };
  if (distribution.type == "randint") {
    distribution.upper = static_cast<int64_t>(number(0));
  } else if (distribution.type.ends_with("normal")) {
    distribution.mu = number(0);
    distribution.sigma = number(1);
  } else {
    distribution.min_value = number(0);
    distribution.max_value = number(1);
  }
  if (distribution.type.starts_with('q')) distribution.q = number(2);
  return distribution;
}

// The dialect's YAML form: {"type", "values" | "upper" | "min_value", "max_value" | "mu", "sigma", "q"}.
SearchDistribution ReadDistributionObject(const JsonView& view, const Entry& entry) {
  SearchDistribution distribution;
  distribution.type = ToLower(view.RequireText("type"));
  if (const auto values = view.Find("values")) ReadChoices(*values, values->value(), entry, distribution);
  distribution.upper = view.Integer("upper", 0);
  distribution.min_value = view.Number("minValue").value_or(0);
  distribution.max_value = view.Number("maxValue").value_or(0);
  distribution.mu = view.Number("mu").value_or(0);
  distribution.sigma = view.Number("sigma").value_or(0);
  distribution.q = view.Number("q").value_or(1);
  return distribution;
}

void CheckDistribution(const JsonView& view, const SearchDistribution& distribution) {
  const std::string& type = distribution.type;
  if (type.empty()) return;
  if (std::find(kDistributions.begin(), kDistributions.end(), type) == kDistributions.end()) {
    return view.Complain(fmt::format("'{}' is not a distribution{}", type, DidYouMean(type, kDistributions)));
  }
  if (type == "randint" && distribution.upper < 1) view.Complain("'upper' must be at least 1");
  if (type.find("uniform") != std::string::npos && distribution.min_value > distribution.max_value) {
    view.Complain(fmt::format("min_value {} is greater than max_value {}", FormatDouble(distribution.min_value),
                              FormatDouble(distribution.max_value)));
  }
}

SearchDistribution ReadDistribution(const JsonView& view, const Entry& entry) {
  SearchDistribution distribution =
      view.value().is_array() ? ReadDistributionList(view, entry) : ReadDistributionObject(view, entry);
  CheckDistribution(view, distribution);
  return distribution;
}

json TrialToArm(const SweepSpec& sweep) {
  json trial = ComponentToSpec(sweep.trial);
  const auto rename = [&](const char* from, const char* to) {
    if (!trial.contains(from)) return;
    trial[to] = std::move(trial[from]);
    trial.erase(from);
  };
  rename("environment", "environmentId");
  rename("code", "codeId");
  rename("environment_variables", "environmentVariables");
  if (sweep.trial.command.empty()) trial = json::object();
  PutText(trial, "componentId", sweep.trial_component);
  return trial;
}

void ReadTrial(const JsonView& view, SweepSpec& into) {
  into.trial_component = view.Text("componentId");
  if (view.Has("command") || into.trial_component.empty()) into.trial = ReadComponent(view);
}

json SamplingToArm(const SamplingAlgorithm& sampling) {
  json result = {{"samplingAlgorithmType", PascalCase(sampling.type)}};
  if (sampling.seed) result["seed"] = *sampling.seed;
  if (sampling.type == "random") result["rule"] = PascalCase(sampling.rule);
  return result;
}

SamplingAlgorithm ReadSampling(const JsonView& view) {
  SamplingAlgorithm sampling;
  if (view.value().is_string()) {
    sampling.type = ToLower(view.value().get<std::string>());
  } else if (view.CheckObject()) {
    sampling.type = ToLower(view.Has("samplingAlgorithmType") ? view.Text("samplingAlgorithmType")
                                                              : view.Text("type", sampling.type));
    if (view.Has("seed")) sampling.seed = view.Integer("seed", 0);
    sampling.rule = ToLower(view.Text("rule", sampling.rule));
  }
  const std::vector<std::string> known = {"random", "grid", "bayesian"};
  if (std::find(known.begin(), known.end(), sampling.type) == known.end()) {
    view.Complain(fmt::format("'{}' is not a sampling algorithm{}", sampling.type, DidYouMean(sampling.type, known)));
  }
  return sampling;
}

json EarlyTerminationToArm(const EarlyTermination& policy) {
  json result = {{"policyType", PascalCase(policy.type)},
                 {"evaluationInterval", policy.evaluation_interval},
                 {"delayEvaluation", policy.delay_evaluation}};
  if (policy.slack_factor) result["slackFactor"] = *policy.slack_factor;
  if (policy.slack_amount) result["slackAmount"] = *policy.slack_amount;
  if (policy.type == "truncation_selection") result["truncationPercentage"] = policy.truncation_percentage;
  return result;
}

EarlyTermination ReadEarlyTermination(const JsonView& view) {
  EarlyTermination policy;
  const std::string type = view.Has("policyType") ? view.Text("policyType") : view.RequireText("type");
  policy.type = type.find('_') == std::string::npos ? SnakeOfPascal(type) : type;
  policy.evaluation_interval = static_cast<int>(view.Integer("evaluationInterval", 1));
  policy.delay_evaluation = static_cast<int>(view.Integer("delayEvaluation", 0));
  policy.slack_factor = view.Number("slackFactor");
  policy.slack_amount = view.Number("slackAmount");
  policy.truncation_percentage = static_cast<int>(view.Integer("truncationPercentage", 0));
  const std::vector<std::string> known = {"bandit", "median_stopping", "truncation_selection"};
  if (std::find(known.begin(), known.end(), policy.type) == known.end()) {
    view.Complain(fmt::format("'{}' is not an early termination policy{}", type, DidYouMean(policy.type, known)));
  }
  return policy;
}

json SweepLimitsToArm(const SweepLimits& limits) {
  json result = {{"jobLimitsType", "Sweep"}, {"maxTotalTrials", limits.max_total_trials}};
  if (limits.max_concurrent_trials > 0) result["maxConcurrentTrials"] = limits.max_concurrent_trials;
  PutSeconds(result, "timeout", limits.timeout_seconds);
  PutSeconds(result, "trialTimeout", limits.trial_timeout_seconds);
  return result;
}

SweepLimits ReadSweepLimits(const JsonView& view) {
  SweepLimits limits;
  limits.max_total_trials = static_cast<int>(view.Integer("maxTotalTrials", limits.max_total_trials));
  limits.max_concurrent_trials = static_cast<int>(view.Integer("maxConcurrentTrials", 0));
  limits.timeout_seconds = ReadSeconds(view, "timeout");
  limits.trial_timeout_seconds = ReadSeconds(view, "trialTimeout");
  if (limits.max_total_trials < 1) view.Complain("'maxTotalTrials' must be at least 1");
  return limits;
}

}  // namespace

void PutSweep(json& into, const SweepSpec& sweep) {
  into["trial"] = TrialToArm(sweep);
  into["searchSpace"] = json::object();
  for (const auto& [name, distribution] : sweep.search_space) {
    if (domain::ParseNestedName(name)) continue;
    into["searchSpace"][name] = DistributionToArm(sweep.search_space, name, distribution);
  }
  into["objective"] = {{"goal", kGoals[sweep.objective.maximize ? 0 : 1]},
                       {"primaryMetric", sweep.objective.primary_metric}};
  into["samplingAlgorithm"] = SamplingToArm(sweep.sampling);
  into["limits"] = SweepLimitsToArm(sweep.limits);
  if (sweep.early_termination) into["earlyTermination"] = EarlyTerminationToArm(*sweep.early_termination);
}

SweepSpec ReadSweep(const JsonView& view) {
  SweepSpec sweep;
  if (const auto trial = view.Require("trial"); trial && trial->CheckObject()) ReadTrial(*trial, sweep);
  if (view.Require("searchSpace")) {
    view.ForEachMember("searchSpace", [&](const std::string& name, const JsonView& value) {
      sweep.search_space[name] = ReadDistribution(value, {name, sweep.search_space});
    });
  }
  if (const auto objective = view.Require("objective"); objective && objective->CheckObject()) {
    sweep.objective.maximize = !EqualsIgnoreCase(objective->Text("goal", "Maximize"), "minimize");
    sweep.objective.primary_metric = objective->RequireText("primaryMetric");
  }
  if (const auto sampling = view.Find("samplingAlgorithm")) sweep.sampling = ReadSampling(*sampling);
  if (const auto limits = view.Find("limits")) sweep.limits = ReadSweepLimits(*limits);
  if (const auto policy = view.Find("earlyTermination")) sweep.early_termination = ReadEarlyTermination(*policy);
  return sweep;
}

}  // namespace slipway::wire
