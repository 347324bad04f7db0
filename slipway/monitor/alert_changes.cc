// Changes of rules, action groups and the freeze switch; tests of both.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/monitor/alert_service_impl.h"
#include "slipway/monitor/metric_catalog.h"

namespace slipway::monitor {

using domain::ActionGroup;
using domain::AlertCondition;
using domain::AlertDimension;
using domain::AlertKind;
using domain::AlertReceiver;
using domain::AlertRule;
using domain::Scope;
using domain::Workspace;

namespace {

constexpr size_t kMetricConditionsMax = 5;  // Azure Monitor's

// Names as they are recorded and defaults filled in.
Status CheckMetricCondition(const AlertRule& rule, AlertCondition& condition) {
  if (condition.metric_name.empty()) return InvalidArgument("a condition of a metric alert needs the metric's name");
  if (!condition.skips_metric_validation) {
    SLIPWAY_ASSIGN_OR_RETURN(condition, CheckMetric(rule.resource, std::move(condition)));
  }
  if (condition.name.empty()) condition.name = condition.metric_name;
  return {};
}

// With several conditions Azure Monitor measures one combination, which they have to agree on.
Status CheckSharedDimensions(const AlertRule& rule) {
  std::map<std::string, std::string> wanted;
  for (const AlertCondition& condition : rule.conditions) {
    for (const AlertDimension& dimension : condition.dimensions) {
      if (dimension.is_excluding || dimension.values.size() != 1 || dimension.values[0] == "*")
        return InvalidArgument(fmt::format(
            "the dimension '{}' of the condition '{}': in a metric alert with several conditions each dimension "
            "includes exactly one value, as Azure Monitor has it; make a rule for each condition to split by it",
            dimension.name, condition.name));
      const auto [known, is_new] = wanted.try_emplace(dimension.name, dimension.values[0]);
      if (!is_new && known->second != dimension.values[0])
        return InvalidArgument(fmt::format(
            "two conditions include different values of the dimension '{}': '{}' and '{}'; they have to be the same",
            dimension.name, known->second, dimension.values[0]));
    }
  }
  return {};
}

Status CheckMetricRule(AlertRule& rule) {
  if (rule.resource.empty())
    return InvalidArgument("a metric alert needs the id of the resource that the metric is of");
  if (rule.conditions.size() > kMetricConditionsMax)
    return InvalidArgument(fmt::format("a metric alert has at most {} conditions, as in Azure Monitor, not {}",
                                       kMetricConditionsMax, rule.conditions.size()));
  std::set<std::string> names;
  for (AlertCondition& condition : rule.conditions) {
    SLIPWAY_RETURN_IF_ERROR(CheckMetricCondition(rule, condition));
    if (!names.insert(condition.name).second && rule.conditions.size() > 1)
      return InvalidArgument(
          fmt::format("two conditions have the name '{}': give each a name of its own", condition.name));
  }
  if (!rule.target_resource_types.empty() && !MetricResourceType(rule.resource).empty() &&
      !EqualsIgnoreCase(rule.target_resource_types[0], MetricResourceType(rule.resource)))
    return InvalidArgument(fmt::format("targetResourceType '{}' is not that of the resource, '{}'",
                                       rule.target_resource_types[0], MetricResourceType(rule.resource)));
  return rule.conditions.size() > 1 ? CheckSharedDimensions(rule) : Status();
}

Status CheckLogRule(const AlertRule& rule) {
  if (rule.conditions.size() > 1)
    return InvalidArgument(
        fmt::format("a log alert has one condition, as in Azure Monitor, not {}: let one query look at all of it, or "
                    "make a rule for "
                    "each condition",
                    rule.conditions.size()));
  const AlertCondition& condition = rule.conditions[0];
  if (condition.time_aggregation != "Count" && condition.metric_measure_column.empty())
    return InvalidArgument(
        fmt::format("the aggregation {} needs the name of a measure column", condition.time_aggregation));
  return {};
}

Status CheckRule(AlertRule& rule) {
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kSchedule, rule.name));
  if (rule.evaluation_frequency_seconds < 1)
    return InvalidArgument("the evaluation frequency must be a second or more");
  if (rule.window_size_seconds < 1) return InvalidArgument("the window must be a second or more");
  if (rule.evaluation_periods < 1 || rule.evaluation_periods > 6)
    return InvalidArgument("the number of evaluation periods is from 1 to 6");
  if (rule.failing_periods < 1 || rule.failing_periods > rule.evaluation_periods)
    return InvalidArgument("the failing periods are from 1 to the number of evaluation periods");
  if (rule.conditions.empty()) return InvalidArgument("a rule needs a condition");
  if (rule.resolve_seconds > 0 && !rule.auto_mitigate)
    return InvalidArgument("a time to resolve belongs to a rule that resolves (auto_mitigate)");
  return rule.kind == AlertKind::kMetric ? CheckMetricRule(rule) : CheckLogRule(rule);
}

