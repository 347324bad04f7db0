// Puts on record what alerts started, held back and could not start.
#pragma once

#include <string>

#include "slipway/domain/alert.h"
#include "slipway/domain/audit.h"
#include "slipway/domain/common.h"

namespace slipway::monitor {

// What became of one start.
struct StartDecision {
  std::string action;   // alert.start-job, alert.start-workflow, alert.hold-back or alert.start-failed
  std::string subject;  // what was started, or the name that it would have had: one start has one subject
  std::string reason;
};

// As safe for threads as the audit log.
class StartLog {
 public:
  // Borrowed; without one nothing is recorded.
  explicit StartLog(domain::AuditLog* audit) : audit_(audit) {}

  // Once for a start, however often it is called: an attempt may have died before it could say that it was made.
  Status Record(const domain::Scope& scope, const domain::AlertEvent& event, const StartDecision& decision,
                Timestamp now) const;

 private:
  domain::AuditLog* audit_;
};

}  // namespace slipway::monitor
