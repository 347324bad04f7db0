#include "slipway/monitor/live_drift/collections.h"

#include <utility>

#include "slipway/monitor/live_drift/feeds.h"

namespace slipway::monitor {

Result<std::optional<std::filesystem::path>> FolderOfCollection(const domain::Scope& scope,
                                                                const domain::OnlineDeployment& deployment,
                                                                const std::string& collection,
                                                                const LocalPath& local_path) {
  std::optional<std::filesystem::path> folder;
  if (!deployment.data_collector) return folder;
  const auto& collections = deployment.data_collector->collections;
  const auto found = collections.find(collection);
  if (found == collections.end() || !found->second.enabled) return folder;
  SLIPWAY_ASSIGN_OR_RETURN(folder, local_path(scope, found->second.data_path));
  return folder;
}

CollectedScores MakeCollectedScores(domain::WorkspaceStore& workspaces, domain::EndpointStore& endpoints,
                                    LocalPath local_path) {
  return [&workspaces, &endpoints, local_path = std::move(local_path)](
             const domain::RolloutQuestion& question, const std::string& name, const logstore::TimeRange& range,
             size_t most) -> Result<std::vector<double>> {
    SLIPWAY_ASSIGN_OR_RETURN(const auto workspace, workspaces.FindWorkspaceById(question.workspace_id));
    SLIPWAY_ASSIGN_OR_RETURN(const auto deployment, endpoints.GetDeployment(workspace.scope, question.endpoint, name));
    SLIPWAY_ASSIGN_OR_RETURN(const auto folder,
                             FolderOfCollection(workspace.scope, deployment, "model_outputs", local_path));
    if (!folder) return std::vector<double>();
    return ReadCollectedScores(*folder, range.begin.value_or(question.control_since),
                               range.end.value_or(question.until), most);
  };
}

}  // namespace slipway::monitor
