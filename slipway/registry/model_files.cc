#include "slipway/registry/model_files.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/blobstore/tree.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;

// Beside a version's folder; says which tree fills it. Two trees may have the same names and sizes.
fs::path MarkOf(const fs::path& folder) {
  return folder.parent_path() / fmt::format(".{}.tree", folder.filename().string());
}

Result<ModelFolder> WithModel(const fs::path& folder) {
  std::error_code code;
  fs::directory_iterator entry(folder, code);
  if (!code && entry != fs::directory_iterator()) return ModelFolder{folder, entry->path()};
  return DataLoss(fmt::format("the model folder '{}' holds no model", folder.string()));
}

}  // namespace

// A folder with a link to the model, under the name it has: that is the tree.
Result<std::string> ModelFiles::Keep(const fs::path& source) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(root_));
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory staged, TemporaryDirectory::Make(root_));
  const fs::path name = source.has_filename() ? source.filename() : source.parent_path().filename();
  std::error_code code;
  const fs::path real = fs::canonical(source, code);
  if (!code) fs::create_symlink(real, staged.path() / name, code);
  if (code) return FromErrno(code.value(), fmt::format("cannot keep the model '{}'", name.string()));
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(staged.path()));
  if (files.empty()) return InvalidArgument(fmt::format("the model folder '{}' has no files", name.string()));
  return blobstore::PutTree(blobs_, staged.path());
}

Result<ModelFolder> ModelFiles::Materialize(const domain::Scope& scope, const domain::AssetVersion& model) {
  const auto digest = model.properties.find(kTreeProperty);
  if (digest == model.properties.end()) {
    return FailedPrecondition(
        fmt::format("the files of the model '{}:{}' were not kept: register it again", model.name, model.version));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace, workspaces_.GetWorkspace(scope));
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path models, JoinBelow(root_ / workspace.id / "azureml-models", model.name));
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path folder, JoinBelow(models, model.version));
  const std::lock_guard lock(filling_);
  SLIPWAY_RETURN_IF_ERROR(Fill(folder, digest->second));
  return WithModel(folder);
}

Status ModelFiles::Fill(const fs::path& folder, const std::string& digest) {
  const auto mark = ReadFile(MarkOf(folder));
  if (mark && *mark == digest) {
    auto held = blobstore::Materialize(blobs_, digest, folder);
    if (held || held.error().code() != Code::kFailedPrecondition) return held;
  }
  // The mark goes first and comes last: a process killed in between leaves a folder that is filled again.
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder.parent_path()));
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(MarkOf(folder)));
  SLIPWAY_RETURN_IF_ERROR(Clear(folder));
  SLIPWAY_RETURN_IF_ERROR(blobstore::Materialize(blobs_, digest, folder));
  return WriteFileAtomic(MarkOf(folder), digest);
}

// At once for those who look, whatever the removing takes.
Status ModelFiles::Clear(const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory away, TemporaryDirectory::Make(root_));
  std::error_code code;
  if (fs::exists(folder, code)) fs::rename(folder, away.path() / "replaced", code);
  if (code) return FromErrno(code.value(), fmt::format("cannot replace '{}'", folder.string()));
  return {};
}

}  // namespace slipway::registry
