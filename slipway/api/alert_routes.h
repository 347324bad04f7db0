// Alert rules in the shape of Azure Monitor's scheduled query rules, and what they did:
//   /subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Insights/scheduledQueryRules[/{name}]  GET, PUT,
//   DELETE {W}/slipway/alerts    GET (rule): events, newest first
//
// A rule belongs to the resource group there and to a workspace here: the one that `properties.scopes` names. Names are
// therefore unique in a resource group.
#pragma once

#include "slipway/domain/stores.h"
#include "slipway/monitor/alert_service.h"
#include "slipway/net/router.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct AlertsDependencies {
  monitor::AlertService& service;
  domain::ScheduleStore& alerts;
  domain::WorkspaceStore& workspaces;
};

void MountAlerts(net::Router& router, const AlertsDependencies& dependencies);

}  // namespace slipway::api
