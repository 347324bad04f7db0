#include "slipway/runner/plan/planner.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/job_properties.h"
#include "slipway/runner/plan/children.h"
#include "slipway/runner/plan/outcome.h"

namespace slipway::runner {
namespace {

using domain::CommandSpec;
using domain::Job;
using domain::JobError;
using domain::JobStatus;
using domain::PipelineSpec;
using domain::SweepSpec;

std::optional<int64_t> TimeoutOf(const Job& job) {
  if (const auto* command = std::get_if<CommandSpec>(&job.spec.body)) return command->timeout_seconds;
  if (const auto* sweep = std::get_if<SweepSpec>(&job.spec.body)) return sweep->limits.timeout_seconds;
  return std::nullopt;
}

std::optional<Timestamp> DeadlineOf(const Job& job) {
  const auto timeout = TimeoutOf(job);
  if (!timeout || !job.started_at || domain::IsTerminal(job.status)) return std::nullopt;
  return *job.started_at + std::chrono::seconds(*timeout);
}

// Above 0: before the others.
int PriorityOf(const Job& job) {
  const auto priority = job.spec.properties.find(std::string(domain::kPriorityProperty));
  if (priority == job.spec.properties.end()) return 0;
  return priority->second == "high" ? 1 : priority->second == "low" ? -1 : 0;
}

bool IsUnstarted(const Job& job) {
  return job.status == JobStatus::kNotStarted || job.status == JobStatus::kStarting;
}

class Planner {
 public:
  Planner(const Snapshot& snapshot, Timestamp now) : snapshot_(snapshot), now_(now) {}

  std::vector<Action> Plan() {
    for (const auto& [name, job] : snapshot_.jobs) {
      if (snapshot_.ActivityOf(name) >= Activity::kRunning) ++busy_[ComputeOf(job)];
      if (!job.parent.empty()) children_[job.parent].push_back(&job);
    }
    for (const Job* job : InOrderOfUrgency()) {
      if (domain::IsTerminal(job->status)) continue;
      if (std::holds_alternative<PipelineSpec>(job->spec.body)) PlanPipeline(*job);
      if (std::holds_alternative<SweepSpec>(job->spec.body)) PlanSweep(*job);
      if (std::holds_alternative<CommandSpec>(job->spec.body)) PlanCommand(*job);
    }
    return std::move(actions_);
  }

 private:
  // The more urgent, and then whoever came first, starts first when the compute has little room.
  std::vector<const Job*> InOrderOfUrgency() const {
    std::vector<const Job*> jobs;
    for (const auto& [name, job] : snapshot_.jobs) jobs.push_back(&job);
    std::stable_sort(jobs.begin(), jobs.end(), [](const Job* a, const Job* b) {
      return std::pair(-PriorityOf(*a), a->created_at) < std::pair(-PriorityOf(*b), b->created_at);
    });
    return jobs;
  }

  void Add(Action action) { actions_.push_back(std::move(action)); }

  void Cancel(const Job& job, const std::string& reason) {
    if (!domain::IsTerminal(job.status) && job.status != JobStatus::kCancelRequested) {
      Add(SetStatus{job.name, JobStatus::kCancelRequested, reason});
    }
  }

  const std::vector<const Job*>& ChildrenOf(const Job& job) { return children_[job.name]; }

  const Job* Find(const std::string& name) const {
    const auto found = snapshot_.jobs.find(name);
    return found == snapshot_.jobs.end() ? nullptr : &found->second;
  }

  // Waiting for other steps.

  // False when the job has to wait, or was just finished because what it needs will never be there.
  bool IsReady(const Job& job) {
    for (const std::string& step : DependenciesOf(job)) {
      const Job* source = Find(StepJobName(job.parent, step));
      if (!source) return false;  // not created yet
      if (source->status == JobStatus::kCompleted) continue;
      if (domain::IsTerminal(source->status)) {
        Add(Finish{job.name,
                   JobStatus::kCanceled,
                   std::nullopt,
                   fmt::format("not started, since step '{}' {}", step, EndedHow(*source)),
                   {},
                   ""});
      }
      return false;
    }
    return true;
  }

