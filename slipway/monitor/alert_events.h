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

  // The event that tells a combination's state: the one that is not resolved, or else the newest (a clock that was set
  // back makes events whose order is not that of their times); nullptr when it never fired.
  const domain::AlertEvent* Telling(const Combination& combination) const;
  AlertState StateOf(const Combination& combination) const;
  // Fired, not resolved, and of a rule that resolves.
  std::vector<Combination> Open() const;
  // When it is to be evaluated next. Firing is evaluating too, stored or not before a crash; so a time at which it
  // fired does not come again, and names that follow from it stay its own. What lies ahead of `now` was done before the
  // clock was set back and holds nothing up.
  Timestamp DueAt(Timestamp now) const;
  // What the rule started, as far as it counts still.
  std::vector<domain::AlertStart> Starts() const;
};

// A job or workflow, which starts under a name of its own at most once; the others tell somebody.
bool IsStart(const domain::AlertDelivery& delivery);
bool WasStarted(const domain::AlertDelivery& delivery);

// "<rule>-20260304T050607Z", with the fraction's digits before the Z; a combination adds "-" and a hash of its values.
// At most 255 characters, `suffix` included.
std::string NameAt(const domain::AlertRule& rule, const Combination& combination, Timestamp time, int digits,
                   const std::string& suffix = "");

}  // namespace slipway::monitor
