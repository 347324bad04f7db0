#include "slipway/runner/execute/local_executor.h"

#include <set>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/environments/working_copy.h"
#include "slipway/process/run.h"
#include "slipway/process/tree.h"
#include "slipway/runner/execute/command_environment.h"
#include "slipway/runner/execute/container.h"
#include "slipway/runner/execute/reuse_key.h"
#include "slipway/runner/execute/slurm.h"
#include "slipway/runner/output_registration.h"

namespace slipway::runner {
namespace {

namespace fs = std::filesystem;
using domain::CommandSpec;
using domain::Job;
using domain::JobOutput;

constexpr const char* kLogName = "user_logs/std_log.txt";
constexpr const char* kBuildLogName = "azureml-logs/20_image_build_log.txt";
constexpr size_t kShownLogLines = 20;
constexpr std::chrono::seconds kGrace{5};  // between SIGTERM and SIGKILL

const CommandSpec& CommandOf(const Job& job) {
  return std::get<CommandSpec>(job.spec.body);
}

// An engine that ended by itself has removed its container, but for one that failed or was ended early.
bool MayHaveContainer(const RunFolder& folder) {
  constexpr int kEngineFailed = 125;
  return folder.IsOfContainer() && folder.ExitCode().value_or(kEngineFailed) == kEngineFailed;
}

}  // namespace

struct LocalExecutor::Resources {
  domain::AssetVersion environment;
  std::optional<environments::Snapshot> code;
  domain::EnvironmentBody local;  // the environment's body, its build path a folder of this machine
  const domain::EnvironmentBody& body() const { return std::get<domain::EnvironmentBody>(environment.body); }
};

LocalExecutor::LocalExecutor(const Options& options, const Dependencies& dependencies, registry::Catalog& catalog)
    : options_(options),
      dependencies_(dependencies),
      catalog_(catalog),
      ticker_(dependencies.clock, [this](Timestamp now) { return TellExternalStates(now); }),
      pool_(options.preparing_threads) {
  ticker_.Start();
}

LocalExecutor::~LocalExecutor() {
  ticker_.Stop();
  std::lock_guard lock(guard_->mutex);
  guard_->is_alive = false;
}

process::ExitHandler LocalExecutor::ExitHandlerFor(const JobKey& key, const fs::path& log) {
  return [this, guard = guard_, key, log](const process::Exit& exit) {
    std::lock_guard lock(guard->mutex);
    if (guard->is_alive) HandleExit(key, log, exit);
  };
}

RunFolder LocalExecutor::FolderOf(const JobKey& key) const {
  return {options_.runs_folder, key.scope.workspace, key.name};
}

Result<fs::path> LocalExecutor::ArtifactFolder(const domain::Scope& scope, const Job& job) {
  return catalog_.LocalPath(scope, job.output_uris.at("artifacts"));
}

// Preparing.

void LocalExecutor::Prepare(const JobKey& key, const Job& job, bool may_reuse) {
  pool_.Submit([this, key, job, may_reuse] { handlers_.prepared(key, PrepareNow(key, job, may_reuse)); });
}

Result<LocalExecutor::Resources> LocalExecutor::FindResources(const domain::Scope& scope, const CommandSpec& command) {
  SLIPWAY_ASSIGN_OR_RETURN(auto environment,
                           catalog_.Find(scope, command.environment, domain::AssetKind::kEnvironment));
  Resources resources{std::move(environment), std::nullopt, {}};
  resources.local = resources.body();
  if (dependencies_.environments.IsContainer(resources.local) && !resources.local.build_path.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(resources.local.build_path,
                             With(catalog_.LocalPath(scope, resources.local.build_path), "build path"));
  }
  if (command.code.empty()) return resources;
  SLIPWAY_ASSIGN_OR_RETURN(const auto code, catalog_.Find(scope, command.code, domain::AssetKind::kCode));
  const auto& body = std::get<domain::CodeBody>(code.body);
  environments::Snapshot snapshot;
  SLIPWAY_ASSIGN_OR_RETURN(snapshot.folder, With(catalog_.LocalPath(scope, body.uri), "code"));
  snapshot.hash = body.hash;
  if (snapshot.hash.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(snapshot.hash, With(hasher_.Hash(snapshot.folder), "code"));
  }
  resources.code = std::move(snapshot);
  return resources;
}

Result<environments::Realized> LocalExecutor::Realize(const JobKey& key, const Job& job, const Resources& resources) {
  auto& environments = dependencies_.environments;
  const bool was_ready = environments.IsReady(resources.local, resources.code);
  if (!was_ready) handlers_.waiting(key, fmt::format("making environment '{}' ready", resources.environment.name));
  SLIPWAY_ASSIGN_OR_RETURN(environments::Realized realized,
                           environments.Realize(resources.environment.name, resources.local, resources.code));
  if (!was_ready && !realized.log.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(const fs::path artifacts, ArtifactFolder(key.scope, job));
    SLIPWAY_RETURN_IF_ERROR(MakeDirectories((artifacts / kBuildLogName).parent_path()));
    SLIPWAY_RETURN_IF_ERROR(CopyTree(realized.log, artifacts / kBuildLogName));
  }
  return realized;
}

Result<Preparation> LocalExecutor::PrepareNow(const JobKey& key, const Job& job, bool may_reuse) {
  const CommandSpec& command = CommandOf(job);
  SLIPWAY_ASSIGN_OR_RETURN(const Resources resources, FindResources(key.scope, command));
  Ready ready;
  SLIPWAY_ASSIGN_OR_RETURN(ready.inputs, LocateInputs(catalog_, key.scope, command));
  Preparation preparation;
  for (const auto& [name, source] : ready.inputs) preparation.resolved_inputs[name] = source.pinned;
  // What a name of an image means can change, so it is looked up before what was made with it is taken over.
  const bool is_container = dependencies_.environments.IsContainer(resources.local);
  if (is_container) {
    SLIPWAY_ASSIGN_OR_RETURN(ready.environment, Realize(key, job, resources));
  }
  SLIPWAY_ASSIGN_OR_RETURN(preparation.reuse_parts, ReuseParts(hasher_, command, resources.code, resources.body(),
                                                               ready.inputs, /*with_data=*/may_reuse));
  if (is_container) preparation.reuse_parts["environment.image.id"] = ready.environment.container->id;
  if (may_reuse) {
    preparation.reuse_key = ReuseKey(preparation.reuse_parts);
    SLIPWAY_ASSIGN_OR_RETURN(preparation.reusable, FindReusable(key.scope, preparation.reuse_key));
    if (preparation.reusable) return preparation;
  }
  if (!is_container) {
    SLIPWAY_ASSIGN_OR_RETURN(ready.environment, Realize(key, job, resources));
  }
  std::lock_guard lock(mutex_);
  ready_[FolderOf(key).root().string()] = std::move(ready);
  return preparation;
}

Result<std::optional<Job>> LocalExecutor::FindReusable(const domain::Scope& scope, const std::string& reuse_key) {
  SLIPWAY_ASSIGN_OR_RETURN(auto found, dependencies_.jobs.FindReusable(scope, reuse_key));
  if (!found) return found;
  for (const auto& [name, output] : CommandOf(*found).outputs) {
    const auto uri = found->output_uris.find(name);
    const auto path =
        uri == found->output_uris.end() ? Result<fs::path>(NotFound(name)) : catalog_.LocalPath(scope, uri->second);
    std::error_code failure;
    if (!path || !fs::exists(*path, failure)) return std::optional<Job>();  // somebody deleted it: run again
  }
  return found;
}

// Starting.

void LocalExecutor::Launch(const JobKey& key, const Job& job) {
  {
    std::lock_guard lock(mutex_);
    running_[FolderOf(key).root().string()] = {};
  }
  pool_.Submit([this, key, job] {
    const Status launched = LaunchNow(key, job);
    if (launched) return;
    ProcessEnd end;
    end.failure = launched.error().ToString();
    handlers_.exited(key, std::move(end));
  });
}

// `outputs` and `logs` in the working directory are the job's artifacts. Where the code brings such a folder itself its
// content is copied at the end instead.
Status LocalExecutor::MakeArtifactFolders(const fs::path& artifacts, const RunFolder& folder, int attempt) {
  const fs::path log = artifacts / kLogName;
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(log.parent_path()));
  std::error_code failure;
  if (attempt > 1) {
    fs::rename(log, artifacts / fmt::format("user_logs/std_log.attempt-{}.txt", attempt - 1), failure);
  } else {
    fs::remove(log, failure);
  }
  for (const char* name : {"outputs", "logs"}) {
    SLIPWAY_RETURN_IF_ERROR(MakeDirectories(artifacts / name));
    if (fs::exists(folder.work() / name, failure)) continue;
    fs::create_directory_symlink(artifacts / name, folder.work() / name, failure);
    if (failure) return FromErrno(failure.value(), (folder.work() / name).string());
  }
  return {};
}

