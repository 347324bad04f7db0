#include "slipway/api/logs/mount.h"

#include "slipway/api/ingestion/rules.h"
#include "slipway/api/ingestion/streams.h"
#include "slipway/api/ingestion/tables.h"
#include "slipway/api/kusto/routes.h"
#include "slipway/api/logs/query_routes.h"
#include "slipway/api/logs/tail_routes.h"
#include "slipway/api/logs/track_routes.h"
#include "slipway/api/otlp/routes.h"

namespace slipway::api {

void MountLogs(net::Router& router, const LogsDependencies& dependencies) {
  MountQueryRoutes(router, dependencies);
  MountTrackRoutes(router, dependencies);
  MountTail(router, dependencies);
  MountLogAdministration(router, dependencies);
  MountOtlp(router, dependencies);
  MountKusto(router, dependencies);
  MountStreams(router, dependencies);
  MountRules(router, dependencies);
  MountTables(router, dependencies);
}

}  // namespace slipway::api
