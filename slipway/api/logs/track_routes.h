// The routes that take telemetry.
#pragma once

#include "slipway/api/logs/mount.h"

namespace slipway::api {

void MountTrackRoutes(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
