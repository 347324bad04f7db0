#include "slipway/environments/environments.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/environments/conda_file.h"
#include "slipway/environments/container_images.h"
#include "slipway/environments/folder_cache.h"
#include "slipway/environments/presence.h"
#include "slipway/environments/provider.h"
#include "slipway/environments/working_copy.h"
#include "slipway/process/run.h"

namespace slipway::environments {
namespace fs = std::filesystem;
namespace {

using domain::EnvironmentBody;
using domain::NativeProvider;
using Variables = std::map<std::string, std::string>;

constexpr size_t kShownLines = 20;
constexpr const char* kLogName = "build.log";
constexpr const char* kSourceName = "source";

NativeProvider NativePart(const EnvironmentBody& environment) {
  return environment.native.value_or(NativeProvider{});
}

void Merge(Variables& into, const Variables& from) {
  for (const auto& [name, value] : from) into[name] = value;
}

std::string PathOf(const Variables& variables) {
  const auto found = variables.find("PATH");
  return found == variables.end() ? "/usr/local/bin:/usr/bin:/bin" : found->second;
}

Result<CondaFile> ReadInstallable(const EnvironmentBody& environment) {
  SLIPWAY_ASSIGN_OR_RETURN(CondaFile file, ParseCondaFile(environment.conda_file));
  if (!file.conda_only.empty()) {
    return FailedPrecondition(
        fmt::format("the provider venv installs the pip section of a conda file alone: move {} there, or say "
                    "'slipway: {{provider: conda}}'",
                    Join(file.conda_only, ", ")));
  }
  return file;
}

// An engine is the user's own program: it gets all that this process has, its sockets and registries among it.
Variables EngineVariables(const Options& options) {
  Variables variables = process::CurrentEnvironment();
  Merge(variables, options.variables);
  return variables;
}

}  // namespace

struct Environments::Impl {
  Options options;
  process::Supervisor& supervisor;
  FolderCache builds, venvs, condas;
  ContainerImages images;

  Impl(Options made, process::Supervisor& processes)
      : options(std::move(made)),
        supervisor(processes),
        builds(options.cache_folder / "builds"),
        venvs(options.cache_folder / "venvs"),
        condas(options.cache_folder / "condas"),
        images(options.cache_folder / "images", options.containers, EngineVariables(options), options.build_timeout,
               supervisor) {}

  Variables BuildVariables(const NativeProvider& native) const {
    Variables variables = options.variables;
    if (!options.sdk_prefix.empty()) {
      variables["SLIPWAY_SDK"] = options.sdk_prefix.string();
      std::string& prefixes = variables["CMAKE_PREFIX_PATH"];
      prefixes = prefixes.empty() ? options.sdk_prefix.string() : options.sdk_prefix.string() + ":" + prefixes;
    }
    Merge(variables, native.environment_variables);
    return variables;
  }

  std::string BuildKey(const NativeProvider& native, const Snapshot& snapshot) const {
    return CacheKey({"build", snapshot.hash, native.build_command, options.sdk_prefix.string(), options.sdk_stamp},
                    native.environment_variables);
  }

  // "micromamba", "mamba" or "conda", the first that is on the PATH; the one that the environment names, when it does.
  Result<std::string> CondaProgram(const NativeProvider& native) const {
    std::vector<std::string> names = {"micromamba", "mamba", "conda"};
    if (!native.provider.empty() && native.provider != "conda") names = {native.provider};
    for (const std::string& name : names) {
      if (process::FindProgram(name, PathOf(options.variables))) return name;
    }
    return FailedPrecondition(fmt::format(
        "the environment's provider needs {} on the PATH of the server, and there is none: install it, or use "
        "the provider venv, which installs the pip section of conda_file",
        Join(names, " or ")));
  }

  std::string CondaKey(const EnvironmentBody& environment, const std::string& program) const {
    return CacheKey({"conda", environment.conda_file, program, PathOf(options.variables)}, {});
  }

  std::string VenvKey(const CondaFile& file) const {
    return CacheKey({"venv", Join(file.requirements, "\n"), PathOf(options.variables)}, {});
  }

  // Runs a shell command whose output goes to `log`; a failure tells what failed and the log's end.
  Status RunLogged(const std::string& what, const std::string& command, const fs::path& folder, const fs::path& log,
                   Variables variables) {
    process::SpawnOptions spawn;
    spawn.arguments = {"/bin/sh", "-c", command};
    spawn.environment = std::move(variables);
    spawn.working_directory = folder;
    spawn.output = process::OutputTarget::kFile;
    spawn.output_file = log;
    spawn.dies_with_parent = true;
    const auto result = process::RunToEnd(supervisor, std::move(spawn), options.build_timeout);
    if (result && result->exit.ok()) return {};
    const std::string outcome = result ? result->exit.ToString() : result.error().message();
    return FailedPrecondition(fmt::format("{} failed ({}); the last lines of its log:\n{}", what, outcome,
                                          process::TailOfFile(log, kShownLines)));
  }