Result<process::SpawnOptions> LocalExecutor::MakeSpawn(const JobKey& key, const Job& job, const Ready& ready) {
  const CommandSpec& command = CommandOf(job);
  const RunFolder folder = FolderOf(key);
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace, dependencies_.workspaces.GetWorkspace(key.scope));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Run run, dependencies_.runs.GetRun(key.scope, job.name));
  SLIPWAY_ASSIGN_OR_RETURN(const auto experiment, dependencies_.runs.GetExperiment(key.scope, run.experiment_id));
  SLIPWAY_RETURN_IF_ERROR(folder.Reset());

  Values values;
  SLIPWAY_ASSIGN_OR_RETURN(values.inputs, PlaceInputs(ready.inputs, folder));
  SLIPWAY_ASSIGN_OR_RETURN(values.outputs, PlaceOutputs(catalog_, key.scope, job, folder));
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, SubstituteCommand(command.command, values));
  SLIPWAY_RETURN_IF_ERROR(folder.WriteCommand(text));
  if (ready.environment.folder.empty()) {
    SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder.work()));
  } else {
    SLIPWAY_RETURN_IF_ERROR(
        With(environments::MakeWorkingCopy(ready.environment.folder, folder.work()), "copying the code"));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path artifacts, ArtifactFolder(key.scope, job));
  SLIPWAY_RETURN_IF_ERROR(MakeArtifactFolders(artifacts, folder, job.attempt));

  process::SpawnOptions spawn;
  spawn.arguments = folder.Arguments();
  spawn.working_directory = folder.work();
  spawn.output = process::OutputTarget::kFile;
  spawn.output_file = artifacts / kLogName;
  spawn.tree = folder.root().string();
  SLIPWAY_ASSIGN_OR_RETURN(const auto cluster, ClusterOf(key.scope, command));
  if (cluster) {
    SLIPWAY_ASSIGN_OR_RETURN(auto slurm_options, SlurmOptions(*cluster, command));
    SLIPWAY_ASSIGN_OR_RETURN(spawn.arguments,
                             PrepareSlurm(folder, job.name, spawn.output_file, std::move(slurm_options)));
  }
  spawn.adopts_orphans = true;
  const auto& connection_string = options_.server.connection_string;
  SLIPWAY_ASSIGN_OR_RETURN(
      spawn.environment,
      CommandVariables(ready.environment.variables, {key.scope, job, values, experiment, options_.server,
                                                     connection_string ? connection_string(workspace) : ""}));
  if (!ready.environment.container) return spawn;
  if (cluster) {
    return Unimplemented(fmt::format(
        "compute '{}' is a Slurm cluster, and commands in containers are not supported there yet", cluster->name));
  }
  SLIPWAY_RETURN_IF_ERROR(EnterContainer(folder, job, ready, values, spawn));
  return spawn;
}

