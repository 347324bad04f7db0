#include "slipway/monitor/alert_events.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "slipway/base/hash.h"

namespace slipway::monitor {

using domain::AlertEvent;
using domain::AlertRule;

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

const AlertEvent* RuleHistory::Newest(const Combination& combination) const {
  const auto found = std::find_if(events.begin(), events.end(),
                                  [&](const AlertEvent& event) { return event.dimensions == combination; });
  return found == events.end() ? nullptr : &*found;
}

AlertState RuleHistory::StateOf(const Combination& combination) const {
  const AlertEvent* newest = Newest(combination);
  return newest ? AlertState{!newest->resolved_at, newest->fired_at} : AlertState{};
}

std::vector<Combination> RuleHistory::Open() const {
  std::vector<Combination> open;
  std::set<Combination> seen;
  for (const AlertEvent& event : events)
    if (seen.insert(event.dimensions).second && !event.resolved_at && rule.auto_mitigate)
      open.push_back(event.dimensions);
  return open;
}

Timestamp RuleHistory::DueAt() const {
  std::optional<Timestamp> last = rule.last_evaluated_at;
  if (!events.empty()) last = std::max(last.value_or(events.front().fired_at), events.front().fired_at);
  return last ? *last + std::chrono::seconds(rule.evaluation_frequency_seconds) : Timestamp::min();
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
