#include "slipway/runner/engine.h"

#include <future>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/runner/plan/children.h"

namespace slipway::runner {
namespace {

using domain::CommandSpec;
using domain::Job;
using domain::JobError;
using domain::JobStatus;
using domain::PipelineSpec;
using domain::Scope;
using domain::SweepSpec;

constexpr size_t kAllJobs = 1'000'000;

}  // namespace

void Engine::LogFailure(const Status& status, std::string_view what, const std::string& job) {
  if (!status) LogError("{} of job {}: {}", what, job, status.error().ToString());
}

Engine::Engine(EngineDependencies dependencies)
    : dependencies_(std::move(dependencies)), tracking_(dependencies_.runs) {
  SetHandlers();
}

Engine::~Engine() {
  Stop();
}

// The thread.

Status Engine::Start() {
  SLIPWAY_ASSIGN_OR_RETURN(const auto workspaces, dependencies_.workspaces.ListWorkspaces());
  for (const auto& workspace : workspaces) {
    SLIPWAY_RETURN_IF_ERROR(With(Load(workspace.scope), fmt::format("workspace '{}'", workspace.scope.workspace)));
  }
  dependencies_.executor.RemoveLeftovers();
  stopping_ = false;
  thread_ = std::thread([this] { Work(); });
  return {};
}

void Engine::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Engine::Post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

template <typename Task>
auto Engine::Call(Task task) {
  using Value = decltype(task());
  const auto promise = std::make_shared<std::promise<Value>>();
  auto future = promise->get_future();
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || !thread_.joinable()) return Value(Unavailable("the job service is not running"));
    tasks_.push_back([promise, task = std::move(task)]() mutable { promise->set_value(task()); });
  }
  wake_.notify_one();
  try {
    return future.get();
  } catch (const std::future_error&) {
    return Value(Unavailable("the server is stopping"));  // the task was dropped with the queue
  }
}

void Engine::Work() {
  PumpAll();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (tasks_.empty()) {
      lock.unlock();
      const auto deadline = NextDeadlineOfAll();
      const Timestamp now = dependencies_.clock.Now();
      lock.lock();
      const auto is_awake = [&] { return stopping_ || !tasks_.empty(); };
      if (deadline) {
        wake_.wait_for(lock, std::max(Duration(0), *deadline - now), is_awake);
      } else {
        wake_.wait(lock, is_awake);
      }
    }
    std::deque<std::function<void()>> tasks;
    tasks.swap(tasks_);
    lock.unlock();
    for (auto& task : tasks) task();
    PumpAll();
    lock.lock();
  }
  tasks_.clear();
}