// The command's process becomes the engine's, which gets what this process has rather than the command's variables.
Status LocalExecutor::EnterContainer(const RunFolder& folder, const Job& job, const Ready& ready, const Values& values,
                                     process::SpawnOptions& spawn) {
  ContainerRun run{*ready.environment.container,
                   job,
                   process::TreeMarkFor(options_.runs_folder.string()),
                   std::move(spawn.environment),
                   {{spawn.output_file.parent_path().parent_path(), /*is_writable=*/true}}};
  for (const auto& [name, source] : ready.inputs) {
    if (source.local.empty() || source.is_copied) continue;
    run.mounts.push_back({source.local, source.is_writable});
  }
  for (const auto& [name, output] : CommandOf(job).outputs) {
    if (output.mode == "direct" || output.mode == "upload") continue;
    const fs::path path = values.outputs.at(name);
    run.mounts.push_back({output.type == "uri_file" ? path.parent_path() : path, /*is_writable=*/true});
  }
  SLIPWAY_ASSIGN_OR_RETURN(ContainerCommand command, PrepareContainer(folder, run));
  spawn.arguments = folder.Arguments(std::move(command.arguments));
  spawn.environment = process::CurrentEnvironment();
  for (auto& [name, value] : command.variables) spawn.environment[name] = std::move(value);
  spawn.environment[kJobVariable] = job.name;
  spawn.adopts_orphans = false;  // the monitors of containers belong to the engine
  return {};
}

