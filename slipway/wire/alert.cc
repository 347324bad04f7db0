#include "slipway/wire/alert.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/alert_names.h"
#include "slipway/wire/action_group.h"
#include "slipway/wire/job.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {

using domain::AlertCondition;
using domain::AlertDelivery;
using domain::AlertDimension;
using domain::AlertEvent;
using domain::AlertKind;
using domain::AlertRule;
using domain::Scope;
using nlohmann::json;
namespace {

constexpr std::string_view kDeliveryStates[] = {"Pending", "Done", "Failed"};
constexpr std::string_view kAggregations[] = {"Count", "Average", "Minimum", "Maximum", "Total"};
constexpr const char* kStaticCriterion = "StaticThresholdCriterion";
constexpr const char* kMetricCriteria = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria";

std::string SecondsToArm(int64_t seconds) {
  return MillisecondsToArm(seconds * 1000);
}

int64_t ReadDurationSeconds(const JsonView& view, std::string_view key, int64_t otherwise) {
  return ReadMilliseconds(view, key, otherwise * 1000) / 1000;
}

json DimensionsToArm(const std::vector<AlertDimension>& dimensions) {
  json list = json::array();
  for (const AlertDimension& dimension : dimensions)
    list.push_back({{"name", dimension.name},
                    {"operator", dimension.is_excluding ? "Exclude" : "Include"},
                    {"values", dimension.values}});
  return list;
}

json ConditionToArm(const AlertRule& rule, const AlertCondition& condition) {
  json arm = {{"timeAggregation", condition.time_aggregation},
              {"operator", domain::CompareOperatorName(condition.compare)},
              {"threshold", condition.threshold},
              {"dimensions", DimensionsToArm(condition.dimensions)}};
  if (rule.kind == AlertKind::kMetric) {
    arm["criterionType"] = kStaticCriterion;
    arm["name"] = condition.name;
    arm["metricName"] = condition.metric_name;
    PutText(arm, "metricNamespace", condition.metric_namespace);
    if (condition.skips_metric_validation) arm["skipMetricValidation"] = true;
    return arm;
  }
  arm["query"] = condition.query;
  arm["failingPeriods"] = {{"numberOfEvaluationPeriods", rule.evaluation_periods},
                           {"minFailingPeriodsToAlert", rule.failing_periods}};
  PutText(arm, "metricMeasureColumn", condition.metric_measure_column);
  PutText(arm, "resourceIdColumn", condition.resource_id_column);
  return arm;
}

void ReadAggregation(const JsonView& view, AlertCondition& condition) {
  const std::string aggregation = view.Text("timeAggregation", condition.time_aggregation);
  for (std::string_view known : kAggregations) {
    if (!EqualsIgnoreCase(known, aggregation)) continue;
    condition.time_aggregation = known;
    return;
  }
  view.Complain(fmt::format("timeAggregation '{}' is not one of Count, Average, Minimum, Maximum, Total", aggregation));
}

void ReadOperator(const JsonView& view, AlertCondition& condition) {
  const std::string compare = view.RequireText("operator");
  bool is_known = compare.empty();
  for (size_t i = 0; i < std::size(domain::kCompareOperatorNames); ++i)
    if (const auto name = domain::kCompareOperatorNames[i];
        EqualsIgnoreCase(name, compare) || (EqualsIgnoreCase(compare, "Equal") && name == "Equals")) {
      condition.compare = static_cast<domain::CompareOperator>(i);
      is_known = true;
    }
  if (!is_known) view.Complain(fmt::format("operator '{}' is not known", compare));
}

void ReadDimension(const JsonView& view, std::vector<AlertDimension>& dimensions) {
  AlertDimension dimension;
  dimension.name = view.RequireText("name");
  const std::string kind = view.Text("operator", "Include");
  if (EqualsIgnoreCase(kind, "StartsWith"))
    view.Complain(
        "the dimension operator StartsWith is not supported: name the values, or leave out others with Exclude",
        Code::kUnimplemented);
  else if (!EqualsIgnoreCase(kind, "Include") && !EqualsIgnoreCase(kind, "Exclude"))
    view.Complain(fmt::format("operator '{}' is not one of Include, Exclude", kind));
  dimension.is_excluding = EqualsIgnoreCase(kind, "Exclude");
  dimension.values = view.TextList("values");
  if (dimension.values.empty()) view.Complain("a dimension needs values; \"*\" stands for every one");
  dimensions.push_back(std::move(dimension));
}

void ReadMetricCriterion(const JsonView& view, AlertCondition& condition) {
  condition.metric_name = view.RequireText("metricName");
  condition.metric_namespace = view.Text("metricNamespace");
  condition.name = view.Text("name", condition.metric_name);
  condition.skips_metric_validation = view.Boolean("skipMetricValidation", false);
  if (const std::string type = view.Text("criterionType", kStaticCriterion); type != kStaticCriterion)
    view.Complain(
        fmt::format("criterionType '{}' is not supported: thresholds are numbers ({})", type, kStaticCriterion),
        Code::kUnimplemented);
}

void ReadLogCondition(const JsonView& view, AlertRule& rule, AlertCondition& condition) {
  condition.query = view.RequireText("query");
  condition.metric_measure_column = view.Text("metricMeasureColumn");
  condition.resource_id_column = view.Text("resourceIdColumn");
  if (view.Has("metricName"))
    view.Complain("metricName belongs to rules of kind LogToMetric, which are not supported", Code::kUnimplemented);
  if (const auto periods = view.Find("failingPeriods"); periods && periods->CheckObject()) {
    rule.evaluation_periods = static_cast<int>(periods->Integer("numberOfEvaluationPeriods", 1));
    rule.failing_periods = static_cast<int>(periods->Integer("minFailingPeriodsToAlert", 1));
  }
}

void ReadCondition(const JsonView& view, AlertRule& rule) {
  AlertCondition condition;
  ReadAggregation(view, condition);
  ReadOperator(view, condition);
  if (view.Require("threshold")) condition.threshold = view.Number("threshold").value_or(0);
  view.ForEachElement("dimensions", [&](const JsonView& element) { ReadDimension(element, condition.dimensions); });
  if (rule.kind == AlertKind::kMetric)
    ReadMetricCriterion(view, condition);
  else
    ReadLogCondition(view, rule, condition);
  rule.conditions.push_back(std::move(condition));
}

void ReadCriteria(const JsonView& properties, AlertRule& rule) {
  const auto criteria = properties.Require("criteria");
  if (!criteria || !criteria->CheckObject()) return;
  const std::string type = criteria->Text("odata.type");
  const bool is_metric = type == kMetricCriteria;
  if (!type.empty() && !is_metric)
    return criteria->Complain(
        fmt::format("odata.type '{}' is not supported: metric alerts are of one resource ({})", type, kMetricCriteria),
        Code::kUnimplemented);
  if (is_metric) rule.kind = AlertKind::kMetric;
  rule.conditions.clear();
  if (!criteria->Require("allOf")) return;
  criteria->ForEachElement("allOf", [&](const JsonView& element) { ReadCondition(element, rule); });
  if (rule.conditions.empty()) criteria->Complain("'allOf' must be a list with a condition");
}

std::string LastSegment(const std::string& id) {
  return id.substr(id.rfind('/') + 1);
}

json ActionsToArm(const Scope& scope, const AlertRule& rule) {
  json ids = json::array();
  for (const std::string& group : rule.action_groups) ids.push_back(ActionGroupId(scope, group));
  if (rule.kind == AlertKind::kLog) {
    json actions = {{"actionGroups", ids}, {"customProperties", rule.custom_properties}};
    if (!rule.action_properties.empty()) PutMap(actions, "actionProperties", rule.action_properties);
    return actions;
  }
  json actions = json::array();
  for (const json& id : ids) actions.push_back({{"actionGroupId", id}, {"webHookProperties", rule.custom_properties}});
  return actions;
}

void ReadActions(const JsonView& properties, AlertRule& rule) {
  const auto actions = properties.Find("actions");
  if (!actions) return;
  if (actions->value().is_array()) {  // metric alerts
    properties.ForEachElement("actions", [&](const JsonView& action) {
      auto handed = action.TextMap("webHookProperties");
      if (!rule.action_groups.empty() && handed != rule.custom_properties)
        action.Complain("all action groups of a rule are handed the same webHookProperties", Code::kUnimplemented);
      rule.action_groups.push_back(LastSegment(action.RequireText("actionGroupId")));
      rule.custom_properties = std::move(handed);
    });
  } else if (actions->CheckObject()) {
    for (const std::string& id : actions->TextList("actionGroups")) rule.action_groups.push_back(LastSegment(id));
    rule.custom_properties = actions->TextMap("customProperties");
    rule.action_properties = actions->TextMap("actionProperties");
    for (const auto& [key, value] : rule.action_properties)
      if (key != domain::kMailSubjectProperty)
        actions->Complain(
            fmt::format("the action property '{}' is not supported: {} is", key, domain::kMailSubjectProperty),
            Code::kUnimplemented);
  }
}

json StartsToArm(const std::vector<domain::AlertStart>& starts) {
  json list = json::array();
  for (const domain::AlertStart& start : starts)
    list.push_back({{"at", FormatTimestamp(start.at)}, {"kind", start.kind}, {"name", start.name}});
  return list;
}

json OwnToArm(const AlertRule& rule) {
  json own = {{"isFired", rule.is_fired}};
  if (rule.create_job) {
    own["createJob"] = JobSpecToArm(*rule.create_job);
    PutText(own, "jobName", rule.create_job->name);
  }
  if (rule.cool_down_seconds > 0) own["coolDown"] = SecondsToArm(rule.cool_down_seconds);
  if (rule.budget.runs > 0) own["budget"] = {{"runs", rule.budget.runs}, {"per", SecondsToArm(rule.budget.seconds)}};
  PutTime(own, "lastEvaluatedAt", rule.last_evaluated_at);
  PutText(own, "lastError", rule.last_error);
  if (!rule.starts.empty()) own["starts"] = StartsToArm(rule.starts);
  return own;
}

Status ReadOwn(const JsonView& own, AlertRule& rule) {
  rule.is_fired = own.Boolean("isFired", false);
  rule.last_error = own.Text("lastError");
  rule.last_evaluated_at = ReadTime(own, "lastEvaluatedAt");
  own.ForEachElement("starts", [&](const JsonView& start) {
    rule.starts.push_back(
        {ReadTime(start, "at").value_or(Timestamp{}), start.RequireText("kind"), start.RequireText("name")});
  });
  rule.cool_down_seconds = ReadDurationSeconds(own, "coolDown", 0);
  if (const auto budget = own.Find("budget"); budget && budget->CheckObject()) {
    rule.budget.runs = static_cast<int>(budget->Integer("runs", 0));
    rule.budget.seconds = ReadDurationSeconds(*budget, "per", rule.budget.seconds);
  }
  if (const auto job = own.Find("createJob")) {
    SLIPWAY_ASSIGN_OR_RETURN(rule.create_job, With(JobSpecFromArm(job->value()), "properties.slipway.createJob"));
    rule.create_job->name = own.Text("jobName");
  }
  return {};
}

// What belongs to one of the two kinds of rules.
void ReadLogOnly(const JsonView& properties, AlertRule& rule) {
  rule.target_resource_types = properties.TextList("targetResourceTypes");
  rule.skips_query_validation = properties.Boolean("skipQueryValidation", false);
  if (properties.Boolean("checkWorkspaceAlertsStorageConfigured", false))
    properties.Complain(
        "checkWorkspaceAlertsStorageConfigured is not supported: rules are kept with the server's metadata",
        Code::kUnimplemented);
  const auto resolving = properties.Find("ruleResolveConfiguration");
  if (!resolving || !resolving->CheckObject()) return;
  rule.resolve_seconds = ReadDurationSeconds(*resolving, "timeToResolve", 0);
  const bool is_resolved = resolving->Boolean("autoResolved", true);
  if (properties.Has("autoMitigate") && is_resolved != rule.auto_mitigate)
    resolving->Complain("autoResolved says something else than autoMitigate");
  rule.auto_mitigate = is_resolved;
}

void ReadMetricOnly(const JsonView& properties, AlertRule& rule) {
  for (const std::string& scope : properties.TextList("scopes")) rule.resource = scope;
  if (std::string type = properties.Text("targetResourceType"); !type.empty())
    rule.target_resource_types = {std::move(type)};
  rule.target_resource_region = properties.Text("targetResourceRegion");
}

void PutLogOnly(json& properties, const AlertRule& rule) {
  if (!rule.target_resource_types.empty()) properties["targetResourceTypes"] = rule.target_resource_types;
  if (rule.skips_query_validation) properties["skipQueryValidation"] = true;
  if (rule.resolve_seconds > 0)
    properties["ruleResolveConfiguration"] = {{"autoResolved", rule.auto_mitigate},
                                              {"timeToResolve", SecondsToArm(rule.resolve_seconds)}};
}

void PutMetricOnly(json& properties, const AlertRule& rule) {
  if (!rule.target_resource_types.empty()) properties["targetResourceType"] = rule.target_resource_types[0];
  PutText(properties, "targetResourceRegion", rule.target_resource_region);
}

// Members beside `properties` that would change what a rule does.
void CheckEnvelope(const JsonView& resource) {
  if (const std::string kind = resource.Text("kind", "LogAlert"); !EqualsIgnoreCase(kind, "LogAlert"))
    resource.Complain(fmt::format("kind '{}' is not supported: log alerts are (LogAlert)", kind), Code::kUnimplemented);
  const auto identity = resource.Find("identity");
  if (identity && identity->CheckObject() && !EqualsIgnoreCase(identity->Text("type", "None"), "None"))
    identity->Complain("an identity is not supported: the server runs the queries itself", Code::kUnimplemented);
}

Status ReadProperties(const JsonView& properties, AlertRule& rule) {
  rule.display_name = properties.Text("displayName");
  rule.description = properties.Text("description");
  rule.severity = static_cast<int>(properties.Integer("severity", 3));
  if (rule.severity < 0 || rule.severity > 4) properties.Complain("severity is from 0 to 4");
  rule.is_enabled = properties.Boolean("enabled", true);
  rule.auto_mitigate = properties.Boolean("autoMitigate", true);
  rule.evaluation_frequency_seconds = ReadDurationSeconds(properties, "evaluationFrequency", 300);
  rule.window_size_seconds = ReadDurationSeconds(properties, "windowSize", 300);
  rule.query_range_seconds = ReadDurationSeconds(properties, "overrideQueryTimeRange", 0);
  rule.mute_seconds = ReadDurationSeconds(properties, "muteActionsDuration", 0);
  ReadCriteria(properties, rule);
  ReadActions(properties, rule);
  if (rule.kind == AlertKind::kMetric)
    ReadMetricOnly(properties, rule);
  else
    ReadLogOnly(properties, rule);
  const auto own = properties.Find("slipway");
  return own && own->CheckObject() ? ReadOwn(*own, rule) : Status();
}

json DeliveryToJson(const AlertDelivery& delivery) {
  json result = {{"group", delivery.group},
                 {"receiver", delivery.receiver},
                 {"kind", delivery.kind},
                 {"isResolution", delivery.is_resolution},
                 {"state", kDeliveryStates[static_cast<size_t>(delivery.state)]},
                 {"attempts", delivery.attempts},
                 {"result", delivery.result}};
  PutTime(result, "nextAttemptAt", delivery.next_attempt_at);
  return result;
}

AlertDelivery ReadDelivery(const JsonView& view) {
  AlertDelivery delivery;
  delivery.group = view.Text("group");
  delivery.receiver = view.RequireText("receiver");
  delivery.kind = view.RequireText("kind");
  delivery.is_resolution = view.Boolean("isResolution", false);
  const std::string state = view.RequireText("state");
  for (size_t i = 0; i < std::size(kDeliveryStates); ++i)
    if (state == kDeliveryStates[i]) delivery.state = static_cast<AlertDelivery::State>(i);
  delivery.attempts = static_cast<int>(view.Integer("attempts", 0));
  delivery.next_attempt_at = ReadTime(view, "nextAttemptAt");
  delivery.result = view.Text("result");
  return delivery;
}

}  // namespace

