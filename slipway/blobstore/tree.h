// Folders in a blob store: the files are blobs, and so is the manifest that lists them. Its digest names the folder,
// the same for the same files wherever they came from. docs/formats/blobs.md describes the manifest's text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/blobstore/blob_store.h"

namespace slipway::blobstore {

struct TreeEntry {
  std::string path;  // relative, '/' between segments
  uint64_t size = 0;
  Digest digest;
  bool is_executable = false;
  bool operator==(const TreeEntry&) const = default;
};

// A value: the files by path. Empty folders and all of a file's mode but "executable" are not kept.
struct TreeManifest {
  std::vector<TreeEntry> entries;

  // The canonical text: the same entries give the same bytes.
  std::string ToText() const;
  // kDataLoss for what ToText never writes: another version, unsorted or doubled paths, paths that leave the folder.
  static Result<TreeManifest> Parse(std::string_view text);
};

// Puts every file below `folder` (symbolic links are followed) and the manifest; gives the manifest's digest.
// kInvalidArgument for a file name with a line break.
Result<Digest> PutTree(BlobStore& blobs, const std::filesystem::path& folder);
Result<TreeManifest> ReadTree(BlobStore& blobs, const Digest& tree);

// Makes `folder` with the tree's files: built beside it and renamed, so it is never seen half. Does nothing when the
// folder holds the tree already (the same paths and sizes); kFailedPrecondition when it holds anything else. An empty
// folder is replaced. Thread-safe: of several that make the same folder one wins and all succeed.
Status Materialize(BlobStore& blobs, const Digest& tree, const std::filesystem::path& folder,
                   Placement placement = Placement::kLinkOrCopy);

// Verifies the manifest and every file in it; the complaint names the path in the tree.
Status VerifyTree(BlobStore& blobs, const Digest& tree);

}  // namespace slipway::blobstore
