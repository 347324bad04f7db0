// Children and their lives: one thread that starts them, reads their output line by line, learns at once when they end
// and kills whole trees.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/process/identity.h"
#include "slipway/process/spawn.h"

namespace slipway::process {

// How a process ended.
struct Exit {
  std::optional<int> code;      // none when a signal ended it, or for an adopted process
  int signal = 0;               // 0 when it ended by itself
  bool was_terminated = false;  // Terminate was called for it
  double cpu_seconds = 0;       // of the tree as far as it was waited for; 0 for an adopted process
  // Largest resident set of one process of the tree. 0 where that cannot be told: the kernel counts what a child had of
  // this process before it executed its program, so only more than that is the child's own.
  int64_t max_memory_bytes = 0;
  int64_t read_bytes = 0;  // from and to the disk, of the tree
  int64_t written_bytes = 0;

  bool ok() const { return code == 0; }
  // "exit code 3", "killed by signal 9 (Killed)", "ended, its exit code is not known".
  std::string ToString() const;
};

enum class Stream { kStdout, kStderr };

// Both are called on the supervisor's thread and must not block; they may call Spawn and Terminate.
using LineHandler = std::function<void(Stream, std::string_view line)>;  // without its line end
using ExitHandler = std::function<void(const Exit&)>;                    // after the last line

// Thread-safe. Lines longer than 64 KiB arrive in pieces of that size.
class Supervisor {
 public:
  static Result<std::unique_ptr<Supervisor>> Start();
  // Calls no handler any more. Children go on living, but for those that die with their parent: end them before.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // When the child ends, what is left of its tree is killed.
  Result<Identity> Spawn(SpawnOptions options, ExitHandler on_exit, LineHandler on_line = nullptr);

  // Watches a process that another life of this program started; its exit code stays unknown. kNotFound when it is
  // gone.
  Status Adopt(const Identity& identity, ExitHandler on_exit);

  // SIGTERM to the whole tree (tree.h), SIGKILL once `grace` is over and it still lives; what outlives the child is
  // killed in any case. Nothing when it has ended.
  void Terminate(const Identity& identity, std::chrono::milliseconds grace);

  // Children that have not ended yet.
  size_t running() const;

 private:
  class Loop;
  explicit Supervisor(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace slipway::process