  Result<Realized> Build(const std::string& name, const NativeProvider& native, const Snapshot& snapshot) {
    const std::string key = BuildKey(native, snapshot);
    SLIPWAY_RETURN_IF_ERROR(builds.GetOrMake(key, [&](const fs::path& folder) -> Status {
      SLIPWAY_RETURN_IF_ERROR(CopyTree(snapshot.folder, folder / kSourceName));
      SLIPWAY_RETURN_IF_ERROR(RunLogged(fmt::format("the build command of environment '{}'", name),
                                        native.build_command, folder / kSourceName, folder / kLogName,
                                        BuildVariables(native)));
      return Seal(folder / kSourceName);
    }));
    return Realized{builds.FolderOf(key) / kSourceName, BuildVariables(native), builds.FolderOf(key) / kLogName};
  }

  Result<Realized> RealizeNative(const std::string& name, const EnvironmentBody& environment,
                                 const std::optional<Snapshot>& snapshot) {
    const NativeProvider native = NativePart(environment);
    const bool is_built = snapshot && builds.IsComplete(BuildKey(native, *snapshot));
    if (!is_built) SLIPWAY_RETURN_IF_ERROR(With(CheckPresence(native), fmt::format("environment '{}'", name)));
    if (snapshot && !native.build_command.empty()) return Build(name, native, *snapshot);
    return Realized{snapshot ? snapshot->folder : fs::path(), BuildVariables(native), {}};
  }

  // The virtual environment takes Debian's Python packages as given (--system-site-packages), so what is installed
  // there needs no network. It borrows the system's pip, which spares making one of its own.
  Status InstallVenv(const std::string& name, const CondaFile& file, const fs::path& folder) {
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(folder / "requirements.txt", Join(file.requirements, "\n") + "\n"));
    const std::string make = "python3 -m venv --system-site-packages --without-pip venv";
    const std::string install =
        "venv/bin/python -m pip install --disable-pip-version-check --no-input -r requirements.txt";
    const std::string command = file.requirements.empty() ? make : make + " && " + install;
    const Status installed = RunLogged(fmt::format("installing the Python packages of environment '{}'", name), command,
                                       folder, folder / kLogName, options.variables);
    const bool has_no_pip = process::TailOfFile(folder / kLogName, 1).find("No module named pip") != std::string::npos;
    if (!installed && has_no_pip) {
      return FailedPrecondition(
          fmt::format("environment '{}' needs pip, which is not installed; run: apt-get install "
                      "python3-pip",
                      name));
    }
    return installed;
  }

  Result<Realized> RealizeVenv(const std::string& name, const EnvironmentBody& environment,
                               const std::optional<Snapshot>& snapshot) {
    const NativeProvider native = NativePart(environment);
    SLIPWAY_RETURN_IF_ERROR(With(CheckPresence(native), fmt::format("environment '{}'", name)));
    SLIPWAY_ASSIGN_OR_RETURN(const CondaFile file, ReadInstallable(environment));
    const std::string key = VenvKey(file);
    SLIPWAY_RETURN_IF_ERROR(
        venvs.GetOrMake(key, [&](const fs::path& folder) { return InstallVenv(name, file, folder); }));
    const fs::path venv = venvs.FolderOf(key) / "venv";
    Realized realized{snapshot ? snapshot->folder : fs::path(), options.variables, venvs.FolderOf(key) / kLogName};
    realized.variables["PATH"] = fmt::format("{}/bin:{}", venv.string(), PathOf(realized.variables));
    realized.variables["VIRTUAL_ENV"] = venv.string();
    Merge(realized.variables, native.environment_variables);
    return realized;
  }

  Status InstallConda(const std::string& name, const std::string& program, const std::string& conda_file,
                      const fs::path& folder) {
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(folder / "conda.yaml", conda_file));
    Variables variables = options.variables;
    variables["MAMBA_ROOT_PREFIX"] = (options.cache_folder / "mamba").string();  // downloaded packages, shared
    const char* verb = program == "micromamba" ? "create" : "env create";
    return RunLogged(fmt::format("making the conda environment '{}'", name),
                     fmt::format("{} {} --yes --prefix \"$PWD/env\" --file conda.yaml", program, verb), folder,
                     folder / kLogName, std::move(variables));
  }

  Result<Realized> RealizeConda(const std::string& name, const EnvironmentBody& environment,
                                const std::optional<Snapshot>& snapshot) {
    const NativeProvider native = NativePart(environment);
    SLIPWAY_RETURN_IF_ERROR(With(CheckPresence(native), fmt::format("environment '{}'", name)));
    SLIPWAY_RETURN_IF_ERROR(ParseCondaFile(environment.conda_file));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string program, CondaProgram(native));
    const std::string key = CondaKey(environment, program);
    SLIPWAY_RETURN_IF_ERROR(condas.GetOrMake(
        key, [&](const fs::path& folder) { return InstallConda(name, program, environment.conda_file, folder); }));
    const fs::path prefix = condas.FolderOf(key) / "env";
    Realized realized{snapshot ? snapshot->folder : fs::path(), options.variables, condas.FolderOf(key) / kLogName};
    realized.variables["PATH"] = fmt::format("{}/bin:{}", prefix.string(), PathOf(realized.variables));
    realized.variables["CONDA_PREFIX"] = prefix.string();
    Merge(realized.variables, native.environment_variables);
    return realized;
  }

  Status CheckPresence(const NativeProvider& native) const {
    SLIPWAY_RETURN_IF_ERROR(CheckPrograms(native.programs, PathOf(options.variables)));
    return CheckPackages(native.packages, supervisor);
  }
};

