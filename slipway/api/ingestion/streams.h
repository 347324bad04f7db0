// The Logs Ingestion API:
//
//   POST /dataCollectionRules/{immutable id}/streams/{stream}     a JSON array of flat objects → 204
//
// A rule says which columns a stream has and to which table of which workspace its rows go (rules.h). Every workspace
// has a rule by itself, "dcr-" and the 32 digits of the workspace's id: its streams are "Custom-<table>_CL", and a
// table that is not there yet is made from the first rows.
#pragma once

#include "slipway/api/logs/mount.h"

namespace slipway::api {

void MountStreams(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
