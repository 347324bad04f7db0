// The last lines of a deployment's console, kept in a file that the control plane shows (get-logs).
#pragma once

#include <filesystem>
#include <mutex>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::gateway {

// Thread-safe. Holds at least the last `lines_kept` lines and at most twice as many.
class ConsoleFile {
 public:
  ConsoleFile(std::filesystem::path path, size_t lines_kept);
  ~ConsoleFile();
  ConsoleFile(const ConsoleFile&) = delete;
  ConsoleFile& operator=(const ConsoleFile&) = delete;

  // A line that cannot be written (full disk) is dropped with a warning in the process' own log: scoring goes on.
  void Append(std::string_view line);
  const std::filesystem::path& path() const { return path_; }

 private:
  Status Open();
  Status Trim();
  Status AppendLocked(std::string_view line);

  const std::filesystem::path path_;
  const size_t lines_kept_;
  std::mutex mutex_;
  int descriptor_ = -1;
  size_t lines_ = 0;
  bool has_warned_ = false;
};

}  // namespace slipway::gateway
