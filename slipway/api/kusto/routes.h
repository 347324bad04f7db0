// Kusto's REST API, as azure-kusto-data and dashboards speak it:
//
//   POST /v2/rest/query, /v1/rest/query, /v1/rest/mgmt     {"db", "csl", "properties": {"Options", "Parameters"}}
//   GET  /v1/rest/auth/metadata                            open
//
// A database is a workspace: by its name or id, "" is the default one. Tables are those of the workspace's logs.
#pragma once

#include "slipway/api/logs/mount.h"

namespace slipway::api {

void MountKusto(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