Result<std::optional<domain::Compute>> LocalExecutor::ClusterOf(const domain::Scope& scope,
                                                                const CommandSpec& command) {
  const auto compute = dependencies_.workspaces.GetCompute(scope, command.compute);
  if (!compute || compute->type != kSlurmType) return std::optional<domain::Compute>();
  const auto variables = process::CurrentEnvironment();
  const auto path = variables.find("PATH");
  if (process::FindProgram("sbatch", path == variables.end() ? "/usr/bin:/bin" : path->second)) {
    return std::optional(*compute);
  }
  return FailedPrecondition(
      fmt::format("compute '{}' is a Slurm cluster, but sbatch is not on the server's PATH; run: apt-get install "
                  "slurm-client",
                  compute->name));
}

std::optional<Timestamp> LocalExecutor::TellExternalStates(Timestamp now) {
  constexpr std::chrono::seconds kPause{1};
  std::vector<std::pair<JobKey, ExternalState>> news;
  bool has_any = false;
  {
    std::lock_guard lock(mutex_);
    for (auto& [id, running] : running_) {
      if (!running.external) continue;
      has_any = true;
      const auto state = ReadSlurmState(FolderOf(*running.external));
      if (!state || state->state == running.told_state) continue;
      running.told_state = state->state;
      news.emplace_back(*running.external,
                        ExternalState{state->id, state->state, state->has_begun(), running.identity});
    }
  }
  for (auto& [key, state] : news) handlers_.external(key, std::move(state));
  return has_any ? std::optional<Timestamp>(now + kPause) : std::nullopt;
}

// The process that watched it is gone, the cluster's job may not be.
void LocalExecutor::CancelInCluster(const std::string& id) {
  pool_.Submit([this, id] {
    process::SpawnOptions cancel;
    cancel.arguments = {"scancel", id};
    cancel.environment = process::CurrentEnvironment();
    const auto result = process::RunToEnd(dependencies_.supervisor, std::move(cancel), std::chrono::seconds(30));
    if (!result || !result->exit.ok()) LogWarning("Slurm job {} could not be cancelled", id);
  });
}

