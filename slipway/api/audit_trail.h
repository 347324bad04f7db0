// Puts on record what requests have changed. For this room's own files.
#pragma once

#include <utility>

#include "slipway/api/answer.h"
#include "slipway/base/time.h"
#include "slipway/domain/audit.h"

namespace slipway::api {

// A value; what it borrows outlives it.
class AuditTrail {
 public:
  AuditTrail(domain::AuditLog& audit, const Clock& clock) : audit_(&audit), clock_(&clock) {}

  // Fills time and actor: who asks.
  Status Record(const net::Request& request, domain::AuditEntry entry) const {
    entry.time = clock_->Now();
    entry.actor = ActorOf(request);
    SLIPWAY_RETURN_IF_ERROR(audit_->Record(std::move(entry)));
    return {};
  }

 private:
  domain::AuditLog* audit_;
  const Clock* clock_;
};

}  // namespace slipway::api
