#include "slipway/gateway/worker_confinement.h"

#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/process/sandbox.h"

namespace slipway::gateway {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;
using Sandbox = WorkerPolicy::Sandbox;

constexpr uint64_t kOpenFilesMax = 4096;
constexpr uint64_t kProcessesMax = 4096;

// Programs and libraries, and what the C library, OpenSSL, Python and mathematics libraries look up. /etc and /dev hold
// more than a script needs to see.
constexpr std::string_view kSystemPaths[] = {"/usr",
                                             "/bin",
                                             "/sbin",
                                             "/lib",
                                             "/lib32",
                                             "/lib64",
                                             "/libx32",
                                             "/proc",
                                             "/sys",
                                             "/etc/alternatives",
                                             "/etc/fonts",
                                             "/etc/group",
                                             "/etc/host.conf",
                                             "/etc/hosts",
                                             "/etc/gai.conf",
                                             "/etc/ld.so.cache",
                                             "/etc/localtime",
                                             "/etc/locale.alias",
                                             "/etc/mime.types",
                                             "/etc/nsswitch.conf",
                                             "/etc/passwd",
                                             "/etc/protocols",
                                             "/etc/python3",
                                             "/etc/python3.11",
                                             "/etc/resolv.conf",
                                             "/etc/services",
                                             "/etc/ssl/certs",
                                             "/etc/ssl/openssl.cnf",
                                             "/etc/timezone",
                                             "/dev/random",
                                             "/dev/urandom"};
constexpr std::string_view kDevices[] = {"/dev/null", "/dev/zero", "/dev/full"};

fs::path Real(const fs::path& path) {
  std::error_code failure;
  const fs::path real = fs::weakly_canonical(path, failure);
  return failure ? path.lexically_normal() : real;
}

// Whether `path` is `folder` or below it.
bool IsWithin(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

const std::string& VariableOf(const WantedDeployment& wanted, const std::string& name) {
  static const std::string kNone;
  const auto found = wanted.environment_variables.find(name);
  return found == wanted.environment_variables.end() ? kNone : found->second;
}

// What a variable like PATH lists.
Paths ListedIn(std::string_view text) {
  Paths paths;
  for (const std::string_view entry : Split(text, ':')) {
    if (!entry.empty()) paths.emplace_back(entry);
  }
  return paths;
}

// The shared objects that this program, which hosts scripts in C++, runs with.
Paths OwnLibraries() {
  Paths paths;
  const auto add = [](dl_phdr_info* info, size_t, void* list) {
    if (info->dlpi_name && info->dlpi_name[0] == '/') static_cast<Paths*>(list)->emplace_back(info->dlpi_name);
    return 0;
  };
  dl_iterate_phdr(add, &paths);
  return paths;
}

// A virtual environment, one of conda, or where Python was installed.
bool HoldsPython(const fs::path& prefix) {
  std::error_code failure;
  if (fs::exists(prefix / "pyvenv.cfg", failure) || fs::exists(prefix / "conda-meta", failure)) return true;
  const fs::directory_iterator libraries(prefix / "lib", failure);
  return std::any_of(begin(libraries), end(libraries), [](const fs::directory_entry& entry) {
    return entry.path().filename().string().starts_with("python3");
  });
}

// The folder whose interpreter this is, or whose script picks one (pyenv's and asdf's are in "shims"); else the folder
// it is in.
fs::path PythonPrefix(const fs::path& program) {
  const fs::path folder = program.parent_path();
  const fs::path prefix = folder.parent_path();
  std::error_code failure;
  const bool picks_one = folder.filename() == "shims" &&
                         (fs::exists(prefix / "versions", failure) || fs::exists(prefix / "installs", failure));
  return picks_one || (folder.filename() == "bin" && HoldsPython(prefix)) ? prefix : folder;
}

void AddPython(const WantedDeployment& wanted, const WorkerPrograms& programs, Paths& paths) {
  const fs::path program = wanted.program.empty() ? "/usr/bin/python3" : wanted.program.front();
  for (const fs::path& interpreter : {program, Real(program)}) paths.push_back(PythonPrefix(interpreter));
  const fs::path shim = programs.python_shim;
  for (const char* beside : {"monitoring.py", "request_schemas.py"}) paths.push_back(shim.parent_path() / beside);
  paths.push_back(shim);
  const std::string user = process::CurrentEnvironment()["HOME"];
  if (!user.empty()) paths.push_back(fs::path(user) / ".local" / "lib");  // what pip installs for a user
}

// Where a deployment's variables say that programs and libraries are. Those of the server's home are in its cache;
// where deployments are not to widen the sandbox, no others.
Paths VariablePaths(const WantedDeployment& wanted, const WorkerPrograms& programs) {
  const fs::path home = Real(programs.home);
  Paths paths;
  for (const char* name : {"PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV"}) {
    for (const fs::path& path : ListedIn(VariableOf(wanted, name))) {
      const fs::path real = Real(path);
      const bool may_be_elsewhere = programs.policy.sandbox != Sandbox::kRequired && !IsWithin(real, home);
      if (may_be_elsewhere || IsWithin(real, home / "cache")) paths.push_back(path);
    }
  }
  return paths;
}

Paths ProgramPaths(const WantedDeployment& wanted, const WorkerPrograms& programs) {
  Paths paths(std::begin(kSystemPaths), std::end(kSystemPaths));
  const auto add = [&](const Paths& more) { paths.insert(paths.end(), more.begin(), more.end()); };
  add(VariablePaths(wanted, programs));
  auto inherited = process::CurrentEnvironment();
  for (const char* name : {"PATH", "LD_LIBRARY_PATH"}) add(ListedIn(inherited[name]));
  if (wanted.language == WantedDeployment::Language::kPython) {
    AddPython(wanted, programs, paths);
  } else {
    const fs::path program = programs.gateway;
    add({program, program.parent_path().parent_path() / "lib"});
    add(OwnLibraries());
  }
  return paths;
}

// The paths that a deployment asks for. What lies in the server's home, or holds it, cannot be among them: keys are
// there.
Result<Paths> AskedFor(const WantedDeployment& wanted, const std::string& variable, const fs::path& home) {
  Paths paths = ListedIn(VariableOf(wanted, variable));
  for (const fs::path& path : paths) {
    if (!path.is_absolute())
      return InvalidArgument(
          fmt::format("{} takes absolute paths with ':' between them, not '{}'", variable, path.string()));
    const fs::path real = Real(path);
    const bool is_data = IsWithin(real, home / "datastores");
    if (IsWithin(home, real) || (IsWithin(real, home) && !is_data))
      return InvalidArgument(
          fmt::format("{} must not name '{}': the server's keys are there", variable, path.string()));
  }
  return paths;
}

// Its code and its model. A folder that holds the server's home would open the keys.
Result<Paths> OwnFolders(const WantedDeployment& wanted, const fs::path& home) {
  Paths folders;
  for (const std::string& folder : {wanted.code_dir, wanted.model_dir}) {
    if (folder.empty()) continue;
    if (IsWithin(home, Real(folder)))
      return InvalidArgument(fmt::format(
          "'{}' holds the server's home with its keys: model and code have to be in folders that do not", folder));
    folders.emplace_back(folder);
  }
  return folders;
}

Result<process::FileAccess> AccessOf(const WantedDeployment& wanted, const WorkerPrograms& programs,
                                     const fs::path& scratch) {
  const fs::path home = Real(programs.home);
  process::FileAccess access;
  for (const fs::path& path : ProgramPaths(wanted, programs)) {
    if (!IsWithin(home, Real(path))) access.readable.push_back(path);
  }
  access.writable.assign(std::begin(kDevices), std::end(kDevices));
  access.writable.push_back(scratch);
  SLIPWAY_ASSIGN_OR_RETURN(const Paths own, OwnFolders(wanted, home));
  SLIPWAY_ASSIGN_OR_RETURN(const Paths readable, AskedFor(wanted, "SLIPWAY_SANDBOX_READ", home));
  SLIPWAY_ASSIGN_OR_RETURN(const Paths writable, AskedFor(wanted, "SLIPWAY_SANDBOX_WRITE", home));
  access.readable.insert(access.readable.end(), own.begin(), own.end());
  access.readable.insert(access.readable.end(), readable.begin(), readable.end());
  access.writable.insert(access.writable.end(), writable.begin(), writable.end());
  return access;
}

Status CheckPolicy(const WantedDeployment& wanted, Sandbox policy) {
  const std::string& wish = VariableOf(wanted, "SLIPWAY_SANDBOX");
  if (!wish.empty() && wish != "on" && wish != "off")
    return InvalidArgument(fmt::format("SLIPWAY_SANDBOX takes on or off, not '{}'", wish));
  if (policy != Sandbox::kRequired) return {};
  if (process::LandlockVersion() == 0)
    return FailedPrecondition("--worker-sandbox is required, and this kernel has no Landlock");
  const bool is_widened =
      !VariableOf(wanted, "SLIPWAY_SANDBOX_READ").empty() || !VariableOf(wanted, "SLIPWAY_SANDBOX_WRITE").empty();
  if (wish == "off" || is_widened)
    return FailedPrecondition(
        "--worker-sandbox is required: SLIPWAY_SANDBOX and its paths are not the deployment's to say");
  return {};
}

// Why there is no sandbox; "" when there is to be one.
std::string WhyOpen(const WantedDeployment& wanted, Sandbox policy) {
  if (policy == Sandbox::kOff) return "--worker-sandbox is off";
  if (VariableOf(wanted, "SLIPWAY_SANDBOX") == "off") return "SLIPWAY_SANDBOX is off";
  if (process::LandlockVersion() == 0) return "this kernel has no Landlock";
  return "";
}

std::string Describe(const WorkerConfinement& confinement, const std::string& why_open, const fs::path& scratch) {
  const auto& user = confinement.process.user;
  const std::string who = user ? fmt::format("as the user {}", user->id) : "as the gateway's user";
  if (!why_open.empty())
    return fmt::format("Workers run {}, without privileges; they may touch the files which that user may: {}", who,
                       why_open);
  return fmt::format(
      "Workers run {}, without privileges, in a Landlock sandbox (version {}): they read the model, the "
      "code and the system's programs, and write to {}",
      who, process::LandlockVersion(), scratch.string());
}

}  // namespace

std::optional<Sandbox> ParseSandbox(std::string_view text) {
  if (text == "on") return Sandbox::kOn;
  if (text == "required") return Sandbox::kRequired;
  if (text == "off") return Sandbox::kOff;
  return std::nullopt;
}

Result<WorkerConfinement> Confine(const WantedDeployment& wanted, const WorkerPrograms& programs,
                                  const fs::path& scratch) {
  const WorkerPolicy& policy = programs.policy;
  SLIPWAY_RETURN_IF_ERROR(CheckPolicy(wanted, policy.sandbox));
  WorkerConfinement confinement;
  confinement.process.has_no_privileges = true;
  confinement.process.is_expendable = true;
  confinement.process.user = policy.user;
  confinement.limits.open_files = kOpenFilesMax;
  if (policy.user) {
    confinement.limits.processes = kProcessesMax;
    if (chown(scratch.c_str(), policy.user->id, policy.user->group) != 0) return FromErrno(errno, scratch.string());
  }
  const std::string why_open = WhyOpen(wanted, policy.sandbox);
  if (why_open.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(confinement.process.files, AccessOf(wanted, programs, scratch));
  }
  confinement.description = Describe(confinement, why_open, scratch);
  return confinement;
}

Status LetPass(const process::User& user, const fs::path& home) {
  if (chown(home.c_str(), -1, user.group) != 0 || chmod(home.c_str(), 0710) != 0)
    return FromErrno(errno, fmt::format("letting workers into '{}'", home.string()));
  for (fs::path folder = Real(home); folder.has_relative_path(); folder = folder.parent_path()) {
    struct stat status {};
    if (stat(folder.c_str(), &status) != 0) return FromErrno(errno, folder.string());
    const mode_t needed = status.st_uid == user.id ? S_IXUSR : status.st_gid == user.group ? S_IXGRP : S_IXOTH;
    if ((status.st_mode & needed) == 0)
      return FailedPrecondition(
          fmt::format("the workers' user {} cannot get to '{}': '{}' does not let it pass (chmod o+x)", user.id,
                      home.string(), folder.string()));
  }
  return {};
}

}  // namespace slipway::gateway
