#include "slipway/blobstore/tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <set>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::blobstore {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kHeader = "slipway-tree 1\n";

Error NoManifest(std::string_view why) {
  return DataLoss(fmt::format("this blob is no manifest of a folder: {}", why));
}

// Removes the text up to the next `separator` from the front, and gives it.
std::string_view TakeUntil(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

// "<digest> <size> <x or -> <path>".
Result<TreeEntry> ParseEntry(std::string_view line) {
  TreeEntry entry;
  entry.digest = TakeUntil(line, ' ');
  const auto size = ParseInt(TakeUntil(line, ' '));
  const std::string_view mode = TakeUntil(line, ' ');
  entry.path = line;
  if (!CheckDigest(entry.digest) || !size || *size < 0 || (mode != "x" && mode != "-"))
    return NoManifest(fmt::format("the line of '{}' is not understood", entry.path));
  if (entry.path.empty() || !JoinBelow("/", entry.path))
    return NoManifest(fmt::format("'{}' is no path below a folder", entry.path));
  entry.size = static_cast<uint64_t>(*size);
  entry.is_executable = mode == "x";
  return entry;
}

Result<TreeEntry> PutEntry(BlobStore& blobs, const fs::path& folder, const FileEntry& file) {
  if (file.path.find('\n') != std::string::npos)
    return InvalidArgument(fmt::format("the name of the file '{}' holds a line break", file.path));
  const fs::path path = folder / file.path;
  TreeEntry entry;
  entry.path = file.path;
  SLIPWAY_ASSIGN_OR_RETURN(entry.digest, blobs.Put(path));
  SLIPWAY_ASSIGN_OR_RETURN(const auto stored, blobs.Open(entry.digest));
  entry.size = stored->size();
  struct stat info {};
  entry.is_executable = ::stat(path.c_str(), &info) == 0 && (info.st_mode & 0100) != 0;
  return entry;
}

bool IsEmptyOrMissing(const fs::path& folder) {
  std::error_code ignored;
  return !fs::exists(folder, ignored) || (fs::is_directory(folder, ignored) && fs::is_empty(folder, ignored));
}

bool Holds(const fs::path& folder, const TreeManifest& manifest) {
  const auto files = ListFiles(folder);
  if (!files) return false;
  return std::equal(
      files->begin(), files->end(), manifest.entries.begin(), manifest.entries.end(),
      [](const FileEntry& file, const TreeEntry& entry) { return file.path == entry.path && file.size == entry.size; });
}

Status Build(BlobStore& blobs, const TreeManifest& manifest, const fs::path& folder, Placement placement) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  std::set<fs::path> made;
  for (const TreeEntry& entry : manifest.entries) {
    SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, JoinBelow(folder, entry.path));
    if (made.insert(path.parent_path()).second) SLIPWAY_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
    SLIPWAY_RETURN_IF_ERROR(
        With(blobs.Place(entry.digest, path, placement, entry.is_executable), fmt::format("file '{}'", entry.path)));
  }
  return {};
}

Status CheckHolds(const fs::path& folder, const TreeManifest& manifest, const Digest& tree) {
  if (Holds(folder, manifest)) return {};
  return Error(Code::kFailedPrecondition,
               fmt::format("'{}' is there already and is not the folder {}", folder.string(), tree));
}

}  // namespace

std::string TreeManifest::ToText() const {
  std::vector<const TreeEntry*> sorted;
  for (const TreeEntry& entry : entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->path < b->path; });
  std::string text(kHeader);
  for (const TreeEntry* entry : sorted)
    text += fmt::format("{} {} {} {}\n", entry->digest, entry->size, entry->is_executable ? "x" : "-", entry->path);
  return text;
}

Result<TreeManifest> TreeManifest::Parse(std::string_view text) {
  if (!text.starts_with(kHeader)) return NoManifest("it does not start with 'slipway-tree 1'");
  if (!text.ends_with('\n')) return NoManifest("its last line is cut off");
  text.remove_prefix(kHeader.size());
  TreeManifest manifest;
  while (!text.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(TreeEntry entry, ParseEntry(TakeUntil(text, '\n')));
    if (!manifest.entries.empty() && manifest.entries.back().path >= entry.path)
      return NoManifest(fmt::format("'{}' is not in its place", entry.path));
    manifest.entries.push_back(std::move(entry));
  }
  return manifest;
}

Result<Digest> PutTree(BlobStore& blobs, const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(folder));
  TreeManifest manifest;
  for (const FileEntry& file : files) {
    SLIPWAY_ASSIGN_OR_RETURN(TreeEntry entry, PutEntry(blobs, folder, file));
    manifest.entries.push_back(std::move(entry));
  }
  return blobs.PutBytes(manifest.ToText());
}

Result<TreeManifest> ReadTree(BlobStore& blobs, const Digest& tree) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, blobs.Read(tree));
  return With(TreeManifest::Parse(text), fmt::format("blob {}", tree));
}

Status Materialize(BlobStore& blobs, const Digest& tree, const fs::path& target, Placement placement) {
  const fs::path folder = target.has_filename() ? target : target.parent_path();  // "…/x/" is "…/x"
  SLIPWAY_ASSIGN_OR_RETURN(const TreeManifest manifest, ReadTree(blobs, tree));
  if (!IsEmptyOrMissing(folder)) return CheckHolds(folder, manifest, tree);
  const fs::path staged =
      folder.parent_path() / fmt::format(".{}.staging-{}", folder.filename().string(), RandomHex(6));
  Status built = Build(blobs, manifest, staged, placement);
  if (built && ::rename(staged.c_str(), folder.c_str()) == 0) return {};
  const int error = errno;
  (void)RemoveAll(staged);
  SLIPWAY_RETURN_IF_ERROR(built);
  if (error == EEXIST || error == ENOTEMPTY) return CheckHolds(folder, manifest, tree);
  return FromErrno(error, fmt::format("cannot make the folder '{}'", folder.string()));
}

Status VerifyTree(BlobStore& blobs, const Digest& tree) {
  SLIPWAY_ASSIGN_OR_RETURN(const TreeManifest manifest, ReadTree(blobs, tree));
  for (const TreeEntry& entry : manifest.entries)
    SLIPWAY_RETURN_IF_ERROR(With(blobs.Verify(entry.digest), fmt::format("file '{}'", entry.path)));
  return {};
}

}  // namespace slipway::blobstore
