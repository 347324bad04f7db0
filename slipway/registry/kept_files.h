// Files and folders kept as content-addressed trees, and laid out again as folders. For this room's own files.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "slipway/base/result.h"
#include "slipway/blobstore/blob_store.h"

namespace slipway::registry {

// Thread-safe. `blobs` is borrowed.
class KeptFiles {
 public:
  // `root`: below it folders are laid out; it and all below belong to this class and can be made again.
  KeptFiles(std::filesystem::path root, blobstore::BlobStore& blobs) : root_(std::move(root)), blobs_(blobs) {}

  // Keeps a file or folder under its own base name: the tree has that one entry. Gives the tree's digest. Symbolic
  // links are followed; kInvalidArgument for a folder without files.
  Result<blobstore::Digest> Keep(const std::filesystem::path& source);

  // `folder`, below the root, filled with the tree if it is not yet. Its files are the blobs: read them only.
  Status LayOut(const blobstore::Digest& tree, const std::filesystem::path& folder);

  // Hashes every file of the folder: kDataLoss names the first that is not what the tree says.
  Status Verify(const blobstore::Digest& tree, const std::filesystem::path& folder);

  const std::filesystem::path& root() const { return root_; }

 private:
  Status Clear(const std::filesystem::path& folder);

  const std::filesystem::path root_;
  blobstore::BlobStore& blobs_;
  std::mutex filling_;
};

// The one entry of a folder that LayOut made.
Result<std::filesystem::path> EntryOf(const std::filesystem::path& folder);

}  // namespace slipway::registry
