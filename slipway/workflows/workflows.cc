#include "slipway/workflows/workflows.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/shell.h"
#include "slipway/base/text.h"
#include "slipway/workflows/impl.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;
using domain::EnvironmentGate;
using domain::Scope;
using domain::WorkflowConclusion;
using domain::WorkflowJobRun;
using domain::WorkflowRun;
using domain::WorkflowStatus;

constexpr size_t kChunkMax = 4 << 20;
constexpr size_t kSecretMin = 4, kSecretMax = 48 << 10, kReviewersMax = 6;

Status CheckEnvironmentName(const std::string& name) {
  const bool is_good = !name.empty() && name.size() <= 255 && name != domain::kEveryEnvironment &&
                       name.find_first_of("/\n\r\t'\"`,;\\%") == std::string::npos;
  if (is_good) return {};
  return InvalidArgument(
      fmt::format("'{}' is no name of an environment: 1 to 255 characters, none of / ' \" ` , ; \\ %", name));
}

Status CheckSettingName(const std::string& name) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  const bool is_good = !name.empty() && name.size() < 200 && std::all_of(name.begin(), name.end(), is_part) &&
                       !std::isdigit(static_cast<unsigned char>(name[0])) && !StartsWithIgnoreCase(name, "GITHUB_");
  if (is_good) return {};
  return InvalidArgument(
      fmt::format("'{}' is no name of a variable or secret: letters, digits and '_', no digit first, "
                  "not beginning with GITHUB_",
                  name));
}

Status CheckSecret(const std::string& value) {
  if (Trim(value).size() < kSecretMin)
    return InvalidArgument(
        fmt::format("a secret has at least {} characters: shorter ones would hide half of every log", kSecretMin));
  if (value.size() > kSecretMax) return InvalidArgument(fmt::format("a secret has at most {} bytes", kSecretMax));
  return {};
}

// The names as they were set first, whatever their case now.
void PutSetting(std::map<std::string, std::string>& into, const std::string& name, std::optional<std::string> value) {
  std::erase_if(into, [&](const auto& entry) { return EqualsIgnoreCase(entry.first, name); });
  if (value) into[name] = std::move(*value);
}

// The jobs at the top that are run again: those that did not succeed, and all that need one of them.
std::set<std::string> JobsToRerun(const WorkflowRun& run, const spec::workflow::Workflow& workflow, bool only_failed) {
  std::set<std::string> again;
  for (const WorkflowJobRun& job : run.jobs) {
    const bool is_bad =
        job.conclusion != WorkflowConclusion::kSuccess && job.conclusion != WorkflowConclusion::kSkipped;
    if (job.parent.empty() && (!only_failed || is_bad)) again.insert(job.job_id);
  }
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& job : workflow.jobs)
      for (const std::string& need : job.needs)
        if (again.count(need) && again.insert(job.id).second) grew = true;
  }
  return again;
}

// Fresh jobs in place of those that are run again, with everything below them.
std::vector<WorkflowJobRun> JobsAfterRerun(const WorkflowRun& run, const spec::workflow::Workflow& workflow,
                                           const std::set<std::string>& again) {
  std::vector<WorkflowJobRun> jobs;
  for (WorkflowJobRun& fresh : FirstJobs(workflow, "", "")) {
    if (again.count(fresh.job_id)) {
      jobs.push_back(std::move(fresh));
      continue;
    }
    for (const WorkflowJobRun& kept : run.jobs) {
      const WorkflowJobRun* top = &kept;
      while (!top->parent.empty() && run.FindJob(top->parent)) top = run.FindJob(top->parent);
      if (top->job_id == fresh.job_id) jobs.push_back(kept);
    }
  }
  return jobs;
}

}  // namespace

Workflows::Impl::Impl(Options wanted, Dependencies needed, Vault opened)
    : options(std::move(wanted)),
      dependencies(needed),
      vault(std::move(opened)),
      ticker(dependencies.clock, [this](Timestamp now) { return Tick(now); }),
      watcher(dependencies.clock, [this](Timestamp now) { return LookAround(now); }) {}

