// The faces of the log store:
//   Log Analytics query API     GET|POST /v1/workspaces/{id}/query (and …/search), POST /v1/{resource id}/query, POST
//   /v1/$batch Application Insights        GET|POST /v1/apps/{id}/query Application Insights ingestion ("Breeze") POST
//   /v2/track, /v2.1/track
//
// {id} is a workspace's GUID, which is its application id and instrumentation key too. Query routes want the caller's
// bearer token, which is checked before routing; the ingestion routes are open to whoever knows an instrumentation key,
// as in Azure.
#pragma once

#include "slipway/base/time.h"
#include "slipway/domain/stores.h"
#include "slipway/logstore/log_store.h"
#include "slipway/net/router.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct LogsDependencies {
  logstore::LogStore& store;
  domain::WorkspaceStore& workspaces;
  const Clock& clock;
};

void MountLogs(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
