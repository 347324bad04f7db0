// Digests of files and folders by content.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "slipway/base/result.h"

namespace slipway::environments {

// Hashes files, remembering the digest of each by path, size, time of change and inode. Thread-safe.
class ContentHasher {
 public:
  // Lower-case hex SHA-256 over the relative paths, sizes and bytes of every file of a folder, or over one file's
  // bytes. Equal content, equal digest, wherever it stands. kNotFound when there is nothing.
  Result<std::string> Hash(const std::filesystem::path& path);
  // Digests of the first `count` files of a folder, by relative path.
  Result<std::map<std::string, std::string>> HashFiles(const std::filesystem::path& folder, size_t count);

 private:
  struct Known {
    uint64_t size = 0;
    int64_t changed_ns = 0;
    uint64_t inode = 0;
    std::string digest;
  };
  Result<std::string> HashFile(const std::filesystem::path& path);

  static constexpr size_t kMaxKnown = 10'000;  // forgotten all at once beyond it
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

}  // namespace slipway::environments
