#include "slipway/monitor/actions/deliveries.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/monitor/alert_events.h"

namespace slipway::monitor {

using domain::ActionGroup;
using domain::AlertDelivery;
using domain::AlertReceiver;
using domain::AlertRule;

std::vector<AlertDelivery> PlanDeliveries(const AlertRule& rule, const std::vector<ActionGroup>& groups,
                                          bool is_resolution) {
  std::vector<AlertDelivery> deliveries;
  if (rule.create_job && !is_resolution) deliveries.push_back({.group = "", .receiver = "create_job", .kind = "job"});
  for (const ActionGroup& group : groups) {
    if (!group.is_enabled) continue;
    for (const AlertReceiver& receiver : group.receivers) {
      AlertDelivery delivery{
          .group = group.name, .receiver = receiver.name, .kind = receiver.kind(), .is_resolution = is_resolution};
      if (!is_resolution || !IsStart(delivery)) deliveries.push_back(std::move(delivery));
    }
  }
  return deliveries;
}

std::optional<Timestamp> NextAttempt(int attempts, Timestamp now) {
  constexpr int kSeconds[] = {5, 20, 40};
  if (attempts < 1 || attempts > static_cast<int>(std::size(kSeconds))) return std::nullopt;
  return now + std::chrono::seconds(kSeconds[attempts - 1]);
}

std::string WhyNotStarted(const AlertRule& rule, const Guards& guards, Timestamp now) {
  if (guards.freeze)
    return fmt::format("alerts of the workspace are frozen since {} ({}): nothing was started",
                       FormatTimestamp(guards.freeze->since, 0), guards.freeze->reason);
  if (!guards.running.empty())
    return fmt::format("the {} that an earlier alert started still runs: no second one was started", guards.running);
  const std::chrono::seconds cool_down(rule.cool_down_seconds), span(rule.budget.seconds);
  for (const Timestamp start : guards.starts)
    if (IsWithin(now, start, cool_down))
      return fmt::format("the rule started something at {} and its cool-down lasts {}: nothing was started",
                         FormatTimestamp(start, 0), FormatIsoDuration(cool_down));
  const auto spent = std::count_if(guards.starts.begin(), guards.starts.end(),
                                   [&](Timestamp start) { return IsWithin(now, start, span); });
  if (rule.budget.runs > 0 && spent >= rule.budget.runs)
    return fmt::format("the rule's budget of {} starts in {} is spent: nothing was started", rule.budget.runs,
                       FormatIsoDuration(span));
  return "";
}

}  // namespace slipway::monitor
