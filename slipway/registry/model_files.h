// The files of registered models: kept as content-addressed trees when a version is registered, so that what changes at
// the place they came from changes no model, and laid out again below AZUREML_MODEL_DIR for those who score.
#pragma once

#include <filesystem>
#include <string>

#include "slipway/base/result.h"
#include "slipway/blobstore/blob_store.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/stores.h"
#include "slipway/registry/kept_files.h"

namespace slipway::registry {

// The property of a model version that names its tree.
inline constexpr const char* kTreeProperty = "slipway.tree_sha256";

// Where a model's files are.
struct ModelFolder {
  std::filesystem::path folder;  // AZUREML_MODEL_DIR
  std::filesystem::path model;   // the model itself: its file or folder, the one entry of `folder`
};

// Thread-safe. The stores are borrowed.
class ModelFiles {
 public:
  // `models_root`: $SLIPWAY_HOME/models. Everything below belongs to this class and can be made again.
  ModelFiles(std::filesystem::path models_root, blobstore::BlobStore& blobs, domain::WorkspaceStore& workspaces)
      : files_(std::move(models_root), blobs), workspaces_(workspaces) {}

  // KeptFiles::Keep.
  Result<std::string> Keep(const std::filesystem::path& source) { return files_.Keep(source); }

  // `<models_root>/<workspace id>/azureml-models/<name>/<version>`, filled if it is not yet. The model's file or folder
  // stands in it under its base name, as it does in Azure. The files are the blobs: read them only. kFailedPrecondition
  // for a version without kept files, kDataLoss for files that are not those that were registered.
  Result<ModelFolder> Materialize(const domain::Scope& scope, const domain::AssetVersion& model);

 private:
  KeptFiles files_;
  domain::WorkspaceStore& workspaces_;
};

}  // namespace slipway::registry
