#include "slipway/monitor/measure.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"

namespace slipway::monitor {
namespace {

using domain::AlertCondition;
using domain::AlertDimension;
using domain::AlertRule;
using domain::CompareOperator;
using logstore::QueryResult;

bool IsOfLog(const AlertCondition& condition) {
  return condition.metric_name.empty();
}

bool IsNumeric(const std::string& type) {
  return type == "long" || type == "int" || type == "real" || type == "decimal";
}

// `purpose` is for the complaint: "to measure".
Result<size_t> ColumnNamed(const QueryResult& result, const std::string& wanted, std::string_view purpose) {
  std::vector<std::string> names;
  for (size_t i = 0; i < result.columns.size(); ++i) {
    names.push_back(result.columns[i].name);
    if (result.columns[i].name == wanted) return i;
  }
  return InvalidArgument(
      fmt::format("the query's result has no column '{}' {}{}", wanted, purpose, DidYouMean(wanted, names)));
}

Result<size_t> MeasureColumn(const AlertCondition& condition, const QueryResult& result) {
  SLIPWAY_ASSIGN_OR_RETURN(const size_t column, ColumnNamed(result, condition.metric_measure_column, "to measure"));
  if (IsNumeric(result.columns[column].type)) return column;
  return InvalidArgument(
      fmt::format("the measure column '{}' is of type {}: it must be of numbers (long, int, real or decimal)",
                  condition.metric_measure_column, result.columns[column].type));
}

// A cell is the JSON of a number, of a number as text (decimal, NaN), or null.
std::optional<double> NumberOf(const std::string& cell) {
  const auto value = nlohmann::json::parse(cell, nullptr, /*allow_exceptions=*/false);
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return ParseDouble(value.get_ref<const std::string&>());
  return std::nullopt;
}

std::string TextOf(const std::string& cell) {
  const auto value = nlohmann::json::parse(cell, nullptr, /*allow_exceptions=*/false);
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() || value.is_discarded() ? "" : value.dump();
}

std::vector<AlertDimension> SplitsOf(const AlertCondition& condition) {
  std::vector<AlertDimension> splits = condition.dimensions;
  if (!condition.resource_id_column.empty()) splits.push_back({condition.resource_id_column, false, {"*"}});
  return splits;
}

bool Takes(const AlertDimension& dimension, const std::string& value) {
  const bool is_named = std::any_of(dimension.values.begin(), dimension.values.end(),
                                    [&](const std::string& named) { return named == "*" || named == value; });
  return is_named != dimension.is_excluding;
}

// The rows of one combination.
struct Group {
  size_t rows = 0;
  std::vector<double> numbers;
};

std::optional<double> Aggregate(const AlertCondition& condition, const Group& group) {
  const std::string& aggregation = condition.time_aggregation;
  const auto& numbers = group.numbers;
  if (aggregation == "Count")
    return static_cast<double>(condition.metric_measure_column.empty() ? group.rows : numbers.size());
  if (numbers.empty()) return std::nullopt;
  if (aggregation == "Minimum") return *std::min_element(numbers.begin(), numbers.end());
  if (aggregation == "Maximum") return *std::max_element(numbers.begin(), numbers.end());
  double total = 0;
  for (const double number : numbers) total += number;
  return aggregation == "Average" ? total / static_cast<double>(numbers.size()) : total;
}

// Splits rows by the dimensions' columns.
class Splitter {
 public:
  static Result<Splitter> Of(const AlertCondition& condition, const QueryResult& result) {
    Splitter splitter;
    for (AlertDimension& dimension : SplitsOf(condition)) {
      SLIPWAY_ASSIGN_OR_RETURN(const size_t column, ColumnNamed(result, dimension.name, "to split by"));
      splitter.columns_.emplace_back(column, std::move(dimension));
    }
    return splitter;
  }

  // Nullopt for a row whose values the dimensions leave out.
  std::optional<Combination> Of(const std::vector<std::string>& row) const {
    Combination combination;
    for (const auto& [column, dimension] : columns_) {
      std::string value = TextOf(row[column]);
      if (!Takes(dimension, value)) return std::nullopt;
      combination[dimension.name] = std::move(value);
    }
    return combination;
  }

 private:
  std::vector<std::pair<size_t, AlertDimension>> columns_;
};

// A KQL string literal: whatever the text holds.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' || c == '\r' ? ' ' : c;
  }
  return quoted + "\"";
}

std::string MetricAggregate(std::string_view aggregation) {
  if (aggregation == "Average") return "sum(Total) / sum(Count)";
  if (aggregation == "Minimum") return "min(Minimum)";
  if (aggregation == "Maximum") return "max(Maximum)";
  return aggregation == "Count" ? "sum(Count)" : "sum(Total)";
}

// What of a combination the condition splits by; the others of its rule may split by more.
Combination PartOf(const Combination& combination, const AlertCondition& condition) {
  Combination part;
  for (const AlertDimension& split : SplitsOf(condition))
    if (const auto found = combination.find(split.name); found != combination.end()) part.insert(*found);
  return part;
}

