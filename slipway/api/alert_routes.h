// Alert rules in the shapes of Azure Monitor's scheduled query rules and metric alerts, and what they did:
//   /subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Insights/scheduledQueryRules[/{name}]  GET, PUT,
//   DELETE …/metricAlerts[/{name}]         GET, PUT, DELETE {W}/slipway/alerts              GET (rule): events, newest
//   first {W}/slipway/alerts/{name}/test  POST (last): when the rule would have fired {W}/slipway/alertFreeze GET, PUT,
//   DELETE: while it is there, alerts start nothing
//
// A rule belongs to the resource group there and to a workspace here: the one that `properties.scopes` names. Names are
// therefore unique in a resource group, for both kinds together.
#pragma once

#include "slipway/domain/alert_store.h"
#include "slipway/domain/audit.h"
#include "slipway/domain/stores.h"
#include "slipway/monitor/alert_service.h"
#include "slipway/net/router.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct AlertsDependencies {
  monitor::AlertService& service;
  domain::ScheduleStore& alerts;
  domain::ActionGroupStore& groups;
  domain::WorkspaceStore& workspaces;
  domain::AuditLog& audit;
  const Clock& clock;
};

void MountAlerts(net::Router& router, const AlertsDependencies& dependencies);

// …/providers/Microsoft.Insights/actionGroups[/{name}]  GET, PUT, DELETE; …/{name}/createNotifications  POST: tells the
// receivers of a made-up alert and answers with what became of each.
void MountActionGroups(net::Router& router, const AlertsDependencies& dependencies);

}  // namespace slipway::api
