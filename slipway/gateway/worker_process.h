// A worker's process with its three streams to the gateway. Starting and ending only; what is said over the socket is
// worker_protocol.h's matter.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/memory_group.h"
#include "slipway/process/spawn.h"

namespace slipway::gateway {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return descriptor_; }
  bool IsOpen() const { return descriptor_ >= 0; }
  int Release();
  void Close();

 private:
  int descriptor_ = -1;
};

struct WorkerCommand {
  std::vector<std::string> arguments;              // arguments[0]: the program
  std::map<std::string, std::string> environment;  // on top of PATH, HOME, locale … of the gateway's own
  std::string working_directory;
  process::Confinement confinement;
  process::Limits limits;
  // A cgroup in which each process gets one of its own for `memory_bytes_max`; "": its owner is to look after that.
  std::filesystem::path memory_groups;
  uint64_t memory_bytes_max = 0;
};

// Lives in a session of its own. Killed and reaped by the destructor. To be spawned, used and destroyed on one
// thread: the worker asks the kernel to kill it when the thread that made it ends.
class WorkerProcess {
 public:
  static Result<WorkerProcess> Spawn(const WorkerCommand& command);
  ~WorkerProcess();
  WorkerProcess(WorkerProcess&&) noexcept;
  WorkerProcess& operator=(WorkerProcess&&) = delete;

  // All non-blocking.
  Descriptor socket, standard_output, standard_error;

  pid_t id() const { return id_; }
  // Whether the kernel sees to memory_bytes_max, and whether it had to.
  bool has_memory_group() const { return memory_group_.has_value(); }
  bool was_over_memory() const { return memory_group_ && memory_group_->WasExceeded(); }
  // Waits up to `patience` for the process to end; false when it goes on.
  bool WaitForExit(std::chrono::milliseconds patience);
  // Kills the process and what it started, and reaps. Afterwards exit_text() tells.
  void Kill();
  // "exited with code 3", "was killed by signal 11 (Segmentation fault)"; "is running".
  std::string exit_text() const;

 private:
  WorkerProcess() = default;
  std::optional<process::MemoryGroup> memory_group_;  // outlives the process
  bool Reap(int options);
  pid_t id_ = -1;
  bool is_reaped_ = false;
  int wait_status_ = 0;
};

}  // namespace slipway::gateway
