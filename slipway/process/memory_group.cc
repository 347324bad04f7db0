#include "slipway/process/memory_group.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/process/descriptor.h"

namespace slipway::process {
namespace {

namespace fs = std::filesystem;

// The kernel's files take a value with one write.
Status WriteValue(const fs::path& file, std::string_view value) {
  const Descriptor descriptor(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (descriptor.get() >= 0 &&
      write(descriptor.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size()))
    return {};
  return FromErrno(errno, fmt::format("cannot write '{}' to '{}'", value, file.string()));
}

bool HasMemory(const fs::path& file) {
  const auto text = ReadFile(file);
  if (!text) return false;
  const auto controllers = Split(Trim(*text), ' ');
  return std::find(controllers.begin(), controllers.end(), "memory") != controllers.end();
}

}  // namespace

Status CheckMemoryGroups(const fs::path& parent) {
  if (!HasMemory(parent / "cgroup.controllers"))
    return FailedPrecondition(
        fmt::format("'{}' is no cgroup of version 2 that has the memory controller", parent.string()));
  if (HasMemory(parent / "cgroup.subtree_control")) return {};
  return WriteValue(parent / "cgroup.subtree_control", "+memory");
}

Result<MemoryGroup> MemoryGroup::Make(const fs::path& parent, const std::string& name, uint64_t bytes_max) {
  const fs::path path = parent / name;
  if (mkdir(path.c_str(), 0755) != 0)
    return FromErrno(errno, fmt::format("cannot make the cgroup '{}'", path.string()));
  MemoryGroup group(path);
  SLIPWAY_RETURN_IF_ERROR(WriteValue(path / "memory.max", std::to_string(bytes_max)));
  SLIPWAY_RETURN_IF_ERROR(WriteValue(path / "memory.oom.group", "1"));
  (void)WriteValue(path / "memory.swap.max", "0");  // there is none on a machine without swap
  return group;
}

MemoryGroup::MemoryGroup(MemoryGroup&& other) noexcept : path_(std::exchange(other.path_, fs::path())) {}

MemoryGroup::~MemoryGroup() {
  if (path_.empty()) return;
  (void)WriteValue(path_ / "cgroup.kill", "1");  // Linux 5.14
  // Those that were killed leave it a moment later.
  constexpr int kTriesMax = 200;
  for (int i = 0; i < kTriesMax && rmdir(path_.c_str()) != 0 && errno == EBUSY; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

bool MemoryGroup::WasExceeded() const {
  return CountIn(ReadFile(path_ / "memory.events").value_or(""), "oom_kill") > 0;
}

uint64_t CountIn(std::string_view text, std::string_view key) {
  for (const std::string_view line : Split(text, '\n')) {
    const size_t blank = line.find(' ');
    if (blank != std::string_view::npos && line.substr(0, blank) == key)
      return static_cast<uint64_t>(ParseInt(line.substr(blank + 1)).value_or(0));
  }
  return 0;
}

}  // namespace slipway::process
