// Jobs in ARM's dialect and Slipway's own routes below them:
//   {W}/jobs            GET (listViewType, jobType, tag, parent, $top, $skip)
//   {W}/jobs/{name}     PUT (submits; on an ended job changes tags, names, isArchived), GET, DELETE
//   {W}/jobs/{name}/cancel               POST
//   {W}/slipway/jobs/{name}/logs[/…]     GET
//   {W}/slipway/jobs/{name}/children     GET
#pragma once

#include <string>

#include "slipway/domain/stores.h"
#include "slipway/net/router.h"
#include "slipway/runner/runner.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct JobsDependencies {
  runner::Runner& runner;
  domain::JobStore& jobs;
  domain::WorkspaceStore& workspaces;
  std::string control_url;  // for the links in answers, e.g. "http://127.0.0.1:7300"
};

void MountJobs(net::Router& router, const JobsDependencies& dependencies);

}  // namespace slipway::api
