// Which workspace a log client means.
#pragma once

#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/stores.h"

namespace slipway::api {

// By its GUID, or by a name that only one workspace has; "" is the default workspace, or the only one. kNotFound says
// where the ids are.
Result<domain::Workspace> FindLogWorkspace(domain::WorkspaceStore& workspaces, const std::string& id_or_name);

}  // namespace slipway::api
