// Live drift (docs/rest-extensions.md):
//   {W}/slipway/drift                            GET: gauges by deployment; `endpoint=`, `deployment=` narrow it
//   {W}/slipway/baselines/{model}/{version}      GET, PUT, DELETE: the baseline of a registered model
#pragma once

#include "slipway/domain/stores.h"
#include "slipway/monitor/live_drift/baselines.h"
#include "slipway/monitor/live_drift/live_drift.h"
#include "slipway/net/router.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct DriftDependencies {
  monitor::LiveDrift& live;
  monitor::Baselines& baselines;
  domain::WorkspaceStore& workspaces;
};

void MountDrift(net::Router& router, const DriftDependencies& dependencies);

}  // namespace slipway::api
