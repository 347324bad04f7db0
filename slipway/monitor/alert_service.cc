#include "slipway/monitor/alert_service.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "slipway/base/log.h"
#include "slipway/base/ticker.h"
#include "slipway/monitor/decision.h"

namespace slipway::monitor {

using domain::AlertEvent;
using domain::AlertRule;
using domain::Scope;
using domain::Workspace;

namespace {

// In the error of an event whose job is named, and not known to be submitted.
constexpr const char* kNotStarted = "the job has not been started yet";
// How far back a job is looked for that may still run.
constexpr size_t kEventsLookedAt = 20;

std::optional<Timestamp> Earlier(std::optional<Timestamp> a, std::optional<Timestamp> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// "<rule>-20260304T050607Z", with the fraction's digits before the Z.
std::string NameAt(const AlertRule& rule, Timestamp time, int digits) {
  constexpr size_t kJobNameMax = 255;
  std::string text = FormatTimestamp(time, digits);
  std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return fmt::format("{}-{}", rule.name.substr(0, kJobNameMax - text.size() - 1), text);
}

bool IsPending(const AlertEvent& event) {
  return event.error == kNotStarted;
}

domain::JobSpec JobOf(const AlertRule& rule, const AlertEvent& event) {
  domain::JobSpec spec = *rule.create_job;
  spec.name = event.job;
  if (spec.display_name.empty()) spec.display_name = event.job;
  if (spec.experiment_name.empty()) spec.experiment_name = rule.name;
  spec.properties["slipway.alert"] = rule.name;
  return spec;
}

bool IsWorthRepeating(Code code) {
  return code == Code::kUnavailable || code == Code::kDeadlineExceeded;
}

Status CheckRule(const AlertRule& rule) {
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kSchedule, rule.name));
  if (rule.evaluation_frequency_seconds < 1)
    return InvalidArgument("the evaluation frequency must be a second or more");
  if (rule.window_size_seconds < 1) return InvalidArgument("the window must be a second or more");
  if (rule.time_aggregation != "Count" && rule.metric_measure_column.empty()) {
    return InvalidArgument(fmt::format("the aggregation {} needs the name of a measure column", rule.time_aggregation));
  }
  return {};
}

// A rule and its events at one moment.
struct Snapshot {
  AlertRule rule;
  std::optional<AlertEvent> newest;

  AlertState State() const { return newest ? AlertState{!newest->resolved_at, newest->fired_at} : AlertState{}; }
  // Firing is evaluating too, stored or not before a crash.
  Timestamp DueAt() const {
    std::optional<Timestamp> last = rule.last_evaluated_at;
    if (newest && last) last = std::max(*last, newest->fired_at);
    if (newest && !last) last = newest->fired_at;
    return last ? *last + std::chrono::seconds(rule.evaluation_frequency_seconds) : Timestamp::min();
  }
};

}  // namespace

struct AlertService::Impl {
  Impl(Options options, Dependencies dependencies)
      : options(options),
        dependencies(dependencies),
        ticker(dependencies.clock, [this](Timestamp now) { return Tick(now); }) {}

  std::optional<Timestamp> Tick(Timestamp now);
  std::optional<Timestamp> TickWorkspace(const Workspace& workspace, Timestamp now);
  // Evaluates the rule if it is due. When it wants to be looked at next.
  Result<std::optional<Timestamp>> Look(const Workspace& workspace, const std::string& name, Timestamp now);

  Result<Snapshot> Read(const Scope& scope, const std::string& name);
  Result<std::optional<double>> Evaluate(const Workspace& workspace, const AlertRule& rule, Timestamp now);
  Status Apply(const Scope& scope, Snapshot& snapshot, const Result<std::optional<double>>& value, Timestamp now);
  Status Fire(const Scope& scope, Snapshot& snapshot, double value, Timestamp now);
  Status Resolve(const Scope& scope, Snapshot& snapshot, Timestamp now);
  // Submits the job of a pending event, unless that of an earlier one still runs.
  Status StartJob(const Scope& scope, const AlertRule& rule, AlertEvent& event);
  Result<std::string> RunningJob(const Scope& scope, const AlertRule& rule, const AlertEvent& event);