Workflows::Workflows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Workflows::~Workflows() {
  Stop();
  const std::lock_guard lock(impl_->guard->mutex);
  impl_->guard->is_alive = false;
}

Result<std::unique_ptr<Workflows>> Workflows::Make(Options options, Dependencies dependencies) {
  SLIPWAY_ASSIGN_OR_RETURN(Vault vault, Vault::Open(options.home / "workflow.key"));
  auto impl = std::make_unique<Impl>(std::move(options), dependencies, std::move(vault));
  return std::unique_ptr<Workflows>(new Workflows(std::move(impl)));
}

Status Workflows::Start() {
  const fs::path programs = impl_->options.home / "workflows" / "bin";
  const std::string client = impl_->options.client_program.string();
  SLIPWAY_RETURN_IF_ERROR(
      WriteFileAtomic(programs / "az", fmt::format("#!/bin/sh\nexec {} az \"$@\"\n", ShellQuoted(client)), 0755));
  std::error_code failed;
  fs::remove(programs / "slipway", failed);
  fs::create_symlink(client, programs / "slipway", failed);
  if (failed) return FromErrno(failed.value(), (programs / "slipway").string());
  impl_->is_stopping = false;
  SLIPWAY_RETURN_IF_ERROR(impl_->Recover());
  impl_->ticker.Start();
  impl_->watcher.Start();
  return {};
}

void Workflows::Stop() {
  impl_->is_stopping = true;
  impl_->watcher.Stop();
  impl_->ticker.Stop();
}

Result<StartedRuns> Workflows::Fire(const Scope& scope, const EventRequest& request) {
  return impl_->Fire(scope, request);
}

Result<std::string> Workflows::StartByName(const Scope& scope, const std::string& workflow,
                                           const std::map<std::string, std::string>& inputs, const std::string& cause) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto repositories, impl_->dependencies.store.ListRepositories(scope));
  Error missing = NotFound(fmt::format("there is no workflow '{}': no repository is watched yet", workflow));
  for (const auto& repository : repositories) {
    EventRequest request;
    request.repository = repository.path;
    request.event = "workflow_dispatch";
    request.workflow = workflow;
    request.inputs = nlohmann::json(inputs).dump();
    request.actor = "alert";
    request.cause = "start|" + cause;
    const auto started = impl_->Fire(scope, request);
    if (started && !started->runs.empty()) return std::to_string(started->runs.front().id);
    if (started) return cause;  // it was started before
    if (started.error().code() != Code::kNotFound) return started.error();
    missing = started.error();
  }
  return missing;
}

Result<WorkflowRun> Workflows::Get(const Scope& scope, int64_t id) {
  const std::lock_guard lock(impl_->mutex);
  Space& space = impl_->SpaceOf(scope);
  const auto live = space.runs.find(id);
  if (live == space.runs.end()) return impl_->dependencies.store.GetRun(scope, id);
  WorkflowRun run = live->second.run;
  for (WorkflowJobRun& job : run.jobs) {
    if (job.status != WorkflowStatus::kInProgress || job.is_call) continue;
    JobResult so_far = ReadJournal(impl_->JobFolder(id, job));
    job.steps = std::move(so_far.steps);
    job.annotations = std::move(so_far.annotations);
  }
  return run;
}

Result<std::vector<WorkflowRun>> Workflows::List(const Scope& scope, const domain::WorkflowRunFilter& filter) {
  return impl_->dependencies.store.ListRuns(scope, filter);
}

Result<WorkflowRun> Workflows::Cancel(const Scope& scope, int64_t id, const std::string& by) {
  const std::lock_guard lock(impl_->mutex);
  Space& space = impl_->SpaceOf(scope);
  const auto live = space.runs.find(id);
  if (live == space.runs.end()) {
    SLIPWAY_ASSIGN_OR_RETURN(const WorkflowRun run, impl_->dependencies.store.GetRun(scope, id));
    return FailedPrecondition(
        fmt::format("the run {} has ended: {}", id, domain::WorkflowConclusionName(run.conclusion)));
  }
  impl_->Apply(space, CancelRun{id, fmt::format("cancelled by {}", by)});
  impl_->Store(space, live->second);
  impl_->ticker.Wake();
  return live->second.run;
}

