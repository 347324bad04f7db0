// Log tables as ARM resources:
//
//   {W}/tables[/{name}]     GET, PUT, PATCH, DELETE
//
// where {W} is …/providers/Microsoft.OperationalInsights/workspaces/{ws}. A custom table is one of the server: all its
// workspaces share its columns and retention, and each sees its own rows.
#pragma once

#include "slipway/api/logs/mount.h"

namespace slipway::api {

void MountTables(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
