// The engine's hands: applying planned actions, and what the executor reports.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/job_properties.h"
#include "slipway/runner/engine.h"
#include "slipway/runner/plan/children.h"
#include "slipway/runner/plan/reuse.h"
#include "slipway/runner/trial_table.h"

namespace slipway::runner {
namespace {

using domain::CommandSpec;
using domain::Job;
using domain::JobError;
using domain::JobStatus;
using domain::PipelineSpec;
using domain::SweepSpec;

}  // namespace

// Actions.

void Engine::Apply(Space& space, const CreateJob& action) {
  const Job& job = action.job;
  const Status inserted = dependencies_.jobs.InsertJob(space.scope, job);
  if (!inserted) {
    const Job* parent = Find(space, job.parent);
    if (!parent) return;
    const std::string what = job.step.empty() ? "a trial" : fmt::format("step '{}'", job.step);
    return Apply(space, Finish{parent->name,
                               JobStatus::kFailed,
                               JobError{"SystemError",
                                        fmt::format("{} could not be created: {}", what, inserted.error().ToString())},
                               "",
                               {},
                               ""});
  }
  LogFailure(tracking_.CreateRun(space.scope, job, job.created_at), "tracking", job.name);
  space.snapshot.jobs[job.name] = job;
}

void Engine::Apply(Space& space, const Prepare& action) {
  Job* job = Find(space, action.job);
  if (!job || !ResolveStepOutputs(space, *job)) return;
  space.snapshot.activities[job->name] = Activity::kPreparing;
  if (job->status != JobStatus::kQueued) job->status = JobStatus::kPreparing;
  dependencies_.executor.Prepare({space.scope, job->name}, *job, MayReuse(space, *job));
}

void Engine::Apply(Space& space, const Launch& action) {
  Job* job = Find(space, action.job);
  if (!job) return;
  space.snapshot.activities[job->name] = Activity::kRunning;
  dependencies_.executor.Launch({space.scope, job->name}, *job);
}

void Engine::Apply(Space& space, const SetStatus& action) {
  Job* job = Find(space, action.job);
  if (!job) return;
  const Timestamp now = dependencies_.clock.Now();
  const bool begins = action.status == JobStatus::kRunning;
  if (begins && !ResolveStepOutputs(space, *job)) return;
  job->status = action.status;
  if (!action.reason.empty()) job->status_reason = action.reason;
  if (begins && !job->started_at) job->started_at = now;
  Store(space, *job);
  if (begins) LogFailure(tracking_.MarkRunning(space.scope, job->name, now), "tracking", job->name);
}

void Engine::Apply(Space& space, const SetBestChild& action) {
  Job* job = Find(space, action.job);
  if (!job) return;
  job->best_child = action.best_child;
  Store(space, *job);
}

void Engine::Apply(Space& space, const Finish& action) {
  Job* job = Find(space, action.job);
  if (!job || domain::IsTerminal(job->status)) return;
  if (!action.reason.empty()) job->status_reason = action.reason;
  for (const auto& [key, uri] : action.output_uris) job->output_uris[key] = uri;
  job->best_child = action.best_child;
  End(space, *job, action.status, action.error);
}

void Engine::Apply(Space& space, const EndProcess& action) {
  space.end_requests[action.job] = {action.reason, action.timed_out};
  space.snapshot.activities[action.job] = Activity::kEnding;
  dependencies_.executor.End({space.scope, action.job});
}

// Reports.

void Engine::SetHandlers() {
  Executor::Handlers handlers;
  handlers.waiting = [this](const JobKey& key, const std::string& what) {
    OnJob(key, [this, what](Space& space, Job& job) {
      if (job.status != JobStatus::kPreparing) return;
      job.status_reason = what;
      Store(space, job);
    });
  };
  handlers.prepared = [this](const JobKey& key, Result<Preparation> preparation) {
    OnJob(key, [this, preparation = std::move(preparation)](Space& space, Job& job) {
      HandlePrepared(space, job, preparation);
    });
  };
  handlers.started = [this](const JobKey& key, process::Identity identity) {
    OnJob(key, [this, identity](Space& space, Job& job) { HandleStarted(space, job, identity); });
  };
  handlers.external = [this](const JobKey& key, ExternalState state) {
    OnJob(key, [this, state = std::move(state)](Space& space, Job& job) { HandleExternal(space, job, state); });
  };
  handlers.exited = [this](const JobKey& key, ProcessEnd end) {
    OnJob(key, [this, end = std::move(end)](Space& space, Job& job) { HandleExited(space, job, end); });
  };
  handlers.finalized = [this](const JobKey& key, Result<Finalized> finalized) {
    OnJob(key,
          [this, finalized = std::move(finalized)](Space& space, Job& job) { HandleFinalized(space, job, finalized); });
  };
  dependencies_.executor.SetHandlers(std::move(handlers));
}

void Engine::OnJob(const JobKey& key, std::function<void(Space&, Job&)> handle) {
  Post([this, key, handle = std::move(handle)] {
    const auto space = spaces_.find(ToLower(key.scope.ArmId()));
    if (space == spaces_.end()) return;
    Job* job = Find(space->second, key.name);
    if (job && !domain::IsTerminal(job->status)) handle(space->second, *job);
  });
}

void Engine::HandlePrepared(Space& space, Job& job, Result<Preparation> preparation) {
  if (space.snapshot.ActivityOf(job.name) != Activity::kPreparing) return;
  space.snapshot.activities[job.name] = Activity::kPrepared;
  if (job.status == JobStatus::kCancelRequested) return;
  if (!preparation) {
    return End(space, job, JobStatus::kFailed, JobError{"UserError", preparation.error().ToString()});
  }
  job.resolved_inputs = preparation->resolved_inputs;
  job.reuse_key = preparation->reuse_key;
  job.reuse_parts = preparation->reuse_parts;
  job.status_reason.clear();
  if (preparation->reusable) TakeOver(space, job, *preparation->reusable);
}

void Engine::HandleStarted(Space& space, Job& job, const process::Identity& identity) {
  job.process_id = identity.pid;
  job.process_start_ticks = identity.start_ticks;
  const Timestamp now = dependencies_.clock.Now();
  if (!job.started_at) job.started_at = now;
  if (job.status != JobStatus::kCancelRequested && job.status != JobStatus::kFinalizing) {
    job.status = JobStatus::kRunning;
  }
  Store(space, job);
  LogFailure(tracking_.MarkRunning(space.scope, job.name, now), "tracking", job.name);
}

void Engine::HandleExternal(Space& space, Job& job, const ExternalState& state) {
  job.process_id = state.identity.pid;
  job.process_start_ticks = state.identity.start_ticks;
  job.external_id = state.id;
  const bool is_ending = job.status == JobStatus::kCancelRequested || job.status == JobStatus::kFinalizing;
  if (!is_ending) job.status_reason = fmt::format("Slurm job {}: {}", state.id, state.state);
  if (state.has_begun && job.status == JobStatus::kQueued) return HandleStarted(space, job, state.identity);
  if (!state.has_begun && !is_ending) job.status = JobStatus::kQueued;
  Store(space, job);
}

void Engine::HandleExited(Space& space, Job& job, ProcessEnd end) {
  const auto request = space.end_requests.find(job.name);
  if (request != space.end_requests.end()) {
    end.end_reason = request->second.reason;
    end.timed_out = request->second.timed_out;
    space.end_requests.erase(request);
  }
  job.process_id = job.process_start_ticks = 0;
  job.exit_code = end.code;
  if (!end.external_id.empty()) job.external_id = end.external_id;
  // One that was quick may have ended before it was told that it had started.
  if (!job.started_at && end.failure.empty()) job.started_at = dependencies_.clock.Now();
  if (end.resources) job.resources = Sum(job.resources.value_or(domain::ResourceUse{}), *end.resources);
  const Verdict verdict = JudgeExit(job, end);
  if (!verdict.reason.empty()) job.status_reason = verdict.reason;
  if (verdict.retry) {
    ++job.attempt;
    job.status = JobStatus::kPreparing;
    job.started_at.reset();
    space.snapshot.activities.erase(job.name);
    return Store(space, job);
  }
  if (verdict.status != JobStatus::kCompleted) return End(space, job, verdict.status, verdict.error);
  space.snapshot.activities[job.name] = Activity::kFinalizing;
  job.status = JobStatus::kFinalizing;
  dependencies_.executor.Finalize({space.scope, job.name}, job);
}

void Engine::HandleFinalized(Space& space, Job& job, Result<Finalized> finalized) {
  if (!finalized) {
    return End(space, job, JobStatus::kFailed, JobError{"UserError", finalized.error().ToString()});
  }
  for (const auto& [output, asset] : finalized->registered) {
    job.spec.properties[std::string(domain::kRegisteredPrefix) + output] = asset;
  }
  End(space, job, JobStatus::kCompleted, std::nullopt);
}

// Consequences.

void Engine::End(Space& space, Job& job, JobStatus status, std::optional<JobError> error) {
  const Timestamp now = dependencies_.clock.Now();
  if (std::holds_alternative<SweepSpec>(job.spec.body)) WriteTrialTable(space, job);
  job.status = status;
  job.error = std::move(error);
  job.ended_at = now;
  Store(space, job);
  LogFailure(tracking_.Close(space.scope, job, now), "tracking", job.name);
  space.snapshot.activities.erase(job.name);
  space.end_requests.erase(job.name);
  if (std::holds_alternative<CommandSpec>(job.spec.body)) dependencies_.executor.Discard({space.scope, job.name});
  ReadTrialMetrics(space, job);
  if (job.parent.empty()) {
    const std::string root = job.name;  // `job` goes with its tree
    std::erase_if(space.snapshot.jobs, [&](const auto& entry) { return entry.second.root == root; });
    std::erase_if(space.snapshot.metrics, [&](const auto& entry) { return !space.snapshot.jobs.count(entry.first); });
  }
  {
    std::lock_guard lock(mutex_);
    ++end_count_;
  }
  ended_.notify_all();
}

// Before the sweep is seen to have ended, so that whoever waited for that finds it.
void Engine::WriteTrialTable(Space& space, const Job& sweep) {
  std::vector<const Job*> trials;
  for (const auto& [name, job] : space.snapshot.jobs) {
    if (job.parent == sweep.name) trials.push_back(&job);
  }
  if (trials.empty()) return;
  const TrialTable table = MakeTrialTable(sweep, trials, space.snapshot.metrics);
  const std::map<std::string, std::string> files = {
      {kTrialsCsv, TrialTableCsv(table)}, {kTrialsHtml, TrialTableHtml(table, std::get<SweepSpec>(sweep.spec.body))}};
  LogFailure(dependencies_.executor.WriteArtifacts({space.scope, sweep.name}, sweep, files), "the table of trials",
             sweep.name);
}

void Engine::TakeOver(Space& space, Job& job, const Job& original) {
  job.reused_from = original.reused_from.empty() ? original.name : original.reused_from;
  job.status_reason =
      fmt::format("took over the outputs of {}: same code, environment, inputs and parameters", job.reused_from);
  job.output_uris = original.output_uris;
  job.exit_code = original.exit_code;
  job.started_at = dependencies_.clock.Now();
  LogFailure(tracking_.CopyResults(space.scope, original.name, job.name), "copying the results", job.name);
  End(space, job, JobStatus::kCompleted, std::nullopt);
}

void Engine::ReadTrialMetrics(Space& space, const Job& trial) {
  Job* sweep = Find(space, trial.parent);
  const auto* spec = sweep ? std::get_if<SweepSpec>(&sweep->spec.body) : nullptr;
  if (!spec) return;
  auto metrics = tracking_.MetricsOf(space.scope, trial.name, spec->objective.primary_metric);
  if (!metrics) return LogFailure(metrics.error(), "reading the metrics", trial.name);
  space.snapshot.metrics[trial.name] = std::move(*metrics);
}

// Replaces bindings to outputs of steps, which have ended by now, with where those outputs are. False when the job was
// ended because one of them is not there.
bool Engine::ResolveStepOutputs(Space& space, Job& job) {
  for (auto& [key, input] : InputsOf(job.spec)) {
    const auto* binding = std::get_if<domain::Binding>(&input);
    if (!binding || binding->kind != domain::Binding::Kind::kStepOutput) continue;
    const Job* source = Find(space, StepJobName(job.parent, binding->step));
    const auto uri = source ? source->output_uris.find(binding->port) : job.output_uris.end();
    if (!source || uri == source->output_uris.end()) {
      End(space, job, JobStatus::kFailed,
          JobError{"UserError",
                   fmt::format("input '{}': step '{}' left no output '{}'", key, binding->step, binding->port)});
      return false;
    }
    const auto& outputs = OutputsOf(source->spec);
    const auto output = outputs.find(binding->port);
    const std::string type = output == outputs.end() ? "uri_folder" : output->second.type;
    input = domain::DataInput{type, uri->second, ""};
  }
  return true;
}

bool Engine::MayReuse(Space& space, const Job& job) {
  const Job* parent = Find(space, job.parent);
  return !WhyNoReuse(job, parent, parent ? Find(space, parent->parent) : nullptr);
}

}  // namespace slipway::runner
