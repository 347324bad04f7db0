// The routes that answer KQL queries.
#pragma once

#include "slipway/api/logs/mount.h"

namespace slipway::api {

void MountQueryRoutes(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
