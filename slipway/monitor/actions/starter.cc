#include "slipway/monitor/actions/starter.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/log.h"
#include "slipway/base/retry.h"
#include "slipway/monitor/actions/deliveries.h"

namespace slipway::monitor {

using domain::AlertDelivery;
using domain::AlertEvent;
using domain::AlertRule;
using domain::AlertStart;
using domain::JobSpec;
using domain::Scope;

namespace {

constexpr std::string_view kFired = "the alert rule fired";

bool IsPendingStart(const AlertDelivery& delivery) {
  return IsStart(delivery) && delivery.state == AlertDelivery::State::kPending;
}

bool IsOwnJob(const AlertDelivery& delivery) {
  return delivery.group.empty();
}

std::string StartName(const AlertRule& rule, const AlertEvent& event, const AlertDelivery& delivery) {
  return NameAt(rule, event.dimensions, event.fired_at, 0, IsOwnJob(delivery) ? "" : "-" + delivery.receiver);
}

bool IsOf(const AlertStart& start, const AlertEvent& event) {
  return std::any_of(event.deliveries.begin(), event.deliveries.end(), [&](const AlertDelivery& delivery) {
    return WasStarted(delivery) && delivery.kind == start.kind && delivery.result == start.name;
  });
}

// The outcome of a start, in the event's own words for the rule's job.
void End(AlertEvent& event, AlertDelivery& delivery, AlertDelivery::State state, std::string result) {
  delivery.state = state;
  delivery.result = std::move(result);
  if (!IsOwnJob(delivery)) return;
  event.job = state == AlertDelivery::State::kDone ? delivery.result : "";
  event.error = state == AlertDelivery::State::kDone ? "" : delivery.result;
}

}  // namespace

Scope GroupScope(Scope scope) {
  scope.workspace.clear();
  return scope;
}

Result<domain::AlertReceiver> ReceiverOf(domain::ActionGroupStore& groups, const Scope& scope,
                                         const AlertDelivery& delivery) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto group, groups.GetActionGroup(GroupScope(scope), delivery.group));
  for (const domain::AlertReceiver& receiver : group.receivers)
    if (receiver.name == delivery.receiver && receiver.kind() == delivery.kind) return receiver;
  return NotFound(fmt::format("the action group '{}' no longer has the {} receiver '{}'", delivery.group, delivery.kind,
                              delivery.receiver));
}

Status Starter::StartPending(const Scope& scope, const RuleHistory& history, AlertEvent& event, Timestamp now) {
  for (size_t i = 0; i < event.deliveries.size(); ++i) {
    if (!IsPendingStart(event.deliveries[i])) continue;
    AlertDelivery delivery = event.deliveries[i];
    SLIPWAY_RETURN_IF_ERROR(Start(scope, history, event, delivery, now));
    event.deliveries[i] = delivery;
    End(event, event.deliveries[i], delivery.state, delivery.result);
  }
  return {};
}

Result<std::string> Starter::WhyNot(const Scope& scope, const RuleHistory& history, const AlertEvent& event,
                                    Timestamp now) {
  Guards guards;
  SLIPWAY_ASSIGN_OR_RETURN(guards.freeze, dependencies_.groups.GetFreeze(scope));
  for (const AlertStart& start : history.Starts()) {
    if (IsOf(start, event)) continue;
    guards.starts.push_back(start.at);
    SLIPWAY_ASSIGN_OR_RETURN(const bool is_running, IsRunning(scope, start));
    if (is_running) guards.running = fmt::format("{} '{}'", start.kind, start.name);
  }
  return WhyNotStarted(history.rule, guards, now);
}

Result<bool> Starter::IsRunning(const Scope& scope, const AlertStart& start) {
  if (start.kind == "workflow")
    return dependencies_.is_workflow_running ? dependencies_.is_workflow_running(scope, start.name)
                                             : Result<bool>(false);
  const auto job = dependencies_.jobs.GetJob(scope, start.name);
  if (!job && job.error().code() != Code::kNotFound) return Error(job.error());
  return job && !domain::IsTerminal(job->status);
}

