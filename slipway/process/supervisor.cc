#include "slipway/process/supervisor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

// glibc 2.36 declares pidfd_open without extern "C".
extern "C" {
#include <sys/pidfd.h>
}

#include "slipway/base/hash.h"
#include "slipway/process/line_buffer.h"
#include "slipway/process/memory.h"
#include "slipway/process/tree.h"

namespace slipway::process {

std::string Exit::ToString() const {
  if (signal != 0) return fmt::format("killed by signal {} ({})", signal, strsignal(signal));
  if (code) return fmt::format("exit code {}", *code);
  return "ended, its exit code is not known";
}

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Child {
  Identity identity;
  int pidfd = -1;
  int pipes[2] = {-1, -1};  // by Stream
  LineBuffer lines[2];
  LineHandler on_line;
  ExitHandler on_exit;
  bool is_ours = true;  // false: adopted, cannot be waited for
  bool was_terminated = false;
  std::optional<SteadyTime> kill_at;
  std::string mark;            // of its tree
  int64_t borrowed_bytes = 0;  // resident in this process when it was made
  std::vector<Identity> tree;  // as it was when it was told to end; its leader's end may scatter it
};

// What an epoll event belongs to: the child's number and one of its descriptors.
enum class Source : uint64_t { kWake, kExit, kStdout, kStderr };
uint64_t Tag(uint64_t child, Source source) {
  return child << 2 | static_cast<uint64_t>(source);
}

}  // namespace

class Supervisor::Loop {
 public:
  Loop(int epoll, int wake) : epoll_(epoll), wake_(wake) {
    Watch(wake_, Tag(0, Source::kWake));
    thread_ = std::thread([this] { Work(); });
  }

  ~Loop() {
    stopping_ = true;
    Wake();
    thread_.join();
    for (auto& [number, child] : children_) CloseAll(child);
    close(epoll_);
    close(wake_);
  }

  // Runs `task` on the loop's thread and hands back what it returns.
  template <typename Task>
  auto Call(Task task) {
    if (std::this_thread::get_id() == thread_.get_id()) return task();
    std::packaged_task<decltype(task())()> packaged(std::move(task));
    auto future = packaged.get_future();
    {
      std::lock_guard lock(mutex_);
      tasks_.push_back([&packaged] { packaged(); });
    }
    Wake();
    return future.get();
  }

  Result<Identity> Spawn(SpawnOptions options, ExitHandler on_exit, LineHandler on_line) {
    Child child;
    child.mark = options.tree.empty() ? RandomHex(8) : TreeMarkFor(options.tree);
    AddTreeMark(options.environment, child.mark);
    SLIPWAY_ASSIGN_OR_RETURN(const Spawned spawned, process::Spawn(options));
    child.borrowed_bytes = OwnResidentBytes();
    // A child that has not been waited for keeps its /proc entry, so this cannot miss.
    if (auto identity = IdentityOf(spawned.pid)) child.identity = *identity;
    child.pidfd = spawned.pidfd;
    child.pipes[0] = spawned.stdout_pipe;
    child.pipes[1] = spawned.stderr_pipe;
    child.on_line = std::move(on_line);
    child.on_exit = std::move(on_exit);
    const Identity identity = child.identity;
    Add(std::move(child));
    return identity;
  }

  Status Adopt(const Identity& identity, ExitHandler on_exit) {
    const int pidfd = pidfd_open(static_cast<pid_t>(identity.pid), 0);
    // Looked at after the descriptor was opened: from here on it cannot become another process'.
    if (pidfd < 0 || !IsRunning(identity)) {
      if (pidfd >= 0) close(pidfd);
      return NotFound(fmt::format("process {} has ended", identity.pid));
    }
    Child child;
    child.identity = identity;
    child.pidfd = pidfd;
    child.on_exit = std::move(on_exit);
    child.is_ours = false;
    child.mark = TreeMarkOf(identity.pid);
    Add(std::move(child));
    return {};
  }

  void Terminate(const Identity& identity, std::chrono::milliseconds grace) {
    for (auto& [number, child] : children_) {
      if (child.identity != identity || child.was_terminated) continue;
      child.was_terminated = true;
      child.kill_at = std::chrono::steady_clock::now() + grace;
      child.tree = LivingTree(identity, child.mark);
      SignalTree(identity.pid, SIGTERM);
      for (const Identity& process : child.tree) kill(static_cast<pid_t>(process.pid), SIGTERM);
    }
  }

  size_t running() const { return running_; }

