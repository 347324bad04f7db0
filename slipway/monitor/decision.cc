#include "slipway/monitor/decision.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"

namespace slipway::monitor {
namespace {

using domain::AlertRule;
using domain::CompareOperator;
using logstore::QueryResult;

bool IsNumeric(const std::string& type) {
  return type == "long" || type == "int" || type == "real" || type == "decimal";
}

Result<size_t> MeasureColumn(const AlertRule& rule, const QueryResult& result) {
  std::vector<std::string> names;
  for (size_t i = 0; i < result.columns.size(); ++i) {
    const auto& column = result.columns[i];
    names.push_back(column.name);
    if (column.name != rule.metric_measure_column) continue;
    if (IsNumeric(column.type)) return i;
    return InvalidArgument(
        fmt::format("the measure column '{}' is of type {}: it must be of numbers (long, int, real "
                    "or decimal)",
                    column.name, column.type));
  }
  return InvalidArgument(fmt::format("the query's result has no column '{}' to measure{}", rule.metric_measure_column,
                                     DidYouMean(rule.metric_measure_column, names)));
}

// A cell is the JSON of a number, of a number as text (decimal, NaN), or null.
std::optional<double> NumberOf(const std::string& cell) {
  const auto value = nlohmann::json::parse(cell, nullptr, /*allow_exceptions=*/false);
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return ParseDouble(value.get_ref<const std::string&>());
  return std::nullopt;
}

double Aggregate(const std::string& aggregation, const std::vector<double>& numbers) {
  if (aggregation == "Minimum") return *std::min_element(numbers.begin(), numbers.end());
  if (aggregation == "Maximum") return *std::max_element(numbers.begin(), numbers.end());
  double total = 0;
  for (const double number : numbers) total += number;
  return aggregation == "Average" ? total / static_cast<double>(numbers.size()) : total;
}

}  // namespace

bool IsBreached(const AlertRule& rule, std::optional<double> value) {
  if (!value) return false;
  switch (rule.compare) {
    case CompareOperator::kGreaterThan:
      return *value > rule.threshold;
    case CompareOperator::kGreaterThanOrEqual:
      return *value >= rule.threshold;
    case CompareOperator::kLessThan:
      return *value < rule.threshold;
    case CompareOperator::kLessThanOrEqual:
      return *value <= rule.threshold;
    case CompareOperator::kEqual:
      return *value == rule.threshold;
  }
  return false;
}

Decision Decide(const AlertRule& rule, const AlertState& state, std::optional<double> value, Timestamp now) {
  const bool is_open = rule.auto_mitigate && state.is_fired;
  if (!IsBreached(rule, value)) return is_open ? Decision::kResolve : Decision::kNothing;
  const bool is_muted = state.last_fired_at && now < *state.last_fired_at + std::chrono::seconds(rule.mute_seconds);
  return is_open || is_muted ? Decision::kNothing : Decision::kFire;
}

Result<std::optional<double>> Measure(const AlertRule& rule, const QueryResult& result) {
  const bool counts = rule.time_aggregation == "Count";
  if (counts && rule.metric_measure_column.empty()) return std::optional(static_cast<double>(result.rows.size()));
  SLIPWAY_ASSIGN_OR_RETURN(const size_t column, MeasureColumn(rule, result));
  std::vector<double> numbers;
  for (const auto& row : result.rows) {
    if (const auto number = NumberOf(row[column]); number && !std::isnan(*number)) numbers.push_back(*number);
  }
  if (counts) return std::optional(static_cast<double>(numbers.size()));
  if (numbers.empty()) return std::optional<double>();
  return std::optional(Aggregate(rule.time_aggregation, numbers));
}

}  // namespace slipway::monitor
