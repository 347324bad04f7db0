#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/spec/workflow/values.h"
#include "slipway/wire/workflow.h"
#include "slipway/workflows/execute/job_runner.h"
#include "slipway/workflows/execute/step_process.h"
#include "slipway/workflows/impl.h"
#include "slipway/workflows/plan/contexts.h"
#include "slipway/workflows/plan/expansion.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;
namespace wf = expressions::workflow;
using domain::EnvironmentGate;
using domain::WorkflowConclusion;
using domain::WorkflowJobRun;
using domain::WorkflowRun;
using domain::WorkflowStatus;

constexpr auto kCancelGrace = std::chrono::minutes(5);
constexpr auto kRetryAfter = std::chrono::seconds(5);  // after a state could not be stored
constexpr int kRoundsMax = 100'000;
constexpr int kSecretsDescriptor = 3;

std::string IdOf(const domain::Scope& scope) {
  return ToLower(scope.ArmId());
}

std::string FolderName(const std::string& key) {
  std::string name;
  for (const char c : key) name += std::isalnum(static_cast<unsigned char>(c)) || c == '-' ? c : '_';
  return fmt::format("{}-{}", name.substr(0, 60), Sha256Hex(key).substr(0, 8));
}

// A file in memory that a child inherits: it is gone with the two processes.
Result<int> MemoryFile(const std::string& text) {
  const int descriptor = memfd_create("secrets", MFD_CLOEXEC);
  if (descriptor < 0) return FromErrno(errno, "a file in memory");
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = write(descriptor, text.data() + done, text.size() - done);
    if (size <= 0) {
      const int error = errno;
      close(descriptor);
      return FromErrno(error, "a file in memory");
    }
    done += static_cast<size_t>(size);
  }
  lseek(descriptor, 0, SEEK_SET);
  return descriptor;
}

std::string DescribeRun(const WorkflowRun& run) {
  WorkflowRun alone = run;
  alone.jobs.clear();
  alone.files.clear();
  return wire::WorkflowRunToJson(alone).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The process that a dead server left, if it is still that job's.
std::optional<process::Identity> ProcessIn(const fs::path& folder) {
  const auto text = ReadFile(folder / "pid");
  const auto pid = text ? ParseInt(Trim(*text)) : std::nullopt;
  if (!pid) return std::nullopt;
  const auto environment = ReadFile(fmt::format("/proc/{}/environ", *pid));
  if (!environment) return std::nullopt;
  const auto entries = Split(*environment, '\0');
  const std::string mark = fmt::format("{}={}", kJobMark, folder.string());
  if (std::find(entries.begin(), entries.end(), mark) == entries.end()) return std::nullopt;
  const auto identity = process::IdentityOf(*pid);
  return identity && process::IsRunning(*identity) ? std::optional(*identity) : std::nullopt;
}

void EndOpenSteps(WorkflowJobRun& job, WorkflowConclusion conclusion, Timestamp now) {
  for (auto& step : job.steps) {
    if (step.status == WorkflowStatus::kCompleted) continue;
    const bool had_begun = step.status == WorkflowStatus::kInProgress;
    step.status = WorkflowStatus::kCompleted;
    step.outcome = step.conclusion = had_begun ? conclusion : WorkflowConclusion::kSkipped;
    if (had_begun) step.completed_at = now;
  }
}

}  // namespace

Result<Files> ReadFiles(const std::map<std::string, std::string>& texts) {
  Files files;
  for (const auto& [path, text] : texts) {
    SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, spec::ParseDocument(text, path, {}));
    SLIPWAY_ASSIGN_OR_RETURN(auto workflow, spec::workflow::ReadWorkflow(document, path));
    files[path] = std::make_shared<const spec::workflow::Workflow>(std::move(workflow));
  }
  return files;
}

Space& Workflows::Impl::SpaceOf(const domain::Scope& scope) {
  Space& space = spaces[IdOf(scope)];
  space.scope = scope;
  return space;
}

