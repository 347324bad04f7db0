#include "slipway/registry/model_files.h"

#include <fmt/format.h>

#include "slipway/base/file.h"

namespace slipway::registry {

namespace fs = std::filesystem;

Result<ModelFolder> ModelFiles::Materialize(const domain::Scope& scope, const domain::AssetVersion& model) {
  const auto digest = model.properties.find(kTreeProperty);
  if (digest == model.properties.end()) {
    return FailedPrecondition(
        fmt::format("the files of the model '{}:{}' were not kept: register it again", model.name, model.version));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace, workspaces_.GetWorkspace(scope));
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path models,
                           JoinBelow(files_.root() / workspace.id / "azureml-models", model.name));
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path folder, JoinBelow(models, model.version));
  SLIPWAY_RETURN_IF_ERROR(files_.LayOut(digest->second, folder));
  SLIPWAY_RETURN_IF_ERROR(
      With(files_.Verify(digest->second, folder), fmt::format("the model '{}:{}'", model.name, model.version)));
  SLIPWAY_ASSIGN_OR_RETURN(fs::path entry, EntryOf(folder));
  return ModelFolder{folder, std::move(entry)};
}

}  // namespace slipway::registry
