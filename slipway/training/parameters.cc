#include "slipway/training/parameters.h"

#include <algorithm>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::training {
namespace {

using learn::Algorithm;
using learn::BoostingOptions;
using learn::CategoryOptions;
using learn::FitOptions;
using learn::ForestOptions;
using learn::LinearOptions;
using learn::NumericOptions;

template <typename Options>
struct Parameter {
  std::string_view name;
  std::function<Status(Options&, std::string_view)> set;
};
template <typename Options>
using Parameters = std::vector<Parameter<Options>>;

Error NotA(std::string_view what, std::string_view value) {
  return InvalidArgument(fmt::format("'{}' is no {}", value, what));
}

Status Set(int& to, std::string_view value) {
  const auto number = ParseInt(value);
  if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) return NotA("whole number from 0 on", value);
  to = static_cast<int>(*number);
  return {};
}

Status Set(uint64_t& to, std::string_view value) {
  const auto number = ParseInt(value);
  if (!number || *number < 0) return NotA("whole number from 0 on", value);
  to = static_cast<uint64_t>(*number);
  return {};
}

Status Set(double& to, std::string_view value) {
  const auto number = ParseDouble(value);
  if (!number) return NotA("number", value);
  to = *number;
  return {};
}

Status Set(bool& to, std::string_view value) {
  if (!EqualsIgnoreCase(value, "true") && !EqualsIgnoreCase(value, "false")) return NotA("true or false", value);
  to = EqualsIgnoreCase(value, "true");
  return {};
}

template <typename T>
Status Set(T& to, Result<T> parsed) {
  if (!parsed) return parsed.error();
  to = *parsed;
  return {};
}

template <typename Options, typename T>
Parameter<Options> Field(std::string_view name, T Options::*field) {
  return {name, [field](Options& options, std::string_view value) { return Set(options.*field, value); }};
}

// scikit-learn's None.
bool IsNone(std::string_view value) {
  return EqualsIgnoreCase(value, "none") || EqualsIgnoreCase(value, "null");
}

Status SetMaxDepth(ForestOptions& options, std::string_view value) {
  if (!IsNone(value)) return Set(options.max_depth, value);
  options.max_depth = 0;
  return {};
}

// "sqrt", "log2", a whole number of features, or a share of them with a point ("0.3", "1.0").
Status SetMaxFeatures(ForestOptions& options, std::string_view value) {
  using Rule = ForestOptions::MaxFeatures;
  options.max_features = 0;
  if (value == "sqrt" || value == "log2") {
    options.max_features_rule = value == "sqrt" ? Rule::kSqrt : Rule::kLog2;
    return {};
  }
  options.max_features_rule = Rule::kShare;
  options.max_features_share = 1;
  if (IsNone(value) || value == "all") return {};
  if (value.find('.') != std::string_view::npos) return Set(options.max_features_share, value);
  const auto count = ParseInt(value);
  if (!count || *count < 1) return NotA("sqrt, log2, all, a number of features or a share of them (0.3)", value);
  options.max_features = static_cast<size_t>(*count);
  return {};
}

const Parameters<ForestOptions>& ForestParameters() {
  static const Parameters<ForestOptions> kParameters = {
      Field("n_estimators", &ForestOptions::trees),
      {"max_depth", SetMaxDepth},
      {"criterion", [](ForestOptions& o, std::string_view v) { return Set(o.criterion, learn::ParseCriterion(v)); }},
      Field("min_samples_split", &ForestOptions::min_samples_split),
      Field("min_samples_leaf", &ForestOptions::min_samples_leaf),
      Field("min_weight_fraction_leaf", &ForestOptions::min_weight_fraction_leaf),
      Field("min_impurity_decrease", &ForestOptions::min_impurity_decrease),
      {"max_features", SetMaxFeatures},
      Field("bootstrap", &ForestOptions::bootstrap),
      Field("max_samples", &ForestOptions::max_samples),
      Field("random_state", &ForestOptions::seed),
      Field("n_jobs", &ForestOptions::threads)};
  return kParameters;
}