std::optional<double> ValueIn(const AlertCondition& condition, const Measured& measured,
                              const Combination& combination) {
  const auto found = measured.find(PartOf(combination, condition));
  if (found != measured.end()) return found->second;
  return condition.time_aggregation == "Count" && IsOfLog(condition) ? std::optional(0.0) : std::nullopt;
}

// The one combination of a rule whose every dimension includes one value.
Combination FixedCombination(const AlertRule& rule) {
  Combination combination;
  for (const AlertCondition& condition : rule.conditions)
    for (const AlertDimension& dimension : condition.dimensions)
      combination[dimension.name] = dimension.values.empty() ? "" : dimension.values[0];
  return combination;
}

std::set<Combination> CombinationsOf(const AlertRule& rule, const std::vector<std::vector<Measured>>& windows) {
  std::set<Combination> combinations;
  if (rule.conditions.size() > 1) return {FixedCombination(rule)};
  for (const Measured& measured : windows.at(0))
    for (const auto& [combination, value] : measured) combinations.insert(combination);
  return combinations;
}

bool SplitsBySameNames(const AlertRule& rule, const Combination& combination) {
  std::set<std::string> wanted, named;
  for (const AlertCondition& condition : rule.conditions)
    for (const AlertDimension& split : SplitsOf(condition)) wanted.insert(split.name);
  for (const auto& [name, value] : combination) named.insert(name);
  return wanted == named;
}

bool IsBad(const AlertRule& rule, const std::vector<std::vector<Measured>>& windows, size_t window,
           const Combination& combination) {
  for (size_t c = 0; c < rule.conditions.size(); ++c)
    if (!IsBreached(rule.conditions[c], ValueIn(rule.conditions[c], windows[c][window], combination))) return false;
  return true;
}

Verdict VerdictOn(const AlertRule& rule, const std::vector<std::vector<Measured>>& windows,
                  const Combination& combination) {
  Verdict verdict;
  int bad = 0;
  for (size_t window = 0; window < windows.at(0).size(); ++window) bad += IsBad(rule, windows, window, combination);
  verdict.is_breached = bad >= rule.failing_periods;
  for (size_t c = 0; c < rule.conditions.size(); ++c)
    verdict.values.push_back(ValueIn(rule.conditions[c], windows[c].at(0), combination));
  return verdict;
}

}  // namespace

Result<Measured> Measure(const AlertCondition& condition, const QueryResult& result) {
  SLIPWAY_ASSIGN_OR_RETURN(const Splitter splitter, Splitter::Of(condition, result));
  std::optional<size_t> column;
  if (!condition.metric_measure_column.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(column, MeasureColumn(condition, result));
  }
  std::map<Combination, Group> groups;
  if (SplitsOf(condition).empty()) groups[{}];
  for (const auto& row : result.rows) {
    const auto combination = splitter.Of(row);
    if (!combination) continue;
    Group& group = groups[*combination];
    ++group.rows;
    if (!column) continue;
    if (const auto number = NumberOf(row[*column]); number && !std::isnan(*number)) group.numbers.push_back(*number);
  }
  Measured measured;
  for (const auto& [combination, group] : groups) measured[combination] = Aggregate(condition, group);
  return measured;
}

bool IsBreached(const AlertCondition& condition, std::optional<double> value) {
  if (!value) return false;
  switch (condition.compare) {
    case CompareOperator::kGreaterThan:
      return *value > condition.threshold;
    case CompareOperator::kGreaterThanOrEqual:
      return *value >= condition.threshold;
    case CompareOperator::kLessThan:
      return *value < condition.threshold;
    case CompareOperator::kLessThanOrEqual:
      return *value <= condition.threshold;
    case CompareOperator::kEqual:
      return *value == condition.threshold;
  }
  return false;
}

std::string MetricQuery(const AlertCondition& condition, const std::string& resource) {
  std::string by;
  for (const AlertDimension& dimension : condition.dimensions) {
    const std::string name = Quoted(dimension.name);
    by += fmt::format("{} [{}] = tostring(Dimensions[{}])", by.empty() ? " by" : ",", name, name);
  }
  // Without rows there is no row at all, so that "no data" stays what it is.
  return fmt::format(
      "AzureMetrics | where ResourceId =~ {} and MetricName =~ {} | summarize Value = todouble({}), Samples = count(){}"
      " | where Samples > 0 | project-away Samples",
      Quoted(resource), Quoted(condition.metric_name), MetricAggregate(condition.time_aggregation), by);
}

std::map<Combination, Verdict> Judge(const AlertRule& rule, const std::vector<std::vector<Measured>>& windows,
                                     const std::vector<Combination>& open) {
  std::set<Combination> combinations = CombinationsOf(rule, windows);
  combinations.insert(open.begin(), open.end());
  std::map<Combination, Verdict> verdicts;
  for (const Combination& combination : combinations)
    verdicts[combination] = SplitsBySameNames(rule, combination)
                                ? VerdictOn(rule, windows, combination)
                                : Verdict{false, std::vector<std::optional<double>>(rule.conditions.size())};
  return verdicts;
}

}  // namespace slipway::monitor
