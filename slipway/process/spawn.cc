#include "slipway/process/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

// glibc 2.36 declares pidfd_open without extern "C".
extern "C" {
#include <sys/pidfd.h>
}

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/process/descriptor.h"

extern char** environ;

namespace slipway::process {
namespace {

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> MakePipe(bool non_blocking_read) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return FromErrno(errno, "a pipe for a child process");
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  if (non_blocking_read) fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pipe;
}

// The child's steps between fork and exec; which of them failed travels back with errno.
enum class Step : int {
  kSession,
  kLimits,
  kOutput,
  kDescriptors,
  kDirectory,
  kGroup,
  kUser,
  kPrivileges,
  kSandbox,
  kExecute
};

struct Failure {
  Step step;
  int error;
};

// Everything the child needs, prepared before fork: after it only async-signal-safe calls are allowed.
struct Prepared {
  std::string program;
  std::vector<std::string> environment_text;
  std::vector<char*> arguments, environment;
  std::string directory;
  int input = -1, output = -1, error = -1;  // -1: inherited
  int failure_pipe = -1;
  pid_t parent = 0;
  std::vector<std::pair<int, int>> descriptors;
  std::vector<std::pair<int, rlim_t>> limits;
  bool dies_with_parent = false;
  bool adopts_orphans = false;
  bool has_no_privileges = false, is_expendable = false;
  std::optional<User> user;
  int sandbox = -1;     // -1: none
  int group_file = -1;  // cgroup.procs of its cgroup; -1: none
};

[[noreturn]] void Fail(const Prepared& prepared, Step step) {
  const Failure failure{step, errno};
  [[maybe_unused]] const ssize_t written = write(prepared.failure_pipe, &failure, sizeof failure);
  _exit(127);
}

void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool SetLimits(const Prepared& prepared) {
  for (const auto& [resource, value] : prepared.limits) {
    const rlimit limit{value, value};
    if (setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return false;
  }
  return true;
}

bool PlaceStandardStreams(const Prepared& prepared) {
  if (dup2(prepared.input, STDIN_FILENO) < 0) return false;
  if (prepared.output >= 0 && dup2(prepared.output, STDOUT_FILENO) < 0) return false;
  return prepared.error < 0 || dup2(prepared.error, STDERR_FILENO) >= 0;
}

// Moves every descriptor out of the way first, so that no wanted number is overwritten before it was copied.
bool PlaceDescriptors(Prepared& prepared) {
  int first_free = 3;
  for (const auto& [from, to] : prepared.descriptors) first_free = to >= first_free ? to + 1 : first_free;
  for (int* kept : {&prepared.failure_pipe, &prepared.sandbox, &prepared.group_file}) {
    if (*kept < 0) continue;
    const int moved = fcntl(*kept, F_DUPFD_CLOEXEC, first_free);
    if (moved < 0) return false;
    *kept = moved;
  }
  for (auto& [from, to] : prepared.descriptors) {
    from = fcntl(from, F_DUPFD_CLOEXEC, first_free);
    if (from < 0) return false;
  }
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const auto& [from, to] : prepared.descriptors) {
    if (dup2(from, to) < 0) return false;
  }
  return true;
}

// The bounding set first: emptying it takes one of the capabilities that are given up then. What is not there (an older
// kernel's numbers, another user than root) needs no giving up.
bool GiveUpPrivileges() {
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capset, &header, none) != 0) return false;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

void BecomeExpendable() {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  umask(077);
  constexpr std::string_view kScore = "500";  // of 1000: above all that does not say so itself
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = write(file, kScore.data(), kScore.size());
  close(file);
}

bool Become(const User& user) {
  return setgroups(0, nullptr) == 0 && setresgid(user.group, user.group, user.group) == 0 &&
         setresuid(user.id, user.id, user.id) == 0;
}

void DieWithParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the line above
}

