#include "slipway/workflows/plan/planner.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/workflows/plan/contexts.h"
#include "slipway/workflows/plan/expansion.h"
#include "slipway/workflows/plan/triggers.h"

namespace slipway::workflows {
namespace {

using domain::EnvironmentGate;
using domain::WorkflowConclusion;
using domain::WorkflowJobRun;
using domain::WorkflowRun;
using domain::WorkflowStatus;

constexpr auto kReviewMax = std::chrono::hours(24 * 30);
constexpr auto kOverdue = std::chrono::minutes(10);  // after its own timeout a job's process is ended from outside
constexpr size_t kQueueMax = 100;                    // of `queue: max`

bool IsDone(const WorkflowJobRun& job) {
  return job.status == WorkflowStatus::kCompleted;
}
bool IsRunning(const WorkflowJobRun& job) {
  return job.status == WorkflowStatus::kInProgress && !job.is_call;
}

const EnvironmentGate* GateOf(const Snapshot& snapshot, const WorkflowJobRun& job) {
  const auto found = snapshot.gates.find(ToLower(job.environment));
  return job.environment.empty() || found == snapshot.gates.end() ? nullptr : &found->second;
}

std::optional<Timestamp> TimerEnd(const EnvironmentGate& gate, const WorkflowJobRun& job) {
  if (gate.wait_minutes == 0 || !job.waiting_since) return std::nullopt;
  return *job.waiting_since + std::chrono::minutes(gate.wait_minutes);
}

// Who holds or waits for a concurrency group: a run as a whole, or one job.
struct Holder {
  const WorkflowRun* run;
  const WorkflowJobRun* job;  // nullptr: the run
  bool is_running;
  bool queues_all;
};

class Planner {
 public:
  Planner(const Snapshot& snapshot, Timestamp now) : snapshot_(snapshot), now_(now) {}

  // One kind of action at a time where a later one depends on an earlier: the service asks again.
  std::vector<Action> Run() {
    for (const RunView& view : snapshot_.runs) {
      for (const WorkflowJobRun& job : view.run->jobs) running_ += IsRunning(job) ? 1 : 0;
    }
    for (const RunView& view : snapshot_.runs) {
      PlanRun(view);
      if (!actions_.empty()) return std::move(actions_);
    }
    return std::move(actions_);
  }

 private:
  template <typename T>
  void Do(T action) {
    actions_.emplace_back(std::move(action));
  }

  void PlanRun(const RunView& view) {
    const WorkflowRun& run = *view.run;
    if (run.status == WorkflowStatus::kCompleted) return;
    if (run.status == WorkflowStatus::kPending && !HoldsRunGroup(run)) return;
    if (run.status == WorkflowStatus::kPending) return Do(MoveRun{run.id, WorkflowStatus::kInProgress, run.reason});
    for (const WorkflowJobRun& job : run.jobs) {
      PlanJob(view, job);
      if (!actions_.empty()) return;
    }
    const bool all_done = std::all_of(run.jobs.begin(), run.jobs.end(), IsDone);
    if (all_done) return Do(FinishRun{run.id, ConclusionOf(run)});
    const WorkflowStatus status = StatusOf(run);
    if (status != run.status) Do(MoveRun{run.id, status, run.reason});
  }

  // `waiting` as long as all there is left waits for people or timers.
  static WorkflowStatus StatusOf(const WorkflowRun& run) {
    bool is_waiting = false;
    for (const WorkflowJobRun& job : run.jobs) {
      if (IsRunning(job) || job.status == WorkflowStatus::kQueued) return WorkflowStatus::kInProgress;
      is_waiting = is_waiting || job.status == WorkflowStatus::kWaiting;
    }
    return is_waiting ? WorkflowStatus::kWaiting : WorkflowStatus::kInProgress;
  }

  static WorkflowConclusion ConclusionOf(const WorkflowRun& run) {
    bool any_failed = false, any_cancelled = false, all_skipped = true;
    for (const WorkflowJobRun& job : run.jobs) {
      if (!job.parent.empty()) continue;  // their call tells
      const bool is_forgiven = job.continues_on_error;
      any_failed = any_failed || (job.conclusion == WorkflowConclusion::kFailure && !is_forgiven);
      any_cancelled = any_cancelled || job.conclusion == WorkflowConclusion::kCancelled;
      all_skipped = all_skipped && job.conclusion == WorkflowConclusion::kSkipped;
    }
    if (any_failed) return WorkflowConclusion::kFailure;
    if (any_cancelled || run.is_cancelled) return WorkflowConclusion::kCancelled;
    return all_skipped ? WorkflowConclusion::kSkipped : WorkflowConclusion::kSuccess;
  }