// Secrets are never shown, so what was read and sent back comes without them.
void KeepSecrets(const ActionGroup& stored, ActionGroup& group) {
  for (AlertReceiver& receiver : group.receivers) {
    auto* hook = std::get_if<domain::WebhookReceiver>(&receiver.target);
    for (const AlertReceiver& known : stored.receivers) {
      const auto* known_hook = std::get_if<domain::WebhookReceiver>(&known.target);
      if (hook && known_hook && hook->secret.empty() && known.name == receiver.name) hook->secret = known_hook->secret;
    }
  }
}

// The receivers of a test are told of this.
Notice SampleNotice(const Scope& scope, const std::string& group, Timestamp now) {
  Notice notice;
  notice.scope = scope;
  notice.rule.name = "test-of-" + group;
  notice.rule.description = "This is a test of the action group '" + group + "'. Nothing happened.";
  notice.rule.conditions[0].query = "print Value = 1";
  notice.event.id = "test";
  notice.event.rule = notice.rule.name;
  notice.event.fired_at = now;
  notice.event.value = 1;
  return notice;
}

}  // namespace

Status AlertService::Impl::CheckGroups(const Scope& scope, const AlertRule& rule) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto groups, dependencies.groups.ListActionGroups(GroupScope(scope)));
  std::vector<std::string> names;
  for (const ActionGroup& group : groups) names.push_back(group.name);
  for (const std::string& wanted : rule.action_groups) {
    const bool is_there = std::any_of(names.begin(), names.end(),
                                      [&](const std::string& name) { return EqualsIgnoreCase(name, wanted); });
    if (!is_there)
      return InvalidArgument(fmt::format("there is no action group '{}'{}", wanted, DidYouMean(wanted, names)));
  }
  return {};
}

Result<AlertRule> AlertService::Put(const Scope& scope, AlertRule rule) {
  SLIPWAY_RETURN_IF_ERROR(CheckRule(rule));
  SLIPWAY_ASSIGN_OR_RETURN(const Workspace workspace, impl_->dependencies.workspaces.GetWorkspace(scope));
  const Timestamp now = impl_->dependencies.clock.Now();
  if (!rule.skips_query_validation) SLIPWAY_RETURN_IF_ERROR(With(impl_->MeasureWindows(workspace, rule, now), "query"));
  std::lock_guard lock(impl_->changing);
  SLIPWAY_RETURN_IF_ERROR(impl_->CheckGroups(scope, rule));
  const auto stored = impl_->dependencies.alerts.GetAlertRule(scope, rule.name);
  if (!stored && stored.error().code() != Code::kNotFound) return Error(stored.error());
  rule.context.created_at = stored ? stored->context.created_at : now;
  rule.context.last_modified_at = now;
  rule.last_evaluated_at = stored ? stored->last_evaluated_at : std::nullopt;
  rule.is_fired = stored && stored->is_fired;
  rule.starts = stored ? stored->starts : std::vector<domain::AlertStart>();
  rule.last_error.clear();
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.alerts.PutAlertRule(scope, rule));
  impl_->ticker.Wake();
  return rule;
}

