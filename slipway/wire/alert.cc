#include "slipway/wire/alert.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/wire/job.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {
namespace {

using nlohmann::json;

constexpr std::string_view kOperators[] = {"GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual",
                                           "Equals"};
constexpr std::string_view kAggregations[] = {"Count", "Average", "Minimum", "Maximum", "Total"};

std::string SecondsToArm(int64_t seconds) {
  return MillisecondsToArm(seconds * 1000);
}

int64_t ReadDurationSeconds(const JsonView& view, std::string_view key, int64_t otherwise) {
  return ReadMilliseconds(view, key, otherwise * 1000) / 1000;
}

json ConditionToArm(const domain::AlertRule& rule) {
  json condition = {{"query", rule.query},
                    {"timeAggregation", rule.time_aggregation},
                    {"operator", kOperators[static_cast<size_t>(rule.compare)]},
                    {"threshold", rule.threshold},
                    {"failingPeriods", {{"numberOfEvaluationPeriods", 1}, {"minFailingPeriodsToAlert", 1}}}};
  PutText(condition, "metricMeasureColumn", rule.metric_measure_column);
  return condition;
}

void ReadCondition(const JsonView& condition, domain::AlertRule& rule) {
  rule.query = condition.RequireText("query");
  rule.metric_measure_column = condition.Text("metricMeasureColumn");
  const std::string aggregation = condition.Text("timeAggregation", "Count");
  bool is_known = false;
  for (std::string_view known : kAggregations)
    if (EqualsIgnoreCase(known, aggregation)) {
      rule.time_aggregation = known;
      is_known = true;
    }
  if (!is_known)
    condition.Complain(
        fmt::format("timeAggregation '{}' is not one of Count, Average, Minimum, Maximum, Total", aggregation));
  const std::string compare = condition.RequireText("operator");
  is_known = compare.empty();
  for (size_t i = 0; i < std::size(kOperators); ++i)
    if (EqualsIgnoreCase(kOperators[i], compare) || (EqualsIgnoreCase(compare, "Equal") && kOperators[i] == "Equals")) {
      rule.compare = static_cast<domain::CompareOperator>(i);
      is_known = true;
    }
  if (!is_known) condition.Complain(fmt::format("operator '{}' is not known", compare));
  if (condition.Require("threshold")) rule.threshold = condition.Number("threshold").value_or(0);
  if (const auto dimensions = condition.Find("dimensions"); dimensions && !dimensions->value().empty())
    dimensions->Complain("dimensions are not supported yet", Code::kUnimplemented);
}

void ReadCriteria(const JsonView& properties, domain::AlertRule& rule) {
  const auto criteria = properties.Require("criteria");
  const auto all = criteria ? criteria->Require("allOf") : std::nullopt;
  if (!all) return;
  if (!all->value().is_array() || all->value().empty()) return all->Complain("must be a list with a condition");
  if (all->value().size() > 1)
    return all->Complain("more than one condition is not supported yet", Code::kUnimplemented);
  ReadCondition(all->At("0", all->value()[0]), rule);
}

}  // namespace

json AlertRuleToArm(const domain::Scope& scope, const domain::AlertRule& rule) {
  json own = {{"isFired", rule.is_fired}};
  if (rule.create_job) {
    own["createJob"] = JobSpecToArm(*rule.create_job);
    PutText(own, "jobName", rule.create_job->name);
  }
  PutTime(own, "lastEvaluatedAt", rule.last_evaluated_at);
  PutText(own, "lastError", rule.last_error);
  json properties = {{"severity", rule.severity},
                     {"enabled", rule.is_enabled},
                     {"scopes", {scope.ArmId()}},
                     {"evaluationFrequency", SecondsToArm(rule.evaluation_frequency_seconds)},
                     {"windowSize", SecondsToArm(rule.window_size_seconds)},
                     {"criteria", {{"allOf", json::array({ConditionToArm(rule)})}}},
                     {"autoMitigate", rule.auto_mitigate},
                     {"slipway", std::move(own)}};
  PutText(properties, "displayName", rule.display_name);
  PutText(properties, "description", rule.description);
  if (rule.mute_seconds > 0) properties["muteActionsDuration"] = SecondsToArm(rule.mute_seconds);
  return {{"id", fmt::format("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Insights/scheduledQueryRules/{}",
                             scope.subscription, scope.resource_group, rule.name)},
          {"name", rule.name},
          {"type", "Microsoft.Insights/scheduledQueryRules"},
          {"location", "local"},
          {"kind", "LogAlert"},
          {"tags", rule.tags},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(rule.context)}};
}

Result<domain::AlertRule> AlertRuleFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::AlertRule rule;
  rule.name = view.Text("name");
  rule.tags = view.TextMap("tags");
  rule.context = ReadSystemData(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    rule.display_name = properties->Text("displayName");
    rule.description = properties->Text("description");
    rule.severity = static_cast<int>(properties->Integer("severity", 3));
    if (rule.severity < 0 || rule.severity > 4) properties->Complain("severity is from 0 to 4");
    rule.is_enabled = properties->Boolean("enabled", true);
    rule.auto_mitigate = properties->Boolean("autoMitigate", true);
    rule.evaluation_frequency_seconds = ReadDurationSeconds(*properties, "evaluationFrequency", 300);
    rule.window_size_seconds = ReadDurationSeconds(*properties, "windowSize", 300);
    rule.mute_seconds = ReadDurationSeconds(*properties, "muteActionsDuration", 0);
    ReadCriteria(*properties, rule);
    if (const auto own = properties->Find("slipway")) {
      rule.is_fired = own->Boolean("isFired", false);
      rule.last_error = own->Text("lastError");
      rule.last_evaluated_at = ReadTime(*own, "lastEvaluatedAt");
      if (const auto job = own->Find("createJob")) {
        SLIPWAY_ASSIGN_OR_RETURN(rule.create_job, With(JobSpecFromArm(job->value()), "properties.slipway.createJob"));
        rule.create_job->name = own->Text("jobName");
      }
    }
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return rule;
}

json AlertEventToJson(const domain::AlertEvent& event) {
  json result = {{"id", event.id},        {"rule", event.rule},   {"firedAt", FormatTimestamp(event.fired_at)},
                 {"resolvedAt", nullptr}, {"value", event.value}, {"threshold", event.threshold},
                 {"job", event.job},      {"error", event.error}};
  PutTime(result, "resolvedAt", event.resolved_at);
  return result;
}

Result<domain::AlertEvent> AlertEventFromJson(const json& text) {
  std::vector<Error> errors;
  const JsonView view(text, "", errors);
  domain::AlertEvent event;
  event.id = view.RequireText("id");
  event.rule = view.RequireText("rule");
  event.fired_at = ReadTime(view, "firedAt").value_or(Timestamp{});
  event.resolved_at = ReadTime(view, "resolvedAt");
  event.value = view.Number("value").value_or(0);
  event.threshold = view.Number("threshold").value_or(0);
  event.job = view.Text("job");
  event.error = view.Text("error");
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return event;
}

}  // namespace slipway::wire
