// Making a cached folder once: the pattern that builds and virtual environments share. For this room's own files.
#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::environments {

// A key of everything that goes into what is made: texts and variables, each with its length.
std::string CacheKey(std::initializer_list<std::string_view> parts,
                     const std::map<std::string, std::string>& variables = {});

// Folders under `root`, one a key. A folder counts once its marker file `complete` is there, which is written last and
// atomically: what a killed process left half made is made again. (A rename of the finished folder would break the
// absolute paths that CMake and venv write into what they make.) Thread-safe; a file lock keeps other processes out.
class FolderCache {
 public:
  explicit FolderCache(std::filesystem::path root) : root_(std::move(root)) {}

  std::filesystem::path FolderOf(const std::string& key) const { return root_ / key; }
  bool IsComplete(const std::string& key) const;

  // Calls make(folder) unless the folder is complete; callers with the same key meanwhile wait and share the outcome.
  // `folder` is new and empty. A failure is not remembered.
  Status GetOrMake(const std::string& key, const std::function<Status(const std::filesystem::path&)>& make);

 private:
  Status Make(const std::string& key, const std::function<Status(const std::filesystem::path&)>& make);

  const std::filesystem::path root_;
  std::mutex mutex_;
  std::map<std::string, std::shared_future<Status>> under_way_;
};

}  // namespace slipway::environments
