#include "slipway/environments/content_hash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"

namespace slipway::environments {
namespace {

Result<std::string> DigestOfFile(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return FromErrno(errno, path.string());
  Sha256 sha;
  std::string buffer(256 * 1024, '\0');
  ssize_t size = 0;
  while ((size = read(descriptor, buffer.data(), buffer.size())) > 0) {
    sha.Update(std::string_view(buffer).substr(0, static_cast<size_t>(size)));
  }
  const int error = errno;
  close(descriptor);
  if (size < 0) return FromErrno(error, path.string());
  return sha.FinishHex();
}

}  // namespace

Result<std::string> ContentHasher::HashFile(const std::filesystem::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return FromErrno(errno, path.string());
  const Known now{static_cast<uint64_t>(status.st_size),
                  static_cast<int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec,
                  static_cast<uint64_t>(status.st_ino),
                  {}};
  {
    std::lock_guard lock(mutex_);
    const auto found = known_.find(path.string());
    if (found != known_.end() && found->second.size == now.size && found->second.changed_ns == now.changed_ns &&
        found->second.inode == now.inode) {
      return found->second.digest;
    }
  }
  SLIPWAY_ASSIGN_OR_RETURN(std::string digest, DigestOfFile(path));
  std::lock_guard lock(mutex_);
  if (known_.size() >= kMaxKnown) known_.clear();
  Known& entry = known_[path.string()] = now;
  entry.digest = digest;
  return digest;
}

Result<std::string> ContentHasher::Hash(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return HashFile(path);
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(path));
  Sha256 sha;
  sha.Update(fmt::format("{}", files.size()));
  for (const FileEntry& file : files) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string digest, HashFile(path / file.path));
    sha.Update(fmt::format("#{}#{}#{}", file.path, file.size, digest));
  }
  return sha.FinishHex();
}

Result<std::map<std::string, std::string>> ContentHasher::HashFiles(const std::filesystem::path& folder, size_t count) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(folder));
  std::map<std::string, std::string> digests;
  for (const FileEntry& file : files) {
    if (digests.size() == count) break;
    SLIPWAY_ASSIGN_OR_RETURN(digests[file.path], HashFile(folder / file.path));
  }
  return digests;
}

}  // namespace slipway::environments
