#include "slipway/monitor/actions/dispatcher.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/retry.h"
#include "slipway/monitor/actions/deliveries.h"
#include "slipway/monitor/actions/starter.h"

namespace slipway::monitor {

using domain::AlertDelivery;
using domain::AlertEvent;
using domain::AlertReceiver;
using domain::Scope;

namespace {

// Events that lie further back are no longer told.
constexpr size_t kEventsLookedAt = 500;
constexpr Duration kRetryAfter = std::chrono::seconds(30);

bool IsPendingNotice(const AlertDelivery& delivery) {
  return !IsStart(delivery) && delivery.state == AlertDelivery::State::kPending;
}

Status RunCommand(Messenger& messenger, const domain::CommandReceiver& receiver, const Notice& notice) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto folder, TemporaryDirectory::Make());
  const auto file = folder.path() / "alert.json";
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(file, CommonAlert(notice).dump(2) + "\n"));
  return messenger.Command(receiver.command,
                           {{"SLIPWAY_ALERT_FILE", file.string()},
                            {"SLIPWAY_ALERT_RULE", notice.rule.name},
                            {"SLIPWAY_ALERT_CONDITION", notice.condition()},
                            {"SLIPWAY_ALERT_VALUE", fmt::format("{}", notice.event.value)},
                            {"SLIPWAY_WORKSPACE", notice.scope.workspace}},
                           receiver.timeout_seconds);
}

void EndAttempt(AlertDelivery& delivery, const Status& told, Timestamp now) {
  ++delivery.attempts;
  delivery.result = told ? "" : told.error().ToString();
  delivery.next_attempt_at =
      !told && IsWorthRepeating(told.error().code()) ? NextAttempt(delivery.attempts, now) : std::optional<Timestamp>();
  if (delivery.next_attempt_at) return;
  delivery.state = told ? AlertDelivery::State::kDone : AlertDelivery::State::kFailed;
}

}  // namespace

Status Tell(Messenger& messenger, const AlertReceiver& receiver, const Notice& notice) {
  if (const auto* hook = std::get_if<domain::WebhookReceiver>(&receiver.target)) {
    const auto body = hook->uses_common_schema ? CommonAlert(notice) : LegacyLogAlert(notice);
    return messenger.Webhook(hook->uri, hook->secret,
                             body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  if (const auto* mail = std::get_if<domain::EmailReceiver>(&receiver.target))
    return messenger.Mail(mail->address, MailSubject(notice), MailText(notice));
  if (const auto* command = std::get_if<domain::CommandReceiver>(&receiver.target))
    return RunCommand(messenger, *command, notice);
  return Unimplemented(fmt::format("a {} receiver is started, not told", receiver.kind()));
}

Dispatcher::Dispatcher(Dependencies dependencies)
    : dependencies_(dependencies), ticker_(dependencies.clock, [this](Timestamp now) { return Tick(now); }) {}

std::optional<Timestamp> Dispatcher::Tick(Timestamp now) {
  const auto workspaces = dependencies_.workspaces.ListWorkspaces();
  if (!workspaces) return now + kRetryAfter;
  std::optional<Timestamp> next;
  for (const domain::Workspace& workspace : *workspaces) next = Earlier(next, TickWorkspace(workspace.scope, now));
  return next;
}

std::optional<Timestamp> Dispatcher::TickWorkspace(const Scope& scope, Timestamp now) {
  const auto events = dependencies_.alerts.ListAlertEvents(scope, "", kEventsLookedAt);
  if (!events) {
    LogError("alert events of {} cannot be read: {}", scope.workspace, events.error().ToString());
    return now + kRetryAfter;
  }
  std::optional<Timestamp> next;
  for (auto event = events->rbegin(); event != events->rend(); ++event) {  // oldest first
    AlertEvent current = *event;
    for (size_t i = 0; i < current.deliveries.size(); ++i) {
      if (!IsPendingNotice(current.deliveries[i])) continue;
      if (current.deliveries[i].next_attempt_at.value_or(now) <= now) current = Deliver(scope, current, i, now);
      if (i < current.deliveries.size() && IsPendingNotice(current.deliveries[i]))
        next = Earlier(next, current.deliveries[i].next_attempt_at.value_or(now + kRetryAfter));
    }
  }
  return next;
}

AlertEvent Dispatcher::Deliver(const Scope& scope, AlertEvent event, size_t index, Timestamp now) {
  const AlertDelivery& delivery = event.deliveries[index];
  const auto rule = dependencies_.alerts.GetAlertRule(scope, event.rule);
  const auto receiver = ReceiverOf(dependencies_.groups, scope, delivery);
  Status told;
  if (!rule)
    told = Error(rule.error());
  else if (!receiver)
    told = Error(receiver.error());
  else
    told = Tell(dependencies_.messenger, *receiver, {scope, *rule, event, delivery.is_resolution});
  if (!told)
    LogWarning("alert {}: {} '{}' was not told: {}", event.rule, delivery.kind, delivery.receiver,
               told.error().ToString());
  // Others may have changed the event meanwhile: a resolution adds deliveries at its end and touches no others.
  const std::lock_guard lock(dependencies_.changing);
  const auto events = dependencies_.alerts.ListAlertEvents(scope, event.rule, kEventsLookedAt);
  if (!events) return event;
  const auto stored =
      std::find_if(events->begin(), events->end(), [&](const AlertEvent& one) { return one.id == event.id; });
  if (stored == events->end() || index >= stored->deliveries.size()) return event;
  AlertEvent changed = *stored;
  EndAttempt(changed.deliveries[index], told, now);
  if (const auto written = dependencies_.alerts.PutAlertEvent(scope, changed); !written)
    LogError("alert event {} cannot be stored: {}", changed.id, written.error().ToString());
  return changed;
}

}  // namespace slipway::monitor
