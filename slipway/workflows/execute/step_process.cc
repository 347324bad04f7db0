#include "slipway/workflows/execute/step_process.h"

#include <dirent.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/process/identity.h"

namespace slipway::workflows {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kInterruptGrace{7500}, kTerminateGrace{2500};

// False at the end of the stream.
bool ReadSome(int pipe, int stream, const OutputSink& sink) {
  char buffer[64 * 1024];
  for (int round = 0; round < 64; ++round) {
    const ssize_t size = read(pipe, buffer, sizeof buffer);
    if (size > 0) {
      sink(stream, {buffer, static_cast<size_t>(size)});
    } else if (size < 0 && errno == EINTR) {
      continue;
    } else {
      return size != 0;
    }
  }
  return true;
}

// How a program that has to end is brought to it, step by step.
class Ending {
 public:
  bool has_begun() const { return stage_ > 0; }
  void Begin(int64_t leader, SteadyClock::time_point now) {
    if (stage_ > 0) return;
    Next(leader, now);
  }
  void Continue(int64_t leader, SteadyClock::time_point now) {
    if (stage_ > 0 && stage_ < 3 && now >= next_) Next(leader, now);
  }
  std::optional<SteadyClock::time_point> next() const {
    return stage_ > 0 && stage_ < 3 ? std::optional(next_) : std::nullopt;
  }

 private:
  void Next(int64_t leader, SteadyClock::time_point now) {
    constexpr int kSignals[] = {SIGINT, SIGTERM, SIGKILL};
    process::SignalTree(leader, kSignals[stage_]);
    next_ = now + (stage_ == 0 ? kInterruptGrace : kTerminateGrace);
    ++stage_;
  }
  int stage_ = 0;
  SteadyClock::time_point next_{};
};

std::vector<int64_t> AllProcesses() {
  std::vector<int64_t> ids;
  DIR* folder = opendir("/proc");
  if (!folder) return ids;
  while (const dirent* entry = readdir(folder))
    if (const auto id = ParseInt(entry->d_name)) ids.push_back(*id);
  closedir(folder);
  return ids;
}

std::optional<process::StatFields> StatOf(int64_t pid) {
  const auto text = ReadFile(fmt::format("/proc/{}/stat", pid));
  const auto fields = text ? process::ParseStat(*text) : Result<process::StatFields>(text.error());
  return fields ? std::optional(*fields) : std::nullopt;
}

// Processes below this one that still run.
std::vector<int64_t> Descendants() {
  std::vector<std::pair<int64_t, int64_t>> parents;
  for (const int64_t pid : AllProcesses())
    if (const auto fields = StatOf(pid); fields && fields->state != 'Z') parents.emplace_back(pid, fields->parent);
  std::set<int64_t> below = {getpid()};
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [pid, parent] : parents)
      if (below.count(parent) && below.insert(pid).second) grew = true;
  }
  below.erase(getpid());
  return {below.begin(), below.end()};
}

}  // namespace

Result<StepProcesses> StepProcesses::Make() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // What a program hides from its own parent becomes a child of this process.
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return FromErrno(errno, "becoming a subreaper");
  const int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return FromErrno(errno, "a signalfd");
  return StepProcesses(signals);
}

StepProcesses::StepProcesses(StepProcesses&& other) noexcept
    : signals_(std::exchange(other.signals_, -1)),
      is_cancelled_(other.is_cancelled_),
      job_timed_out_(other.job_timed_out_),
      job_deadline_(other.job_deadline_),
      leftover_pipes_(std::move(other.leftover_pipes_)) {}

StepProcesses::~StepProcesses() {
  for (const int pipe : leftover_pipes_) close(pipe);
  if (signals_ >= 0) close(signals_);
}

void StepProcesses::ReadSignals() {
  signalfd_siginfo info{};
  while (read(signals_, &info, sizeof info) == sizeof info) is_cancelled_ = true;
  if (job_deadline_ && SteadyClock::now() >= *job_deadline_) job_timed_out_ = true;
}

bool StepProcesses::is_cancelled() {
  ReadSignals();
  return is_cancelled_ || job_timed_out_;
}