fs::path Workflows::Impl::RunFolder(int64_t run) const {
  return options.home / "workflows" / std::to_string(run);
}

fs::path Workflows::Impl::JobFolder(int64_t run, const WorkflowJobRun& job) const {
  return RunFolder(run) / std::to_string(job.attempt) / FolderName(job.key);
}

// Planning.

Snapshot Workflows::Impl::SnapshotOf(Space& space) {
  Snapshot snapshot;
  snapshot.room = options.room;
  for (auto& [id, live] : space.runs) snapshot.runs.push_back({&live.run, &live.files});
  if (const auto gates = dependencies.store.ListGates(space.scope)) {
    for (const EnvironmentGate& gate : *gates) {
      if (gate.name == domain::kEveryEnvironment)
        snapshot.variables = gate.variables;
      else
        snapshot.gates[ToLower(gate.name)] = gate;
    }
  }
  return snapshot;
}

void Workflows::Impl::Pump(Space& space, Timestamp now) {
  for (int round = 0; round < kRoundsMax && !space.runs.empty(); ++round) {
    const Snapshot snapshot = SnapshotOf(space);
    const auto actions = Plan(snapshot, now);
    if (actions.empty()) break;
    for (const Action& action : actions) std::visit([&](const auto& each) { Apply(space, each); }, action);
    if (store_failed) return;  // nothing is done that is not stored; the next tick tries again
  }
  for (auto& [id, live] : space.runs)
    if (live.is_dirty) Store(space, live);
  std::erase_if(space.runs, [](const auto& entry) {
    return entry.second.run.status == WorkflowStatus::kCompleted && !entry.second.is_dirty;
  });
}

void Workflows::Impl::Store(Space& space, Live& live) {
  const Status stored = dependencies.store.UpdateRun(space.scope, live.run);
  live.is_dirty = !stored;
  store_failed = store_failed || !stored;
  if (!stored) LogError("workflow run {}: {}", live.run.id, stored.error().ToString());
}

void Workflows::Impl::Apply(Space& space, const Expand& action) {
  Live& live = space.runs.at(action.run);
  auto& jobs = live.run.jobs;
  const auto at = std::find_if(jobs.begin(), jobs.end(), [&](const auto& job) { return job.key == action.key; });
  if (at == jobs.end()) return;
  const auto next = jobs.erase(at);
  jobs.insert(next, action.jobs.begin(), action.jobs.end());
  live.is_dirty = true;
}

void Workflows::Impl::Apply(Space& space, const MoveJob& action) {
  Live& live = space.runs.at(action.run);
  WorkflowJobRun* job = live.run.FindJob(action.key);
  if (!job) return;
  const Timestamp now = dependencies.clock.Now();
  job->status = action.status;
  job->reason = action.reason;
  if (action.status == WorkflowStatus::kWaiting) job->waiting_since = now;
  if (action.status == WorkflowStatus::kPending || action.status == WorkflowStatus::kQueued)
    job->queued_at = job->queued_at.value_or(now);
  if (action.status == WorkflowStatus::kInProgress) job->started_at = now;
  live.is_dirty = true;
}

void Workflows::Impl::Apply(Space& space, const FinishJob& action) {
  Live& live = space.runs.at(action.run);
  WorkflowJobRun* job = live.run.FindJob(action.key);
  if (!job) return;
  job->status = WorkflowStatus::kCompleted;
  job->conclusion = action.conclusion;
  job->reason = action.reason;
  job->attempt = live.run.attempt;
  if (!action.outputs.empty()) job->outputs = action.outputs;
  job->completed_at = dependencies.clock.Now();
  live.is_dirty = true;
}

