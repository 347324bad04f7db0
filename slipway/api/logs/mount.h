// The faces of the log store:
//   GET|POST /v1/workspaces/{id}/query (and …/search)   Log Analytics query API
//   POST     /v1/{resource id}/query, /v1/$batch         the same
//   GET|POST /v1/apps/{id}/query                         Application Insights
//   POST     /v2/track, /v2.1/track                      Application Insights ingestion ("Breeze")
//   POST     /dataCollectionRules/{id}/streams/{stream}  Logs Ingestion API (ingestion/), with its ARM resources
//   POST     /v1/traces, /v1/metrics, /v1/logs           OpenTelemetry (otlp/)
//   POST     /v2/rest/query, /v1/rest/query|mgmt         Kusto (kusto/)
//   POST     /v1/workspaces/{id}/tail                    rows as they come
//
// {id} is a workspace's GUID, which is its application id and instrumentation key too. Query routes want the caller's
// bearer token, which is checked before routing; the ingestion routes are open to whoever knows an instrumentation key,
// as in Azure.
#pragma once

#include <functional>
#include <string>

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
  std::function<std::string()> more_metrics{};  // of the Prometheus page; may be left out
};

void MountLogs(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
