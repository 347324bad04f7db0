// Content-addressed bytes: a blob's name is the SHA-256 of its content, so equal content is stored once and what is
// stored never changes. The interface asks for no more than an object store can do; tree.h builds folders on it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::blobstore {

// 64 lower-case hexadecimal digits. Anything else is refused with kInvalidArgument.
using Digest = std::string;
Status CheckDigest(std::string_view digest);

// Reads a blob from its start. Not thread-safe.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  // Fills from the front and says how many bytes; 0 at the end.
  virtual Result<size_t> Read(std::span<char> into) = 0;
  virtual uint64_t size() const = 0;
};

// How a blob becomes a file. Linked files are the blob itself: read-only, and whoever defeats that damages the blob.
// Hand copies to programs that are not ours.
enum class Placement { kLinkOrCopy, kCopy };

// Thread-safe, and safe beside other processes that use the same blobs. A missing blob is kNotFound.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Durable and complete when it returns; a process that is killed before leaves nothing under the digest.
  virtual Result<Digest> Put(const std::filesystem::path& file) = 0;
  virtual Result<Digest> PutBytes(std::string_view bytes) = 0;

  // The whole content, checked against the digest: kDataLoss names the file when it changed.
  virtual Result<std::string> Read(const Digest& digest) = 0;
  // The content as it stands, unchecked.
  virtual Result<std::unique_ptr<BlobReader>> Open(const Digest& digest) = 0;
  // Makes `file`, which must not exist yet, in a folder that does. Its mode is 0444, or 0555 when executable; an
  // executable is always a copy.
  virtual Status Place(const Digest& digest, const std::filesystem::path& file, Placement placement,
                       bool is_executable = false) = 0;

  virtual Result<bool> Has(const Digest& digest) = 0;
  // Reads it all: kDataLoss names the file when its bytes are not those that were put.
  virtual Status Verify(const Digest& digest) = 0;
  // Nothing when it is not there. Files that were placed stay.
  virtual Status Remove(const Digest& digest) = 0;
};

}  // namespace slipway::blobstore