void Workflows::Impl::Apply(Space& space, const StartJob& action) {
  Live& live = space.runs.at(action.run);
  WorkflowJobRun* job = live.run.FindJob(action.key);
  if (!job) return;
  job->status = WorkflowStatus::kInProgress;
  job->started_at = dependencies.clock.Now();
  job->attempt = live.run.attempt;
  job->reason.clear();
  Store(space, live);  // before the process: a server that dies in between looks for one
  if (live.is_dirty) {
    job->status = WorkflowStatus::kQueued;
    return;
  }
  const Status launched = Launch(space, live, *job);
  if (launched) return Store(space, live);
  LogWarning("workflow run {}, job '{}': {}", live.run.id, job->key, launched.error().ToString());
  Apply(space, FinishJob{action.run, action.key, WorkflowConclusion::kFailure, launched.error().ToString(), {}});
}

void Workflows::Impl::Apply(Space& space, const StopJob& action) {
  Live& live = space.runs.at(action.run);
  WorkflowJobRun* job = live.run.FindJob(action.key);
  if (!job) return;
  job->is_stopping = true;
  job->reason = action.reason;
  live.is_dirty = true;
  if (!job->is_call && job->process_id != 0)
    dependencies.supervisor.Terminate({job->process_id, job->process_start_ticks}, kCancelGrace);
}

void Workflows::Impl::Apply(Space& space, const MoveRun& action) {
  Live& live = space.runs.at(action.run);
  live.run.status = action.status;
  live.run.reason = action.reason;
  if (action.status == WorkflowStatus::kInProgress && !live.run.started_at) {
    live.run.started_at = dependencies.clock.Now();
    pool.Submit([this, scope = space.scope, run = live.run] { AnnounceRun(scope, run, "in_progress"); });
  }
  live.is_dirty = true;
}

void Workflows::Impl::Apply(Space& space, const CancelRun& action) {
  Live& live = space.runs.at(action.run);
  live.run.is_cancelled = true;
  live.run.reason = action.reason;
  live.is_dirty = true;
}

void Workflows::Impl::Apply(Space& space, const FinishRun& action) {
  const auto found = space.runs.find(action.run);
  WorkflowRun& run = found->second.run;
  run.status = WorkflowStatus::kCompleted;
  run.conclusion = action.conclusion;
  run.completed_at = dependencies.clock.Now();
  Store(space, found->second);
  LogInfo("workflow run {} ('{}') ended: {}", run.id, run.workflow, domain::WorkflowConclusionName(run.conclusion));
  pool.Submit([this, scope = space.scope, run] { AnnounceRun(scope, run, "completed"); });
  if (!found->second.is_dirty) space.runs.erase(found);
}

// Starting jobs.

domain::Scope Workflows::Impl::WorkspaceOf(const Space& space, const WorkflowJobRun& job) {
  domain::Scope scope = space.scope;
  if (job.environment.empty()) return scope;
  const auto gate = dependencies.store.GetGate(space.scope, job.environment);
  if (gate && !gate->workspace.empty()) scope.workspace = gate->workspace;
  return scope;
}

std::map<std::string, std::string> Workflows::Impl::VariablesOf(const domain::Scope& scope,
                                                                const std::string& environment) {
  std::map<std::string, std::string> variables;
  for (const std::string& name : {std::string(domain::kEveryEnvironment), environment}) {
    if (name.empty()) continue;
    if (const auto gate = dependencies.store.GetGate(scope, name))
      for (const auto& [key, value] : gate->variables) variables[key] = value;
  }
  return variables;
}

Result<std::map<std::string, std::string>> Workflows::Impl::DecryptAll(const domain::Scope& scope,
                                                                       const EnvironmentGate& gate) {
  std::map<std::string, std::string> secrets;
  for (const auto& [name, text] : gate.secrets) {
    SLIPWAY_ASSIGN_OR_RETURN(secrets[name],
                             vault.Decrypt(text, fmt::format("{}/{}/{}", IdOf(scope), ToLower(gate.name), name)));
  }
  return secrets;
}