Result<WorkflowRun> Workflows::Rerun(const Scope& scope, int64_t id, bool only_failed, const std::string& by) {
  const std::lock_guard lock(impl_->mutex);
  Space& space = impl_->SpaceOf(scope);
  if (space.runs.count(id)) return FailedPrecondition(fmt::format("the run {} has not ended yet", id));
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowRun run, impl_->dependencies.store.GetRun(scope, id));
  SLIPWAY_ASSIGN_OR_RETURN(Files files, ReadFiles(run.files));
  const auto file = files.find(run.workflow_path);
  if (file == files.end()) return DataLoss(fmt::format("the run {} has no workflow file", id));
  const auto again = JobsToRerun(run, *file->second, only_failed);
  if (again.empty()) return FailedPrecondition(fmt::format("no job of the run {} failed", id));
  run.jobs = JobsAfterRerun(run, *file->second, again);
  ++run.attempt;
  run.triggering_actor = by;
  run.status = WorkflowStatus::kPending;
  run.conclusion = WorkflowConclusion::kNone;
  run.reason.clear();
  run.is_cancelled = run.is_announced = false;
  run.started_at.reset();
  run.completed_at.reset();
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.store.UpdateRun(scope, run));
  space.runs.emplace(id, Live{run, std::move(files), false});
  impl_->ticker.Wake();
  return run;
}

namespace {

Status AuditReview(domain::AuditLog* audit, const Scope& scope, const WorkflowRun& run,
                   const domain::WorkflowReview& review) {
  if (audit == nullptr) return {};
  domain::AuditEntry entry;
  entry.time = review.at;
  entry.action = review.decision == "approved" ? "workflow.approve" : "workflow.reject";
  entry.actor = review.by;
  entry.scope = scope.ArmId();
  entry.subject = fmt::format("{} run {}", run.workflow_path, run.id);
  entry.reason = review.comment;
  entry.evidence = {{"environment", review.environment},
                    {"jobs", Join(review.jobs, ", ")},
                    {"ref", run.ref},
                    {"sha", run.sha},
                    {"started_by", run.triggering_actor}};
  SLIPWAY_RETURN_IF_ERROR(audit->Record(std::move(entry)));
  return {};
}

}  // namespace

Result<WorkflowRun> Workflows::Review(const Scope& scope, const ReviewRequest& request) {
  const std::lock_guard lock(impl_->mutex);
  Space& space = impl_->SpaceOf(scope);
  const auto found = space.runs.find(request.run);
  if (found == space.runs.end()) {
    SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.store.GetRun(scope, request.run));
    return FailedPrecondition(fmt::format("the run {} has ended: nothing waits for a review", request.run));
  }
  Live& live = found->second;
  std::map<std::string, domain::WorkflowReview> reviews;  // by environment
  for (WorkflowJobRun& job : live.run.jobs) {
    if (job.status != WorkflowStatus::kWaiting || !job.review.empty()) continue;
    if (!request.environment.empty() && !EqualsIgnoreCase(job.environment, request.environment)) continue;
    const auto gate = impl_->dependencies.store.GetGate(scope, job.environment);
    if (!gate || gate->reviewers.empty()) continue;
    SLIPWAY_RETURN_IF_ERROR(domain::CheckReviewer(*gate, request.by, live.run.triggering_actor));
    reviews[gate->name].jobs.push_back(job.key);
  }
  if (reviews.empty())
    return FailedPrecondition(fmt::format("no job of the run {} waits for a review{}", request.run,
                                          request.environment.empty() ? "" : " of '" + request.environment + "'"));
  for (auto& [environment, review] : reviews) {
    review.environment = environment;
    review.decision = request.approves ? "approved" : "rejected";
    review.by = request.by;
    review.comment = request.comment;
    review.at = impl_->dependencies.clock.Now();
    review.attempt = live.run.attempt;
    for (const std::string& key : review.jobs) {
      WorkflowJobRun& job = *live.run.FindJob(key);
      job.review = review.decision;
      job.reviewed_by = request.by;
    }
    live.run.reviews.push_back(review);
  }
  impl_->Store(space, live);
  if (live.is_dirty) return Unavailable("the review cannot be stored");
  for (const auto& [environment, review] : reviews)
    SLIPWAY_RETURN_IF_ERROR(AuditReview(impl_->dependencies.audit, scope, live.run, review));
  impl_->ticker.Wake();
  return live.run;
}

