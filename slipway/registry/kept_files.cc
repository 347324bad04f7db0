#include "slipway/registry/kept_files.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/blobstore/file_stream.h"
#include "slipway/blobstore/tree.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;

// Beside a version's folder; says which tree fills it. Two trees may have the same names and sizes.
fs::path MarkOf(const fs::path& folder) {
  return folder.parent_path() / fmt::format(".{}.tree", folder.filename().string());
}

}  // namespace

// A folder with a link to the source, under the name it has: that is the tree.
Result<blobstore::Digest> KeptFiles::Keep(const fs::path& source) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(root_));
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory staged, TemporaryDirectory::Make(root_));
  const fs::path name = source.has_filename() ? source.filename() : source.parent_path().filename();
  std::error_code code;
  const fs::path real = fs::canonical(source, code);
  if (!code) fs::create_symlink(real, staged.path() / name, code);
  if (code) return FromErrno(code.value(), fmt::format("cannot keep '{}'", name.string()));
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(staged.path()));
  if (files.empty()) return InvalidArgument(fmt::format("the folder '{}' has no files", name.string()));
  return blobstore::PutTree(blobs_, staged.path());
}

Status KeptFiles::LayOut(const blobstore::Digest& tree, const fs::path& folder) {
  const std::lock_guard lock(filling_);
  const auto mark = ReadFile(MarkOf(folder));
  if (mark && *mark == tree) {
    auto held = blobstore::Materialize(blobs_, tree, folder);
    if (held || held.error().code() != Code::kFailedPrecondition) return held;
  }
  // The mark goes first and comes last: a process killed in between leaves a folder that is filled again.
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder.parent_path()));
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(MarkOf(folder)));
  SLIPWAY_RETURN_IF_ERROR(Clear(folder));
  SLIPWAY_RETURN_IF_ERROR(blobstore::Materialize(blobs_, tree, folder));
  return WriteFileAtomic(MarkOf(folder), tree);
}

// At once for those who look, whatever the removing takes.
Status KeptFiles::Clear(const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory away, TemporaryDirectory::Make(root_));
  std::error_code code;
  if (fs::exists(folder, code)) fs::rename(folder, away.path() / "replaced", code);
  if (code) return FromErrno(code.value(), fmt::format("cannot replace '{}'", folder.string()));
  return {};
}

Status KeptFiles::Verify(const blobstore::Digest& tree, const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto manifest, blobstore::ReadTree(blobs_, tree));
  for (const blobstore::TreeEntry& entry : manifest.entries) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string found, blobstore::HashFile(folder / entry.path));
    if (found != entry.digest)
      return DataLoss(fmt::format("the file '{}' was tampered with: its SHA-256 is {}, it was registered with {}",
                                  entry.path, found, entry.digest));
  }
  return {};
}

Result<fs::path> EntryOf(const fs::path& folder) {
  std::error_code code;
  fs::directory_iterator entry(folder, code);
  if (!code && entry != fs::directory_iterator()) return entry->path();
  return DataLoss(fmt::format("the folder '{}' holds nothing", folder.string()));
}

}  // namespace slipway::registry
