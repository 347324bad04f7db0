#include "slipway/blobstore/local_blob_store.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/blobstore/file_stream.h"

namespace slipway::blobstore {
namespace fs = std::filesystem;
namespace {

constexpr int kLayoutVersion = 1;
constexpr int kBlobMode = 0444;

Error NoSuchBlob(const Digest& digest) {
  return NotFound(fmt::format("there is no blob {}", digest));
}

Error Damaged(const fs::path& path, const Digest& digest) {
  return DataLoss(
      fmt::format("the blob '{}' was damaged: its bytes no longer have the SHA-256 {}", path.string(), digest));
}

Status CheckVersion(const fs::path& file) {
  const auto text = ReadFile(file);
  if (!text && text.error().code() == Code::kNotFound)
    return WriteFileAtomic(file, fmt::format("{}\n", kLayoutVersion));
  if (!text) return text.error();
  const auto version = ParseInt(Trim(*text));
  if (!version) return DataLoss(fmt::format("'{}' holds no version number", file.string()));
  if (*version <= kLayoutVersion) return {};
  return Error(Code::kFailedPrecondition,
               fmt::format("the blobs in '{}' have layout version {}, made by a newer Slipway; this one knows {}",
                           file.parent_path().string(), *version, kLayoutVersion));
}

// Nobody is staging while we alone hold the lock, so what lies there was left behind.
Status ShareLock(int lock, const fs::path& staging) {
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) SLIPWAY_RETURN_IF_ERROR(RemoveAll(staging));
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(staging));
  if (::flock(lock, LOCK_SH) == 0) return {};
  return FromErrno(errno, fmt::format("cannot lock the blobs beside '{}'", staging.string()));
}

class FileReader final : public BlobReader {
 public:
  explicit FileReader(const fs::path& path) : path_(path), file_(path, O_RDONLY) {}

  // kNotFound when there is no file.
  Status Start() {
    struct stat info {};
    if (!file_.is_open() || ::fstat(file_.value(), &info) != 0)
      return FromErrno(errno, fmt::format("cannot read '{}'", path_.string()));
    size_ = static_cast<uint64_t>(info.st_size);
    return {};
  }
  Result<size_t> Read(std::span<char> into) override { return ReadSome(file_.value(), into, path_); }
  uint64_t size() const override { return size_; }

 private:
  const fs::path path_;
  const Descriptor file_;
  uint64_t size_ = 0;
};

bool CannotLink(int error) {
  return error == EXDEV || error == EMLINK || error == EPERM || error == ENOTSUP || error == EACCES;
}

}  // namespace

Status CheckDigest(std::string_view digest) {
  const bool is_hex = digest.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (digest.size() == 64 && is_hex) return {};
  return InvalidArgument(
      fmt::format("'{}' is no digest of a blob: it must be 64 lower-case hexadecimal digits", digest));
}

Result<std::unique_ptr<LocalBlobStore>> LocalBlobStore::Open(const fs::path& root) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(root / "sha256"));
  SLIPWAY_RETURN_IF_ERROR(CheckVersion(root / "version"));
  const int lock = ::open((root / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return FromErrno(errno, fmt::format("cannot open '{}'", (root / "lock").string()));
  std::unique_ptr<LocalBlobStore> store(new LocalBlobStore(root, lock));
  SLIPWAY_RETURN_IF_ERROR(ShareLock(lock, root / "staging"));
  return store;
}

LocalBlobStore::~LocalBlobStore() {
  ::close(lock_);
}

Result<fs::path> LocalBlobStore::PathOf(const Digest& digest) const {
  SLIPWAY_RETURN_IF_ERROR(CheckDigest(digest));
  return root_ / "sha256" / digest.substr(0, 2) / digest.substr(2);
}

fs::path LocalBlobStore::MakeStagingPath() const {
  return root_ / "staging" / RandomHex(12);
}

Status LocalBlobStore::Publish(const fs::path& staged, const Digest& digest) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, PathOf(digest));
  const fs::path folder = path.parent_path();
  std::error_code ignored;
  const bool is_new_folder = !fs::exists(folder, ignored);
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  // Replaces the same content when somebody was faster.
  if (::rename(staged.c_str(), path.c_str()) != 0) {
    const Error error = FromErrno(errno, fmt::format("cannot store '{}'", path.string()));
    ::unlink(staged.c_str());
    return error;
  }
  if (is_new_folder) SLIPWAY_RETURN_IF_ERROR(SyncFolder(folder.parent_path()));
  return SyncFolder(folder);
}

