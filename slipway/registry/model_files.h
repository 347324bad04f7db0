// The files of registered models: kept as content-addressed trees when a version is registered, so that what changes at
// the place they came from changes no model, and laid out again below AZUREML_MODEL_DIR for those who score.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "slipway/base/result.h"
#include "slipway/blobstore/blob_store.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/stores.h"

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
      : root_(std::move(models_root)), blobs_(blobs), workspaces_(workspaces) {}

  // Keeps a model's file or folder under its own base name. Gives the tree's digest. Symbolic links are followed;
  // kInvalidArgument for a folder without files.
  Result<std::string> Keep(const std::filesystem::path& source);

  // `<models_root>/<workspace id>/azureml-models/<name>/<version>`, filled if it is not yet. The model's file or folder
  // stands in it under its base name, as it does in Azure. The files are the blobs: read them only. kFailedPrecondition
  // for a version without kept files.
  Result<ModelFolder> Materialize(const domain::Scope& scope, const domain::AssetVersion& model);

 private:
  Status Fill(const std::filesystem::path& folder, const std::string& digest);
  Status Clear(const std::filesystem::path& folder);

  const std::filesystem::path root_;
  blobstore::BlobStore& blobs_;
  domain::WorkspaceStore& workspaces_;
  std::mutex filling_;
};

}  // namespace slipway::registry
