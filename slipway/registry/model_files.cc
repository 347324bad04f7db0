#include "slipway/registry/model_files.h"

#include <fmt/format.h>

#include "slipway/base/file.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;

// The same bytes under another name: a second link to them, or a copy where that cannot be.
Status LinkFile(const fs::path& from, const fs::path& to) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(to.parent_path()));
  std::error_code code;
  const fs::path real = fs::canonical(from, code);
  if (!code) fs::create_hard_link(real, to, code);
  if (!code) return {};
  return CopyTree(from, to);
}

Status LinkTree(const fs::path& from, const fs::path& to) {
  std::error_code ignored;
  if (!fs::is_directory(from, ignored)) return LinkFile(from, to);
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(from));
  if (files.empty())
    return InvalidArgument(fmt::format("the model folder '{}' has no files", from.filename().string()));
  for (const FileEntry& file : files) SLIPWAY_RETURN_IF_ERROR(LinkFile(from / file.path, to / file.path));
  return {};
}

// Says beside a version's folder which tree fills it, once it is full.
fs::path MarkOf(const fs::path& folder) {
  return folder.parent_path() / fmt::format(".{}.tree", folder.filename().string());
}

bool IsFilledWith(const fs::path& folder, const std::string& digest) {
  std::error_code ignored;
  const auto mark = ReadFile(MarkOf(folder));
  return mark && *mark == digest && fs::is_directory(folder, ignored);
}

Result<ModelFolder> WithModel(const fs::path& folder) {
  std::error_code code;
  fs::directory_iterator entry(folder, code);
  if (!code && entry != fs::directory_iterator()) return ModelFolder{folder, entry->path()};
  return DataLoss(fmt::format("the model folder '{}' holds no model", folder.string()));
}

}  // namespace

Result<std::string> ModelFiles::Keep(const fs::path& source) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(root_));
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory staged, TemporaryDirectory::Make(root_));
  const fs::path name = source.has_filename() ? source.filename() : source.parent_path().filename();
  SLIPWAY_RETURN_IF_ERROR(LinkTree(source, staged.path() / name));
  return trees_.put(staged.path());
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
  if (!IsFilledWith(folder, digest->second)) SLIPWAY_RETURN_IF_ERROR(Fill(folder, digest->second));
  return WithModel(folder);
}

// The mark goes first and comes last: a process killed in between leaves a folder that is filled again.
Status ModelFiles::Fill(const fs::path& folder, const std::string& digest) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder.parent_path()));
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(MarkOf(folder)));
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory work, TemporaryDirectory::Make(root_));
  SLIPWAY_RETURN_IF_ERROR(trees_.materialize(digest, work.path() / "filled"));
  std::error_code code;
  if (fs::exists(folder, code)) fs::rename(folder, work.path() / "replaced", code);
  if (!code) fs::rename(work.path() / "filled", folder, code);
  if (code) return FromErrno(code.value(), fmt::format("cannot fill '{}'", folder.string()));
  return WriteFileAtomic(MarkOf(folder), digest);
}

}  // namespace slipway::registry
