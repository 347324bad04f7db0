#include "slipway/gateway/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/process/identity.h"

namespace slipway::gateway {
namespace {

constexpr int kWorkerSocketDescriptor = 3;

struct SocketPair {
  Descriptor ours, theirs;
};

Result<SocketPair> MakeSocketPair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return FromErrno(errno, "a socket for a worker");
  SocketPair pair{Descriptor(ends[0]), Descriptor(ends[1])};
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) return FromErrno(errno, "a socket for a worker");
  return pair;
}

// Of the gateway's own variables, those that any program needs: what else it was started with may be secret.
std::map<std::string, std::string> PassedOnVariables() {
  static constexpr std::string_view kNames[] = {"PATH", "HOME", "USER",   "LOGNAME",
                                                "LANG", "TZ",   "TMPDIR", "LD_LIBRARY_PATH"};
  std::map<std::string, std::string> variables = process::CurrentEnvironment();
  std::erase_if(variables, [](const auto& variable) {
    const std::string& name = variable.first;
    const bool is_listed = std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
    return !is_listed && !name.starts_with("LC_") && !name.ends_with("SAN_OPTIONS");
  });
  return variables;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    descriptor_ = other.Release();
  }
  return *this;
}

int Descriptor::Release() {
  return std::exchange(descriptor_, -1);
}

void Descriptor::Close() {
  if (descriptor_ >= 0) close(Release());
}

Result<WorkerProcess> WorkerProcess::Spawn(const WorkerCommand& command) {
  SLIPWAY_ASSIGN_OR_RETURN(SocketPair socket_pair, MakeSocketPair());
  process::SpawnOptions options;
  options.arguments = command.arguments;
  options.environment = PassedOnVariables();
  for (const auto& [name, value] : command.environment) options.environment[name] = value;
  options.working_directory = command.working_directory;
  options.output = process::OutputTarget::kPump;
  options.dies_with_parent = true;
  options.confinement = command.confinement;
  options.limits = command.limits;
  options.descriptors = {{socket_pair.theirs.get(), kWorkerSocketDescriptor}};
  WorkerProcess worker;
  if (!command.memory_groups.empty() && command.memory_bytes_max > 0) {
    SLIPWAY_ASSIGN_OR_RETURN(auto group, process::MemoryGroup::Make(command.memory_groups, "worker-" + RandomHex(8),
                                                                    command.memory_bytes_max));
    options.confinement.cgroup = worker.memory_group_.emplace(std::move(group)).path();
  }
  SLIPWAY_ASSIGN_OR_RETURN(const process::Spawned spawned, process::Spawn(options));
  worker.id_ = spawned.pid;
  Descriptor(spawned.pidfd).Close();
  worker.socket = std::move(socket_pair.ours);
  worker.standard_output = Descriptor(spawned.stdout_pipe);
  worker.standard_error = Descriptor(spawned.stderr_pipe);
  return worker;
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : socket(std::move(other.socket)),
      standard_output(std::move(other.standard_output)),
      standard_error(std::move(other.standard_error)),
      memory_group_(std::move(other.memory_group_)),
      id_(std::exchange(other.id_, -1)),
      is_reaped_(other.is_reaped_),
      wait_status_(other.wait_status_) {}

WorkerProcess::~WorkerProcess() {
  if (id_ > 0) Kill();
}

bool WorkerProcess::Reap(int options) {
  if (is_reaped_ || id_ <= 0) return true;
  pid_t reaped = 0;
  do {
    reaped = waitpid(id_, &wait_status_, options);
  } while (reaped < 0 && errno == EINTR);
  is_reaped_ = reaped != 0;
  return is_reaped_;
}

bool WorkerProcess::WaitForExit(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!Reap(WNOHANG)) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void WorkerProcess::Kill() {
  if (id_ <= 0) return;
  // Also when it has exited: what it started may live on in its group.
  process::SignalTree(id_, SIGKILL);
  Reap(0);
}

std::string WorkerProcess::exit_text() const {
  if (!is_reaped_) return "is running";
  if (WIFSIGNALED(wait_status_)) {
    return fmt::format("was killed by signal {} ({})", WTERMSIG(wait_status_), strsignal(WTERMSIG(wait_status_)));
  }
  return fmt::format("exited with code {}", WEXITSTATUS(wait_status_));
}

}  // namespace slipway::gateway
