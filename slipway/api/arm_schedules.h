// Schedules in ARM's dialect, and firing one by hand:
//   {W}/schedules                        GET (listViewType EnabledOnly, DisabledOnly, All)
//   {W}/schedules/{name}                 PUT, GET, DELETE
//   {W}/slipway/schedules/{name}/trigger POST
#pragma once

#include "slipway/domain/stores.h"
#include "slipway/net/router.h"
#include "slipway/schedules/scheduler.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct SchedulesDependencies {
  schedules::Scheduler& scheduler;
  domain::ScheduleStore& schedules;
  domain::WorkspaceStore& workspaces;
};

void MountSchedules(net::Router& router, const SchedulesDependencies& dependencies);

}  // namespace slipway::api