  static std::string EndedHow(const Job& job) {
    return job.status == JobStatus::kFailed               ? "failed"
           : job.status_reason.starts_with("not started") ? "did not run"
                                                          : "was canceled";
  }

  // Commands.

  void PlanCommand(const Job& job) {
    const Activity activity = snapshot_.ActivityOf(job.name);
    if (job.status == JobStatus::kCancelRequested) return PlanCancelOfCommand(job, activity);
    if (activity == Activity::kRunning) return PlanTimeout(job);
    if (activity == Activity::kPrepared) return PlanLaunch(job);
    if (activity != Activity::kNone) return;
    if (IsUnstarted(job) && !IsReady(job)) return;
    Add(Prepare{job.name});
  }

  void PlanCancelOfCommand(const Job& job, Activity activity) {
    if (activity == Activity::kRunning) {
      Add(EndProcess{job.name, job.status_reason, false});
    } else if (activity == Activity::kNone || activity == Activity::kPrepared) {
      Add(Finish{job.name, JobStatus::kCanceled, std::nullopt, job.status_reason, {}, ""});
    }
  }

  void PlanTimeout(const Job& job) {
    const auto deadline = DeadlineOf(job);
    if (!deadline || now_ < *deadline) return;
    Add(EndProcess{job.name, fmt::format("it ran longer than its limit of {} s (limits.timeout)", *TimeoutOf(job)),
                   true});
  }

  void PlanLaunch(const Job& job) {
    const std::string compute = ComputeOf(job);
    const int capacity = CapacityOf(compute);
    int& busy = busy_[compute];
    if (busy < capacity) {
      ++busy;
      Add(Launch{job.name});
    } else if (job.status != JobStatus::kQueued) {
      Add(SetStatus{job.name, JobStatus::kQueued,
                    fmt::format("waits for compute '{}': {} of {} instances are busy", compute, busy, capacity)});
    }
  }

  int CapacityOf(const std::string& compute) const {
    const auto found = snapshot_.capacity.find(compute);
    return found == snapshot_.capacity.end() ? kDefaultCapacity : found->second;
  }

  // Pipelines.

  void PlanPipeline(const Job& pipeline) {
    if (IsUnstarted(pipeline)) return Add(SetStatus{pipeline.name, JobStatus::kRunning, ""});
    const auto& children = ChildrenOf(pipeline);
    const bool is_cancelled = pipeline.status == JobStatus::kCancelRequested;
    if (is_cancelled) {
      for (const Job* child : children) Cancel(*child, "its pipeline was canceled");
    } else if (CreateSteps(pipeline)) {
      return;
    } else {
      StopAfterFailure(pipeline, children);
    }
    const bool all_ended = std::all_of(children.begin(), children.end(),
                                       [](const Job* child) { return domain::IsTerminal(child->status); });
    if (all_ended) FinishPipeline(pipeline, children, is_cancelled);
  }

  // True when there was something to create.
  bool CreateSteps(const Job& pipeline) {
    bool created = false;
    for (const auto& [key, step] : std::get<PipelineSpec>(pipeline.spec.body).jobs) {
      if (Find(StepJobName(pipeline.name, key))) continue;
      auto child = MakeStepJob(snapshot_, pipeline, key);
      if (!child) {
        Add(Finish{pipeline.name,
                   JobStatus::kFailed,
                   JobError{"UserError", fmt::format("step '{}': {}", key, child.error().ToString())},
                   "",
                   {},
                   ""});
        return true;
      }
      child->created_at = now_;
      Add(CreateJob{std::move(*child)});
      created = true;
    }
    return created;
  }

