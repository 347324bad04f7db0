// Blobs as files on a local disk. docs/formats/blobs.md describes the layout:
//
//   <root>/version          "1"
//   <root>/lock             held shared by every process that uses the store
//   <root>/sha256/ab/cd…    a blob: the first two digits of its digest, then the other 62; mode 0444
//   <root>/staging/         files on their way in
#pragma once

#include <filesystem>
#include <memory>

#include "slipway/blobstore/blob_store.h"

namespace slipway::blobstore {

class LocalBlobStore final : public BlobStore {
 public:
  // Makes the folder when it is missing. Clears what killed processes left in staging, unless another process uses the
  // store just then. kFailedPrecondition when its layout is of a newer version.
  static Result<std::unique_ptr<LocalBlobStore>> Open(const std::filesystem::path& root);
  ~LocalBlobStore() override;

  // Staged in a file of its own, synced, renamed.
  Result<Digest> Put(const std::filesystem::path& file) override;
  Result<Digest> PutBytes(std::string_view bytes) override;
  Result<std::string> Read(const Digest& digest) override;
  Result<std::unique_ptr<BlobReader>> Open(const Digest& digest) override;
  // Copies when the file system cannot link: another disk, too many links.
  Status Place(const Digest& digest, const std::filesystem::path& file, Placement placement,
               bool is_executable = false) override;
  Result<bool> Has(const Digest& digest) override;
  Status Verify(const Digest& digest) override;
  Status Remove(const Digest& digest) override;

  // Where a blob's file is, or would be.
  Result<std::filesystem::path> PathOf(const Digest& digest) const;

 private:
  LocalBlobStore(std::filesystem::path root, int lock) : root_(std::move(root)), lock_(lock) {}

  // Gives a complete and synced staging file its name.
  Status Publish(const std::filesystem::path& staged, const Digest& digest);
  std::filesystem::path MakeStagingPath() const;

  const std::filesystem::path root_;
  const int lock_;  // descriptor
};

}  // namespace slipway::blobstore