  const Options options;
  const Dependencies dependencies;
  std::mutex changing;  // held while rules and events are read and written back; not while a query runs
  Ticker ticker;
};

AlertService::AlertService(Options options, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(options, dependencies)) {}

AlertService::~AlertService() = default;

void AlertService::Start() {
  impl_->ticker.Start();
}

void AlertService::Stop() {
  impl_->ticker.Stop();
}

std::optional<Timestamp> AlertService::Tick(Timestamp now) {
  return impl_->Tick(now);
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

Result<Snapshot> AlertService::Impl::Read(const Scope& scope, const std::string& name) {
  Snapshot snapshot;
  SLIPWAY_ASSIGN_OR_RETURN(snapshot.rule, dependencies.alerts.GetAlertRule(scope, name));
  SLIPWAY_ASSIGN_OR_RETURN(auto events, dependencies.alerts.ListAlertEvents(scope, snapshot.rule.name, 1));
  if (!events.empty()) snapshot.newest = std::move(events.front());
  return snapshot;
}

Result<std::optional<Timestamp>> AlertService::Impl::Look(const Workspace& workspace, const std::string& name,
                                                          Timestamp now) {
  Snapshot before;
  {
    std::lock_guard lock(changing);
    SLIPWAY_ASSIGN_OR_RETURN(before, Read(workspace.scope, name));
    if (before.newest && IsPending(*before.newest))
      SLIPWAY_RETURN_IF_ERROR(StartJob(workspace.scope, before.rule, *before.newest));
  }
  if (before.DueAt() > now) return std::optional(before.DueAt());
  const auto value = Evaluate(workspace, before.rule, now);
  std::lock_guard lock(changing);
  auto current = Read(workspace.scope, name);
  if (!current && current.error().code() == Code::kNotFound) return std::optional<Timestamp>();
  SLIPWAY_RETURN_IF_ERROR(current);
  // Somebody replaced the rule while its query ran: what was measured says nothing about the new one.
  if (current->rule.context.last_modified_at != before.rule.context.last_modified_at) return std::optional(now);
  SLIPWAY_RETURN_IF_ERROR(Apply(workspace.scope, *current, value, now));
  return std::optional(current->DueAt());
}

Result<std::optional<double>> AlertService::Impl::Evaluate(const Workspace& workspace, const AlertRule& rule,
                                                           Timestamp now) {
  const logstore::TimeRange window{now - std::chrono::seconds(rule.window_size_seconds), now};
  logstore::QueryLimits limits;
  limits.timeout_ms = options.query_timeout_ms;
  SLIPWAY_ASSIGN_OR_RETURN(const auto result, dependencies.logs.Query(rule.query, window, workspace.id, limits));
  return Measure(rule, result);
}

Status AlertService::Impl::Apply(const Scope& scope, Snapshot& snapshot, const Result<std::optional<double>>& value,
                                 Timestamp now) {
  AlertRule& rule = snapshot.rule;
  rule.last_error = value ? "" : value.error().ToString();
  if (!value) {
    LogWarning("alert rule {} could not be evaluated: {}", rule.name, rule.last_error);
  } else {
    const Decision decision = Decide(rule, snapshot.State(), *value, now);
    if (decision == Decision::kFire) SLIPWAY_RETURN_IF_ERROR(Fire(scope, snapshot, **value, now));
    if (decision == Decision::kResolve) SLIPWAY_RETURN_IF_ERROR(Resolve(scope, snapshot, now));
    rule.is_fired = rule.auto_mitigate ? snapshot.State().is_fired : IsBreached(rule, *value);
  }
  rule.last_evaluated_at = now;
  return dependencies.alerts.PutAlertRule(scope, rule);
}

Status AlertService::Impl::Fire(const Scope& scope, Snapshot& snapshot, double value, Timestamp now) {
  const AlertRule& rule = snapshot.rule;
  AlertEvent event{.id = NameAt(rule, now, 3),
                   .rule = rule.name,
                   .fired_at = now,
                   .resolved_at = std::nullopt,
                   .value = value,
                   .threshold = rule.threshold,
                   .job = rule.create_job ? NameAt(rule, now, 0) : "",
                   .error = rule.create_job ? kNotStarted : ""};
  SLIPWAY_RETURN_IF_ERROR(dependencies.alerts.PutAlertEvent(scope, event));
  snapshot.newest = event;
  LogWarning("alert {} fired: {} against {}", rule.name, value, rule.threshold);
  if (!rule.create_job) return {};
  // The event is stored: whatever keeps the job from starting now, it is tried again or told there.
  if (const auto started = StartJob(scope, rule, *snapshot.newest); !started)
    LogWarning("alert {}: {}", rule.name, started.error().ToString());
  return {};
}

Status AlertService::Impl::Resolve(const Scope& scope, Snapshot& snapshot, Timestamp now) {
  snapshot.newest->resolved_at = now;
  return dependencies.alerts.PutAlertEvent(scope, *snapshot.newest);
}

Status AlertService::Impl::StartJob(const Scope& scope, const AlertRule& rule, AlertEvent& event) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string running, RunningJob(scope, rule, event));
  event.error.clear();
  if (!running.empty()) {
    event.error =
        fmt::format("the job '{}' that an earlier alert started still runs: no second one was started", running);
  } else if (!rule.create_job) {
    event.error = "the rule no longer has a job to start";
  } else if (const auto job = dependencies.submitter.Submit(scope, JobOf(rule, event));
             !job && job.error().code() != Code::kAlreadyExists) {
    if (IsWorthRepeating(job.error().code())) return Error(job.error());
    event.error = job.error().ToString();
    LogWarning("alert {} could not start its job: {}", rule.name, event.error);
  }
  if (!event.error.empty()) event.job.clear();
  return dependencies.alerts.PutAlertEvent(scope, event);
}