std::string AlertRuleId(const Scope& scope, AlertKind kind, const std::string& name) {
  return fmt::format("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Insights/{}/{}", scope.subscription,
                     scope.resource_group, kind == AlertKind::kMetric ? "metricAlerts" : "scheduledQueryRules", name);
}

json AlertRuleToArm(const Scope& scope, const AlertRule& rule) {
  const bool is_metric = rule.kind == AlertKind::kMetric;
  json all = json::array();
  for (const AlertCondition& condition : rule.conditions) all.push_back(ConditionToArm(rule, condition));
  json criteria = {{"allOf", std::move(all)}};
  if (is_metric) criteria["odata.type"] = kMetricCriteria;
  json properties = {{"severity", rule.severity},
                     {"enabled", rule.is_enabled},
                     {"scopes", {is_metric ? rule.resource : scope.ArmId()}},
                     {"evaluationFrequency", SecondsToArm(rule.evaluation_frequency_seconds)},
                     {"windowSize", SecondsToArm(rule.window_size_seconds)},
                     {"criteria", std::move(criteria)},
                     {"autoMitigate", rule.auto_mitigate},
                     {"actions", ActionsToArm(scope, rule)},
                     {"slipway", OwnToArm(rule)}};
  PutText(properties, "displayName", rule.display_name);
  PutText(properties, "description", rule.description);
  if (rule.mute_seconds > 0) properties["muteActionsDuration"] = SecondsToArm(rule.mute_seconds);
  if (rule.query_range_seconds > 0) properties["overrideQueryTimeRange"] = SecondsToArm(rule.query_range_seconds);
  if (is_metric)
    PutMetricOnly(properties, rule);
  else
    PutLogOnly(properties, rule);
  json resource = {{"id", AlertRuleId(scope, rule.kind, rule.name)},
                   {"name", rule.name},
                   {"type", is_metric ? "Microsoft.Insights/metricAlerts" : "Microsoft.Insights/scheduledQueryRules"},
                   {"location", is_metric ? "global" : "local"},
                   {"tags", rule.tags},
                   {"properties", std::move(properties)},
                   {"systemData", SystemDataToArm(rule.context)}};
  if (!is_metric) resource["kind"] = "LogAlert";
  return resource;
}

