// Workflows (docs/rest-extensions.md):
//   {W}/slipway/workflows/events                        POST: an event in a repository; starts runs
//   {W}/slipway/workflows/runs                          GET: newest first; `workflow=PATH`, `limit=N`
//   {W}/slipway/workflows/runs/{run}                    GET
//   {W}/slipway/workflows/runs/{run}/cancel | rerun | review    POST
//   {W}/slipway/workflows/runs/{run}/log                GET: `job=KEY&step=N&offset=N`
//   {W}/slipway/workflows/runs/{run}/summary            GET: `job=KEY`
//   {W}/slipway/workflows/runs/{run}/artifacts          GET; {…}/{name}/files GET, {…}/{name}/files/{path} GET
//   {W}/slipway/workflows/repositories                  GET, DELETE: `path=FOLDER`
//   {W}/slipway/environmentGates                        GET; {name} GET, PUT, DELETE
//   {W}/slipway/environmentGates/{name}/variables/{key}, …/secrets/{key}    PUT, DELETE; {name} "*" = every environment
// Who asks is told by the header x-slipway-actor.
#pragma once

#include "slipway/base/time.h"
#include "slipway/domain/audit.h"
#include "slipway/net/router.h"
#include "slipway/workflows/workflows.h"

namespace slipway::api {

// All are borrowed and outlive the router. Changes of gates, their variables and secrets are recorded.
void MountWorkflows(net::Router& router, workflows::Workflows& service, domain::AuditLog& audit, const Clock& clock);

}  // namespace slipway::api