[[noreturn]] void RunChild(Prepared& prepared) {
  if (setsid() < 0) Fail(prepared, Step::kSession);
  if (prepared.adopts_orphans) prctl(PR_SET_CHILD_SUBREAPER, 1);  // outlives exec; its children do not get it
  ResetSignals();
  if (!PlaceStandardStreams(prepared)) Fail(prepared, Step::kOutput);
  if (!PlaceDescriptors(prepared)) Fail(prepared, Step::kDescriptors);
  if (!prepared.directory.empty() && chdir(prepared.directory.c_str()) != 0) Fail(prepared, Step::kDirectory);
  if (prepared.is_expendable) BecomeExpendable();
  if (!SetLimits(prepared)) Fail(prepared, Step::kLimits);  // behind what needs descriptors: the parent may have many
  if (prepared.group_file >= 0 && write(prepared.group_file, "0", 1) != 1) Fail(prepared, Step::kGroup);
  if (prepared.user && !Become(*prepared.user)) Fail(prepared, Step::kUser);
  if (prepared.dies_with_parent) DieWithParent(prepared.parent);  // the kernel forgets it when the user changes
  if (prepared.has_no_privileges && !GiveUpPrivileges()) Fail(prepared, Step::kPrivileges);
  if (prepared.sandbox >= 0 && !EnterSandbox(prepared.sandbox)) Fail(prepared, Step::kSandbox);
  execve(prepared.program.c_str(), prepared.arguments.data(), prepared.environment.data());
  Fail(prepared, Step::kExecute);
}

Error Describe(const Failure& failure, const SpawnOptions& options, const std::string& program) {
  switch (failure.step) {
    case Step::kSession:
      return FromErrno(failure.error, "a session for a child process");
    case Step::kLimits:
      return FromErrno(failure.error, fmt::format("the limits of '{}'", program));
    case Step::kOutput:
      return FromErrno(failure.error, fmt::format("the output of '{}'", program));
    case Step::kDescriptors:
      return FromErrno(failure.error, fmt::format("the descriptors handed to '{}'", program));
    case Step::kDirectory:
      return FromErrno(failure.error, fmt::format("the working directory '{}'", options.working_directory.string()));
    case Step::kGroup:
      return FromErrno(failure.error, fmt::format("the cgroup '{}'", options.confinement.cgroup.string()));
    case Step::kUser:
      return FromErrno(failure.error,
                       fmt::format("becoming the user {} for '{}'", options.confinement.user->id, program));
    case Step::kPrivileges:
      return FromErrno(failure.error, fmt::format("giving up the privileges of '{}'", program));
    case Step::kSandbox:
      return FromErrno(failure.error, fmt::format("the sandbox of '{}'", program));
    case Step::kExecute:
      break;
  }
  if (failure.error == ENOEXEC) {
    return InvalidArgument(fmt::format("'{}' is neither a program nor a script with a '#!' line", program));
  }
  return FromErrno(failure.error, fmt::format("cannot execute '{}'", program));
}