 private:
  void Wake() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
  }

  void Watch(int descriptor, uint64_t tag) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void Add(Child child) {
    const uint64_t number = next_number_++;
    Child& added = children_.emplace(number, std::move(child)).first->second;
    ++running_;
    for (int stream = 0; stream < 2; ++stream) {
      if (added.pipes[stream] >= 0)
        Watch(added.pipes[stream], Tag(number, stream == 0 ? Source::kStdout : Source::kStderr));
    }
    Watch(added.pidfd, Tag(number, Source::kExit));
  }

  void Work() {
    while (!stopping_) {
      epoll_event events[64];
      const int count = epoll_wait(epoll_, events, 64, TimeToNextKill());
      // Output before exits: a child's last lines come before the news of its end.
      for (int i = 0; i < count && !stopping_; ++i) HandleOutput(events[i].data.u64);
      for (int i = 0; i < count && !stopping_; ++i) HandleRest(events[i].data.u64);
      KillOverdue();
    }
  }

  void HandleOutput(uint64_t tag) {
    const Source source = static_cast<Source>(tag & 3);
    const auto found = children_.find(tag >> 2);
    if (found == children_.end() || (source != Source::kStdout && source != Source::kStderr)) return;
    ReadPipe(found->second, source == Source::kStdout ? Stream::kStdout : Stream::kStderr, /*rounds=*/16);
  }

  void HandleRest(uint64_t tag) {
    const Source source = static_cast<Source>(tag & 3);
    if (source == Source::kWake) RunTasks();
    if (source == Source::kExit) HandleExit(tag >> 2);
  }

  void RunTasks() {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t size = read(wake_, &count, sizeof count);
    std::deque<std::function<void()>> tasks;
    {
      std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task();
  }

  // At most `rounds` buffers at a time, so that a child that never stops talking does not starve the others.
  static void ReadPipe(Child& child, Stream stream, int rounds) {
    const int index = static_cast<int>(stream);
    int& pipe = child.pipes[index];
    char buffer[16 * 1024];
    while (pipe >= 0 && rounds-- > 0) {
      const ssize_t size = read(pipe, buffer, sizeof buffer);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return;
      const auto emit = [&](std::string_view line) {
        if (child.on_line) child.on_line(stream, line);
      };
      if (size > 0) {
        child.lines[index].Append({buffer, static_cast<size_t>(size)}, emit);
      } else {
        child.lines[index].Finish(emit);
        close(pipe);
        pipe = -1;
      }
    }
  }

  void HandleExit(uint64_t number) {
    const auto found = children_.find(number);
    if (found == children_.end()) return;
    // Out of the table first: the handler may spawn, which changes the table.
    Child child = std::move(found->second);
    children_.erase(found);
    KillTree(child.identity, child.mark, child.tree);  // before it is waited for: the id is still its own
    const Exit exit = Collect(child);
    for (const Stream stream : {Stream::kStdout, Stream::kStderr}) DrainPipe(child, stream);
    CloseAll(child);
    --running_;
    if (child.on_exit) child.on_exit(exit);
  }

  static void DrainPipe(Child& child, Stream stream) {
    // A pipe holds 64 KiB by default and at most 1 MiB; whoever still writes into it afterwards is not heard.
    ReadPipe(child, stream, /*rounds=*/64 + 1);
    const auto emit = [&](std::string_view line) {
      if (child.on_line) child.on_line(stream, line);
    };
    child.lines[static_cast<int>(stream)].Finish(emit);
  }

  static Exit Collect(const Child& child) {
    Exit exit;
    exit.was_terminated = child.was_terminated;
    if (!child.is_ours) return exit;
    int status = 0;
    rusage usage{};
    if (wait4(static_cast<pid_t>(child.identity.pid), &status, 0, &usage) < 0) return exit;
    if (WIFEXITED(status)) exit.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) exit.signal = WTERMSIG(status);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    exit.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    constexpr int64_t kSlack = 4 << 20;  // between making the child and looking at this process
    const int64_t peak = usage.ru_maxrss * 1024;
    exit.max_memory_bytes = peak > child.borrowed_bytes + kSlack ? peak : 0;
    constexpr int64_t kBlock = 512;
    exit.read_bytes = usage.ru_inblock * kBlock;
    exit.written_bytes = usage.ru_oublock * kBlock;
    return exit;
  }

  static void CloseAll(Child& child) {
    for (int* descriptor : {&child.pidfd, &child.pipes[0], &child.pipes[1]}) {
      if (*descriptor >= 0) close(*descriptor);
      *descriptor = -1;
    }
  }

  int TimeToNextKill() const {
    std::optional<SteadyTime> next;
    for (const auto& [number, child] : children_) {
      if (child.kill_at && (!next || *child.kill_at < *next)) next = child.kill_at;
    }
    if (!next) return -1;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - std::chrono::steady_clock::now());
    return static_cast<int>(std::max<int64_t>(0, wait.count()));
  }

  void KillOverdue() {
    const SteadyTime now = std::chrono::steady_clock::now();
    for (auto& [number, child] : children_) {
      if (!child.kill_at || *child.kill_at > now) continue;
      child.kill_at.reset();
      KillTree(child.identity, child.mark, child.tree);
      kill(static_cast<pid_t>(child.identity.pid), SIGKILL);
    }
  }

  const int epoll_, wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<size_t> running_ = 0;
  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;  // bounded by the callers, who each wait for theirs
  // The loop's thread alone:
  std::map<uint64_t, Child> children_;
  uint64_t next_number_ = 1;
  std::thread thread_;
};

Supervisor::Supervisor(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Supervisor::~Supervisor() = default;

Result<std::unique_ptr<Supervisor>> Supervisor::Start() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return FromErrno(errno, "an epoll instance");
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0) {
    const int error = errno;
    close(epoll);
    return FromErrno(error, "an eventfd");
  }
  return std::unique_ptr<Supervisor>(new Supervisor(std::make_unique<Loop>(epoll, wake)));
}

Result<Identity> Supervisor::Spawn(SpawnOptions options, ExitHandler on_exit, LineHandler on_line) {
  return loop_->Call([&] { return loop_->Spawn(std::move(options), std::move(on_exit), std::move(on_line)); });
}

Status Supervisor::Adopt(const Identity& identity, ExitHandler on_exit) {
  return loop_->Call([&] { return loop_->Adopt(identity, std::move(on_exit)); });
}

void Supervisor::Terminate(const Identity& identity, std::chrono::milliseconds grace) {
  loop_->Call([&] { loop_->Terminate(identity, grace); });
}

size_t Supervisor::running() const {
  return loop_->running();
}

}  // namespace slipway::process
