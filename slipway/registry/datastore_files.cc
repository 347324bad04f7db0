#include "slipway/registry/datastore_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;
using domain::AssetKind;
using domain::DatastorePath;
using domain::Scope;

constexpr int kDepthMax = 64;

// Whether `path`, with its symbolic links followed as far as it exists, is `root` or below it.
bool IsInside(const fs::path& root, const fs::path& path) {
  std::error_code code;
  const fs::path real_root = fs::canonical(root, code);
  if (code) return false;
  const fs::path real = fs::weakly_canonical(path, code);
  if (code) return false;
  return std::mismatch(real_root.begin(), real_root.end(), real.begin(), real.end()).first == real_root.end();
}

}  // namespace

struct DatastoreFiles::Place {
  fs::path root;
  fs::path path;
};

Result<DatastoreFiles::Place> DatastoreFiles::Resolve(const Scope& scope, const DatastorePath& path) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Datastore datastore, workspaces_.GetDatastore(scope, path.datastore));
  if (datastore.path.empty()) {
    return Unimplemented(fmt::format("files of the datastore '{}' of type {} are not supported yet; local ones are",
                                     datastore.name, datastore.type));
  }
  SLIPWAY_ASSIGN_OR_RETURN(fs::path joined, JoinBelow(datastore.path, path.path));
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(datastore.path));
  if (!IsInside(datastore.path, joined)) {
    return Error(Code::kPermissionDenied,
                 fmt::format("'{}' leads out of the datastore '{}'", path.path, datastore.name));
  }
  return Place{datastore.path, std::move(joined)};
}

Result<DatastoreFiles::Kind> DatastoreFiles::Find(const Scope& scope, const DatastorePath& path) {
  SLIPWAY_ASSIGN_OR_RETURN(const Place place, Resolve(scope, path));
  std::error_code ignored;
  if (fs::is_directory(place.path, ignored)) return Kind::kFolder;
  if (fs::is_regular_file(place.path, ignored)) {
    if (!path.path.ends_with('/')) return Kind::kFile;
    return NotFound(fmt::format("'{}' is a file, not a folder", path.ToString()));
  }
  return NotFound(fmt::format("there is no file or folder '{}'", path.ToString()));
}

Result<std::string> DatastoreFiles::Read(const Scope& scope, const DatastorePath& path) {
  SLIPWAY_ASSIGN_OR_RETURN(const Place place, Resolve(scope, path));
  std::error_code ignored;
  if (fs::is_regular_file(place.path, ignored)) return ReadFile(place.path);
  return NotFound(fmt::format("there is no file '{}'", path.ToString()));
}

Result<std::vector<FileEntry>> DatastoreFiles::List(const Scope& scope, const DatastorePath& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const Place place, Resolve(scope, folder));
  const auto fail = [&](const std::error_code& code) {
    return FromErrno(code.value(), fmt::format("cannot list '{}'", folder.ToString()));
  };
  std::error_code code;
  fs::recursive_directory_iterator entry(place.path, code);
  if (code) return fail(code);
  std::vector<FileEntry> files;
  for (; entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    if (code) return fail(code);
    if (entry.depth() >= kDepthMax) entry.disable_recursion_pending();
    std::error_code gone;  // what vanishes while it is listed is not listed
    if (!entry->is_regular_file(gone)) continue;
    if (entry->is_symlink(gone) && !IsInside(place.root, entry->path())) continue;
    const uint64_t size = entry->file_size(gone);
    if (!gone) files.push_back({entry->path().lexically_relative(place.path).generic_string(), size});
  }
  std::sort(files.begin(), files.end(), [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  return files;
}

bool DatastoreFiles::IsInRegisteredCode(const Scope& scope, const DatastorePath& path) {
  const auto segments = Split(path.path, '/');
  if (segments.size() < 3 || segments[0] != "code") return false;
  const auto versions = assets_.ListVersions(scope, AssetKind::kCode, std::string(segments[1]), domain::ListView::kAll);
  return versions && !versions->empty();
}

Result<bool> DatastoreFiles::Write(const Scope& scope, const DatastorePath& path, std::string_view content) {
  if (path.path.empty() || path.path.ends_with('/')) {
    return InvalidArgument(fmt::format("'{}' names a folder: a file needs a name", path.ToString()));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Place place, Resolve(scope, path));
  std::error_code ignored;
  if (fs::is_directory(place.path, ignored)) {
    return InvalidArgument(fmt::format("'{}' is a folder", path.ToString()));
  }
  const bool is_new = !fs::exists(place.path, ignored);
  if (IsInRegisteredCode(scope, path)) {
    const auto stored = ReadFile(place.path);
    if (stored && *stored == content) return false;
    return AlreadyExists(
        fmt::format("'{}' belongs to a registered code snapshot, which is named by its content", path.ToString()));
  }
  auto written = WriteFileAtomic(place.path, content);
  if (!written && (written.error().code() == Code::kAlreadyExists || written.error().code() == Code::kNotFound)) {
    return InvalidArgument(fmt::format("'{}' has a file where a folder would have to be", path.ToString()));
  }
  if (!written) return std::move(written.error());
  return is_new;
}

}  // namespace slipway::registry