Environments::Environments(Options options, process::Supervisor& supervisor)
    : impl_(std::make_unique<Impl>(std::move(options), supervisor)) {}

Environments::~Environments() = default;

Status Environments::Check(const EnvironmentBody& environment) const {
  SLIPWAY_ASSIGN_OR_RETURN(const Provider provider, ChooseProvider(environment));
  if (provider == Provider::kContainer) return impl_->images.Check(environment);
  SLIPWAY_RETURN_IF_ERROR(impl_->CheckPresence(NativePart(environment)));
  if (provider == Provider::kNative) return {};
  if (provider == Provider::kConda) {
    SLIPWAY_RETURN_IF_ERROR(ParseCondaFile(environment.conda_file));
    SLIPWAY_RETURN_IF_ERROR(impl_->CondaProgram(NativePart(environment)));
    return {};
  }
  SLIPWAY_RETURN_IF_ERROR(ReadInstallable(environment));
  return CheckPrograms({"python3"}, PathOf(impl_->options.variables));
}

Result<Realized> Environments::Realize(const std::string& name, const EnvironmentBody& environment,
                                       const std::optional<Snapshot>& snapshot) {
  SLIPWAY_ASSIGN_OR_RETURN(const Provider provider, ChooseProvider(environment));
  if (provider == Provider::kContainer) {
    SLIPWAY_ASSIGN_OR_RETURN(const CachedImage image,
                             With(impl_->images.Obtain(environment), fmt::format("environment '{}'", name)));
    return Realized{snapshot ? snapshot->folder : fs::path(), NativePart(environment).environment_variables, image.log,
                    image.image};
  }
  if (provider == Provider::kNative) return impl_->RealizeNative(name, environment, snapshot);
  if (provider == Provider::kConda) return impl_->RealizeConda(name, environment, snapshot);
  return impl_->RealizeVenv(name, environment, snapshot);
}

bool Environments::IsContainer(const EnvironmentBody& environment) const {
  const auto provider = ChooseProvider(environment);
  return provider && *provider == Provider::kContainer;
}

ContainerEngine* Environments::containers() {
  return impl_->images.WasUsed() ? &impl_->images.engine() : nullptr;
}

bool Environments::IsReady(const EnvironmentBody& environment, const std::optional<Snapshot>& snapshot) const {
  const auto provider = ChooseProvider(environment);
  if (!provider) return false;
  if (*provider == Provider::kContainer) return impl_->images.IsReady(environment);
  if (*provider == Provider::kConda) {
    const auto program = impl_->CondaProgram(NativePart(environment));
    return program && impl_->condas.IsComplete(impl_->CondaKey(environment, *program));
  }
  if (*provider == Provider::kVenv) {
    const auto file = ReadInstallable(environment);
    return file && impl_->venvs.IsComplete(impl_->VenvKey(*file));
  }
  const NativeProvider native = NativePart(environment);
  if (!snapshot || native.build_command.empty()) return true;
  return impl_->builds.IsComplete(impl_->BuildKey(native, *snapshot));
}

fs::path Environments::LogOf(const EnvironmentBody& environment, const std::optional<Snapshot>& snapshot) const {
  const auto provider = ChooseProvider(environment);
  if (!provider || *provider == Provider::kContainer) return {};
  if (*provider == Provider::kConda) {
    const auto program = impl_->CondaProgram(NativePart(environment));
    return program ? impl_->condas.FolderOf(impl_->CondaKey(environment, *program)) / kLogName : fs::path();
  }
  if (*provider == Provider::kVenv) {
    const auto file = ReadInstallable(environment);
    return file ? impl_->venvs.FolderOf(impl_->VenvKey(*file)) / kLogName : fs::path();
  }
  const NativeProvider native = NativePart(environment);
  if (!snapshot || native.build_command.empty()) return {};
  return impl_->builds.FolderOf(impl_->BuildKey(native, *snapshot)) / kLogName;
}

Variables PassedOnVariables() {
  static constexpr std::string_view kNames[] = {"PATH", "HOME", "USER", "LOGNAME",         "SHELL",  "LANG",
                                                "TZ",   "CC",   "CXX",  "LD_LIBRARY_PATH", "TMPDIR", "SLURM_CONF"};
  static constexpr std::string_view kPrefixes[] = {"LC_", "CMAKE_", "CCACHE_"};
  Variables variables;
  for (const auto& [name, value] : process::CurrentEnvironment()) {
    const bool is_listed = std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
    const bool is_prefixed = std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                                         [&](std::string_view prefix) { return name.starts_with(prefix); });
    if (is_listed || is_prefixed) variables[name] = value;
  }
  return variables;
}

}  // namespace slipway::environments
