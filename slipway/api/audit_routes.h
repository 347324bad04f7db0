// The audit log; Slipway's own routes (docs/rest-extensions.md):
//   /slipway/audit          GET (action, subject, scope, $top)
//   /slipway/audit/verify   GET: 200 whether or not the chain holds
//   {W}/comparisons         POST: what became of a challenger, as the job that decided tells it ("model.compare"); the
//                           one entry that is told from outside
#pragma once

#include "slipway/base/time.h"
#include "slipway/domain/audit.h"
#include "slipway/net/router.h"

namespace slipway::api {

// All are borrowed and outlive the router.
void MountAudit(net::Router& router, domain::AuditLog& audit, const Clock& clock);

}  // namespace slipway::api