void StepProcesses::ReadPipes(process::Spawned& child, const OutputSink& sink) {
  int* const pipes[] = {&child.stdout_pipe, &child.stderr_pipe};
  for (int stream = 0; stream < 2; ++stream) {
    int& pipe = *pipes[stream];
    if (pipe < 0 || ReadSome(pipe, stream, sink)) continue;
    close(pipe);
    pipe = -1;
  }
}

void StepProcesses::DropLeftoverOutput() {
  std::erase_if(leftover_pipes_, [](int pipe) {
    if (ReadSome(pipe, 0, [](int, std::string_view) {})) return false;
    close(pipe);
    return true;
  });
}

Result<ProgramEnd> StepProcesses::Run(const process::SpawnOptions& options, const OutputSink& sink, Deadline deadline,
                                      const std::function<bool()>& goes_on) {
  SLIPWAY_ASSIGN_OR_RETURN(process::Spawned child, process::Spawn(options));
  ProgramEnd end;
  Ending ending;
  bool was_asked = false, has_ended = false;
  while (!has_ended) {
    std::vector<pollfd> polled = {{child.pidfd, POLLIN, 0}, {signals_, POLLIN, 0}};
    for (const int pipe : {child.stdout_pipe, child.stderr_pipe})
      if (pipe >= 0) polled.push_back({pipe, POLLIN, 0});
    for (const int pipe : leftover_pipes_) polled.push_back({pipe, POLLIN, 0});
    std::optional<SteadyClock::time_point> wake = ending.next();
    for (const Deadline& each : {deadline, job_deadline_})
      if (each && !ending.has_begun() && (!wake || *each < *wake)) wake = each;
    int wait_ms = -1;
    if (wake)
      wait_ms = static_cast<int>(
          std::clamp<int64_t>(std::chrono::ceil<milliseconds>(*wake - SteadyClock::now()).count(), 0, 60 * 60 * 1000));
    poll(polled.data(), polled.size(), wait_ms);
    ReadPipes(child, sink);
    DropLeftoverOutput();
    has_ended = (polled[0].revents & POLLIN) != 0;
    const auto now = SteadyClock::now();
    if (deadline && now >= *deadline && !ending.has_begun()) {
      end.timed_out = true;
      ending.Begin(child.pid, now);
    }
    if (is_cancelled() && !std::exchange(was_asked, true) && !ending.has_begun() && !(goes_on && goes_on())) {
      end.was_cancelled = true;
      ending.Begin(child.pid, now);
    }
    ending.Continue(child.pid, now);
  }
  int status = 0;
  waitpid(child.pid, &status, 0);
  if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  ReadPipes(child, sink);
  for (const int pipe : {child.stdout_pipe, child.stderr_pipe})
    if (pipe >= 0) leftover_pipes_.push_back(pipe);  // closed, they would kill a server that a step left running
  close(child.pidfd);
  for (int stream = 0; stream < 2; ++stream) sink(stream, {});
  return end;
}

void StepProcesses::EndLeftovers() {
  // Until nothing new appears: a process may fork while it is looked at.
  for (int round = 0; round < 100; ++round) {
    const auto below = Descendants();
    for (const int64_t pid : below) kill(static_cast<pid_t>(pid), SIGKILL);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (below.empty()) return;
    usleep(2000);
  }
}

void KillMarked(const std::string& name, const std::string& value) {
  const std::string wanted = name + "=" + value;
  for (int round = 0; round < 20; ++round) {
    bool found = false;
    for (const int64_t pid : AllProcesses()) {
      if (pid == getpid()) continue;
      const auto environment = ReadFile(fmt::format("/proc/{}/environ", pid));
      if (!environment) continue;
      const auto entries = Split(*environment, '\0');
      if (std::find(entries.begin(), entries.end(), wanted) == entries.end()) continue;
      const auto fields = StatOf(pid);
      if (!fields || fields->state == 'Z') continue;
      kill(static_cast<pid_t>(pid), SIGKILL);
      found = true;
    }
    if (!found) return;
    usleep(2000);
  }
}

}  // namespace slipway::workflows
