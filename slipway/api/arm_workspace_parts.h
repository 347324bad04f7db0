// The parts that MountWorkspaces is made of. For this room's own files.
#pragma once

#include "slipway/api/arm_workspaces.h"

namespace slipway::api {

inline constexpr std::string_view kResourceGroupPattern = "/subscriptions/{sub}/resourceGroups/{rg}";
inline constexpr std::string_view kProvider = "/providers/Microsoft.MachineLearningServices";

void MountSubscriptions(net::Router& router, const WorkspacesDependencies& dependencies);
void MountDatastores(net::Router& router, const WorkspacesDependencies& dependencies);
void MountComputes(net::Router& router, const WorkspacesDependencies& dependencies);

// The scope as the workspace was made with. kNotFound when there is none.
Result<domain::Scope> ExistingScope(domain::WorkspaceStore& workspaces, const net::PathParameters& parameters);

}  // namespace slipway::api
