// What Slipway tells of jobs beyond the dialect:
//   {W}/slipway/jobs/{name}/trials        GET: a sweep's trials, their values and what they reported
//   {W}/slipway/jobs/{name}/reuse?with=   GET: why a command ran, or took over another's outputs
//   {W}/slipway/lineage?ref=&direction=   GET: where something comes from and what became of it
#pragma once

#include "slipway/domain/stores.h"
#include "slipway/net/router.h"
#include "slipway/runner/runner.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct JobReportsDependencies {
  runner::Runner& runner;
  domain::JobStore& jobs;
  domain::WorkspaceStore& workspaces;
  domain::AssetStore& assets;
  domain::EndpointStore& endpoints;
};

void MountJobReports(net::Router& router, const JobReportsDependencies& dependencies);

}  // namespace slipway::api