std::vector<std::pair<int, rlim_t>> LimitsOf(const Limits& limits) {
  std::vector<std::pair<int, rlim_t>> list;
  if (limits.memory_bytes) list.emplace_back(RLIMIT_AS, *limits.memory_bytes);
  if (limits.cpu_seconds) list.emplace_back(RLIMIT_CPU, *limits.cpu_seconds);
  if (limits.open_files) list.emplace_back(RLIMIT_NOFILE, *limits.open_files);
  if (limits.processes) list.emplace_back(RLIMIT_NPROC, *limits.processes);
  return list;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The descriptors of a child's streams on both sides of the fork.
struct Streams {
  Descriptor input;
  Descriptor output, error;            // the child's ends; -1 = inherited
  Descriptor read_output, read_error;  // ours
};

Result<Streams> OpenStreams(const SpawnOptions& options) {
  Streams streams;
  streams.input.Reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (streams.input.get() < 0) return FromErrno(errno, "/dev/null");
  switch (options.output) {
    case OutputTarget::kInherit:
      break;
    case OutputTarget::kDiscard:
      streams.output.Reset(open("/dev/null", O_WRONLY | O_CLOEXEC));
      streams.error.Reset(open("/dev/null", O_WRONLY | O_CLOEXEC));
      break;
    case OutputTarget::kFile: {
      SLIPWAY_RETURN_IF_ERROR(MakeDirectories(options.output_file.parent_path()));
      streams.output.Reset(open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
      if (streams.output.get() < 0) return FromErrno(errno, options.output_file.string());
      streams.error.Reset(fcntl(streams.output.get(), F_DUPFD_CLOEXEC, 3));
      break;
    }
    case OutputTarget::kPump: {
      SLIPWAY_ASSIGN_OR_RETURN(Pipe output, MakePipe(true));
      SLIPWAY_ASSIGN_OR_RETURN(Pipe error, MakePipe(true));
      streams.output = std::move(output.write);
      streams.error = std::move(error.write);
      streams.read_output = std::move(output.read);
      streams.read_error = std::move(error.read);
      break;
    }
  }
  return streams;
}

}  // namespace

std::map<std::string, std::string> CurrentEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

Result<User> FindUser(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> text(16 * 1024);
  getpwnam_r(name.c_str(), &entry, text.data(), text.size(), &found);
  if (!found) return NotFound(fmt::format("this machine has no user '{}'", name));
  return User{entry.pw_uid, entry.pw_gid};
}

Result<std::string> FindProgram(const std::string& name, const std::string& search_path) {
  if (name.empty()) return InvalidArgument("a program's name must not be empty");
  if (name.find('/') != std::string::npos) return name;
  for (const std::string_view folder : Split(search_path, ':')) {
    const std::string candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
    std::error_code failure;
    if (std::filesystem::is_regular_file(candidate, failure) && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return NotFound(fmt::format("there is no program '{}' on the PATH ({})", name, search_path));
}

Result<Spawned> Spawn(const SpawnOptions& options) {
  if (options.arguments.empty()) return InvalidArgument("a process needs a program");
  const auto path = options.environment.find("PATH");
  Prepared prepared;
  SLIPWAY_ASSIGN_OR_RETURN(
      prepared.program,
      FindProgram(options.arguments[0], path == options.environment.end() ? "/usr/bin:/bin" : path->second));
  SLIPWAY_ASSIGN_OR_RETURN(Streams streams, OpenStreams(options));
  SLIPWAY_ASSIGN_OR_RETURN(Pipe failures, MakePipe(false));
  Descriptor sandbox;
  if (options.confinement.files) {
    SLIPWAY_ASSIGN_OR_RETURN(sandbox, MakeSandbox(*options.confinement.files));
  }
  Descriptor group_file;
  if (const auto& cgroup = options.confinement.cgroup; !cgroup.empty()) {
    group_file.Reset(open((cgroup / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (group_file.get() < 0) return FromErrno(errno, (cgroup / "cgroup.procs").string());
  }

  std::vector<std::string> arguments = options.arguments;
  prepared.arguments = Pointers(arguments);
  for (const auto& [name, value] : options.environment) prepared.environment_text.push_back(name + "=" + value);
  prepared.environment = Pointers(prepared.environment_text);
  prepared.directory = options.working_directory.string();
  prepared.input = streams.input.get();
  prepared.output = streams.output.get();
  prepared.error = streams.error.get();
  prepared.failure_pipe = failures.write.get();
  prepared.parent = getpid();
  prepared.descriptors = options.descriptors;
  prepared.limits = LimitsOf(options.limits);
  prepared.dies_with_parent = options.dies_with_parent;
  prepared.adopts_orphans = options.adopts_orphans;
  prepared.has_no_privileges = options.confinement.has_no_privileges;
  prepared.is_expendable = options.confinement.is_expendable;
  prepared.user = options.confinement.user;
  prepared.sandbox = sandbox.get();
  prepared.group_file = group_file.get();

  const pid_t pid = fork();
  if (pid < 0) return FromErrno(errno, "a child process");
  if (pid == 0) RunChild(prepared);
  Descriptor pidfd(pidfd_open(pid, 0));
  const int pidfd_error = errno;
  failures.write.Reset();

  Failure failure{};
  ssize_t size = 0;
  do size = read(failures.read.get(), &failure, sizeof failure);
  while (size < 0 && errno == EINTR);
  if (size == sizeof failure) {
    waitpid(pid, nullptr, 0);
    return Describe(failure, options, prepared.program);
  }
  if (pidfd.get() < 0) {
    kill(-pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return FromErrno(pidfd_error, "watching a child process (pidfd_open)");
  }
  return Spawned{pid, pidfd.Release(), streams.read_output.Release(), streams.read_error.Release()};
}

}  // namespace slipway::process
