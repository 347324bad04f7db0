#include "slipway/api/logs/mount.h"

#include "slipway/api/logs/query_routes.h"
#include "slipway/api/logs/track_routes.h"

namespace slipway::api {

void MountLogs(net::Router& router, const LogsDependencies& dependencies) {
  MountQueryRoutes(router, dependencies);
  MountTrackRoutes(router, dependencies);
}

}  // namespace slipway::api
