#include "slipway/environments/folder_cache.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"

namespace slipway::environments {
namespace {

constexpr const char* kMarker = "complete";

}  // namespace

std::string CacheKey(std::initializer_list<std::string_view> parts,
                     const std::map<std::string, std::string>& variables) {
  Sha256 sha;
  const auto add = [&](std::string_view part) {
    sha.Update(fmt::format("{}:", part.size()));
    sha.Update(part);
  };
  for (const std::string_view part : parts) add(part);
  for (const auto& [name, value] : variables) {
    add(name);
    add(value);
  }
  return sha.FinishHex().substr(0, 32);
}

bool FolderCache::IsComplete(const std::string& key) const {
  std::error_code failure;
  return std::filesystem::exists(FolderOf(key) / kMarker, failure);
}

Status FolderCache::GetOrMake(const std::string& key, const std::function<Status(const std::filesystem::path&)>& make) {
  std::promise<Status> promise;
  std::shared_future<Status> shared;
  {
    std::lock_guard lock(mutex_);
    if (IsComplete(key)) return {};
    const auto found = under_way_.find(key);
    if (found != under_way_.end()) {
      shared = found->second;
    } else {
      under_way_.emplace(key, promise.get_future().share());
    }
  }
  if (shared.valid()) return shared.get();
  Status outcome = Make(key, make);
  {
    std::lock_guard lock(mutex_);
    under_way_.erase(key);
  }
  promise.set_value(outcome);
  return outcome;
}

Status FolderCache::Make(const std::string& key, const std::function<Status(const std::filesystem::path&)>& make) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(root_));
  SLIPWAY_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Acquire(root_ / (key + ".lock")));
  if (IsComplete(key)) return {};
  const std::filesystem::path folder = FolderOf(key);
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(folder));
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  SLIPWAY_RETURN_IF_ERROR(make(folder));
  return WriteFileAtomic(folder / kMarker, "");
}

}  // namespace slipway::environments
