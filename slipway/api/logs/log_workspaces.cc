#include "slipway/api/logs/log_workspaces.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::api {

Result<domain::Workspace> FindLogWorkspace(domain::WorkspaceStore& workspaces, const std::string& id_or_name) {
  if (!id_or_name.empty()) {
    auto found = workspaces.FindWorkspaceById(id_or_name);
    if (found || found.error().code() != Code::kNotFound) return found;
  }
  const std::string name = id_or_name.empty() ? std::string(domain::kDefaultWorkspace) : id_or_name;
  SLIPWAY_ASSIGN_OR_RETURN(auto all, workspaces.ListWorkspaces());
  if (id_or_name.empty() && all.size() == 1) return std::move(all.front());
  std::vector<domain::Workspace> named;
  for (domain::Workspace& workspace : all) {
    if (EqualsIgnoreCase(workspace.scope.workspace, name)) named.push_back(std::move(workspace));
  }
  if (named.size() == 1) return std::move(named.front());
  return NotFound(fmt::format("{} with the id or name '{}'; `slipway workspace show` tells a workspace's id",
                              named.empty() ? "there is no workspace" : "there are several workspaces", name));
}

}  // namespace slipway::api
