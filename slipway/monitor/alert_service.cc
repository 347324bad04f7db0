// Looking at rules when they are due: measuring, deciding, firing and resolving.
#include "slipway/monitor/alert_service.h"

#include <algorithm>

#include "slipway/base/log.h"
#include "slipway/base/retry.h"
#include "slipway/monitor/actions/deliveries.h"
#include "slipway/monitor/alert_service_impl.h"
#include "slipway/monitor/decision.h"

namespace slipway::monitor {

using domain::ActionGroup;
using domain::AlertCondition;
using domain::AlertDelivery;
using domain::AlertEvent;
using domain::AlertKind;
using domain::AlertRule;
using domain::Scope;
using domain::Workspace;

namespace {

// The error of an event whose job is still to be started.
constexpr const char* kNotStarted = "the job has not been started yet";

// A metric condition as the condition on its query's result.
AlertCondition OnMetricValue(const AlertCondition& condition) {
  AlertCondition on = condition;
  on.time_aggregation = "Maximum";  // of the one value there is
  on.metric_measure_column = "Value";
  return on;
}

}  // namespace

AlertService::AlertService(Options options, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(options, std::move(dependencies))) {}

AlertService::~AlertService() = default;

void AlertService::Start() {
  impl_->ticker.Start();
  impl_->dispatcher.Start();
}

void AlertService::Stop() {
  impl_->ticker.Stop();
  impl_->dispatcher.Stop();
}

std::optional<Timestamp> AlertService::Tick(Timestamp now) {
  return impl_->Tick(now);
}

std::optional<Timestamp> AlertService::Deliver(Timestamp now) {
  return impl_->dispatcher.Tick(now);
}

std::optional<Timestamp> AlertService::Impl::Tick(Timestamp now) {
  const auto workspaces = dependencies.workspaces.ListWorkspaces();
  if (!workspaces) {
    LogError("alert rules cannot be read: {}", workspaces.error().ToString());
    return now + options.retry_after;
  }
  std::optional<Timestamp> next;
  for (const Workspace& workspace : *workspaces) next = Earlier(next, TickWorkspace(workspace, now));
  return next;
}

std::optional<Timestamp> AlertService::Impl::TickWorkspace(const Workspace& workspace, Timestamp now) {
  const auto rules = dependencies.alerts.ListAlertRules(workspace.scope);
  if (!rules) {
    LogError("alert rules of {} cannot be read: {}", workspace.scope.workspace, rules.error().ToString());
    return now + options.retry_after;
  }
  std::optional<Timestamp> next;
  for (const AlertRule& rule : *rules) {
    if (!rule.is_enabled) continue;
    const auto looked = Look(workspace, rule.name, now);
    if (!looked) LogError("alert rule {}: {}", rule.name, looked.error().ToString());
    next = Earlier(next, looked ? *looked : now + options.retry_after);
  }
  return next;
}

Result<std::optional<Timestamp>> AlertService::Impl::Look(const Workspace& workspace, const std::string& name,
                                                          Timestamp now) {
  RuleHistory before;
  {
    std::lock_guard lock(changing);
    SLIPWAY_ASSIGN_OR_RETURN(before, RuleHistory::Read(dependencies.alerts, workspace.scope, name));
    SLIPWAY_RETURN_IF_ERROR(StartWhatIsPending(workspace.scope, before, now));
  }
  if (before.DueAt(now) > now) return std::optional(before.DueAt(now));
  const auto windows = MeasureWindows(workspace, before.rule, now);
  std::lock_guard lock(changing);
  auto current = RuleHistory::Read(dependencies.alerts, workspace.scope, name);
  if (!current && current.error().code() == Code::kNotFound) return std::optional<Timestamp>();
  SLIPWAY_RETURN_IF_ERROR(current);
  // Somebody replaced the rule while its query ran: what was measured says nothing about the new one.
  if (current->rule.context.last_modified_at != before.rule.context.last_modified_at) return std::optional(now);
  SLIPWAY_RETURN_IF_ERROR(Apply(workspace.scope, *current, windows, now));
  return std::optional(current->DueAt(now));
}

Status AlertService::Impl::StartWhatIsPending(const Scope& scope, const RuleHistory& history, Timestamp now) {
  for (const AlertEvent& event : history.events) {
    const bool is_pending =
        std::any_of(event.deliveries.begin(), event.deliveries.end(), [](const AlertDelivery& delivery) {
          return IsStart(delivery) && delivery.state == AlertDelivery::State::kPending;
        });
    if (!is_pending) continue;
    AlertEvent changed = event;
    SLIPWAY_RETURN_IF_ERROR(starter.StartPending(scope, history, changed, now));
    SLIPWAY_RETURN_IF_ERROR(dependencies.alerts.PutAlertEvent(scope, changed));
  }
  return {};
}

Result<Windows> AlertService::Impl::MeasureWindows(const Workspace& workspace, const AlertRule& rule, Timestamp now) {
  Windows windows;
  for (const AlertCondition& condition : rule.conditions) {
    auto& of_condition = windows.emplace_back();
    for (int i = 0; i < rule.evaluation_periods; ++i) {
      const Timestamp end = now - i * std::chrono::seconds(rule.window_size_seconds);
      SLIPWAY_ASSIGN_OR_RETURN(Measured measured, MeasureWindow(workspace, rule, condition, end));
      of_condition.push_back(std::move(measured));
    }
  }
  return windows;
}

Result<Measured> AlertService::Impl::MeasureWindow(const Workspace& workspace, const AlertRule& rule,
                                                   const AlertCondition& condition, Timestamp end) {
  const bool is_metric = rule.kind == AlertKind::kMetric;
  const int64_t seconds = rule.query_range_seconds > 0 ? rule.query_range_seconds : rule.window_size_seconds;
  logstore::QuerySettings limits;
  limits.timeout_ms = options.query_timeout_ms;
  SLIPWAY_ASSIGN_OR_RETURN(const auto result,
                           dependencies.logs.Query(is_metric ? MetricQuery(condition, rule.resource) : condition.query,
                                                   {end - std::chrono::seconds(seconds), end}, workspace.id, limits));
  return Measure(is_metric ? OnMetricValue(condition) : condition, result);
}

Status AlertService::Impl::Apply(const Scope& scope, RuleHistory& history, const Result<Windows>& windows,
                                 Timestamp now) {
  history.rule.last_error = windows ? "" : windows.error().ToString();
  if (!windows) {
    LogWarning("alert rule {} could not be evaluated: {}", history.rule.name, history.rule.last_error);
  } else {
    bool is_any_breached = false;
    for (const auto& [combination, verdict] : Judge(history.rule, *windows, history.Open())) {
      SLIPWAY_RETURN_IF_ERROR(Follow(scope, history, combination, verdict, now));
      is_any_breached |= verdict.is_breached;
    }
    history.rule.is_fired = history.rule.auto_mitigate ? !history.Open().empty() : is_any_breached;
    SLIPWAY_ASSIGN_OR_RETURN(history.rule.starts, starter.StartsThatCount(scope, history));
  }
  history.rule.last_evaluated_at = now;
  return dependencies.alerts.PutAlertRule(scope, history.rule);
}

Status AlertService::Impl::Follow(const Scope& scope, RuleHistory& history, const Combination& combination,
                                  const Verdict& verdict, Timestamp now) {
  AlertState state = history.StateOf(combination);
  if (state.is_fired && history.rule.resolve_seconds > 0) {
    const auto good_since = GoodSince(state, verdict.is_breached, now);
    if (good_since != state.good_since) SLIPWAY_RETURN_IF_ERROR(NoteGoodSince(scope, history, combination, good_since));
    state.good_since = good_since;
  }
  switch (Decide(history.rule, state, verdict.is_breached, now)) {
    case Decision::kFire:
      return Fire(scope, history, combination, verdict, now);
    case Decision::kResolve:
      return Resolve(scope, history, combination, now);
    case Decision::kNothing:
      return {};
  }
  return {};
}

Status AlertService::Impl::NoteGoodSince(const Scope& scope, RuleHistory& history, const Combination& combination,
                                         std::optional<Timestamp> good_since) {
  const AlertEvent* telling = history.Telling(combination);
  for (AlertEvent& event : history.events) {
    if (&event != telling) continue;
    event.good_since = good_since;
    return dependencies.alerts.PutAlertEvent(scope, event);
  }
  return {};
}

std::vector<ActionGroup> AlertService::Impl::GroupsOf(const Scope& scope, const AlertRule& rule) {
  std::vector<ActionGroup> groups;
  for (const std::string& name : rule.action_groups) {
    if (auto group = dependencies.groups.GetActionGroup(GroupScope(scope), name))
      groups.push_back(std::move(*group));
    else
      LogWarning("alert rule {}: {}", rule.name, group.error().ToString());
  }
  return groups;
}

Status AlertService::Impl::Fire(const Scope& scope, RuleHistory& history, const Combination& combination,
                                const Verdict& verdict, Timestamp now) {
  const AlertRule& rule = history.rule;
  AlertEvent event;
  event.fired_at = now;
  event.id = NameAt(rule, combination, event.fired_at, 3);
  event.rule = rule.name;
  event.dimensions = combination;
  event.value = verdict.values.at(0).value_or(0);
  event.further_values.assign(verdict.values.begin() + 1, verdict.values.end());
  event.threshold = rule.conditions[0].threshold;
  if (rule.create_job) event.error = kNotStarted;
  event.deliveries = PlanDeliveries(rule, GroupsOf(scope, rule), /*is_resolution=*/false);
  SLIPWAY_RETURN_IF_ERROR(dependencies.alerts.PutAlertEvent(scope, event));
  LogWarning("alert {} fired: {} against {}", rule.name, event.value, event.threshold);
  // The event is stored: whatever keeps something from starting now, it is tried again or told there.
  if (const auto started = starter.StartPending(scope, history, event, now); !started)
    LogWarning("alert {}: {}", rule.name, started.error().ToString());
  SLIPWAY_RETURN_IF_ERROR(dependencies.alerts.PutAlertEvent(scope, event));
  history.events.insert(history.events.begin(), event);
  dispatcher.Wake();
  return {};
}

Status AlertService::Impl::Resolve(const Scope& scope, RuleHistory& history, const Combination& combination,
                                   Timestamp now) {
  const AlertEvent* telling = history.Telling(combination);
  for (AlertEvent& event : history.events) {
    if (event.dimensions != combination || event.resolved_at) continue;
    event.resolved_at = std::max(now, event.fired_at);
    event.good_since.reset();
    // More than one is not resolved when the rule did not resolve before: the end is told once.
    if (&event == telling) {
      const auto deliveries = PlanDeliveries(history.rule, GroupsOf(scope, history.rule), /*is_resolution=*/true);
      event.deliveries.insert(event.deliveries.end(), deliveries.begin(), deliveries.end());
    }
    SLIPWAY_RETURN_IF_ERROR(dependencies.alerts.PutAlertEvent(scope, event));
  }
  dispatcher.Wake();
  return {};
}

}  // namespace slipway::monitor