Status AlertService::Delete(const Scope& scope, const std::string& name) {
  std::lock_guard lock(impl_->changing);
  SLIPWAY_ASSIGN_OR_RETURN(RuleHistory history, RuleHistory::Read(impl_->dependencies.alerts, scope, name));
  // A later rule of this name begins afresh; nobody is told, since the rule says no longer whom.
  history.rule.action_groups.clear();
  for (const Combination& combination : history.Open())
    SLIPWAY_RETURN_IF_ERROR(impl_->Resolve(scope, history, combination, impl_->dependencies.clock.Now()));
  return impl_->dependencies.alerts.DeleteAlertRule(scope, history.rule.name);
}

Result<Replay> AlertService::Test(const Scope& scope, AlertRule rule, Timestamp begin, Timestamp end) {
  SLIPWAY_RETURN_IF_ERROR(CheckRule(rule));
  SLIPWAY_ASSIGN_OR_RETURN(const Workspace workspace, impl_->dependencies.workspaces.GetWorkspace(scope));
  return ReplayRule(rule, begin, end, [&](const AlertRule& replayed, Timestamp now) {
    return impl_->MeasureWindows(workspace, replayed, now);
  });
}

Result<ActionGroup> AlertService::PutGroup(const Scope& scope, ActionGroup group) {
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kSchedule, group.name));
  if (group.short_name.size() > 12)
    return InvalidArgument(fmt::format("the short name '{}' has more than 12 characters", group.short_name));
  for (const AlertReceiver& receiver : group.receivers)
    if (std::holds_alternative<domain::WorkflowReceiver>(receiver.target) && !impl_->dependencies.start_workflow)
      return Unimplemented(fmt::format("the receiver '{}': this server runs no workflows", receiver.name));
  std::lock_guard lock(impl_->changing);
  const Timestamp now = impl_->dependencies.clock.Now();
  const auto stored = impl_->dependencies.groups.GetActionGroup(GroupScope(scope), group.name);
  if (!stored && stored.error().code() != Code::kNotFound) return Error(stored.error());
  if (stored) KeepSecrets(*stored, group);
  group.context.created_at = stored ? stored->context.created_at : now;
  group.context.last_modified_at = now;
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.groups.PutActionGroup(GroupScope(scope), group));
  return group;
}

Result<std::string> AlertService::Impl::RuleNaming(const Scope& scope, const std::string& group) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto workspaces, dependencies.workspaces.ListWorkspaces());
  for (const Workspace& workspace : workspaces) {
    if (GroupScope(workspace.scope) != GroupScope(scope)) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const auto rules, dependencies.alerts.ListAlertRules(workspace.scope));
    for (const AlertRule& rule : rules)
      for (const std::string& named : rule.action_groups)
        if (EqualsIgnoreCase(named, group)) return rule.name;
  }
  return std::string();
}

Status AlertService::DeleteGroup(const Scope& scope, const std::string& name) {
  std::lock_guard lock(impl_->changing);
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.groups.GetActionGroup(GroupScope(scope), name));
  SLIPWAY_ASSIGN_OR_RETURN(const std::string rule, impl_->RuleNaming(scope, name));
  if (!rule.empty())
    return Error(Code::kConflict, fmt::format("the alert rule '{}' uses the action group '{}'", rule, name));
  return impl_->dependencies.groups.DeleteActionGroup(GroupScope(scope), name);
}

Result<std::vector<NotificationResult>> AlertService::TestGroup(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto group, impl_->dependencies.groups.GetActionGroup(GroupScope(scope), name));
  const Notice notice = SampleNotice(scope, group.name, impl_->dependencies.clock.Now());
  std::vector<NotificationResult> results;
  for (const AlertReceiver& receiver : group.receivers)
    results.push_back({receiver.name, receiver.kind(), Tell(impl_->dependencies.messenger, receiver, notice)});
  return results;
}

Status AlertService::Freeze(const Scope& scope, std::optional<domain::AlertFreeze> freeze) {
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.workspaces.GetWorkspace(scope));
  if (freeze) freeze->since = impl_->dependencies.clock.Now();
  return impl_->dependencies.groups.PutFreeze(scope, freeze);
}

}  // namespace slipway::monitor
