// The audit log; Slipway's own routes (docs/rest-extensions.md):
//   /slipway/audit          GET (action, subject, scope, $top)
//   /slipway/audit/verify   GET: 200 whether or not the chain holds
#pragma once

#include "slipway/domain/audit.h"
#include "slipway/net/router.h"

namespace slipway::api {

// `audit` is borrowed and outlives the router.
void MountAudit(net::Router& router, domain::AuditLog& audit);

}  // namespace slipway::api
