// Rows as they come, and what the server says of its log store:
//
//   POST /v1/workspaces/{id}/tail       {"table", "where", "after", "lines", "wait"} → {"after", "columns", "rows"}
//   GET|POST /v1/workspaces/{id}/metadata
//   GET  /slipway/metrics               Prometheus' text
//   POST /slipway/logs/seal|purge|backup|restore, GET /slipway/logs/sealed|fsck
//
// A tail is a long poll: without "after" it answers at once with the newest "lines" rows; with it, as soon as rows are
// there that came later, or empty after "wait" seconds.
#pragma once

#include "slipway/api/logs/mount.h"

namespace slipway::api {

void MountTail(net::Router& router, const LogsDependencies& dependencies);
void MountLogAdministration(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
