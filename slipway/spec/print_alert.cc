#include "slipway/domain/alert_names.h"
#include "slipway/spec/print.h"
#include "slipway/spec/print_parts.h"

namespace slipway::spec {
namespace {

using domain::AlertCondition;
using domain::AlertKind;
using domain::AlertRule;
using nlohmann::json;

std::string Iso(int64_t seconds) {
  return FormatIsoDuration(std::chrono::seconds(seconds));
}

json ThresholdToJson(const AlertCondition& condition) {
  return {{"time_aggregation", condition.time_aggregation},
          {"operator", domain::CompareOperatorName(condition.compare)},
          {"threshold", condition.threshold}};
}

void PutDimensions(json& into, const AlertCondition& condition) {
  for (const auto& dimension : condition.dimensions)
    into["dimensions"].push_back({{"name", dimension.name},
                                  {"operator", dimension.is_excluding ? "Exclude" : "Include"},
                                  {"values", dimension.values}});
}

void PutLogCondition(json& into, const AlertRule& rule) {
  const AlertCondition& condition = rule.conditions.at(0);
  into.update(ThresholdToJson(condition));
  into["query"] = condition.query;
  PutText(into, "metric_measure_column", condition.metric_measure_column);
  PutText(into, "resource_id_column", condition.resource_id_column);
  PutDimensions(into, condition);
  if (rule.evaluation_periods > 1)
    into["failing_periods"] = {{"number_of_evaluation_periods", rule.evaluation_periods},
                               {"min_failing_periods_to_alert", rule.failing_periods}};
  if (rule.query_range_seconds > 0) into["override_query_time_range"] = Iso(rule.query_range_seconds);
  if (rule.skips_query_validation) into["skip_query_validation"] = true;
  if (!rule.target_resource_types.empty()) into["target_resource_types"] = rule.target_resource_types;
  if (!rule.action_properties.empty()) PutMap(into, "action_properties", rule.action_properties);
}

void PutMetricConditions(json& into, const AlertRule& rule) {
  into["resource"] = rule.resource;
  for (const AlertCondition& condition : rule.conditions) {
    json printed = ThresholdToJson(condition);
    printed["metric"] = condition.metric_name;
    if (condition.name != condition.metric_name) printed["name"] = condition.name;
    PutText(printed, "metric_namespace", condition.metric_namespace);
    PutDimensions(printed, condition);
    if (condition.skips_metric_validation) printed["skip_metric_validation"] = true;
    into["conditions"].push_back(std::move(printed));
  }
}

void PutActions(json& into, const AlertRule& rule) {
  if (rule.mute_seconds > 0) into["mute_actions_duration"] = Iso(rule.mute_seconds);
  if (rule.create_job) into["create_job"] = ToJson(*rule.create_job);
  if (!rule.action_groups.empty()) into["action_groups"] = rule.action_groups;
  PutMap(into, "custom_properties", rule.custom_properties);
  if (rule.cool_down_seconds > 0) into["cool_down"] = Iso(rule.cool_down_seconds);
  if (rule.budget.runs > 0) into["budget"] = {{"runs", rule.budget.runs}, {"per", Iso(rule.budget.seconds)}};
}

json DeliveryToJson(const domain::AlertDelivery& delivery) {
  static constexpr const char* kStates[] = {"Pending", "Done", "Failed"};
  json printed = {{"receiver", delivery.receiver},
                  {"kind", delivery.kind},
                  {"condition", delivery.is_resolution ? "Resolved" : "Fired"},
                  {"state", kStates[static_cast<size_t>(delivery.state)]},
                  {"attempts", delivery.attempts}};
  PutText(printed, "action_group", delivery.group);
  PutText(printed, "result", delivery.result);
  return printed;
}

// The list of the receiver's kind, and the receiver as an item of it.
struct ReceiverPrinter {
  json& into;
  const std::string& name;

  void operator()(const domain::WebhookReceiver& hook) const {
    into["webhooks"].push_back(
        {{"name", name}, {"uri", hook.uri}, {"use_common_alert_schema", hook.uses_common_schema}});
  }
  void operator()(const domain::EmailReceiver& mail) const {
    into["emails"].push_back({{"name", name}, {"address", mail.address}});
  }
  void operator()(const domain::CommandReceiver& command) const {
    into["commands"].push_back({{"name", name}, {"command", command.command}, {"timeout", command.timeout_seconds}});
  }
  void operator()(const domain::JobReceiver& receiver) const {
    into["jobs"].push_back({{"name", name}, {"create_job", ToJson(receiver.job)}});
  }
  void operator()(const domain::WorkflowReceiver& receiver) const {
    into["workflows"].push_back({{"name", name}, {"workflow", receiver.workflow}, {"inputs", receiver.inputs}});
  }
};

}  // namespace

json ToJson(const AlertRule& rule) {
  json result = {{"name", rule.name},
                 {"type", rule.kind == AlertKind::kMetric ? "metric" : "log"},
                 {"severity", rule.severity},
                 {"is_enabled", rule.is_enabled},
                 {"evaluation_frequency", Iso(rule.evaluation_frequency_seconds)},
                 {"window_size", Iso(rule.window_size_seconds)},
                 {"auto_mitigate", rule.auto_mitigate},
                 {"is_fired", rule.is_fired}};
  PutText(result, "display_name", rule.display_name);
  PutText(result, "description", rule.description);
  PutMap(result, "tags", rule.tags);
  if (rule.kind == AlertKind::kMetric)
    PutMetricConditions(result, rule);
  else
    PutLogCondition(result, rule);
  if (rule.resolve_seconds > 0) result["time_to_resolve"] = Iso(rule.resolve_seconds);
  PutActions(result, rule);
  if (rule.last_evaluated_at) result["last_evaluated_at"] = FormatTimestamp(*rule.last_evaluated_at);
  PutText(result, "last_error", rule.last_error);
  return result;
}

json ToJson(const domain::AlertEvent& event) {
  json result = {{"id", event.id},       {"rule", event.rule},           {"fired_at", FormatTimestamp(event.fired_at)},
                 {"value", event.value}, {"threshold", event.threshold}, {"deliveries", json::array()}};
  PutMap(result, "dimensions", event.dimensions);
  if (event.resolved_at) result["resolved_at"] = FormatTimestamp(*event.resolved_at);
  if (event.good_since) result["good_since"] = FormatTimestamp(*event.good_since);
  for (const auto& value : event.further_values) result["further_values"].push_back(value ? json(*value) : json());
  PutText(result, "job", event.job);
  PutText(result, "error", event.error);
  for (const auto& delivery : event.deliveries) result["deliveries"].push_back(DeliveryToJson(delivery));
  return result;
}

json ToJson(const domain::ActionGroup& group) {
  json result = {{"name", group.name}, {"short_name", group.short_name}, {"is_enabled", group.is_enabled}};
  PutMap(result, "tags", group.tags);
  for (const auto& receiver : group.receivers) std::visit(ReceiverPrinter{result, receiver.name}, receiver.target);
  return result;
}

}  // namespace slipway::spec
