// The service's state. For this room's own files.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "slipway/base/thread_pool.h"
#include "slipway/base/ticker.h"
#include "slipway/workflows/execute/job_description.h"
#include "slipway/workflows/plan/planner.h"
#include "slipway/workflows/repository.h"
#include "slipway/workflows/vault.h"
#include "slipway/workflows/workflows.h"

namespace slipway::workflows {

// An unfinished run.
struct Live {
  domain::WorkflowRun run;
  Files files;
  bool is_dirty = false;  // not stored as it is
};

struct Space {
  domain::Scope scope;
  std::map<int64_t, Live> runs;
};

// What of a watched repository is known at the moment; made again when its default branch moves.
struct Watched {
  std::string commit;
  std::map<std::string, std::vector<spec::workflow::Cron>> crons;  // by file
  std::set<std::string> events;                                    // that any file names
};

struct Workflows::Impl {
  Impl(Options wanted, Dependencies needed, Vault opened);

  // The ticker's thread.
  std::optional<Timestamp> Tick(Timestamp now);

  // engine.cc; all want `mutex` held.
  void Pump(Space& space, Timestamp now);
  Snapshot SnapshotOf(Space& space);
  void Apply(Space& space, const Expand& action);
  void Apply(Space& space, const MoveJob& action);
  void Apply(Space& space, const FinishJob& action);
  void Apply(Space& space, const StartJob& action);
  void Apply(Space& space, const StopJob& action);
  void Apply(Space& space, const MoveRun& action);
  void Apply(Space& space, const CancelRun& action);
  void Apply(Space& space, const FinishRun& action);
  void Store(Space& space, Live& live);
  Status Launch(Space& space, Live& live, domain::WorkflowJobRun& job);
  Status WriteDescription(Space& space, Live& live, const domain::WorkflowJobRun& job);
  Result<JobSecrets> SecretsOf(Space& space, Live& live, const domain::WorkflowJobRun& job);
  Result<std::map<std::string, std::string>> NamedSecrets(Space& space, Live& live, const std::string& parent);
  Result<std::map<std::string, std::string>> DecryptAll(const domain::Scope& scope,
                                                        const domain::EnvironmentGate& gate);
  domain::Scope WorkspaceOf(const Space& space, const domain::WorkflowJobRun& job);
  std::map<std::string, std::string> VariablesOf(const domain::Scope& scope, const std::string& environment);
  void HandleExit(const std::string& space_id, int64_t run, const std::string& key, const process::Exit& exit);
  void Conclude(Space& space, Live& live, domain::WorkflowJobRun& job, const std::string& how);
  process::ExitHandler ExitHandlerFor(const domain::Scope& scope, int64_t run, const std::string& key);
  Status Recover();
  void Resume(Space& space, Live& live, domain::WorkflowJobRun& job);
  Space& SpaceOf(const domain::Scope& scope);
  std::filesystem::path RunFolder(int64_t run) const;
  std::filesystem::path JobFolder(int64_t run, const domain::WorkflowJobRun& job) const;

  // starting.cc; without `mutex`.
  Result<StartedRuns> Fire(const domain::Scope& scope, const EventRequest& request);
  // The workflow files of a commit; read once.
  Result<std::map<std::string, std::string>> FilesOf(const Repository& repository, const std::string& commit);
  Status Watch(const domain::Scope& scope, const std::string& path, const std::string& default_branch);
  void AnnounceRun(const domain::Scope& scope, const domain::WorkflowRun& run, const std::string& action);

  // watching.cc; without `mutex`.
  std::optional<Timestamp> LookAround(Timestamp now);
  void Look(const domain::Scope& scope, domain::WorkflowRepository repository, Timestamp now);
  void FireSchedules(const domain::Scope& scope, domain::WorkflowRepository& repository, const Watched& watched,
                     Timestamp now);
  void FireAlerts(const domain::Scope& scope, const domain::WorkflowRepository& repository);
  void FireModels(const domain::Scope& scope, const domain::WorkflowRepository& repository);
  void FireBoth(const domain::Scope& scope, EventRequest request, const std::string& type, const std::string& what);
  void CleanUp(Timestamp now);

  void Post(std::function<void()> task);

  const Options options;
  const Dependencies dependencies;
  const Vault vault;

  std::mutex mutex;  // of the runs
  std::map<std::string, Space> spaces;
  bool store_failed = false;  // since the tick began

  std::mutex posted_mutex;                   // never taken before `mutex`
  std::deque<std::function<void()>> posted;  // for the ticker's thread; bounded by unfinished jobs
  struct Guard {
    std::mutex mutex;
    bool is_alive = true;
  };
  const std::shared_ptr<Guard> guard = std::make_shared<Guard>();

  std::mutex files_mutex;
  std::map<std::string, std::map<std::string, std::string>> known_files;  // by "<repository>@<commit>"; at most 32
  std::atomic<bool> is_stopping = false;                                  // what runs cause is left to the next start

  // The watching thread's alone.
  std::map<std::string, Watched> watched;
  std::set<std::string> seen_causes;  // of alerts and models: told of already in this life
  std::optional<Timestamp> cleaned_at;

  Ticker ticker;       // plans
  Ticker watcher;      // looks at repositories, schedules, alerts
  ThreadPool pool{1};  // events that runs cause, deleting workspaces
};

// Parses run.files; what is called is there already.
Result<Files> ReadFiles(const std::map<std::string, std::string>& texts);

}  // namespace slipway::workflows
