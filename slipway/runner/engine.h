// The engine: owns the state of all unfinished jobs, takes events one after another, plans and applies.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/job.h"
#include "slipway/domain/stores.h"
#include "slipway/runner/execute/executor.h"
#include "slipway/runner/plan/planner.h"
#include "slipway/runner/tracking.h"

namespace slipway::runner {

struct EngineDependencies {
  domain::WorkspaceStore& workspaces;
  domain::JobStore& jobs;
  domain::RunStore& runs;
  Executor& executor;
  const Clock& clock;
  Sampler sample;
  EarlyStop early_stop;
  // default datastore and artifact root of a workspace
  std::function<Result<std::pair<std::string, std::string>>(const domain::Scope&)> places;
};

// Thread-safe. What it decides it writes to the job store first; everything in memory can be rebuilt from there, and
// Recover does.
class Engine {
 public:
  explicit Engine(EngineDependencies dependencies);
  ~Engine();  // Stop()

  // Loads the unfinished jobs of every workspace and finds their processes, then works.
  Status Start();
  void Stop();

  // Stores a new root job and starts it.
  Result<domain::Job> Add(const domain::Scope& scope, domain::Job job);
  Result<domain::Job> Cancel(const domain::Scope& scope, const std::string& name);
  // Runs `change` on the job as it is now and stores the result.
  Result<domain::Job> Change(const domain::Scope& scope, const std::string& name,
                             const std::function<Status(domain::Job&)>& change);
  void MetricsLogged(const domain::Scope& scope, const std::string& run_id);
  Result<domain::Job> WaitForEnd(const domain::Scope& scope, const std::string& name, Duration timeout);

 private:
  // Why a process was told to end.
  struct EndRequest {
    std::string reason;
    bool timed_out = false;
  };
  struct Space {
    domain::Scope scope;
    Snapshot snapshot;
    std::map<std::string, EndRequest> end_requests;
    std::set<std::string> reporting;  // trials that logged metrics since the last look
  };

  // The thread and its queue. Post: run on the engine's thread, then plan that workspace. Call: the same, and wait.
  void Work();
  void Post(std::function<void()> task);
  template <typename Task>
  auto Call(Task task);
  std::optional<Timestamp> NextDeadlineOfAll() const;
  void PumpAll();

  // Everything below runs on the engine's thread.
  Result<Space*> SpaceOf(const domain::Scope& scope);
  Status Load(const domain::Scope& scope);
  void Resume(Space& space, const std::string& name);
  void Pump(Space& space);
  domain::Job* Find(Space& space, const std::string& name);

  void Apply(Space& space, const CreateJob& action);
  void Apply(Space& space, const Prepare& action);
  void Apply(Space& space, const Launch& action);
  void Apply(Space& space, const SetStatus& action);
  void Apply(Space& space, const SetBestChild& action);
  void Apply(Space& space, const Finish& action);
  void Apply(Space& space, const EndProcess& action);

  void SetHandlers();
  // Calls handle(space, job) on the engine's thread when the job is still unfinished.
  void OnJob(const JobKey& key, std::function<void(Space&, domain::Job&)> handle);
  void HandlePrepared(Space& space, domain::Job& job, Result<Preparation> preparation);
  void HandleStarted(Space& space, domain::Job& job, const process::Identity& identity);
  void HandleExternal(Space& space, domain::Job& job, const ExternalState& state);
  void HandleExited(Space& space, domain::Job& job, ProcessEnd end);
  void HandleFinalized(Space& space, domain::Job& job, Result<Finalized> finalized);

  static void LogFailure(const Status& status, std::string_view what, const std::string& job);
  void Store(Space& space, const domain::Job& job);
  void End(Space& space, domain::Job& job, domain::JobStatus status, std::optional<domain::JobError> error);
  void WriteTrialTable(Space& space, const domain::Job& sweep);
  void TakeOver(Space& space, domain::Job& job, const domain::Job& original);
  void ReadTrialMetrics(Space& space, const domain::Job& trial);
  bool ResolveStepOutputs(Space& space, domain::Job& job);
  bool MayReuse(Space& space, const domain::Job& job);

  EngineDependencies dependencies_;
  Tracking tracking_;
  std::map<std::string, Space> spaces_;  // by lower-case ARM id of the workspace

  std::mutex mutex_;
  std::condition_variable wake_, ended_;
  std::deque<std::function<void()>> tasks_;  // bounded by callers that wait and by unfinished jobs
  bool stopping_ = false;
  uint64_t end_count_ = 0;  // of jobs ended; for WaitForEnd
  std::thread thread_;
};

}  // namespace slipway::runner