// What the workflow called by `parent` sees as secrets; of the top for "".
Result<std::map<std::string, std::string>> Workflows::Impl::NamedSecrets(Space& space, Live& live,
                                                                         const std::string& parent) {
  std::map<std::string, std::string> secrets;
  if (parent.empty()) {
    const auto gate = dependencies.store.GetGate(space.scope, std::string(domain::kEveryEnvironment));
    if (!gate) return secrets;
    return DecryptAll(space.scope, *gate);
  }
  const WorkflowJobRun* call = live.run.FindJob(parent);
  const RunView view{&live.run, &live.files};
  const spec::workflow::Job* file_job = call ? FileJob(view, *call) : nullptr;
  if (!file_job) return secrets;
  SLIPWAY_ASSIGN_OR_RETURN(const auto outer, NamedSecrets(space, live, call->parent));
  if (file_job->inherits_secrets) return outer;
  wf::Scope scope;
  scope.contexts["github"] = wf::Value::Of(GithubContext(live.run));
  scope.contexts["secrets"] = TextMap(outer);
  scope.contexts["vars"] = TextMap(VariablesOf(space.scope, ""));
  scope.contexts["matrix"] = ValueOfJson(call->matrix);
  scope.contexts["needs"] = NeedsContext(live.run, call->parent, file_job->needs);
  const WorkflowJobRun* above = call->parent.empty() ? nullptr : live.run.FindJob(call->parent);
  scope.contexts["inputs"] = ValueOfJson(above ? above->inputs : live.run.inputs);
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value given, spec::workflow::Evaluate(file_job->secrets, scope));
  if (given.object())
    for (const auto& [name, value] : given.object()->members) secrets[name] = value.ToText();
  return secrets;
}

Result<JobSecrets> Workflows::Impl::SecretsOf(Space& space, Live& live, const WorkflowJobRun& job) {
  JobSecrets secrets;
  SLIPWAY_ASSIGN_OR_RETURN(secrets.secrets, NamedSecrets(space, live, job.parent));
  if (!job.environment.empty()) {
    const auto gate = dependencies.store.GetGate(space.scope, job.environment);
    if (gate) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto own, DecryptAll(space.scope, *gate));
      for (const auto& [name, value] : own) secrets.secrets[name] = value;
    }
  }
  JobToken token;
  token.scope = WorkspaceOf(space, job);
  token.run_scope = space.scope;
  token.run = live.run.id;
  token.attempt = live.run.attempt;
  token.job = job.key;
  token.expires_at = dependencies.clock.Now() + std::chrono::minutes(job.timeout_minutes + 10);
  const std::string text = MakeJobToken(token, options.server_token);
  secrets.environment["SLIPWAY_TOKEN"] = text;
  secrets.secrets["GITHUB_TOKEN"] = text;
  return secrets;
}

Status Workflows::Impl::WriteDescription(Space& space, Live& live, const WorkflowJobRun& job) {
  const fs::path folder = JobFolder(live.run.id, job);
  const domain::Scope workspace = WorkspaceOf(space, job);
  const RunView view{&live.run, &live.files};
  JobDescription description;
  description.job = job;
  description.run = DescribeRun(live.run);
  description.workflow_text = live.run.files.at(job.workflow_path);
  description.needs = wf::ToJson(NeedsContext(live.run, job.parent, FileJob(view, job)->needs)).dump();
  const WorkflowJobRun* call = job.parent.empty() ? nullptr : live.run.FindJob(job.parent);
  description.inputs = call ? call->inputs : live.run.inputs;
  description.variables = VariablesOf(space.scope, job.environment);
  description.repository = live.run.repository;
  description.artifacts_folder = (RunFolder(live.run.id) / "artifacts").string();
  description.cache_folder =
      (options.home / "workflows" / "cache" / Sha256Hex(live.run.repository).substr(0, 16)).string();
  description.programs_folder = (options.home / "workflows" / "bin").string();
  description.environment = {{"SLIPWAY_URL", options.control_url},
                             {"SLIPWAY_HOME", options.home.string()},
                             {"AZURE_CONFIG_DIR", (folder / "azure").string()},
                             {"AZUREML_ARM_SUBSCRIPTION", workspace.subscription},
                             {"AZUREML_ARM_RESOURCEGROUP", workspace.resource_group},
                             {"AZUREML_ARM_WORKSPACE_NAME", workspace.workspace},
                             {"SLIPWAY_RUN_URL", fmt::format("{}{}/slipway/workflows/runs/{}", options.control_url,
                                                             space.scope.ArmId(), live.run.id)}};
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder / "azure"));
  SLIPWAY_RETURN_IF_ERROR(AppendFile(
      folder / "azure" / "config",
      fmt::format("[defaults]\ngroup = {}\nworkspace = {}\n", workspace.resource_group, workspace.workspace)));
  return AppendFile(folder / "job.json", PrintDescription(description));
}