  void StopAfterFailure(const Job& pipeline, const std::vector<const Job*>& children) {
    if (std::get<PipelineSpec>(pipeline.spec.body).settings.continue_on_step_failure) return;
    const auto failed = std::find_if(children.begin(), children.end(), [](const Job* child) {
      return child->status == JobStatus::kFailed || child->status == JobStatus::kCanceled;
    });
    if (failed == children.end()) return;
    for (const Job* child : children) {
      const std::string reason = fmt::format("step '{}' {}", (*failed)->step, EndedHow(**failed));
      Cancel(*child, IsUnstarted(*child) ? "not started, since " + reason : "stopped, since " + reason);
    }
  }

  void FinishPipeline(const Job& pipeline, const std::vector<const Job*>& children, bool is_cancelled) {
    Finish finish{pipeline.name, JobStatus::kCompleted, std::nullopt, "", {}, ""};
    for (const Job* child : children) {
      for (const auto& [key, output] : OutputsOf(child->spec)) {
        const auto uri = child->output_uris.find(key);
        if (output.binding && uri != child->output_uris.end()) finish.output_uris[output.binding->port] = uri->second;
      }
    }
    if (is_cancelled) {
      finish.status = JobStatus::kCanceled;
    } else if (auto error = ErrorOfPipeline(children)) {
      finish.status = JobStatus::kFailed;
      finish.error = std::move(error);
    }
    Add(std::move(finish));
  }

  // Sweeps.

  void PlanSweep(const Job& sweep) {
    if (IsUnstarted(sweep)) {
      if (sweep.status == JobStatus::kCancelRequested || !IsReady(sweep)) return;
      return Add(SetStatus{sweep.name, JobStatus::kRunning, ""});
    }
    const auto& trials = ChildrenOf(sweep);
    const bool is_cancelled = sweep.status == JobStatus::kCancelRequested;
    const auto deadline = DeadlineOf(sweep);
    const bool is_over_time = deadline && now_ >= *deadline;
    if (is_cancelled || is_over_time) {
      for (const Job* trial : trials) {
        Cancel(*trial,
               is_cancelled ? "its sweep was canceled" : "its sweep ran longer than its limit (limits.timeout)");
      }
    } else if (const auto hopeless = WhyHopeless(snapshot_, std::get<SweepSpec>(sweep.spec.body), trials)) {
      for (const Job* trial : trials) Cancel(*trial, hopeless->message);
    } else {
      StopBadTrials(sweep, trials);
      FollowBest(sweep, trials);
      if (CreateTrials(sweep, trials)) return;
    }
    const bool all_ended =
        std::all_of(trials.begin(), trials.end(), [](const Job* trial) { return domain::IsTerminal(trial->status); });
    if (!all_ended) return;
    if (!is_cancelled) return Add(FinishSweep(snapshot_, sweep, trials, is_over_time));
    const Job* best = BestTrial(snapshot_, std::get<SweepSpec>(sweep.spec.body), trials, /*live=*/false);
    Add(Finish{
        sweep.name, JobStatus::kCanceled, std::nullopt, sweep.status_reason, {}, best ? best->name : std::string()});
  }

  void FollowBest(const Job& sweep, const std::vector<const Job*>& trials) {
    const Job* best = BestTrial(snapshot_, std::get<SweepSpec>(sweep.spec.body), trials, /*live=*/true);
    const std::string name = best ? best->name : "";
    if (name != sweep.best_child) Add(SetBestChild{sweep.name, name});
  }

  // As many as the limits allow; a search that learns from its trials makes none that would only wait for the compute.
  int TrialsAtOnce(const SweepSpec& sweep) const {
    const int wanted =
        sweep.limits.max_concurrent_trials > 0 ? sweep.limits.max_concurrent_trials : sweep.limits.max_total_trials;
    return sweep.sampling.type == "bayesian" ? std::min(wanted, CapacityOf(sweep.compute)) : wanted;
  }

