// The git commit that a code folder stands at, as job properties.
#pragma once

#include <filesystem>

#include "slipway/domain/common.h"

namespace slipway::cli {

// azureml.git.{repository_uri, branch, commit, dirty} and mlflow.source.git.{repoURL, branch, commit}; empty when the
// folder is in no repository or there is no git.
domain::Tags GitProperties(const std::filesystem::path& folder);

}  // namespace slipway::cli