Status Workflows::Impl::Launch(Space& space, Live& live, WorkflowJobRun& job) {
  const fs::path folder = JobFolder(live.run.id, job);
  SLIPWAY_RETURN_IF_ERROR(dependencies.workspaces.GetWorkspace(WorkspaceOf(space, job)));
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(folder));
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  SLIPWAY_RETURN_IF_ERROR(WriteDescription(space, live, job));
  SLIPWAY_ASSIGN_OR_RETURN(const JobSecrets secrets, SecretsOf(space, live, job));
  SLIPWAY_ASSIGN_OR_RETURN(const int memory, MemoryFile(PrintSecrets(secrets)));
  process::SpawnOptions spawn;
  spawn.arguments = {options.job_program.string(), folder.string()};
  spawn.environment = process::CurrentEnvironment();
  spawn.environment[kJobMark] = folder.string();
  spawn.working_directory = folder;
  spawn.output = process::OutputTarget::kFile;
  spawn.output_file = folder / "runner.log";
  spawn.descriptors = {{memory, kSecretsDescriptor}};
  const auto identity =
      dependencies.supervisor.Spawn(std::move(spawn), ExitHandlerFor(space.scope, live.run.id, job.key));
  close(memory);
  SLIPWAY_RETURN_IF_ERROR(identity);
  job.process_id = identity->pid;
  job.process_start_ticks = identity->start_ticks;
  return {};
}

// Ends of jobs.

process::ExitHandler Workflows::Impl::ExitHandlerFor(const domain::Scope& scope, int64_t run, const std::string& key) {
  return [this, alive = guard, id = IdOf(scope), run, key](const process::Exit& exit) {
    const std::lock_guard lock(alive->mutex);
    if (!alive->is_alive) return;
    Post([this, id, run, key, exit] { HandleExit(id, run, key, exit); });
  };
}

void Workflows::Impl::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(posted_mutex);
    posted.push_back(std::move(task));
  }
  ticker.Wake();
}

void Workflows::Impl::HandleExit(const std::string& space_id, int64_t run, const std::string& key,
                                 const process::Exit& exit) {
  const auto space = spaces.find(space_id);
  if (space == spaces.end()) return;
  const auto live = space->second.runs.find(run);
  if (live == space->second.runs.end()) return;
  WorkflowJobRun* job = live->second.run.FindJob(key);
  if (job && job->status == WorkflowStatus::kInProgress)
    Conclude(space->second, live->second, *job, "its process was ended from outside: " + exit.ToString());
}

void Workflows::Impl::Conclude(Space& space, Live& live, WorkflowJobRun& job, const std::string& how) {
  const fs::path folder = JobFolder(live.run.id, job);
  const auto read = ReadResult(folder);
  JobResult result;
  if (read && *read) {
    result = std::move(**read);
  } else {
    KillMarked(kJobMark, folder.string());
    result = ReadJournal(folder);
    result.conclusion = job.is_stopping ? WorkflowConclusion::kCancelled : WorkflowConclusion::kFailure;
    result.reason = read ? how : read.error().ToString();
  }
  const Timestamp now = dependencies.clock.Now();
  job.steps = std::move(result.steps);
  job.annotations = std::move(result.annotations);
  job.environment_url = std::move(result.environment_url);
  EndOpenSteps(job, result.conclusion, now);
  const std::string reason = job.is_stopping && !job.reason.empty() ? job.reason : result.reason;
  Apply(space, FinishJob{live.run.id, job.key, result.conclusion, reason, std::move(result.outputs)});
  Store(space, live);
  // The workspace is of no use any more; logs stay.
  pool.Submit([folder] {
    for (const char* name : {"work", "temp", "azure"}) {
      if (const Status removed = RemoveAll(folder / name); !removed) LogWarning("{}", removed.error().ToString());
    }
  });
}