// Logs and artifacts.

Result<LogChunk> Workflows::ReadLog(const Scope& scope, int64_t id, const std::string& key, int step, uint64_t offset) {
  SLIPWAY_ASSIGN_OR_RETURN(const WorkflowRun run, Get(scope, id));
  const WorkflowJobRun* job = run.FindJob(key);
  if (!job) return NotFound(fmt::format("the run {} has no job '{}'", id, key));
  const auto is_step = [&](const auto& each) { return each.number == step; };
  const auto found = std::find_if(job->steps.begin(), job->steps.end(), is_step);
  const bool is_over = job->status == WorkflowStatus::kCompleted ||
                       (found != job->steps.end() && found->status == WorkflowStatus::kCompleted);
  const fs::path file = impl_->JobFolder(id, *job) / "logs" / fmt::format("{}.txt", step);
  LogChunk chunk;
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    chunk.is_complete = is_over;
    return chunk;
  }
  chunk.text.resize(kChunkMax);
  const ssize_t size = pread(descriptor, chunk.text.data(), chunk.text.size(), static_cast<off_t>(offset));
  const int error = errno;
  close(descriptor);
  if (size < 0) return FromErrno(error, file.string());
  chunk.text.resize(static_cast<size_t>(size));
  chunk.is_complete = is_over && chunk.text.size() < kChunkMax;
  return chunk;
}

Result<std::string> Workflows::ReadSummary(const Scope& scope, int64_t id, const std::string& key) {
  SLIPWAY_ASSIGN_OR_RETURN(const WorkflowRun run, Get(scope, id));
  const WorkflowJobRun* job = run.FindJob(key);
  if (!job) return NotFound(fmt::format("the run {} has no job '{}'", id, key));
  auto text = ReadFile(impl_->JobFolder(id, *job) / "summary.md");
  if (!text && text.error().code() == Code::kNotFound) return std::string();
  return text;
}

Result<std::vector<Artifact>> Workflows::ListRunArtifacts(const Scope& scope, int64_t id) {
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.store.GetRun(scope, id));
  return ListArtifacts(impl_->RunFolder(id) / "artifacts", impl_->dependencies.clock.Now());
}

Result<Artifact> Workflows::GetRunArtifact(const Scope& scope, int64_t id, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(auto artifacts, ListRunArtifacts(scope, id));
  std::vector<std::string> names;
  for (Artifact& artifact : artifacts) {
    if (artifact.name == name) return std::move(artifact);
    names.push_back(artifact.name);
  }
  return NotFound(fmt::format("the run {} has no artifact '{}'{}", id, name, DidYouMean(name, names)));
}

Result<fs::path> Workflows::ArtifactFolder(const Scope& scope, int64_t id, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Artifact artifact, GetRunArtifact(scope, id, name));
  return impl_->RunFolder(id) / "artifacts" / artifact.name;
}

Status Workflows::CheckRunArtifact(const Scope& scope, int64_t id, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Artifact artifact, GetRunArtifact(scope, id, name));
  return CheckArtifact(impl_->RunFolder(id) / "artifacts", artifact);
}

// Environments.

Result<EnvironmentGate> Workflows::PutGate(const Scope& scope, EnvironmentGate gate) {
  SLIPWAY_RETURN_IF_ERROR(CheckEnvironmentName(gate.name));
  if (gate.reviewers.size() > kReviewersMax)
    return InvalidArgument(fmt::format("an environment has at most {} reviewers", kReviewersMax));
  if (!gate.workspace.empty()) {
    Scope target = scope;
    target.workspace = gate.workspace;
    SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.workspaces.GetWorkspace(target));
  }
  const std::lock_guard lock(impl_->mutex);
  const auto known = impl_->dependencies.store.GetGate(scope, gate.name);
  const Timestamp now = impl_->dependencies.clock.Now();
  gate.variables.clear();
  gate.secrets.clear();
  gate.context = {};
  gate.context.created_at = now;
  if (known) {
    gate.variables = known->variables;
    gate.secrets = known->secrets;
    gate.context.created_at = known->context.created_at;
  }
  gate.context.last_modified_at = now;
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.store.PutGate(scope, gate));
  impl_->ticker.Wake();
  return gate;
}