Result<Digest> LocalBlobStore::Put(const fs::path& file) {
  // Most snapshots hold what is there already: reading once more is cheaper than writing and syncing.
  SLIPWAY_ASSIGN_OR_RETURN(const Digest known, HashFile(file));
  SLIPWAY_ASSIGN_OR_RETURN(const bool has, Has(known));
  if (has) return known;
  const fs::path staged = MakeStagingPath();
  SLIPWAY_ASSIGN_OR_RETURN(const Digest digest, CopyFile(file, staged, kBlobMode));
  SLIPWAY_RETURN_IF_ERROR(Publish(staged, digest));
  return digest;
}

Result<Digest> LocalBlobStore::PutBytes(std::string_view bytes) {
  const Digest digest = Sha256Hex(bytes);
  SLIPWAY_ASSIGN_OR_RETURN(const bool has, Has(digest));
  if (has) return digest;
  const fs::path staged = MakeStagingPath();
  SLIPWAY_RETURN_IF_ERROR(WriteNewFile(staged, bytes, kBlobMode));
  SLIPWAY_RETURN_IF_ERROR(Publish(staged, digest));
  return digest;
}

Result<std::string> LocalBlobStore::Read(const Digest& digest) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, PathOf(digest));
  auto bytes = ReadFile(path);
  if (!bytes && bytes.error().code() == Code::kNotFound) return NoSuchBlob(digest);
  if (bytes && Sha256Hex(*bytes) != digest) return Damaged(path, digest);
  return bytes;
}

Result<std::unique_ptr<BlobReader>> LocalBlobStore::Open(const Digest& digest) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, PathOf(digest));
  auto reader = std::make_unique<FileReader>(path);
  const Status started = reader->Start();
  if (!started && started.error().code() == Code::kNotFound) return NoSuchBlob(digest);
  SLIPWAY_RETURN_IF_ERROR(started);
  return std::unique_ptr<BlobReader>(std::move(reader));
}

Status LocalBlobStore::Place(const Digest& digest, const fs::path& file, Placement placement, bool is_executable) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, PathOf(digest));
  SLIPWAY_ASSIGN_OR_RETURN(const bool has, Has(digest));
  if (!has) return NoSuchBlob(digest);
  if (placement == Placement::kLinkOrCopy && !is_executable) {
    if (::link(path.c_str(), file.c_str()) == 0) return {};
    if (!CannotLink(errno)) return FromErrno(errno, fmt::format("cannot place '{}'", file.string()));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Digest copied, CopyFile(path, file, is_executable ? 0555 : kBlobMode));
  if (copied == digest) return {};
  ::unlink(file.c_str());
  return Damaged(path, digest);
}

Result<bool> LocalBlobStore::Has(const Digest& digest) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, PathOf(digest));
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT) return false;
  return FromErrno(errno, fmt::format("cannot look at '{}'", path.string()));
}

Status LocalBlobStore::Verify(const Digest& digest) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, PathOf(digest));
  const auto found = HashFile(path);
  if (!found && found.error().code() == Code::kNotFound) return NoSuchBlob(digest);
  SLIPWAY_RETURN_IF_ERROR(found);
  if (*found != digest) return Damaged(path, digest);
  return {};
}

Status LocalBlobStore::Remove(const Digest& digest) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, PathOf(digest));
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return FromErrno(errno, fmt::format("cannot remove '{}'", path.string()));
}

}  // namespace slipway::blobstore