  std::vector<SampledTrial> SampledTrials(const SweepSpec& sweep, const std::vector<const Job*>& trials) const {
    std::vector<SampledTrial> seen;
    for (const Job* trial : trials) {
      const auto metrics = snapshot_.metrics.find(trial->name);
      const bool has_ended = domain::IsTerminal(trial->status) && metrics != snapshot_.metrics.end();
      seen.push_back({SampledValuesOf(sweep, *trial), has_ended ? BestReport(sweep, metrics->second) : std::nullopt});
    }
    return seen;
  }

  // True while the sweep is not over: something was created, or the search space could not be sampled.
  bool CreateTrials(const Job& sweep, const std::vector<const Job*>& trials) {
    const auto& spec = std::get<SweepSpec>(sweep.spec.body);
    const int total = spec.limits.max_total_trials;
    const int at_once = TrialsAtOnce(spec);
    int active = static_cast<int>(std::count_if(trials.begin(), trials.end(),
                                                [](const Job* trial) { return !domain::IsTerminal(trial->status); }));
    if (static_cast<int>(trials.size()) >= total || active >= at_once) return false;
    bool created = false;
    auto seen = SampledTrials(spec, trials);
    for (int index = static_cast<int>(trials.size()); index < total && active < at_once; ++index, ++active) {
      auto values = snapshot_.sample(sweep, index, seen);
      if (values && !values->has_value()) break;  // a grid that is through
      auto trial = values ? MakeTrialJob(snapshot_, sweep, index, **values) : Result<Job>(values.error());
      if (!trial) {
        Add(Finish{sweep.name, JobStatus::kFailed, JobError{"UserError", trial.error().ToString()}, "", {}, ""});
        return true;
      }
      trial->created_at = now_;
      seen.push_back({**values, std::nullopt});
      Add(CreateJob{std::move(*trial)});
      created = true;
    }
    return created;
  }

  void StopBadTrials(const Job& sweep, const std::vector<const Job*>& trials) {
    if (!snapshot_.early_stop || !std::get<SweepSpec>(sweep.spec.body).early_termination) return;
    std::map<std::string, std::vector<double>> reports;
    for (const Job* trial : trials) {
      const auto found = snapshot_.metrics.find(trial->name);
      if (found != snapshot_.metrics.end()) reports[trial->name] = found->second.reports;
    }
    for (const Job* trial : trials) {
      if (trial->status != JobStatus::kRunning) continue;
      if (const auto why = snapshot_.early_stop(sweep, trial->name, reports)) Cancel(*trial, *why);
    }
  }

  const Snapshot& snapshot_;
  const Timestamp now_;
  std::map<std::string, int> busy_;                          // compute → running commands
  std::map<std::string, std::vector<const Job*>> children_;  // by parent, in order of name
  std::vector<Action> actions_;
};

}  // namespace

std::string ComputeOf(const Job& job) {
  if (const auto* command = std::get_if<CommandSpec>(&job.spec.body)) return command->compute;
  if (const auto* sweep = std::get_if<SweepSpec>(&job.spec.body)) return sweep->compute;
  return std::get<PipelineSpec>(job.spec.body).compute;
}

std::vector<Action> Plan(const Snapshot& snapshot, Timestamp now) {
  return Planner(snapshot, now).Plan();
}

std::optional<Timestamp> NextDeadline(const Snapshot& snapshot) {
  std::optional<Timestamp> next;
  for (const auto& [name, job] : snapshot.jobs) {
    // One that is being ended already has nothing more to come from its deadline.
    const bool is_watched = std::holds_alternative<CommandSpec>(job.spec.body)
                                ? snapshot.ActivityOf(name) == Activity::kRunning
                                : job.status == JobStatus::kRunning;
    const auto deadline = is_watched ? DeadlineOf(job) : std::nullopt;
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  return next;
}

}  // namespace slipway::runner
