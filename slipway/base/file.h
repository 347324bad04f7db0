// Files by path. Nothing here follows a path out of the root it was given; writes are atomic (temporary file, fsync,
// rename), so a killed process leaves the old content or the new, never half.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway {

Result<std::string> ReadFile(const std::filesystem::path& path);
// Replaces `path` at once and durably; makes missing parent folders. `mode` as chmod takes it.
Status WriteFileAtomic(const std::filesystem::path& path, std::string_view content, int mode = 0644);
Status AppendFile(const std::filesystem::path& path, std::string_view content);
Status MakeDirectories(const std::filesystem::path& path);
Status RemoveAll(const std::filesystem::path& path);
// Copies a file or a folder tree; symbolic links are followed.
Status CopyTree(const std::filesystem::path& from, const std::filesystem::path& to);

struct FileEntry {
  std::string path;  // relative to the listed root, '/' between segments
  uint64_t size = 0;
};
// Every regular file below `root`, sorted by path. kNotFound when `root` is missing.
Result<std::vector<FileEntry>> ListFiles(const std::filesystem::path& root);

// `root`/`relative` when that stays below `root`; kInvalidArgument for absolute paths, "..", empty segments, NUL and
// backslashes. Looks at the text only: use below folders that hold no hostile symbolic links.
Result<std::filesystem::path> JoinBelow(const std::filesystem::path& root, std::string_view relative);

// A folder that is removed with its content when the object dies.
class TemporaryDirectory {
 public:
  // Below the system's temporary folder, or below `parent`.
  static Result<TemporaryDirectory> Make(const std::filesystem::path& parent = {});
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// An exclusive lock on a file, held until the object (or the process) dies. kFailedPrecondition when another process
// holds it; the message names that process' id when the file tells it.
class FileLock {
 public:
  static Result<FileLock> Acquire(const std::filesystem::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace slipway
