#include "slipway/spec/alert.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/time.h"
#include "slipway/domain/alert_names.h"
#include "slipway/spec/create_job.h"
#include "slipway/spec/reader.h"

namespace slipway::spec {
namespace {

using domain::AlertCondition;
using domain::AlertKind;
using domain::AlertRule;

void ReadDuration(ObjectReader& reader, std::string_view key, int64_t& seconds) {
  auto value = reader.Find(key);
  auto text = value ? value->Text() : std::nullopt;
  if (!text) return;
  auto duration = ParseIsoDuration(*text);
  if (!duration) return value->Complain(fmt::format("'{}' is not an ISO 8601 duration such as PT5M", *text));
  seconds = std::chrono::duration_cast<std::chrono::seconds>(*duration).count();
  if (seconds <= 0) value->Complain("must be longer than a second");
}

void ReadThreshold(ObjectReader& reader, AlertCondition& condition) {
  reader.Choice("time_aggregation", {"Count", "Average", "Minimum", "Maximum", "Total"}, condition.time_aggregation);
  const std::vector<std::string> names(std::begin(domain::kCompareOperatorNames),
                                       std::end(domain::kCompareOperatorNames));
  std::string compare = names[static_cast<size_t>(condition.compare)];
  if (reader.Require("operator")) reader.Choice("operator", names, compare);
  condition.compare =
      static_cast<domain::CompareOperator>(std::find(names.begin(), names.end(), compare) - names.begin());
  if (reader.Require("threshold")) reader.Number("threshold", condition.threshold);
}

domain::AlertDimension ReadDimension(const Value& value) {
  ObjectReader reader(value, "a dimension");
  domain::AlertDimension dimension;
  reader.RequireText("name", dimension.name);
  std::string kind = "Include";
  reader.Choice("operator", {"Include", "Exclude"}, kind);
  dimension.is_excluding = kind == "Exclude";
  if (auto values = reader.Require("values")) {
    dimension.values = values->TextList();
    if (dimension.values.empty()) values->Complain("needs a value; \"*\" stands for every one");
  }
  reader.Finish();
  return dimension;
}

void ReadFailingPeriods(ObjectReader& owner, AlertRule& rule) {
  const auto value = owner.Find("failing_periods");
  if (!value) return;
  ObjectReader reader(*value, "'failing_periods'");
  reader.Integer("number_of_evaluation_periods", rule.evaluation_periods, 1, 6);
  reader.Integer("min_failing_periods_to_alert", rule.failing_periods, 1, 6);
  if (rule.failing_periods > rule.evaluation_periods)
    value->Complain("min_failing_periods_to_alert is more than number_of_evaluation_periods");
  reader.Finish();
}

void ReadDimensions(ObjectReader& reader, AlertCondition& condition) {
  if (auto dimensions = reader.Find("dimensions"))
    dimensions->ForEachItem([&](const Value& item) { condition.dimensions.push_back(ReadDimension(item)); });
}

// What only a log rule has: it is one condition, without a list around it.
void ReadLogCondition(ObjectReader& reader, AlertRule& rule) {
  if (auto conditions = reader.Find("conditions"))
    conditions->Complain(
        "belongs to a metric alert; a log alert has one condition, as in Azure Monitor: write 'query', 'operator' and "
        "'threshold' without a list around them");
  AlertCondition& condition = rule.conditions[0];
  reader.RequireText("query", condition.query);
  ReadThreshold(reader, condition);
  reader.Text("metric_measure_column", condition.metric_measure_column);
  if (condition.time_aggregation != "Count" && condition.metric_measure_column.empty())
    reader.value().Complain(
        fmt::format("time_aggregation {} needs the key 'metric_measure_column'", condition.time_aggregation));
  ReadDimensions(reader, condition);
  reader.Text("resource_id_column", condition.resource_id_column);
  ReadFailingPeriods(reader, rule);
  ReadDuration(reader, "override_query_time_range", rule.query_range_seconds);
  reader.Boolean("skip_query_validation", rule.skips_query_validation);
  if (auto types = reader.Find("target_resource_types")) rule.target_resource_types = types->TextList();
  if (auto properties = reader.Find("action_properties")) {
    rule.action_properties = properties->TextMap();
    for (const auto& [key, value] : rule.action_properties)
      if (key != domain::kMailSubjectProperty)
        properties->Complain(
            fmt::format("the action property '{}' is not supported: {} is", key, domain::kMailSubjectProperty),
            Code::kUnimplemented);
  }
}

AlertCondition ReadMetricCondition(const Value& value) {
  ObjectReader reader(value, "a condition of a metric alert");
  AlertCondition condition;
  condition.time_aggregation = "Average";
  reader.RequireText("metric", condition.metric_name);
  condition.name = condition.metric_name;
  reader.Text("name", condition.name);
  reader.Text("metric_namespace", condition.metric_namespace);
  ReadThreshold(reader, condition);
  ReadDimensions(reader, condition);
  reader.Boolean("skip_metric_validation", condition.skips_metric_validation);
  reader.Finish();
  return condition;
}

void ReadMetricConditions(ObjectReader& reader, AlertDocument& document) {
  document.rule.conditions.clear();
  if (auto conditions = reader.Require("conditions")) {
    conditions->ForEachItem([&](const Value& item) { document.rule.conditions.push_back(ReadMetricCondition(item)); });
    if (document.rule.conditions.empty()) conditions->Complain("needs a condition");
  }
  reader.Text("resource", document.rule.resource);
  reader.Text("endpoint_name", document.endpoint_name);
  reader.Text("deployment_name", document.deployment_name);
  if (document.rule.resource.empty() && document.endpoint_name.empty())
    reader.value().Complain("a metric alert needs the key 'endpoint_name' (and 'deployment_name'), or 'resource'");
}

void ReadBudget(ObjectReader& owner, domain::AlertBudget& budget) {
  const auto value = owner.Find("budget");
  if (!value) return;
  ObjectReader reader(*value, "a budget");
  if (reader.Require("runs")) reader.Integer("runs", budget.runs, 1, 1'000'000);
  ReadDuration(reader, "per", budget.seconds);
  reader.Finish();
}

void ReadActions(ObjectReader& reader, AlertDocument& document) {
  AlertRule& rule = document.rule;
  if (auto job = reader.Find("create_job")) rule.create_job = ReadActionJob(*job, document.anonymous);
  if (auto groups = reader.Find("action_groups")) rule.action_groups = groups->TextList();
  reader.TextMap("custom_properties", rule.custom_properties);
  ReadDuration(reader, "mute_actions_duration", rule.mute_seconds);
  ReadDuration(reader, "cool_down", rule.cool_down_seconds);
  ReadBudget(reader, rule.budget);
}

void ReadName(ObjectReader& reader, std::string& into) {
  auto name = reader.Require("name");
  if (!name) return;
  reader.Text("name", into);
  if (auto good = domain::CheckName(domain::NameKind::kSchedule, into); !good) name->Complain(good.error().message());
}

// Visits the items of a list of objects under `key`, each with a name.
void ForEachReceiver(ObjectReader& owner, std::string_view key, domain::ActionGroup& group,
                     const std::function<void(ObjectReader&, domain::AlertReceiver&)>& read) {
  const auto list = owner.Find(key);
  if (!list) return;
  list->ForEachItem([&](const Value& item) {
    ObjectReader reader(item, fmt::format("an item of '{}'", key));
    domain::AlertReceiver receiver;
    reader.RequireText("name", receiver.name);
    read(reader, receiver);
    reader.Finish();
    const bool is_taken = std::any_of(group.receivers.begin(), group.receivers.end(),
                                      [&](const auto& known) { return known.name == receiver.name; });
    if (is_taken) item.Complain(fmt::format("two receivers have the name '{}'", receiver.name));
    group.receivers.push_back(std::move(receiver));
  });
}

void ReadReceivers(ObjectReader& reader, ActionGroupDocument& document) {
  domain::ActionGroup& group = document.group;
  ForEachReceiver(reader, "webhooks", group, [](ObjectReader& item, domain::AlertReceiver& receiver) {
    domain::WebhookReceiver hook;
    item.RequireText("uri", hook.uri);
    item.Text("secret", hook.secret);
    item.Boolean("use_common_alert_schema", hook.uses_common_schema);
    receiver.target = std::move(hook);
  });
  ForEachReceiver(reader, "emails", group, [](ObjectReader& item, domain::AlertReceiver& receiver) {
    domain::EmailReceiver mail;
    item.RequireText("address", mail.address);
    receiver.target = std::move(mail);
  });
  ForEachReceiver(reader, "commands", group, [](ObjectReader& item, domain::AlertReceiver& receiver) {
    domain::CommandReceiver command;
    item.RequireText("command", command.command);
    item.Integer("timeout", command.timeout_seconds, 1, 3600);
    receiver.target = std::move(command);
  });
  ForEachReceiver(reader, "jobs", group, [&](ObjectReader& item, domain::AlertReceiver& receiver) {
    domain::JobReceiver job;
    if (auto create = item.Require("create_job")) job.job = ReadActionJob(*create, document.anonymous);
    receiver.target = std::move(job);
  });
  ForEachReceiver(reader, "workflows", group, [](ObjectReader& item, domain::AlertReceiver& receiver) {
    domain::WorkflowReceiver workflow;
    item.RequireText("workflow", workflow.workflow);
    item.TextMap("inputs", workflow.inputs);
    receiver.target = std::move(workflow);
  });
}

}  // namespace

Result<AlertDocument> ReadAlertRule(const Document& document) {
  Complaints complaints;
  AlertDocument result;
  AlertRule& rule = result.rule;
  ObjectReader reader(Value(document.root, "", complaints), "an alert rule");
  std::string type = "log";
  reader.Choice("type", {"log", "metric"}, type);
  rule.kind = type == "metric" ? AlertKind::kMetric : AlertKind::kLog;
  ReadName(reader, rule.name);
  reader.Text("display_name", rule.display_name);
  reader.Text("description", rule.description);
  reader.TextMap("tags", rule.tags);
  reader.Integer("severity", rule.severity, 0, 4);
  reader.Boolean("is_enabled", rule.is_enabled);
  reader.Boolean("auto_mitigate", rule.auto_mitigate);
  ReadDuration(reader, "time_to_resolve", rule.resolve_seconds);
  ReadDuration(reader, "evaluation_frequency", rule.evaluation_frequency_seconds);
  ReadDuration(reader, "window_size", rule.window_size_seconds);
  if (rule.kind == AlertKind::kMetric)
    ReadMetricConditions(reader, result);
  else
    ReadLogCondition(reader, rule);
  ReadActions(reader, result);
  reader.Ignore({"id", "creation_context", "last_evaluated_at", "is_fired", "last_error", "resourceGroup"});
  reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  return result;
}

Result<ActionGroupDocument> ReadActionGroup(const Document& document) {
  Complaints complaints;
  ActionGroupDocument result;
  ObjectReader reader(Value(document.root, "", complaints), "an action group");
  ReadName(reader, result.group.name);
  result.group.short_name = result.group.name.substr(0, 12);
  reader.Text("short_name", result.group.short_name);
  reader.Boolean("is_enabled", result.group.is_enabled);
  reader.TextMap("tags", result.group.tags);
  ReadReceivers(reader, result);
  reader.Ignore({"id", "creation_context", "resourceGroup"});
  reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  return result;
}

}  // namespace slipway::spec
