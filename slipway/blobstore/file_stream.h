// File descriptors in chunks.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::blobstore {

inline constexpr size_t kChunkBytes = size_t{1} << 20;

// Closes itself; -1 when opening failed.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, int mode = 0)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }
  bool is_open() const { return value_ >= 0; }

 private:
  int value_;
};

// 0 at the end of the file.
Result<size_t> ReadSome(int descriptor, std::span<char> into, const std::filesystem::path& path);
Status WriteAll(int descriptor, std::string_view bytes, const std::filesystem::path& path);
// So that a new name in it survives a power loss.
Status SyncFolder(const std::filesystem::path& folder);

// Calls take(chunk), which gives a Status, for all of the file.
template <typename Take>
Status ForEachChunk(const std::filesystem::path& path, const Take& take) {
  const Descriptor file(path, O_RDONLY);
  if (!file.is_open()) return FromErrno(errno, "cannot read '" + path.string() + "'");
  std::string buffer(kChunkBytes, '\0');
  while (true) {
    SLIPWAY_ASSIGN_OR_RETURN(const size_t count, ReadSome(file.value(), buffer, path));
    if (count == 0) return {};
    SLIPWAY_RETURN_IF_ERROR(take(std::string_view(buffer).substr(0, count)));
  }
}

Result<std::string> HashFile(const std::filesystem::path& path);
// Copies into a new file of that mode, synced, and gives the digest of what was copied. Leaves no file behind when it
// fails.
Result<std::string> CopyFile(const std::filesystem::path& from, const std::filesystem::path& to, int mode);
Status WriteNewFile(const std::filesystem::path& path, std::string_view bytes, int mode);

}  // namespace slipway::blobstore