Result<std::string> AlertService::Impl::RunningJob(const Scope& scope, const AlertRule& rule, const AlertEvent& event) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto events, dependencies.alerts.ListAlertEvents(scope, rule.name, kEventsLookedAt));
  for (const AlertEvent& earlier : events) {
    if (earlier.id == event.id || earlier.job.empty()) continue;
    const auto job = dependencies.jobs.GetJob(scope, earlier.job);
    if (job && !domain::IsTerminal(job->status)) return job->name;
  }
  return std::string();
}

Result<AlertRule> AlertService::Put(const Scope& scope, AlertRule rule) {
  SLIPWAY_RETURN_IF_ERROR(CheckRule(rule));
  SLIPWAY_ASSIGN_OR_RETURN(const Workspace workspace, impl_->dependencies.workspaces.GetWorkspace(scope));
  const Timestamp now = impl_->dependencies.clock.Now();
  SLIPWAY_RETURN_IF_ERROR(With(impl_->Evaluate(workspace, rule, now), "query"));
  std::lock_guard lock(impl_->changing);
  const auto stored = impl_->dependencies.alerts.GetAlertRule(scope, rule.name);
  if (!stored && stored.error().code() != Code::kNotFound) return Error(stored.error());
  rule.context.created_at = stored ? stored->context.created_at : now;
  rule.context.last_modified_at = now;
  rule.last_evaluated_at = stored ? stored->last_evaluated_at : std::nullopt;
  rule.is_fired = stored && stored->is_fired;
  rule.last_error.clear();
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.alerts.PutAlertRule(scope, rule));
  impl_->ticker.Wake();
  return rule;
}

Status AlertService::Delete(const Scope& scope, const std::string& name) {
  std::lock_guard lock(impl_->changing);
  SLIPWAY_ASSIGN_OR_RETURN(Snapshot snapshot, impl_->Read(scope, name));
  // A later rule of this name begins afresh.
  if (snapshot.State().is_fired)
    SLIPWAY_RETURN_IF_ERROR(impl_->Resolve(scope, snapshot, impl_->dependencies.clock.Now()));
  return impl_->dependencies.alerts.DeleteAlertRule(scope, snapshot.rule.name);
}

}  // namespace slipway::monitor
