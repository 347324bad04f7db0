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
    for (const AlertDimension& dimension : condition.dimensions) {
      SLIPWAY_ASSIGN_OR_RETURN(const size_t column, ColumnNamed(result, dimension.name, "to split by"));
      splitter.columns_.emplace_back(column, &dimension);
    }
    return splitter;
  }

  // Nullopt for a row whose values the dimensions leave out.
  std::optional<Combination> Of(const std::vector<std::string>& row) const {
    Combination combination;
    for (const auto& [column, dimension] : columns_) {
      std::string value = TextOf(row[column]);
      if (!Takes(*dimension, value)) return std::nullopt;
      combination[dimension->name] = std::move(value);
    }
    return combination;
  }

 private:
  std::vector<std::pair<size_t, const AlertDimension*>> columns_;
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

std::optional<double> ValueIn(const AlertCondition& condition, const Measured& measured,
                              const Combination& combination) {
  const auto found = measured.find(combination);
  if (found != measured.end()) return found->second;
  return condition.time_aggregation == "Count" ? std::optional(0.0) : std::nullopt;
}

bool IsBad(const AlertRule& rule, const std::vector<std::vector<Measured>>& windows, size_t window,
           const Combination& combination) {
  for (size_t c = 0; c < rule.conditions.size(); ++c)
    if (!IsBreached(rule.conditions[c], ValueIn(rule.conditions[c], windows[c][window], combination))) return false;
  return true;
}

}  // namespace

Result<Measured> Measure(const AlertCondition& condition, const QueryResult& result) {
  SLIPWAY_ASSIGN_OR_RETURN(const Splitter splitter, Splitter::Of(condition, result));
  std::optional<size_t> column;
  if (!condition.metric_measure_column.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(column, MeasureColumn(condition, result));
  }
  std::map<Combination, Group> groups;
  if (condition.dimensions.empty()) groups[{}];
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
  // Without rows there is no row at all, so that "no data" stays what it is.
  return fmt::format(
      "AzureMetrics | where ResourceId =~ {} and MetricName =~ {} | summarize Value = todouble({}), Samples = count()"
      " | where Samples > 0 | project Value",
      Quoted(resource), Quoted(condition.metric_name), MetricAggregate(condition.time_aggregation));
}

std::map<Combination, Verdict> Judge(const AlertRule& rule, const std::vector<std::vector<Measured>>& windows,
                                     const std::vector<Combination>& open) {
  std::set<Combination> combinations(open.begin(), open.end());
  for (const auto& of_condition : windows)
    for (const Measured& measured : of_condition)
      for (const auto& [combination, value] : measured) combinations.insert(combination);
  std::map<Combination, Verdict> verdicts;
  for (const Combination& combination : combinations) {
    int bad = 0;
    for (size_t window = 0; window < windows.at(0).size(); ++window) bad += IsBad(rule, windows, window, combination);
    verdicts[combination] = {bad >= rule.failing_periods, ValueIn(rule.conditions[0], windows[0].at(0), combination)};
  }
  return verdicts;
}

}  // namespace slipway::monitor
