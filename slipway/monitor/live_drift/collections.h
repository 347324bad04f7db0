// Where deployments collect what they are asked and answer.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/endpoint.h"
#include "slipway/domain/stores.h"
#include "slipway/monitor/rollout_evidence.h"

namespace slipway::monitor {

// The folder of a datastore URI.
using LocalPath = std::function<Result<std::filesystem::path>(const domain::Scope& scope, const std::string& uri)>;

// Of one collection; nullopt when the deployment does not collect it.
Result<std::optional<std::filesystem::path>> FolderOfCollection(const domain::Scope& scope,
                                                                const domain::OnlineDeployment& deployment,
                                                                const std::string& collection,
                                                                const LocalPath& local_path);

// Scores out of collected `model_outputs`. The stores are borrowed.
CollectedScores MakeCollectedScores(domain::WorkspaceStore& workspaces, domain::EndpointStore& endpoints,
                                    LocalPath local_path);

}  // namespace slipway::monitor