const Parameters<LinearOptions>& LinearParameters() {
  static const Parameters<LinearOptions> kParameters = {
      {"penalty", [](LinearOptions& o, std::string_view v) { return Set(o.penalty, learn::ParsePenalty(v)); }},
      Field("C", &LinearOptions::c),
      Field("alpha", &LinearOptions::alpha),
      Field("l1_ratio", &LinearOptions::l1_ratio),
      Field("max_iter", &LinearOptions::max_iterations),
      Field("tol", &LinearOptions::tolerance),
      Field("n_jobs", &LinearOptions::threads)};
  return kParameters;
}

const Parameters<BoostingOptions>& BoostingParameters() {
  static const Parameters<BoostingOptions> kParameters = {
      Field("n_estimators", &BoostingOptions::rounds),
      Field("learning_rate", &BoostingOptions::learning_rate),
      Field("max_depth", &BoostingOptions::max_depth),
      Field("min_child_weight", &BoostingOptions::min_child_weight),
      Field("subsample", &BoostingOptions::subsample),
      Field("colsample_bytree", &BoostingOptions::colsample_bytree),
      Field("reg_lambda", &BoostingOptions::lambda),
      Field("reg_alpha", &BoostingOptions::alpha),
      Field("gamma", &BoostingOptions::gamma),
      Field("max_bin", &BoostingOptions::max_bin),
      Field("early_stopping_rounds", &BoostingOptions::early_stopping_rounds),
      Field("validation_fraction", &BoostingOptions::validation_share),
      Field("random_state", &BoostingOptions::seed)};
  return kParameters;
}

const Parameters<NumericOptions>& NumericParameters() {
  static const Parameters<NumericOptions> kParameters = {
      {"impute", [](NumericOptions& o, std::string_view v) { return Set(o.impute, learn::ParseImpute(v)); }},
      Field("fill_value", &NumericOptions::fill_value),
      {"scaling", [](NumericOptions& o, std::string_view v) { return Set(o.scaling, learn::ParseScaling(v)); }},
      Field("add_indicator", &NumericOptions::add_indicator)};
  return kParameters;
}

const Parameters<CategoryOptions>& CategoryParameters() {
  static const Parameters<CategoryOptions> kParameters = {
      {"impute", [](CategoryOptions& o, std::string_view v) { return Set(o.impute, learn::ParseImpute(v)); }},
      {"fill_value",
       [](CategoryOptions& o, std::string_view v) {
         o.fill_value = v;
         return Status();
       }},
      {"encoding", [](CategoryOptions& o, std::string_view v) { return Set(o.encoding, learn::ParseEncoding(v)); }},
      {"handle_unknown", [](CategoryOptions& o, std::string_view v) { return Set(o.unknown, learn::ParseUnknown(v)); }},
      Field("min_frequency", &CategoryOptions::min_frequency),
      Field("max_categories", &CategoryOptions::max_categories),
      Field("add_indicator", &CategoryOptions::add_indicator)};
  return kParameters;
}

template <typename Options>
std::vector<std::string> Names(const Parameters<Options>& parameters, std::string_view prefix = {}) {
  std::vector<std::string> names;
  for (const auto& parameter : parameters) names.push_back(fmt::format("{}{}", prefix, parameter.name));
  return names;
}

// False when there is no such parameter.
template <typename Options>
Result<bool> TrySet(const Parameters<Options>& parameters, Options& options, std::string_view name,
                    std::string_view value) {
  for (const auto& parameter : parameters) {
    if (parameter.name != name) continue;
    SLIPWAY_RETURN_IF_ERROR(With(parameter.set(options, value), std::string(name)));
    return true;
  }
  return false;
}

template <typename Options>
Status SetOrSayWhatThereIs(const Parameters<Options>& parameters, Options& options, std::string_view name,
                           std::string_view value) {
  SLIPWAY_ASSIGN_OR_RETURN(const bool is_set, TrySet(parameters, options, name, value));
  if (is_set) return {};
  const std::vector<std::string> names = Names(parameters);
  return InvalidArgument(
      fmt::format("there is no option '{}'; there are {}{}", name, Join(names, ", "), DidYouMean(name, names)));
}