Status LocalExecutor::LaunchNow(const JobKey& key, const Job& job) {
  const std::string id = FolderOf(key).root().string();
  Ready ready;
  {
    std::lock_guard lock(mutex_);
    const auto found = ready_.find(id);
    if (found == ready_.end()) return Internal("launched without having been prepared");
    ready = std::move(found->second);
    ready_.erase(found);
  }
  SLIPWAY_ASSIGN_OR_RETURN(process::SpawnOptions spawn, MakeSpawn(key, job, ready));
  const fs::path log = spawn.output_file;
  SLIPWAY_ASSIGN_OR_RETURN(const process::Identity identity,
                           dependencies_.supervisor.Spawn(std::move(spawn), ExitHandlerFor(key, log)));
  const bool is_external = FolderOf(key).IsOfCluster();
  bool is_ending = false;
  {
    std::lock_guard lock(mutex_);
    const auto running = running_.find(id);
    if (running != running_.end()) {
      running->second.identity = identity;
      if (is_external) running->second.external = key;
      is_ending = running->second.is_ending;
    }
  }
  if (is_ending) dependencies_.supervisor.Terminate(identity, kGrace);
  if (is_external) {
    handlers_.external(key, {"", "submitted", false, identity});
    ticker_.Wake();
  } else {
    handlers_.started(key, identity);
  }
  return {};
}

void LocalExecutor::HandleExit(const JobKey& key, const fs::path& log, const process::Exit& exit) {
  const RunFolder folder = FolderOf(key);
  {
    std::lock_guard lock(mutex_);
    running_.erase(folder.root().string());
  }
  ProcessEnd end;
  end.code = exit.code ? exit.code : folder.ExitCode();
  end.signal = exit.signal;
  end.log_tail = process::TailOfFile(log, kShownLogLines);
  if (const auto state = folder.IsOfCluster() ? ReadSlurmState(folder) : std::nullopt) {
    end.external_id = state->id;
    if (!folder.ExitCode()) CancelInCluster(state->id);
  }
  // What this process has counted is the command's unless another life of the server started it or it only watched.
  const bool was_counted = (exit.code || exit.signal != 0) && !folder.IsOfCluster() && !folder.IsOfContainer();
  end.resources = folder.Use();
  if (was_counted) {
    end.resources = domain::ResourceUse{exit.cpu_seconds, exit.max_memory_bytes, exit.read_bytes, exit.written_bytes};
  }
  const bool may_have_container = MayHaveContainer(folder) || (folder.IsOfContainer() && exit.was_terminated);
  if (!may_have_container) return handlers_.exited(key, std::move(end));
  pool_.Submit([this, key, folder, end = std::move(end)]() mutable {
    RemoveContainer(folder);
    handlers_.exited(key, std::move(end));
  });
}

void LocalExecutor::RemoveContainer(const RunFolder& folder) {
  environments::ContainerEngine* engine = dependencies_.environments.containers();
  if (!engine) return;
  const auto found =
      engine->List(fmt::format("{}={}", kRunLabel, process::TreeMarkFor(folder.root().string())), kJobLabel);
  std::vector<std::string> ids;
  if (found) {
    for (const auto& [id, job] : *found) ids.push_back(id);
  }
  const Status removed = found ? engine->Remove(ids) : Status(found.error());
  if (!removed) LogWarning("the container of {}: {}", folder.root().string(), removed.error().ToString());
}

void LocalExecutor::RemoveLeftovers() {
  environments::ContainerEngine* engine = dependencies_.environments.containers();
  if (!engine) return;
  pool_.Submit([this, engine] {
    const std::string label = fmt::format("{}={}", kServerLabel, process::TreeMarkFor(options_.runs_folder.string()));
    const auto found = engine->List(label, kRunLabel);
    if (!found) return LogWarning("containers of an earlier life of this server: {}", found.error().ToString());
    std::set<std::string> living;  // after listing: what is started from now on is not in the list
    {
      std::lock_guard lock(mutex_);
      for (const auto& [root, running] : running_) living.insert(process::TreeMarkFor(root));
    }
    std::vector<std::string> ids;
    for (const auto& [id, run] : *found) {
      if (living.count(run) == 0) ids.push_back(id);
    }
    if (ids.empty()) return;
    LogInfo("{} containers are left of jobs that have ended; removing them", ids.size());
    if (const Status removed = engine->Remove(ids); !removed) LogWarning("{}", removed.error().ToString());
  });
}

