#include "slipway/spec/print_parts.h"

#include "slipway/base/text.h"
#include "slipway/domain/search_space.h"

namespace slipway::spec {

using nlohmann::json;

void PutText(json& into, const char* key, const std::string& text) {
  if (!text.empty()) into[key] = text;
}

void PutMap(json& into, const char* key, const std::map<std::string, std::string>& map) {
  into[key] = json::object();
  for (const auto& [name, value] : map) into[key][name] = value;
}

json LiteralToJson(const domain::Literal& literal) {
  using Kind = domain::Literal::Kind;
  if (literal.kind == Kind::kBoolean) return EqualsIgnoreCase(literal.text, "true");
  if (literal.kind == Kind::kInteger)
    if (auto integer = ParseInt(literal.text)) return *integer;
  if (literal.kind == Kind::kNumber)
    if (auto number = ParseDouble(literal.text)) return *number;
  return literal.text;
}

json InputsToJson(const std::map<std::string, domain::JobInput>& inputs) {
  json result = json::object();
  for (const auto& [key, input] : inputs) {
    if (auto* literal = std::get_if<domain::Literal>(&input)) {
      result[key] = LiteralToJson(*literal);
    } else if (auto* data = std::get_if<domain::DataInput>(&input)) {
      result[key] = {
          {"type", data->type}, {"path", data->path}, {"mode", data->mode.empty() ? "ro_mount" : data->mode}};
    } else {
      result[key] = std::get<domain::Binding>(input).ToString();
    }
  }
  return result;
}

json OutputsToJson(const std::map<std::string, domain::JobOutput>& outputs) {
  json result = json::object();
  for (const auto& [key, output] : outputs) {
    if (output.binding) {
      result[key] = output.binding->ToString();
      continue;
    }
    json& value = result[key];
    value = {{"type", output.type}, {"mode", output.mode.empty() ? "rw_mount" : output.mode}};
    PutText(value, "path", output.path);
    PutText(value, "name", output.name);
    PutText(value, "version", output.version);
  }
  return result;
}

json ResourcesToJson(const domain::Resources& resources) {
  json result = {{"instance_count", resources.instance_count}};
  PutText(result, "instance_type", resources.instance_type);
  PutText(result, "shm_size", resources.shm_size);
  if (!resources.properties.empty()) PutMap(result, "properties", resources.properties);
  return result;
}

namespace {

using Space = std::map<std::string, domain::SearchDistribution>;

json ChoiceToJson(const Space& space, const std::string& name, const domain::SearchDistribution& choice);

json DistributionToJson(const Space& space, const std::string& name, const domain::SearchDistribution& distribution) {
  const std::string& type = distribution.type;
  json result = {{"type", type}};
  if (type == "choice") {
    result["values"] = ChoiceToJson(space, name, distribution);
  } else if (type == "randint") {
    result["upper"] = distribution.upper;
  } else if (type.find("uniform") != std::string::npos) {
    result["min_value"] = distribution.min_value;
    result["max_value"] = distribution.max_value;
  } else {
    result["mu"] = distribution.mu;
    result["sigma"] = distribution.sigma;
  }
  if (type.starts_with("q")) result["q"] = distribution.q;
  return result;
}

json ChoiceToJson(const Space& space, const std::string& name, const domain::SearchDistribution& choice) {
  json values = json::array();
  for (size_t i = 0; i < choice.values.size(); ++i) {
    json map = json::object();
    for (const auto& [key, nested] : domain::NestedIn(space, name, i))
      map[key] = DistributionToJson(space, domain::MakeNestedName(name, i, key), *nested);
    values.push_back(map.empty() ? LiteralToJson(choice.values[i]) : std::move(map));
  }
  return values;
}

json SamplingToJson(const domain::SamplingAlgorithm& sampling) {
  json result = {{"type", sampling.type}};
  if (sampling.type == "random") result["rule"] = sampling.rule;
  if (sampling.seed) result["seed"] = *sampling.seed;
  return result;
}

json LimitsToJson(const domain::SweepLimits& limits) {
  json result = {{"max_total_trials", limits.max_total_trials}};
  if (limits.max_concurrent_trials > 0) result["max_concurrent_trials"] = limits.max_concurrent_trials;
  if (limits.timeout_seconds) result["timeout"] = *limits.timeout_seconds;
  if (limits.trial_timeout_seconds) result["trial_timeout"] = *limits.trial_timeout_seconds;
  return result;
}

json PolicyToJson(const domain::EarlyTermination& policy) {
  json result = {{"type", policy.type},
                 {"evaluation_interval", policy.evaluation_interval},
                 {"delay_evaluation", policy.delay_evaluation}};
  if (policy.slack_factor) result["slack_factor"] = *policy.slack_factor;
  if (policy.slack_amount) result["slack_amount"] = *policy.slack_amount;
  if (policy.type == "truncation_selection") result["truncation_percentage"] = policy.truncation_percentage;
  return result;
}

json TrialToJson(const domain::SweepSpec& sweep) {
  if (!sweep.trial_component.empty()) return sweep.trial_component;
  json trial = {{"command", sweep.trial.command}, {"resources", ResourcesToJson(sweep.trial.resources)}};
  PutText(trial, "environment", sweep.trial.environment);
  PutText(trial, "code", sweep.trial.code);
  if (!sweep.trial.environment_variables.empty())
    PutMap(trial, "environment_variables", sweep.trial.environment_variables);
  return trial;
}

}  // namespace

json SweepToJson(const domain::SweepSpec& sweep) {
  json result = {{"sampling_algorithm", SamplingToJson(sweep.sampling)},
                 {"objective",
                  {{"goal", sweep.objective.maximize ? "maximize" : "minimize"},
                   {"primary_metric", sweep.objective.primary_metric}}},
                 {"limits", LimitsToJson(sweep.limits)},
                 {"inputs", InputsToJson(sweep.inputs)},
                 {"outputs", OutputsToJson(sweep.outputs)},
                 {"trial", TrialToJson(sweep)}};
  result["search_space"] = json::object();
  for (const auto& [key, distribution] : sweep.search_space)
    if (!domain::ParseNestedName(key))
      result["search_space"][key] = DistributionToJson(sweep.search_space, key, distribution);
  if (sweep.early_termination) result["early_termination"] = PolicyToJson(*sweep.early_termination);
  PutText(result, "compute", sweep.compute);
  return result;
}

}  // namespace slipway::spec
