// Workspaces and what stands around them in ARM's dialect. All operations end before they are answered. {M} is
// Microsoft.MachineLearningServices.
//   /subscriptions, /tenants                            GET
//   {S}, {S}/resourceGroups[/{rg}]                      GET: those that hold workspaces, and the default ones
//   {S}/providers/{M}[/register], /providers/{M}/operations
//   {S}[/resourceGroups/{rg}]/providers/{M}/workspaces  GET ($skip)
//   {W}                                                 GET, PUT, PATCH, DELETE; listKeys, resyncKeys, diagnose: POST
//   {RG}/providers/Microsoft.Insights/components/{ws}, …/Microsoft.OperationalInsights/workspaces/{ws}   GET
//   {W}/datastores[/{name}[/listSecrets]]               GET (isDefault, names, searchText, count), PUT, DELETE; POST
//   {W}/computes[/{name}[/listNodes]]                   GET, PUT, PATCH (scaleSettings), DELETE; POST
// Lists of what Slipway does not have (connections, private endpoints, quotas …) are empty.
#pragma once

#include <string>

#include "slipway/domain/stores.h"
#include "slipway/net/router.h"
#include "slipway/registry/workspaces.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct WorkspacesDependencies {
  registry::Workspaces& service;
  domain::WorkspaceStore& workspaces;
  std::string control_url;  // for the addresses in answers, e.g. "http://127.0.0.1:7300"
};

void MountWorkspaces(net::Router& router, const WorkspacesDependencies& dependencies);

}  // namespace slipway::api
