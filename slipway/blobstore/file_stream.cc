#include "slipway/blobstore/file_stream.h"

#include <sys/stat.h>

#include <fmt/format.h>

#include "slipway/base/hash.h"

namespace slipway::blobstore {
namespace fs = std::filesystem;
namespace {

// Runs `write(descriptor)` on a new file, then fixes its mode and syncs it; removes it when anything failed.
template <typename Write>
Status MakeFile(const fs::path& path, int mode, const Write& write) {
  const auto fail = [&] { return FromErrno(errno, fmt::format("cannot write '{}'", path.string())); };
  const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file.is_open()) return fail();
  Status written = write(file.value());
  if (written && (::fchmod(file.value(), mode) != 0 || ::fsync(file.value()) != 0)) written = fail();
  if (!written) ::unlink(path.c_str());
  return written;
}

}  // namespace

Result<size_t> ReadSome(int descriptor, std::span<char> into, const fs::path& path) {
  while (true) {
    const ssize_t count = ::read(descriptor, into.data(), into.size());
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return FromErrno(errno, fmt::format("cannot read '{}'", path.string()));
  }
}

Status WriteAll(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FromErrno(errno, fmt::format("cannot write '{}'", path.string()));
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Status SyncFolder(const fs::path& folder) {
  const Descriptor descriptor(folder, O_RDONLY | O_DIRECTORY);
  if (descriptor.is_open() && ::fsync(descriptor.value()) == 0) return {};
  return FromErrno(errno, fmt::format("cannot sync the folder '{}'", folder.string()));
}

Result<std::string> HashFile(const fs::path& path) {
  Sha256 hash;
  SLIPWAY_RETURN_IF_ERROR(ForEachChunk(path, [&](std::string_view chunk) -> Status {
    hash.Update(chunk);
    return {};
  }));
  return hash.FinishHex();
}

Result<std::string> CopyFile(const fs::path& from, const fs::path& to, int mode) {
  Sha256 hash;
  SLIPWAY_RETURN_IF_ERROR(MakeFile(to, mode, [&](int descriptor) {
    return ForEachChunk(from, [&](std::string_view chunk) {
      hash.Update(chunk);
      return WriteAll(descriptor, chunk, to);
    });
  }));
  return hash.FinishHex();
}

Status WriteNewFile(const fs::path& path, std::string_view bytes, int mode) {
  return MakeFile(path, mode, [&](int descriptor) { return WriteAll(descriptor, bytes, path); });
}

}  // namespace slipway::blobstore