constexpr std::string_view kNumeric = "numeric_", kCategorical = "categorical_";

Result<bool> TrySetOfAlgorithm(FitOptions& options, std::string_view name, std::string_view value) {
  switch (options.algorithm) {
    case Algorithm::kLinear:
      return TrySet(LinearParameters(), options.linear, name, value);
    case Algorithm::kGradientBoosting:
      return TrySet(BoostingParameters(), options.boosting, name, value);
    default:
      break;
  }
  if (name != "oob_score") return TrySet(ForestParameters(), options.forest, name, value);
  SLIPWAY_RETURN_IF_ERROR(With(Set(options.oob_score, value), "oob_score"));
  return true;
}

}  // namespace

std::vector<std::string> NumericParameterNames() {
  return Names(NumericParameters());
}

std::vector<std::string> CategoryParameterNames() {
  return Names(CategoryParameters());
}

Status SetNumericParameter(NumericOptions& options, std::string_view name, std::string_view value) {
  return SetOrSayWhatThereIs(NumericParameters(), options, name, value);
}

Status SetCategoryParameter(CategoryOptions& options, std::string_view name, std::string_view value) {
  return SetOrSayWhatThereIs(CategoryParameters(), options, name, value);
}

std::vector<std::string> ParameterNames(Algorithm algorithm) {
  std::vector<std::string> names;
  if (algorithm == Algorithm::kLinear)
    names = Names(LinearParameters());
  else if (algorithm == Algorithm::kGradientBoosting)
    names = Names(BoostingParameters());
  else
    names = Names(ForestParameters());
  if (algorithm != Algorithm::kLinear && algorithm != Algorithm::kGradientBoosting) names.emplace_back("oob_score");
  for (const auto& more : {Names(NumericParameters(), kNumeric), Names(CategoryParameters(), kCategorical)})
    names.insert(names.end(), more.begin(), more.end());
  names.push_back("class_weight");
  return names;
}

Status SetClassWeight(FitOptions& options, std::string_view text) {
  options.class_weight = learn::ClassWeight::kNone;
  options.class_weights.clear();
  if (IsNone(text)) return {};
  if (text == "balanced" || text == "balanced_subsample") {
    options.class_weight = text == "balanced" ? learn::ClassWeight::kBalanced : learn::ClassWeight::kBalancedBags;
    return {};
  }
  for (const std::string_view part : Split(text, ',')) {
    const size_t equals = part.rfind('=');
    const auto weight = equals == std::string_view::npos ? std::nullopt : ParseDouble(Trim(part.substr(equals + 1)));
    if (!weight)
      return InvalidArgument(fmt::format(
          "class weights are balanced, balanced_subsample, none or LABEL=WEIGHT with commas between, not '{}'", text));
    options.class_weights[std::string(Trim(part.substr(0, equals)))] = *weight;
  }
  return {};
}

Status SetParameter(FitOptions& options, std::string_view name, std::string_view value) {
  if (name == "class_weight") return SetClassWeight(options, value);
  if (name.starts_with(kNumeric))
    return SetNumericParameter(options.transforms.numeric, name.substr(kNumeric.size()), value);
  if (name.starts_with(kCategorical))
    return SetCategoryParameter(options.transforms.categorical, name.substr(kCategorical.size()), value);
  SLIPWAY_ASSIGN_OR_RETURN(const bool is_set, TrySetOfAlgorithm(options, name, value));
  if (is_set) return {};
  const std::vector<std::string> names = ParameterNames(options.algorithm);
  return InvalidArgument(fmt::format("{} has no parameter '{}'; it has {}{}", learn::AlgorithmName(options.algorithm),
                                     name, Join(names, ", "), DidYouMean(name, names)));
}

}  // namespace slipway::training
