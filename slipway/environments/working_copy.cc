#include "slipway/environments/working_copy.h"

#include <fmt/format.h>

#include "slipway/base/file.h"

namespace slipway::environments {
namespace fs = std::filesystem;
namespace {

constexpr uintmax_t kLinkedFrom = 1024 * 1024;

Status FromCode(const std::error_code& failure, const fs::path& path) {
  return FromErrno(failure.value(), path.string());
}

Status CopyEntry(const fs::directory_entry& entry, const fs::path& to) {
  std::error_code failure;
  if (entry.is_symlink()) {
    fs::copy_symlink(entry.path(), to, failure);
  } else if (entry.is_directory()) {
    fs::create_directory(to, failure);
  } else if (entry.is_regular_file()) {
    if (entry.file_size() >= kLinkedFrom) {
      fs::create_hard_link(entry.path(), to, failure);
      if (!failure) return {};
      failure.clear();  // another file system: copied after all
    }
    fs::copy_file(entry.path(), to, failure);
  }
  if (failure) return FromCode(failure, to);
  return {};
}

template <typename Visit>
Status ForEachEntry(const fs::path& folder, const Visit& visit) {
  std::error_code failure;
  fs::recursive_directory_iterator it(folder, failure);
  for (; !failure && it != fs::recursive_directory_iterator(); it.increment(failure)) {
    SLIPWAY_RETURN_IF_ERROR(visit(*it));
  }
  if (failure) return FromCode(failure, folder);
  return {};
}

}  // namespace

Status MakeWorkingCopy(const fs::path& from, const fs::path& to) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(to));
  return ForEachEntry(from, [&](const fs::directory_entry& entry) {
    return CopyEntry(entry, to / entry.path().lexically_relative(from));
  });
}

Status Seal(const fs::path& folder) {
  return ForEachEntry(folder, [](const fs::directory_entry& entry) -> Status {
    if (entry.is_symlink() || !entry.is_regular_file() || entry.file_size() < kLinkedFrom) return {};
    std::error_code failure;
    constexpr auto kWrite = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
    fs::permissions(entry.path(), kWrite, fs::perm_options::remove, failure);
    if (failure) return FromCode(failure, entry.path());
    return {};
  });
}

}  // namespace slipway::environments
