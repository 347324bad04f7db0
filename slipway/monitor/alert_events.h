// A rule and what it did, at one moment: the truth about its state is in its stored events. For this room's own files.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/stores.h"
#include "slipway/monitor/decision.h"
#include "slipway/monitor/measure.h"

namespace slipway::monitor {

struct RuleHistory {
  domain::AlertRule rule;
  std::vector<domain::AlertEvent> events;  // newest first, as many as matter

  static Result<RuleHistory> Read(domain::ScheduleStore& alerts, const domain::Scope& scope, const std::string& name);

  // The newest event of a combination; nullptr when it never fired.
  const domain::AlertEvent* Newest(const Combination& combination) const;
  AlertState StateOf(const Combination& combination) const;
  // Fired, not resolved, and of a rule that resolves.
  std::vector<Combination> Open() const;
  // Firing is evaluating too, stored or not before a crash.
  Timestamp DueAt() const;
};

// "<rule>-20260304T050607Z", with the fraction's digits before the Z; a combination adds "-" and a hash of its values.
// At most 255 characters, `suffix` included.
std::string NameAt(const domain::AlertRule& rule, const Combination& combination, Timestamp time, int digits,
                   const std::string& suffix = "");

}  // namespace slipway::monitor