Result<AlertRule> AlertRuleFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  AlertRule rule;
  rule.name = view.Text("name");
  rule.tags = view.TextMap("tags");
  rule.context = ReadSystemData(view);
  CheckEnvelope(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) SLIPWAY_RETURN_IF_ERROR(ReadProperties(*properties, rule));
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return rule;
}

json AlertEventToJson(const AlertEvent& event) {
  json deliveries = json::array();
  for (const AlertDelivery& delivery : event.deliveries) deliveries.push_back(DeliveryToJson(delivery));
  json result = {{"id", event.id},
                 {"rule", event.rule},
                 {"dimensions", event.dimensions},
                 {"firedAt", FormatTimestamp(event.fired_at)},
                 {"resolvedAt", nullptr},
                 {"value", event.value},
                 {"threshold", event.threshold},
                 {"job", event.job},
                 {"error", event.error},
                 {"deliveries", std::move(deliveries)}};
  PutTime(result, "resolvedAt", event.resolved_at);
  PutTime(result, "goodSince", event.good_since);
  for (const auto& value : event.further_values) result["furtherValues"].push_back(value ? json(*value) : json());
  return result;
}

Result<AlertEvent> AlertEventFromJson(const json& text) {
  std::vector<Error> errors;
  const JsonView view(text, "", errors);
  AlertEvent event;
  event.id = view.RequireText("id");
  event.rule = view.RequireText("rule");
  event.dimensions = view.TextMap("dimensions");
  event.fired_at = ReadTime(view, "firedAt").value_or(Timestamp{});
  event.resolved_at = ReadTime(view, "resolvedAt");
  event.good_since = ReadTime(view, "goodSince");
  event.value = view.Number("value").value_or(0);
  if (const auto values = view.Find("furtherValues"); values && values->value().is_array())
    for (const json& value : values->value())
      event.further_values.push_back(value.is_number() ? std::optional(value.get<double>()) : std::nullopt);
  event.threshold = view.Number("threshold").value_or(0);
  event.job = view.Text("job");
  event.error = view.Text("error");
  view.ForEachElement("deliveries",
                      [&](const JsonView& element) { event.deliveries.push_back(ReadDelivery(element)); });
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return event;
}

}  // namespace slipway::wire