void LocalExecutor::End(const JobKey& key) {
  process::Identity identity;
  {
    std::lock_guard lock(mutex_);
    const auto running = running_.find(FolderOf(key).root().string());
    if (running == running_.end()) return;  // it has just ended by itself
    running->second.is_ending = true;
    identity = running->second.identity;
  }
  if (identity.pid != 0) dependencies_.supervisor.Terminate(identity, kGrace);
}

Executor::Recovery LocalExecutor::Recover(const JobKey& key, const Job& job) {
  const RunFolder folder = FolderOf(key);
  const auto artifacts = ArtifactFolder(key.scope, job);
  const fs::path log = artifacts ? *artifacts / kLogName : fs::path();
  // The stored identity is there as soon as the process is; the one in the folder also when storing came too late.
  const process::Identity stored{job.process_id, job.process_start_ticks};
  const auto identity = process::IsRunning(stored) ? std::optional(stored) : folder.FindProcess();
  if (identity) {
    {
      std::lock_guard lock(mutex_);
      Running& running = running_[folder.root().string()];
      running.identity = *identity;
      if (folder.IsOfCluster()) running.external = key;
    }
    ticker_.Wake();
    if (dependencies_.supervisor.Adopt(*identity, ExitHandlerFor(key, log))) return {Trace::kRunning, *identity, {}};
    std::lock_guard lock(mutex_);
    running_.erase(folder.root().string());
  }
  // Its process is gone; what that had started may not be.
  process::KillTree(/*leader=*/{}, process::TreeMarkFor(folder.root().string()));
  if (MayHaveContainer(folder)) RemoveContainer(folder);
  const auto code = folder.ExitCode();
  if (!code) {
    const auto state = folder.IsOfCluster() ? ReadSlurmState(folder) : std::nullopt;
    if (state) CancelInCluster(state->id);
    return {};
  }
  ProcessEnd end;
  end.code = code;
  end.resources = folder.Use();
  end.log_tail = process::TailOfFile(log, kShownLogLines);
  return {Trace::kEnded, {}, std::move(end)};
}

// Ending.

void LocalExecutor::Finalize(const JobKey& key, const Job& job) {
  pool_.Submit([this, key, job] { handlers_.finalized(key, FinalizeNow(key, job)); });
}

Result<Finalized> LocalExecutor::FinalizeNow(const JobKey& key, const Job& job) {
  const RunFolder folder = FolderOf(key);
  SLIPWAY_RETURN_IF_ERROR(MoveUploads(catalog_, key.scope, job, folder));
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path artifacts, ArtifactFolder(key.scope, job));
  for (const char* name : {"outputs", "logs"}) {
    std::error_code failure;
    const fs::path own = folder.work() / name;
    if (fs::is_symlink(own, failure) || !fs::is_directory(own, failure)) continue;
    SLIPWAY_RETURN_IF_ERROR(CopyTree(own, artifacts / name));
  }
  Finalized finalized;
  for (const auto& [name, output] : CommandOf(job).outputs) {
    if (output.name.empty()) continue;
    SLIPWAY_ASSIGN_OR_RETURN(finalized.registered[name],
                             With(RegisterJobOutput(dependencies_, key.scope, job, name, output),
                                  fmt::format("registering output '{}'", name)));
  }
  return finalized;
}

Status LocalExecutor::WriteArtifacts(const JobKey& key, const Job& job,
                                     const std::map<std::string, std::string>& files) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path artifacts, ArtifactFolder(key.scope, job));
  for (const auto& [name, content] : files) SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(artifacts / name, content));
  return {};
}

void LocalExecutor::Discard(const JobKey& key) {
  {
    std::lock_guard lock(mutex_);
    ready_.erase(FolderOf(key).root().string());
  }
  pool_.Submit([folder = FolderOf(key)] {
    if (const Status removed = RemoveAll(folder.root()); !removed) {
      LogWarning("cannot remove {}: {}", folder.root().string(), removed.error().ToString());
    }
  });
}

}  // namespace slipway::runner
