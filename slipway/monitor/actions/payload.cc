#include "slipway/monitor/actions/payload.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/domain/alert_names.h"

namespace slipway::monitor {
namespace {

using domain::AlertCondition;
using domain::AlertKind;
using domain::AlertRule;
using nlohmann::json;

std::string_view OperatorName(const AlertCondition& condition) {
  return domain::CompareOperatorName(condition.compare);
}

// A GUID that stays the same for an event.
std::string GuidOf(const Notice& notice) {
  const std::string hex = Sha256Hex(notice.scope.ArmId() + "|" + notice.event.id);
  return fmt::format("{}-{}-4{}-8{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3),
                     hex.substr(20, 12));
}

std::string RuleId(const Notice& notice) {
  return fmt::format("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Insights/{}/{}",
                     notice.scope.subscription, notice.scope.resource_group,
                     notice.rule.kind == AlertKind::kMetric ? "metricAlerts" : "scheduledQueryRules", notice.rule.name);
}

std::string TargetId(const Notice& notice) {
  const std::string& column = notice.rule.conditions.at(0).resource_id_column;
  if (const auto target = notice.event.dimensions.find(column); target != notice.event.dimensions.end())
    return target->second;
  return notice.rule.kind == AlertKind::kMetric ? notice.rule.resource : notice.scope.ArmId();
}

json Dimensions(const Notice& notice) {
  json dimensions = json::array();
  for (const auto& [name, value] : notice.event.dimensions) dimensions.push_back({{"name", name}, {"value", value}});
  return dimensions;
}

// What of them a condition splits by.
json DimensionsOf(const Notice& notice, const AlertCondition& condition) {
  json dimensions = json::array();
  for (const domain::AlertDimension& dimension : condition.dimensions)
    if (const auto value = notice.event.dimensions.find(dimension.name); value != notice.event.dimensions.end())
      dimensions.push_back({{"name", value->first}, {"value", value->second}});
  return dimensions;
}

// As the text of a list in Azure's payload: "['a', 'b']".
std::string TargetTypes(const AlertRule& rule) {
  if (rule.target_resource_types.empty()) return "['Microsoft.OperationalInsights/workspaces']";
  return fmt::format("['{}']", Join(rule.target_resource_types, "', '"));
}

Timestamp WindowEnd(const Notice& notice) {
  return notice.is_resolution ? notice.event.resolved_at.value_or(notice.event.fired_at) : notice.event.fired_at;
}
Timestamp WindowStart(const Notice& notice) {
  return WindowEnd(notice) - std::chrono::seconds(notice.rule.window_size_seconds);
}

json Essentials(const Notice& notice) {
  const std::string guid = GuidOf(notice);
  json essentials = {{"alertId", fmt::format("/subscriptions/{}/providers/Microsoft.AlertsManagement/alerts/{}",
                                             notice.scope.subscription, guid)},
                     {"alertRule", notice.rule.name},
                     {"alertRuleId", RuleId(notice)},
                     {"severity", fmt::format("Sev{}", notice.rule.severity)},
                     {"signalType", notice.rule.kind == AlertKind::kMetric ? "Metric" : "Log"},
                     {"monitorCondition", notice.condition()},
                     {"monitoringService", notice.rule.kind == AlertKind::kMetric ? "Platform" : "Log Alerts V2"},
                     {"alertTargetIDs", {TargetId(notice)}},
                     {"configurationItems", {notice.scope.workspace}},
                     {"originAlertId", guid},
                     {"firedDateTime", FormatTimestamp(notice.event.fired_at, 3)},
                     {"description", notice.rule.description},
                     {"essentialsVersion", "1.0"},
                     {"alertContextVersion", "1.0"}};
  if (notice.is_resolution) essentials["resolvedDateTime"] = FormatTimestamp(WindowEnd(notice), 3);
  return essentials;
}

json LogCondition(const Notice& notice) {
  const AlertCondition& condition = notice.rule.conditions.at(0);
  json entry = {{"searchQuery", condition.query},
                {"metricMeasureColumn", nullptr},
                {"targetResourceTypes", TargetTypes(notice.rule)},
                {"operator", OperatorName(condition)},
                {"threshold", fmt::format("{}", notice.event.threshold)},
                {"timeAggregation", condition.time_aggregation},
                {"dimensions", Dimensions(notice)},
                {"metricValue", notice.event.value},
                {"failingPeriods",
                 {{"numberOfEvaluationPeriods", notice.rule.evaluation_periods},
                  {"minFailingPeriodsToAlert", notice.rule.failing_periods}}},
                {"event", nullptr}};
  if (!condition.metric_measure_column.empty()) entry["metricMeasureColumn"] = condition.metric_measure_column;
  return entry;
}

// null where there was nothing to aggregate.
json MetricValue(const domain::AlertEvent& event, size_t condition) {
  if (condition == 0) return event.value;
  if (condition > event.further_values.size() || !event.further_values[condition - 1]) return nullptr;
  return *event.further_values[condition - 1];
}

json MetricConditions(const Notice& notice) {
  json all = json::array();
  for (const AlertCondition& condition : notice.rule.conditions) {
    const size_t index = all.size();
    all.push_back({{"metricName", condition.metric_name},
                   {"metricNamespace", condition.metric_namespace},
                   {"operator", OperatorName(condition)},
                   {"threshold", fmt::format("{}", condition.threshold)},
                   {"timeAggregation", condition.time_aggregation},
                   {"dimensions", DimensionsOf(notice, condition)},
                   {"metricValue", MetricValue(notice.event, index)},
                   {"webTestName", nullptr}});
  }
  return all;
}

json Context(const Notice& notice) {
  const bool is_metric = notice.rule.kind == AlertKind::kMetric;
  return {{"properties", notice.rule.custom_properties},
          {"conditionType", is_metric ? "SingleResourceMultipleMetricCriteria" : "LogQueryCriteria"},
          {"condition",
           {{"windowSize", FormatIsoDuration(std::chrono::seconds(notice.rule.window_size_seconds))},
            {"allOf", is_metric ? MetricConditions(notice) : json::array({LogCondition(notice)})},
            {"windowStartTime", FormatTimestamp(WindowStart(notice), 0)},
            {"windowEndTime", FormatTimestamp(WindowEnd(notice), 0)}}}};
}

}  // namespace

json CommonAlert(const Notice& notice) {
  return {{"schemaId", "azureMonitorCommonAlertSchema"},
          {"data",
           {{"essentials", Essentials(notice)},
            {"alertContext", Context(notice)},
            {"customProperties", notice.rule.custom_properties}}}};
}

json LegacyLogAlert(const Notice& notice) {
  const AlertCondition& condition = notice.rule.conditions.at(0);
  return {{"schemaId", "Microsoft.Insights/LogAlert"},
          {"data",
           {{"SubscriptionId", notice.scope.subscription},
            {"AlertRuleName", notice.rule.name},
            {"SearchQuery", condition.query},
            {"SearchIntervalStartTimeUtc", FormatTimestamp(WindowStart(notice), 0)},
            {"SearchIntervalEndtimeUtc", FormatTimestamp(WindowEnd(notice), 0)},
            {"AlertThresholdOperator", OperatorName(condition)},
            {"AlertThresholdValue", notice.event.threshold},
            {"ResultCount", notice.event.value},
            {"SeverityDescription", fmt::format("Sev{}", notice.rule.severity)},
            {"WorkspaceId", notice.scope.workspace},
            {"SearchIntervalInMinutes", fmt::format("{}", notice.rule.window_size_seconds / 60)},
            {"MonitorCondition", notice.condition()},
            {"Dimensions", Dimensions(notice)}}}};
}

std::string MailSubject(const Notice& notice) {
  const auto own = notice.rule.action_properties.find(domain::kMailSubjectProperty);
  if (own != notice.rule.action_properties.end()) return fmt::format("{}: {}", notice.condition(), own->second);
  return fmt::format("{}: Sev{} {}", notice.condition(), notice.rule.severity, notice.rule.name);
}

std::string MailText(const Notice& notice) {
  const AlertCondition& condition = notice.rule.conditions.at(0);
  std::string text = fmt::format("Alert rule  {}\nWorkspace   {}\nCondition   {}\nFired at    {}\n", notice.rule.name,
                                 notice.scope.workspace, notice.condition(), FormatTimestamp(notice.event.fired_at, 0));
  if (notice.is_resolution) text += fmt::format("Resolved at {}\n", FormatTimestamp(WindowEnd(notice), 0));
  text += fmt::format("Value       {} ({} {})\n", notice.event.value, OperatorName(condition), notice.event.threshold);
  if (!notice.event.dimensions.empty())
    text += fmt::format("For         {}\n", domain::CombinationText(notice.event.dimensions));
  if (!notice.rule.description.empty()) text += fmt::format("\n{}\n", notice.rule.description);
  if (!condition.query.empty()) return text + fmt::format("\nQuery:\n{}\n", condition.query);
  text += fmt::format("\nOf {}:\n", notice.rule.resource);
  for (const AlertCondition& of_metric : notice.rule.conditions)
    text += fmt::format("  {} of {} {} {}\n", of_metric.time_aggregation, of_metric.metric_name,
                        OperatorName(of_metric), of_metric.threshold);
  return text;
}

}  // namespace slipway::monitor
