// A bound on the memory of a process with all that it starts, kept by the kernel: a cgroup (version 2), whose processes
// end together when they need more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "slipway/base/result.h"

namespace slipway::process {

// Whether groups can be made below `parent`, a cgroup of version 2 without processes: hands the memory controller on to
// them. The Error says why not.
Status CheckMemoryGroups(const std::filesystem::path& parent);

// A cgroup, removed with its owner; what is left in it then is killed.
class MemoryGroup {
 public:
  // Below a folder that CheckMemoryGroups has accepted. No swap is used.
  static Result<MemoryGroup> Make(const std::filesystem::path& parent, const std::string& name, uint64_t bytes_max);
  MemoryGroup(MemoryGroup&& other) noexcept;
  MemoryGroup& operator=(MemoryGroup&&) = delete;
  ~MemoryGroup();

  const std::filesystem::path& path() const { return path_; }
  // Whether the kernel has ended processes since they needed more.
  bool WasExceeded() const;

 private:
  explicit MemoryGroup(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;  // "" once moved from
};

// The number behind `key` in a text of lines "key number"; 0 when it is not there. For tests and WasExceeded.
uint64_t CountIn(std::string_view text, std::string_view key);

}  // namespace slipway::process