  // Jobs.

  void PlanJob(const RunView& view, const WorkflowJobRun& job) {
    switch (job.status) {
      case WorkflowStatus::kCompleted:
        return;
      case WorkflowStatus::kInProgress:
        return job.is_call ? PlanCall(view, job) : PlanRunning(view, job);
      default:
        break;
    }
    if (!job.is_expanded) return Decide(view, job);
    const auto stop = WhyStop(view, job);
    if (stop) return Do(FinishJob{view.run->id, job.key, WorkflowConclusion::kCancelled, *stop, {}});
    if (!PassesGate(view, job) || !HoldsJobGroup(view, job)) return;
    if (job.is_call) return Do(MoveJob{view.run->id, job.key, WorkflowStatus::kInProgress, ""});
    Queue(view, job);
  }

  void Fail(const RunView& view, const WorkflowJobRun& job, const Error& error) {
    Do(FinishJob{view.run->id, job.key, WorkflowConclusion::kFailure, error.ToString(), {}});
  }

  void Decide(const RunView& view, const WorkflowJobRun& job) {
    const WorkflowRun& run = *view.run;
    const spec::workflow::Job* file_job = FileJob(view, job);
    if (!file_job) return Fail(view, job, NotFound(fmt::format("no job '{}' in '{}'", job.job_id, job.workflow_path)));
    if (const auto* call = job.parent.empty() ? nullptr : run.FindJob(job.parent)) {
      if (IsDone(*call) || (call->is_stopping && !run.is_cancelled))
        return Do(FinishJob{run.id, job.key, WorkflowConclusion::kCancelled, call->reason, {}});
      if (call->status != WorkflowStatus::kInProgress) return;
    }
    for (const std::string& need : file_job->needs)
      if (!ResultOf(run, job.parent, need).is_complete) return;
    const auto holds = ConditionHolds(view, job, snapshot_, run.is_cancelled);
    if (!holds) return Fail(view, job, holds.error());
    if (!*holds) {
      const auto conclusion = run.is_cancelled ? WorkflowConclusion::kCancelled : WorkflowConclusion::kSkipped;
      return Do(FinishJob{run.id, job.key, conclusion, run.is_cancelled ? run.reason : "", {}});
    }
    auto jobs = ExpandJob(view, job, snapshot_);
    if (!jobs) return Fail(view, job, jobs.error());
    Do(Expand{run.id, job.key, std::move(*jobs)});
  }

  // Why a job that has been decided should not (go on to) run.
  std::optional<std::string> WhyStop(const RunView& view, const WorkflowJobRun& job) {
    const WorkflowRun& run = *view.run;
    if (run.is_cancelled) {
      const auto holds = ConditionHolds(view, job, snapshot_, true);
      if (!holds || !*holds) return run.reason;
    }
    if (job.is_stopping) return job.reason;
    if (const auto* call = job.parent.empty() ? nullptr : run.FindJob(job.parent); call && call->is_stopping)
      return call->reason;
    if (job.total < 2 || !job.fails_fast) return std::nullopt;
    for (const WorkflowJobRun& other : run.jobs) {
      const bool is_sibling = other.parent == job.parent && other.job_id == job.job_id && other.key != job.key;
      if (is_sibling && other.conclusion == WorkflowConclusion::kFailure && !other.continues_on_error)
        return fmt::format("'{}' failed (fail-fast)", other.name);
    }
    return std::nullopt;
  }

  void PlanRunning(const RunView& view, const WorkflowJobRun& job) {
    if (job.is_stopping) return;
    if (const auto why = WhyStop(view, job)) return Do(StopJob{view.run->id, job.key, *why});
    const auto overdue = OverdueAt(job);
    if (overdue && now_ >= *overdue) Do(StopJob{view.run->id, job.key, "its process did not end at its timeout"});
  }

 public:
  static std::optional<Timestamp> OverdueAt(const WorkflowJobRun& job) {
    if (!IsRunning(job) || job.is_stopping || !job.started_at) return std::nullopt;
    return *job.started_at + std::chrono::minutes(job.timeout_minutes) + kOverdue;
  }

