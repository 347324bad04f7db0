// OpenTelemetry's OTLP/HTTP, in protobuf and JSON:
//
//   POST /v1/traces, /v1/metrics, /v1/logs                with the server's token; the default workspace, or the one
//   that
//                                                         the header x-slipway-workspace names
//   POST /otlp/{id}/v1/traces, …/metrics, …/logs          open to whoever knows the workspace's id
#pragma once

#include "slipway/api/logs/mount.h"

namespace slipway::api {

void MountOtlp(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
