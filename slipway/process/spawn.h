// Starting a child process. Callers outside this room use Supervisor (supervisor.h) or RunToEnd (run.h).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/sandbox.h"

namespace slipway::process {

// Bounds that the kernel enforces on every process of the tree by itself (setrlimit), not on their sum.
struct Limits {
  std::optional<uint64_t> memory_bytes;  // address space
  std::optional<uint64_t> cpu_seconds;
  std::optional<uint64_t> open_files;
  std::optional<uint64_t> processes;  // with threads, of all that the user runs; does not bind root
};

// A user of this machine, with no group but its own.
struct User {
  uid_t id = 0;
  gid_t group = 0;
  bool operator==(const User&) const = default;
};
// kNotFound when the system knows none of that name.
Result<User> FindUser(const std::string& name);

// What code that is not ours is not let do; it holds for all that it starts, and cannot be taken back.
struct Confinement {
  // No privileges: none of root's capabilities, and none gained by running set-uid programs. It keeps its user's files.
  bool has_no_privileges = false;
  // No core dumps; files it makes are its user's alone (umask 077); the first to go when the machine's memory runs out.
  bool is_expendable = false;
  std::optional<User> user = std::nullopt;  // whom it runs as; needs root. None: this process' own
  std::filesystem::path cgroup = {};        // a cgroup (version 2) that it begins in; "": this process' own
  std::optional<FileAccess> files =
      std::nullopt;  // what it may touch beside; fails without Landlock. None: what its user may
};

enum class OutputTarget {
  kInherit,  // this process' own
  kDiscard,
  kFile,  // appended to `output_file`, without passing through this process: it goes on when this process dies
  kPump   // line by line to the Supervisor's LineHandler
};

struct SpawnOptions {
  std::vector<std::string> arguments;              // [0] is the program: a path, or a name found on the child's PATH
  std::map<std::string, std::string> environment;  // the whole of it; nothing is inherited
  std::filesystem::path working_directory;         // "" = this process' own
  OutputTarget output = OutputTarget::kPump;       // standard output and error alike; standard input is /dev/null
  std::filesystem::path output_file;               // kFile; made with its folders when missing
  // The child is killed (SIGKILL) when this process dies. Reaches the child itself, not what it started.
  bool dies_with_parent = false;
  // What its tree is called, the same in another life of this program (tree.h); "" = a name of its own.
  std::string tree;
  // Descendants that lose their parent become the child's own children, so that they stay in its tree while it lives.
  // For programs that wait for children they do not know, as shells do.
  bool adopts_orphans = false;
  Limits limits;
  Confinement confinement;
  // Open descriptors handed on: {number here, number in the child (3 or more)}. All others are closed.
  std::vector<std::pair<int, int>> descriptors;
};

// This process' environment variables, to start an `environment` from.
std::map<std::string, std::string> CurrentEnvironment();

// The program's path: `name` itself when it has a '/', else the first executable file of that name on `search_path`
// ("a:b:c"). kNotFound otherwise.
Result<std::string> FindProgram(const std::string& name, const std::string& search_path);

// A child that was started: leader of a session and process group of its own. Descriptors are owned by the caller.
struct Spawned {
  pid_t pid = 0;
  int pidfd = -1;
  int stdout_pipe = -1, stderr_pipe = -1;  // kPump: non-blocking read ends
};

// Starts the child; fails when the program cannot be executed, naming it. `dies_with_parent` follows the calling
// thread, not the process: call from a thread that lives as long as the child may.
Result<Spawned> Spawn(const SpawnOptions& options);

}  // namespace slipway::process