 private:
  void PlanCall(const RunView& view, const WorkflowJobRun& call) {
    const WorkflowRun& run = *view.run;
    std::vector<const WorkflowJobRun*> inner;
    for (const WorkflowJobRun& job : run.jobs)
      if (job.parent == call.key) inner.push_back(&job);
    if (!std::all_of(inner.begin(), inner.end(), [](const auto* job) { return IsDone(*job); })) return;
    bool any_failed = false, any_cancelled = false, all_skipped = true;
    for (const WorkflowJobRun* job : inner) {
      any_failed = any_failed || (job->conclusion == WorkflowConclusion::kFailure && !job->continues_on_error);
      any_cancelled = any_cancelled || job->conclusion == WorkflowConclusion::kCancelled;
      all_skipped = all_skipped && job->conclusion == WorkflowConclusion::kSkipped;
    }
    auto outputs = CallOutputs(view, call, snapshot_);
    if (!outputs) return Fail(view, call, outputs.error());
    const auto conclusion = any_failed      ? WorkflowConclusion::kFailure
                            : any_cancelled ? WorkflowConclusion::kCancelled
                            : all_skipped   ? WorkflowConclusion::kSkipped
                                            : WorkflowConclusion::kSuccess;
    Do(FinishJob{run.id, call.key, conclusion, call.reason, std::move(*outputs)});
  }

  // Gates.

  bool PassesGate(const RunView& view, const WorkflowJobRun& job) {
    const EnvironmentGate* gate = GateOf(snapshot_, job);
    if (!gate) return true;
    const WorkflowRun& run = *view.run;
    const std::string ref = ShortRef(run.ref);
    if (!gate->branches.empty() && !MatchesAny(gate->branches, ref)) {
      Fail(view, job,
           Error(Code::kPermissionDenied, fmt::format("'{}' may not use the environment '{}': its branches are {}", ref,
                                                      gate->name, Join(gate->branches, ", "))));
      return false;
    }
    const bool needs_review = !gate->reviewers.empty() && job.review != "approved";
    const auto timer = TimerEnd(*gate, job);
    const bool has_gate = !gate->reviewers.empty() || gate->wait_minutes > 0;
    if (has_gate && !job.waiting_since) {
      Do(MoveJob{run.id, job.key, WorkflowStatus::kWaiting, WaitText(*gate)});
      return false;
    }
    if (job.review == "rejected") {
      Do(FinishJob{run.id, job.key, WorkflowConclusion::kFailure, fmt::format("rejected by {}", job.reviewed_by), {}});
      return false;
    }
    if (needs_review && now_ >= *job.waiting_since + kReviewMax) {
      Do(FinishJob{run.id, job.key, WorkflowConclusion::kFailure, "nobody reviewed it in 30 days", {}});
      return false;
    }
    return !needs_review && (!timer || now_ >= *timer);
  }

  static std::string WaitText(const EnvironmentGate& gate) {
    if (gate.reviewers.empty())
      return fmt::format("the environment '{}' waits {} minutes", gate.name, gate.wait_minutes);
    return fmt::format("the environment '{}' needs an approval by {}{}", gate.name, Join(gate.reviewers, " or "),
                       gate.wait_minutes > 0 ? fmt::format(" and waits {} minutes", gate.wait_minutes) : "");
  }

  // Concurrency.

  std::vector<Holder> HoldersOf(const std::string& group) const {
    std::vector<Holder> holders;
    for (const RunView& view : snapshot_.runs) {
      if (view.run->concurrency_group == group)
        holders.push_back({view.run, nullptr, view.run->status != WorkflowStatus::kPending, view.run->queues_all});
      for (const WorkflowJobRun& job : view.run->jobs) {
        const bool takes_part = job.is_expanded && !IsDone(job) && job.concurrency_group == group;
        const bool has_passed = job.status == WorkflowStatus::kInProgress || job.status == WorkflowStatus::kQueued;
        if (takes_part && (has_passed || job.queued_at))
          holders.push_back({view.run, &job, has_passed, job.queues_all});
      }
    }
    return holders;
  }

  void Cancel(const Holder& holder, const std::string& reason) {
    if (!holder.job) return holder.run->is_cancelled ? void() : Do(CancelRun{holder.run->id, reason});
    if (holder.job->is_stopping) return;
    if (IsRunning(*holder.job)) return Do(StopJob{holder.run->id, holder.job->key, reason});
    if (holder.job->status == WorkflowStatus::kInProgress) return Do(StopJob{holder.run->id, holder.job->key, reason});
    Do(FinishJob{holder.run->id, holder.job->key, WorkflowConclusion::kCancelled, reason, {}});
  }