Status Workflows::DeleteGate(const Scope& scope, const std::string& name) {
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.store.GetGate(scope, name));
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.store.DeleteGate(scope, name));
  impl_->ticker.Wake();
  return {};
}

Result<std::vector<EnvironmentGate>> Workflows::ListGates(const Scope& scope) {
  return impl_->dependencies.store.ListGates(scope);
}

Result<EnvironmentGate> Workflows::GetGate(const Scope& scope, const std::string& name) {
  return impl_->dependencies.store.GetGate(scope, name);
}

namespace {

// The gate as it is, or a new one: naming an environment makes it.
Result<EnvironmentGate> GateToChange(domain::WorkflowStore& store, const Scope& scope, const std::string& name,
                                     Timestamp now) {
  if (name != domain::kEveryEnvironment) SLIPWAY_RETURN_IF_ERROR(CheckEnvironmentName(name));
  auto gate = store.GetGate(scope, name);
  if (!gate && gate.error().code() == Code::kNotFound) {
    EnvironmentGate made;
    made.name = name;
    made.context.created_at = now;
    gate = std::move(made);
  }
  if (gate) gate->context.last_modified_at = now;
  return gate;
}

}  // namespace

Status Workflows::SetVariable(const Scope& scope, const std::string& environment, const std::string& name,
                              std::optional<std::string> value) {
  SLIPWAY_RETURN_IF_ERROR(CheckSettingName(name));
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(EnvironmentGate gate, GateToChange(impl_->dependencies.store, scope, environment,
                                                              impl_->dependencies.clock.Now()));
  PutSetting(gate.variables, name, std::move(value));
  return impl_->dependencies.store.PutGate(scope, gate);
}

Status Workflows::SetSecret(const Scope& scope, const std::string& environment, const std::string& name,
                            std::optional<std::string> value) {
  SLIPWAY_RETURN_IF_ERROR(CheckSettingName(name));
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(EnvironmentGate gate, GateToChange(impl_->dependencies.store, scope, environment,
                                                              impl_->dependencies.clock.Now()));
  if (value) {
    SLIPWAY_RETURN_IF_ERROR(CheckSecret(*value));
    const std::string place = fmt::format("{}/{}/{}", ToLower(scope.ArmId()), ToLower(gate.name), name);
    SLIPWAY_ASSIGN_OR_RETURN(value, impl_->vault.Encrypt(*value, place));
  }
  PutSetting(gate.secrets, name, std::move(value));
  return impl_->dependencies.store.PutGate(scope, gate);
}

Result<std::vector<domain::WorkflowRepository>> Workflows::ListRepositories(const Scope& scope) {
  return impl_->dependencies.store.ListRepositories(scope);
}

Status Workflows::ForgetRepository(const Scope& scope, const std::string& path) {
  return impl_->dependencies.store.DeleteRepository(scope, path);
}

Result<Scope> Workflows::ScopeOfToken(std::string_view text) {
  SLIPWAY_ASSIGN_OR_RETURN(const JobToken token,
                           ReadJobToken(text, impl_->options.server_token, impl_->dependencies.clock.Now()));
  const std::lock_guard lock(impl_->mutex);
  const auto& runs = impl_->SpaceOf(token.run_scope).runs;
  const auto live = runs.find(token.run);
  const WorkflowJobRun* job = live == runs.end() ? nullptr : live->second.run.FindJob(token.job);
  if (job && job->status == WorkflowStatus::kInProgress && job->attempt == token.attempt) return token.scope;
  return Error(Code::kUnauthenticated, "the token's job has ended");
}

}  // namespace slipway::workflows