Result<std::vector<AlertStart>> Starter::StartsThatCount(const Scope& scope, const RuleHistory& history) {
  std::vector<AlertStart> starts = history.Starts();
  std::sort(starts.begin(), starts.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
  const auto newest = static_cast<size_t>(std::max(1, history.rule.budget.runs));
  std::vector<AlertStart> kept;
  for (size_t i = 0; i < starts.size(); ++i) {
    bool counts = i < newest;
    if (!counts) {
      SLIPWAY_ASSIGN_OR_RETURN(counts, IsRunning(scope, starts[i]));
    }
    if (counts) kept.push_back(std::move(starts[i]));
  }
  return kept;
}

Status Starter::Start(const Scope& scope, const RuleHistory& history, const AlertEvent& event, AlertDelivery& delivery,
                      Timestamp now) {
  const std::string name = StartName(history.rule, event, delivery);
  // A server that died after the submission left it pending.
  const bool is_there = delivery.kind == "job" && dependencies_.jobs.GetJob(scope, name);
  std::string obstacle;
  if (!is_there) {
    SLIPWAY_ASSIGN_OR_RETURN(obstacle, WhyNot(scope, history, event, now));
  }
  const Result<Begun> begun = is_there           ? Begun{name, name}
                              : obstacle.empty() ? Begin(scope, history.rule, delivery, name)
                                                 : Error(Code::kFailedPrecondition, obstacle);
  if (!begun && IsWorthRepeating(begun.error().code())) return Error(begun.error());
  delivery.state = begun ? AlertDelivery::State::kDone : AlertDelivery::State::kFailed;
  delivery.result = begun ? begun->name : begun.error().ToString();
  if (begun)
    return log_.Record(scope, event, {"alert.start-" + delivery.kind, begun->subject, std::string(kFired)}, now);
  LogWarning("alert {} started nothing: {}", history.rule.name, delivery.result);
  return log_.Record(scope, event,
                     {obstacle.empty() ? "alert.start-failed" : "alert.hold-back", name, begun.error().message()}, now);
}

Result<Starter::Begun> Starter::Begin(const Scope& scope, const AlertRule& rule, const AlertDelivery& delivery,
                                      const std::string& name) {
  if (IsOwnJob(delivery))
    return rule.create_job ? StartJob(scope, rule, *rule.create_job, name)
                           : Error(Code::kNotFound, "the rule no longer has a job to start");
  SLIPWAY_ASSIGN_OR_RETURN(const auto receiver, ReceiverOf(dependencies_.groups, scope, delivery));
  if (const auto* job = std::get_if<domain::JobReceiver>(&receiver.target))
    return StartJob(scope, rule, job->job, name);
  const auto& workflow = std::get<domain::WorkflowReceiver>(receiver.target);
  if (!dependencies_.start_workflow) return Unimplemented("this server runs no workflows");
  SLIPWAY_ASSIGN_OR_RETURN(const std::string run,
                           dependencies_.start_workflow(scope, {workflow.workflow, workflow.inputs, name}));
  return Begun{run, fmt::format("{} run {}", workflow.workflow, run)};
}

Result<Starter::Begun> Starter::StartJob(const Scope& scope, const AlertRule& rule, const JobSpec& job,
                                         const std::string& name) {
  JobSpec spec = job;
  spec.name = name;
  if (spec.display_name.empty()) spec.display_name = name;
  if (spec.experiment_name.empty()) spec.experiment_name = rule.name;
  spec.properties["slipway.alert"] = rule.name;
  const auto submitted = dependencies_.submitter.Submit(scope, spec);
  if (!submitted && submitted.error().code() != Code::kAlreadyExists) return Error(submitted.error());
  return Begun{name, name};
}

}  // namespace slipway::monitor