  // Whether `self` may go on. Otherwise it waits, and what it displaces is cancelled.
  bool HoldsGroup(const std::string& group, const WorkflowRun& run, const WorkflowJobRun* job, bool cancels,
                  bool queues_all, std::string_view by) {
    const auto is_self = [&](const Holder& holder) { return holder.run == &run && holder.job == job; };
    const auto is_newer = [&](const Holder& holder) {
      return holder.run->id > run.id ||
             (holder.run == &run && holder.job && job && holder.job->queued_at > job->queued_at);
    };
    bool is_free = true;
    size_t waiting = 0;
    for (const Holder& holder : HoldersOf(group)) {
      if (is_self(holder)) continue;
      // A run that called this job, or holds it, is no rival of its own part unless the part cancels it.
      if (!holder.is_running) {
        if (is_newer(holder)) continue;
        if (queues_all && holder.queues_all) {
          is_free = false;  // first come, first served
          if (++waiting >= kQueueMax) Cancel(holder, fmt::format("more than {} wait for '{}'", kQueueMax, group));
        } else {
          Cancel(holder, fmt::format("replaced by {} in the concurrency group '{}'", by, group));
        }
        continue;
      }
      is_free = false;
      if (cancels) Cancel(holder, fmt::format("cancelled by {} in the concurrency group '{}'", by, group));
    }
    return is_free;
  }

  bool HoldsRunGroup(const WorkflowRun& run) {
    if (run.is_cancelled || run.concurrency_group.empty()) return true;
    return HoldsGroup(run.concurrency_group, run, nullptr, run.cancels_in_progress, run.queues_all,
                      fmt::format("run {}", run.id)) &&
           actions_.empty();
  }

  bool HoldsJobGroup(const RunView& view, const WorkflowJobRun& job) {
    if (job.concurrency_group.empty() || job.status == WorkflowStatus::kQueued) return true;
    if (job.concurrency_group == view.run->concurrency_group && !job.cancels_in_progress) {
      Fail(view, job,
           FailedPrecondition(fmt::format("its own run holds the concurrency group '{}': it would wait for "
                                          "ever",
                                          job.concurrency_group)));
      return false;
    }
    if (!job.queued_at) {  // takes its place among those that wait
      Do(MoveJob{view.run->id, job.key, WorkflowStatus::kPending,
                 fmt::format("waits for the concurrency group '{}'", job.concurrency_group)});
      return false;
    }
    return HoldsGroup(job.concurrency_group, *view.run, &job, job.cancels_in_progress, job.queues_all,
                      fmt::format("'{}' of run {}", job.name, view.run->id)) &&
           actions_.empty();
  }

  // Room.

  void Queue(const RunView& view, const WorkflowJobRun& job) {
    if (job.status != WorkflowStatus::kQueued) return Do(MoveJob{view.run->id, job.key, WorkflowStatus::kQueued, ""});
    int64_t siblings = 0;
    for (const WorkflowJobRun& other : view.run->jobs)
      if (other.parent == job.parent && other.job_id == job.job_id && IsRunning(other)) ++siblings;
    if (job.max_parallel > 0 && siblings >= job.max_parallel) return;
    if (running_ >= snapshot_.room) return;
    Do(StartJob{view.run->id, job.key});
  }

  const Snapshot& snapshot_;
  const Timestamp now_;
  size_t running_ = 0;
  std::vector<Action> actions_;
};

}  // namespace

std::vector<Action> Plan(const Snapshot& snapshot, Timestamp now) {
  return Planner(snapshot, now).Run();
}

std::optional<Timestamp> NextDeadline(const Snapshot& snapshot, Timestamp now) {
  std::optional<Timestamp> next;
  const auto consider = [&](std::optional<Timestamp> time) {
    if (time && *time > now && (!next || *time < *next)) next = time;
  };
  for (const RunView& view : snapshot.runs) {
    for (const WorkflowJobRun& job : view.run->jobs) {
      consider(Planner::OverdueAt(job));
      if (job.status != WorkflowStatus::kWaiting || !job.waiting_since) continue;
      consider(*job.waiting_since + kReviewMax);
      if (const EnvironmentGate* gate = GateOf(snapshot, job)) consider(TimerEnd(*gate, job));
    }
  }
  return next;
}

std::vector<WorkflowJobRun> FirstJobs(const spec::workflow::Workflow& workflow, const std::string& parent,
                                      const std::string& parent_name) {
  std::vector<WorkflowJobRun> jobs;
  for (const spec::workflow::Job& file_job : workflow.jobs) {
    WorkflowJobRun job;
    job.parent = parent;
    job.key = parent.empty() ? file_job.id : parent + "/" + file_job.id;
    job.job_id = file_job.id;
    job.workflow_path = workflow.path;
    const bool has_plain_name = file_job.name && file_job.name->text.find("${{") == std::string::npos;
    job.name = (parent_name.empty() ? "" : parent_name + " / ") + (has_plain_name ? file_job.name->text : file_job.id);
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace slipway::workflows
