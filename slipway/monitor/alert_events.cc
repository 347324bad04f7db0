#include "slipway/monitor/alert_events.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "slipway/base/hash.h"

namespace slipway::monitor {

using domain::AlertDelivery;
using domain::AlertEvent;
using domain::AlertRule;
using domain::AlertStart;

namespace {

// Combinations whose last firing lies further back count as never fired.
constexpr size_t kEventsLookedAt = 1000;

std::string CombinationSuffix(const Combination& combination) {
  if (combination.empty()) return "";
  std::string text;
  for (const auto& [name, value] : combination) text += fmt::format("{}={}\n", name, value);
  return "-" + Sha256Hex(text).substr(0, 8);
}

}  // namespace

Result<RuleHistory> RuleHistory::Read(domain::ScheduleStore& alerts, const domain::Scope& scope,
                                      const std::string& name) {
  RuleHistory history;
  SLIPWAY_ASSIGN_OR_RETURN(history.rule, alerts.GetAlertRule(scope, name));
  SLIPWAY_ASSIGN_OR_RETURN(history.events, alerts.ListAlertEvents(scope, history.rule.name, kEventsLookedAt));
  return history;
}

const AlertEvent* RuleHistory::Telling(const Combination& combination) const {
  const AlertEvent* telling = nullptr;
  for (const AlertEvent& event : events) {
    if (event.dimensions != combination) continue;
    if (!event.resolved_at) return &event;
    if (!telling) telling = &event;
  }
  return telling;
}

AlertState RuleHistory::StateOf(const Combination& combination) const {
  const AlertEvent* telling = Telling(combination);
  return telling ? AlertState{!telling->resolved_at, telling->fired_at, telling->good_since} : AlertState{};
}

std::vector<Combination> RuleHistory::Open() const {
  std::vector<Combination> open;
  std::set<Combination> seen;
  for (const AlertEvent& event : events)
    if (rule.auto_mitigate && !event.resolved_at && seen.insert(event.dimensions).second)
      open.push_back(event.dimensions);
  return open;
}

Timestamp RuleHistory::DueAt(Timestamp now) const {
  std::optional<Timestamp> last;
  const auto look = [&](const std::optional<Timestamp>& time) {
    if (time && *time <= now && (!last || *time > *last)) last = time;
  };
  look(rule.last_evaluated_at);
  for (const AlertEvent& event : events) look(event.fired_at);
  return last ? *last + std::chrono::seconds(rule.evaluation_frequency_seconds) : Timestamp::min();
}

std::vector<AlertStart> RuleHistory::Starts() const {
  std::map<std::string, AlertStart> starts;  // by kind and name
  for (const AlertStart& start : rule.starts) starts[start.kind + " " + start.name] = start;
  for (const AlertEvent& event : events)
    for (const AlertDelivery& delivery : event.deliveries)
      if (WasStarted(delivery))
        starts[delivery.kind + " " + delivery.result] = {event.fired_at, delivery.kind, delivery.result};
  std::vector<AlertStart> list;
  for (const auto& [key, start] : starts) list.push_back(start);
  return list;
}

bool IsStart(const AlertDelivery& delivery) {
  return delivery.kind == "job" || delivery.kind == "workflow";
}

bool WasStarted(const AlertDelivery& delivery) {
  return IsStart(delivery) && delivery.state == AlertDelivery::State::kDone;
}

std::string NameAt(const AlertRule& rule, const Combination& combination, Timestamp time, int digits,
                   const std::string& suffix) {
  constexpr size_t kNameMax = 255;
  std::string text = FormatTimestamp(time, digits);
  std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == '.'; });
  text = fmt::format("-{}{}{}", text, CombinationSuffix(combination), suffix);
  return rule.name.substr(0, kNameMax - text.size()) + text;
}

}  // namespace slipway::monitor
