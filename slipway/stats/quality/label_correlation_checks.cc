// How much single columns tell about the label: too much is a leak.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/predictive_power.h"
#include "slipway/stats/quality/quality_text.h"
#include "slipway/stats/quality/sampling.h"

namespace slipway::stats {
namespace {

using tabular::Column;

constexpr size_t kFeatureRows = 100'000, kIdentifierRows = 1'000'000, kShownFeatures = 5;

// Every column's score, in the columns' order.
NamedValues ScoresOf(const Dataset& data, const std::vector<const Column*>& columns, size_t rows_max) {
  const auto rows = SampleRows(data.rows(), rows_max);
  NamedValues scores;
  for (const Column* column : columns) scores.emplace_back(column->name, PredictivePower(*column, *data.label, rows));
  return scores;
}

nlohmann::ordered_json ToJson(const NamedValues& values) {
  auto json = EmptyObject();
  for (const auto& [name, value] : values) json[name] = value;
  return json;
}

// The first entries as bars.
BarChart Bars(const NamedValues& values, size_t most) {
  BarChart chart;
  for (size_t i = 0; i < std::min(most, values.size()); ++i)
    chart.bars.push_back({values[i].first, values[i].second, FormatNumber(values[i].second)});
  return chart;
}

bool AllZero(const NamedValues& values) {
  return std::all_of(values.begin(), values.end(), [](const auto& value) { return value.second == 0; });
}

// Whether all scores stay where they should; `found` is "features with PPS above threshold".
template <typename IsBroken>
Condition ScoreCondition(std::string name, const NamedValues& scores, std::string_view found,
                         const IsBroken& is_broken) {
  std::vector<std::pair<std::string, std::string>> broken;
  for (const auto& [column, score] : scores)
    if (is_broken(score)) broken.emplace_back(column, FormatNumber(score));
  if (broken.empty()) return {std::move(name), Verdict::kPass, PassedFor(scores.size())};
  return {std::move(name), Verdict::kFail, FoundOutOf(broken.size(), scores.size(), found) + ": " + QuotedMap(broken)};
}

void FeatureCorrelation(const CheckInput& input, CheckResult& result) {
  constexpr double kScoreMax = 0.8;
  NamedValues scores = ScoresOf(input.train, input.train.features, kFeatureRows);
  SortBySeverity(scores);
  result.value = ToJson(scores);
  result.conditions.push_back(ScoreCondition("Features' Predictive Power Score is less than 0.8", scores,
                                             "features with PPS above threshold",
                                             [](double score) { return score >= kScoreMax; }));
  if (!AllZero(scores))
    result.exhibits.push_back(
        {"How well each feature alone foretells the label (1: always)", Bars(scores, kShownFeatures)});
}

void IdentifierCorrelation(const CheckInput& input, CheckResult& result) {
  std::vector<const Column*> identifiers;
  for (const Column* column : {input.train.index, input.train.datetime})
    if (column != nullptr) identifiers.push_back(column);
  NamedValues scores = ScoresOf(input.train, identifiers, kIdentifierRows);
  SortBySeverity(scores);
  result.value = ToJson(scores);
  result.conditions.push_back(ScoreCondition("Identifier columns PPS is less or equal to 0", scores,
                                             "columns with PPS above threshold",
                                             [](double score) { return score > 0; }));
  if (!AllZero(scores))
    result.exhibits.push_back({"How well each identifier alone foretells the label (1: always)", Bars(scores, 2)});
}

// One row a feature: train, test and their difference, the largest first.
TextTable ChangeTable(const NamedValues& train, const NamedValues& test, NamedValues differences) {
  std::stable_sort(differences.begin(), differences.end(),
                   [](const auto& a, const auto& b) { return std::abs(a.second) > std::abs(b.second); });
  const auto value_of = [](const NamedValues& values, const std::string& name) {
    return std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.first == name; })->second;
  };
  TextTable table = {{{"Feature"}, {"Train", true}, {"Test", true}, {"Difference", true}}, {}};
  for (size_t i = 0; i < std::min(kShownFeatures, differences.size()); ++i) {
    const std::string& name = differences[i].first;
    table.rows.push_back({name, fmt::format("{:.3f}", value_of(train, name)),
                          fmt::format("{:.3f}", value_of(test, name)), fmt::format("{:.3f}", differences[i].second)});
  }
  return table;
}

void CorrelationChange(const CheckInput& input, CheckResult& result) {
  constexpr double kDifferenceMax = 0.2, kTrainMax = 0.7, kWorthShowing = 0.05;
  NamedValues train = ScoresOf(input.train, input.train.features, kFeatureRows);
  NamedValues test = ScoresOf(input.test, input.test.features, kFeatureRows);
  NamedValues differences;
  bool is_worth_showing = false;
  for (size_t i = 0; i < train.size(); ++i) {
    differences.emplace_back(train[i].first, train[i].second - test[i].second);
    is_worth_showing |= std::max(train[i].second, test[i].second) > kWorthShowing;
  }
  NamedValues absolute = differences;
  for (auto& [name, value] : absolute) value = std::abs(value);
  for (NamedValues* values : {&train, &test, &absolute}) SortBySeverity(*values);
  result.value = {{"train", ToJson(train)}, {"test", ToJson(test)}, {"train-test difference", ToJson(differences)}};
  result.conditions.push_back(ScoreCondition("Train-Test features' Predictive Power Score difference is less than 0.2",
                                             absolute, "features with PPS difference above threshold",
                                             [](double score) { return score >= kDifferenceMax; }));
  result.conditions.push_back(ScoreCondition("Train features' Predictive Power Score is less than 0.7", train,
                                             "features in train dataset with PPS above threshold",
                                             [](double score) { return score >= kTrainMax; }));
  if (is_worth_showing) Show(result, "The largest changes", ChangeTable(train, test, differences));
}

}  // namespace

const Check kFeatureLabelCorrelationCheck = {"FeatureLabelCorrelation",
                                             "Feature Label Correlation",
                                             "How well each feature alone foretells the label.",
                                             {.label = true},
                                             FeatureCorrelation};
const Check kIdentifierLabelCorrelationCheck = {"IdentifierLabelCorrelation",
                                                "Identifier Label Correlation",
                                                "Whether index and date foretell the label: they should not.",
                                                {.label = true, .identifier = true},
                                                IdentifierCorrelation};
const Check kFeatureLabelCorrelationChangeCheck = {"FeatureLabelCorrelationChange",
                                                   "Feature Label Correlation Change",
                                                   "Features that foretell the label in one of the tables only.",
                                                   {.label = true},
                                                   CorrelationChange};

}  // namespace slipway::stats