std::optional<Timestamp> Engine::NextDeadlineOfAll() const {
  std::optional<Timestamp> next;
  for (const auto& [id, space] : spaces_) {
    const auto deadline = NextDeadline(space.snapshot);
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  return next;
}

void Engine::PumpAll() {
  for (auto& [id, space] : spaces_) Pump(space);
}

// State.

Result<Engine::Space*> Engine::SpaceOf(const Scope& scope) {
  const std::string id = ToLower(scope.ArmId());
  const auto found = spaces_.find(id);
  if (found != spaces_.end()) return &found->second;
  SLIPWAY_ASSIGN_OR_RETURN(const auto places, dependencies_.places(scope));
  Space space;
  space.scope = scope;
  space.snapshot.default_datastore = places.first;
  space.snapshot.artifact_root = places.second;
  space.snapshot.sample = dependencies_.sample;
  space.snapshot.early_stop = dependencies_.early_stop;
  return &spaces_.emplace(id, std::move(space)).first->second;
}

Job* Engine::Find(Space& space, const std::string& name) {
  const auto found = space.snapshot.jobs.find(name);
  return found == space.snapshot.jobs.end() ? nullptr : &found->second;
}

Status Engine::Load(const Scope& scope) {
  domain::JobFilter filter;
  filter.unfinished_only = true;
  filter.view = domain::ListView::kAll;
  filter.limit = kAllJobs;
  SLIPWAY_ASSIGN_OR_RETURN(const auto unfinished, dependencies_.jobs.ListJobs(scope, filter));
  if (unfinished.empty()) return {};
  SLIPWAY_ASSIGN_OR_RETURN(Space * space, SpaceOf(scope));
  std::set<std::string> roots;
  for (const Job& job : unfinished) roots.insert(job.root);
  filter.unfinished_only = false;
  for (const std::string& root : roots) {
    filter.root = root;
    SLIPWAY_ASSIGN_OR_RETURN(auto tree, dependencies_.jobs.ListJobs(scope, filter));
    for (Job& job : tree) space->snapshot.jobs[job.name] = std::move(job);
  }
  std::vector<std::string> names;
  for (const auto& [name, job] : space->snapshot.jobs) names.push_back(name);
  for (const std::string& name : names) Resume(*space, name);
  return {};
}

// What a restart finds: a process still running is watched again, one that ended meanwhile is judged by the exit code
// it left, and a command that had not started begins anew.
void Engine::Resume(Space& space, const std::string& name) {
  Job& job = *Find(space, name);  // ending a command takes no other job of the list with it
  LogFailure(tracking_.CreateRun(space.scope, job, dependencies_.clock.Now()), "tracking", name);
  if (domain::IsTerminal(job.status)) return ReadTrialMetrics(space, job);
  if (!std::holds_alternative<CommandSpec>(job.spec.body)) return;
  Executor::Recovery found = dependencies_.executor.Recover({space.scope, name}, job);
  switch (found.trace) {
    case Executor::Trace::kRunning:
      // One that waits in its scheduler has not begun: the executor tells when it does.
      if (job.status != JobStatus::kCancelRequested &&
          !(job.status == JobStatus::kQueued && !job.external_id.empty())) {
        job.status_reason = "found again after the server restarted";
        HandleStarted(space, job, found.identity);
      }
      space.snapshot.activities[name] = Activity::kRunning;
      return;
    case Executor::Trace::kEnded:
      return HandleExited(space, job, std::move(found.end));
    case Executor::Trace::kNone:
      break;
  }
  const bool had_started = job.status == JobStatus::kRunning || job.status == JobStatus::kFinalizing;
  if (!had_started) return;
  ProcessEnd lost;
  lost.failure = "its process ended while the server was down or with the machine, and left no exit code";
  HandleExited(space, job, std::move(lost));
}

void Engine::Store(Space& space, const Job& job) {
  LogFailure(dependencies_.jobs.UpdateJob(space.scope, job), "storing the state", job.name);
}

void Engine::Pump(Space& space) {
  for (;;) {
    space.snapshot.capacity.clear();
    if (space.snapshot.jobs.empty()) return;
    // However often it logged meanwhile, a trial is read once.
    for (const std::string& name : std::exchange(space.reporting, {})) {
      if (const Job* trial = Find(space, name)) ReadTrialMetrics(space, *trial);
    }
    if (const auto computes = dependencies_.workspaces.ListComputes(space.scope)) {
      for (const auto& compute : *computes) space.snapshot.capacity[compute.name] = compute.max_instances;
    }
    const auto actions = Plan(space.snapshot, dependencies_.clock.Now());
    if (actions.empty()) return;
    for (const Action& action : actions) {
      std::visit([&](const auto& each) { Apply(space, each); }, action);
    }
  }
}

// Requests from outside.

Result<Job> Engine::Add(const Scope& scope, Job job) {
  return Call([this, scope, job = std::move(job)]() mutable -> Result<Job> {
    SLIPWAY_ASSIGN_OR_RETURN(Space * space, SpaceOf(scope));
    job.created_at = dependencies_.clock.Now();
    SLIPWAY_RETURN_IF_ERROR(dependencies_.jobs.InsertJob(scope, job));
    LogFailure(tracking_.CreateRun(scope, job, job.created_at), "tracking", job.name);
    space->snapshot.jobs[job.name] = job;
    return job;
  });
}

Result<Job> Engine::Cancel(const Scope& scope, const std::string& name) {
  return Call([this, scope, name]() -> Result<Job> {
    SLIPWAY_ASSIGN_OR_RETURN(Space * space, SpaceOf(scope));
    Job* job = Find(*space, name);
    if (!job) return dependencies_.jobs.GetJob(scope, name);
    if (domain::IsTerminal(job->status)) return *job;
    Apply(*space, SetStatus{job->name, JobStatus::kCancelRequested, "canceled on request"});
    return *job;
  });
}

Result<Job> Engine::Change(const Scope& scope, const std::string& name, const std::function<Status(Job&)>& change) {
  return Call([this, scope, name, change]() -> Result<Job> {
    SLIPWAY_ASSIGN_OR_RETURN(Space * space, SpaceOf(scope));
    SLIPWAY_ASSIGN_OR_RETURN(Job job, dependencies_.jobs.GetJob(scope, name));
    Job* live = Find(*space, job.name);
    if (live) job = *live;
    SLIPWAY_RETURN_IF_ERROR(change(job));
    SLIPWAY_RETURN_IF_ERROR(dependencies_.jobs.UpdateJob(scope, job));
    if (live) *live = job;
    return job;
  });
}

void Engine::MetricsLogged(const Scope& scope, const std::string& run_id) {
  OnJob({scope, run_id}, [this](Space& space, Job& job) {
    const Job* parent = Find(space, job.parent);
    if (parent && std::holds_alternative<SweepSpec>(parent->spec.body)) space.reporting.insert(job.name);
  });
}

Result<Job> Engine::WaitForEnd(const Scope& scope, const std::string& name, Duration timeout) {
  const auto give_up_at = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    uint64_t seen = 0;
    {
      std::lock_guard lock(mutex_);
      seen = end_count_;
    }
    SLIPWAY_ASSIGN_OR_RETURN(Job job, dependencies_.jobs.GetJob(scope, name));
    if (domain::IsTerminal(job.status)) return job;
    std::unique_lock lock(mutex_);
    const auto has_news = [&] { return stopping_ || end_count_ != seen; };
    if (!ended_.wait_until(lock, give_up_at, has_news)) {
      return Error(Code::kDeadlineExceeded,
                   fmt::format("job '{}' has not ended yet: it is {}", name, domain::JobStatusName(job.status)));
    }
    if (stopping_) return Unavailable("the job service was stopped");
  }
}

}  // namespace slipway::runner
