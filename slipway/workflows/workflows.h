// The workflow service: starts runs of workflow files when events happen, carries them through (plan/ decides, a
// process of its own runs each job), keeps environments with their gates, variables and secrets.
//
// What it decides is stored before it is done. A server that dies leaves the jobs' processes running: the next one
// finds them again, or the result that they left; a job whose process is gone without one has failed. No job is run
// twice.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/audit.h"
#include "slipway/domain/stores.h"
#include "slipway/domain/workflow_store.h"
#include "slipway/process/supervisor.h"
#include "slipway/workflows/execute/artifacts.h"
#include "slipway/workflows/token.h"

namespace slipway::workflows {

struct Options {
  std::filesystem::path home;            // the server's
  std::filesystem::path job_program;     // slipway-workflow-job
  std::filesystem::path client_program;  // slipway: what `az` of the steps calls
  std::string control_url, server_token;
  size_t room = 4;                                  // jobs that run at once in a workspace
  Duration watch_period = std::chrono::seconds(2);  // between looks for alerts and models
};

// Borrowed; they outlive the service.
struct Dependencies {
  domain::WorkflowStore& store;
  domain::WorkspaceStore& workspaces;
  domain::ScheduleStore& alerts;
  domain::AssetStore& assets;
  process::Supervisor& supervisor;
  const Clock& clock;
  domain::AuditLog* audit = nullptr;  // may be left out: where reviews are recorded
};

struct EventRequest {
  std::string repository;  // a folder in it
  std::string event;       // push, workflow_dispatch, repository_dispatch …
  std::string action;      // an event_type, "completed", "fired"
  std::string ref;         // full or short; "" = the default branch
  std::string sha;         // "" = of ref
  std::string before;      // push: the commit before; "" = a new branch
  std::string workflow;    // workflow_dispatch: file name, path or name
  std::string inputs;      // workflow_dispatch: JSON object
  std::string payload;     // JSON object: github.event, or client_payload; "" = made here
  std::string actor;
  std::string subject, head_branch;  // see EventFacts
  int chain_depth = 0;
  std::string cause;  // an event that may be told of twice; "" = each time is new
};

struct StartedRuns {
  std::vector<domain::WorkflowRun> runs;
  std::vector<std::pair<std::string, Error>> problems;  // files that cannot be read
};

struct ReviewRequest {
  int64_t run = 0;
  std::string environment;  // "" = every one that waits
  bool approves = true;
  std::string by, comment;
};

struct LogChunk {
  std::string text;
  bool is_complete = false;  // it will grow no more
};

// Thread-safe.
class Workflows {
 public:
  static Result<std::unique_ptr<Workflows>> Make(Options options, Dependencies dependencies);
  ~Workflows();  // Stop()

  Status Start();
  // Jobs that run go on and are found again.
  void Stop();

  // kInvalidArgument tells what is wrong with a dispatch; for other events, files that cannot be read are told beside
  // the runs. The repository is watched from now on (schedules, chains, alerts, models).
  Result<StartedRuns> Fire(const domain::Scope& scope, const EventRequest& request);

  // A workflow of a watched repository, on its default branch; for alerts. The same `cause` never starts a second run.
  // Gives the run's number.
  Result<std::string> StartByName(const domain::Scope& scope, const std::string& workflow,
                                  const std::map<std::string, std::string>& inputs, const std::string& cause);

  // With what running jobs have done so far.
  Result<domain::WorkflowRun> Get(const domain::Scope& scope, int64_t run);
  Result<std::vector<domain::WorkflowRun>> List(const domain::Scope& scope, const domain::WorkflowRunFilter& filter);
  Result<domain::WorkflowRun> Cancel(const domain::Scope& scope, int64_t run, const std::string& by);
  // `only_failed`: the jobs that did not succeed, and those that need them. kFailedPrecondition while it runs.
  Result<domain::WorkflowRun> Rerun(const domain::Scope& scope, int64_t run, bool only_failed, const std::string& by);
  // kPermissionDenied for somebody who is no reviewer.
  Result<domain::WorkflowRun> Review(const domain::Scope& scope, const ReviewRequest& request);
  // A part of what a step of a job printed (at most 4 MiB), from a byte on.
  Result<LogChunk> ReadLog(const domain::Scope& scope, int64_t run, const std::string& job, int step, uint64_t offset);
  Result<std::string> ReadSummary(const domain::Scope& scope, int64_t run, const std::string& job);

  Result<std::vector<Artifact>> ListRunArtifacts(const domain::Scope& scope, int64_t run);
  Result<Artifact> GetRunArtifact(const domain::Scope& scope, int64_t run, const std::string& name);
  // The folder of an artifact's files.
  Result<std::filesystem::path> ArtifactFolder(const domain::Scope& scope, int64_t run, const std::string& name);
  // Hashes its files: kDataLoss when they are not those that were uploaded.
  Status CheckRunArtifact(const domain::Scope& scope, int64_t run, const std::string& name);

  // Settings alone: variables and secrets stay.
  Result<domain::EnvironmentGate> PutGate(const domain::Scope& scope, domain::EnvironmentGate gate);
  Status DeleteGate(const domain::Scope& scope, const std::string& name);
  Result<std::vector<domain::EnvironmentGate>> ListGates(const domain::Scope& scope);
  Result<domain::EnvironmentGate> GetGate(const domain::Scope& scope, const std::string& name);
  // `environment` kEveryEnvironment: of every job. nullopt removes.
  Status SetVariable(const domain::Scope& scope, const std::string& environment, const std::string& name,
                     std::optional<std::string> value);
  Status SetSecret(const domain::Scope& scope, const std::string& environment, const std::string& name,
                   std::optional<std::string> value);

  Result<std::vector<domain::WorkflowRepository>> ListRepositories(const domain::Scope& scope);
  Status ForgetRepository(const domain::Scope& scope, const std::string& path);

  // Whose workspace a request may use that carries this token: a running job's.
  Result<domain::Scope> ScopeOfToken(std::string_view token);

 private:
  struct Impl;
  explicit Workflows(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::workflows