// After a restart.

void Workflows::Impl::Resume(Space& space, Live& live, WorkflowJobRun& job) {
  const fs::path folder = JobFolder(live.run.id, job);
  const process::Identity stored{job.process_id, job.process_start_ticks};
  const auto identity = process::IsRunning(stored) ? std::optional(stored) : ProcessIn(folder);
  if (identity && dependencies.supervisor.Adopt(*identity, ExitHandlerFor(space.scope, live.run.id, job.key))) {
    job.process_id = identity->pid;
    job.process_start_ticks = identity->start_ticks;
    live.is_dirty = true;
    if (job.is_stopping) dependencies.supervisor.Terminate(*identity, kCancelGrace);
    return;
  }
  std::error_code failed;
  const bool had_begun = fs::exists(folder / "journal.jsonl", failed) || fs::exists(folder / "result.json", failed);
  if (had_begun) return Conclude(space, live, job, "its process ended while the server was down, and left no result");
  // No step had begun: it starts anew.
  KillMarked(kJobMark, folder.string());
  job.status = WorkflowStatus::kQueued;
  job.process_id = job.process_start_ticks = 0;
  live.is_dirty = true;
}

Status Workflows::Impl::Recover() {
  SLIPWAY_ASSIGN_OR_RETURN(const auto workspaces, dependencies.workspaces.ListWorkspaces());
  const std::lock_guard lock(mutex);
  for (const auto& workspace : workspaces) {
    domain::WorkflowRunFilter filter;
    filter.unfinished_only = true;
    filter.limit = 10'000;
    SLIPWAY_ASSIGN_OR_RETURN(auto runs, dependencies.store.ListRuns(workspace.scope, filter));
    Space& space = SpaceOf(workspace.scope);
    for (WorkflowRun& run : runs) {
      Live live{std::move(run), {}, false};
      auto files = ReadFiles(live.run.files);
      if (!files) {
        live.run.status = WorkflowStatus::kCompleted;
        live.run.conclusion = WorkflowConclusion::kFailure;
        live.run.reason = files.error().ToString();
        Store(space, live);
        continue;
      }
      live.files = std::move(*files);
      const int64_t id = live.run.id;
      Live& kept = space.runs.emplace(id, std::move(live)).first->second;
      for (size_t i = 0; i < kept.run.jobs.size(); ++i) {
        WorkflowJobRun& job = kept.run.jobs[i];
        if (job.status == WorkflowStatus::kInProgress && !job.is_call) Resume(space, kept, job);
      }
    }
    filter.unfinished_only = false;
    filter.limit = 100;
    SLIPWAY_ASSIGN_OR_RETURN(const auto latest, dependencies.store.ListRuns(workspace.scope, filter));
    for (const WorkflowRun& run : latest)
      if (run.status == WorkflowStatus::kCompleted && !run.is_announced)
        pool.Submit([this, scope = workspace.scope, run] { AnnounceRun(scope, run, "completed"); });
  }
  return {};
}

std::optional<Timestamp> Workflows::Impl::Tick(Timestamp now) {
  const std::lock_guard lock(mutex);
  std::deque<std::function<void()>> tasks;
  {
    const std::lock_guard posted_lock(posted_mutex);
    tasks.swap(posted);
  }
  store_failed = false;
  for (auto& task : tasks) task();
  std::optional<Timestamp> next;
  for (auto& [id, space] : spaces) {
    Pump(space, now);
    const auto deadline = NextDeadline(SnapshotOf(space), now);
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  if (store_failed) next = std::min(next.value_or(Timestamp::max()), now + kRetryAfter);
  return next;
}

}  // namespace slipway::workflows
