// The job service: takes jobs, plans them and runs them on this machine.
//
// One thread (the engine) owns all decisions: it takes events (submitted, prepared, started, exited, cancelled, time),
// asks plan/ what follows and applies it, writing each new state to the JobStore before acting on it. Commands run
// detached from the server: when the server stops or dies they go on, and the next start finds them again by process
// id and start time, or by the exit code they left behind (docs/decisions/0006).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/job.h"
#include "slipway/domain/registry.h"
#include "slipway/domain/services.h"
#include "slipway/domain/stores.h"
#include "slipway/runner/trial_table.h"

namespace slipway::environments {
class Environments;
}
namespace slipway::process {
class Supervisor;
}

namespace slipway::runner {

// What a job's process is told about the outside world.
struct ServerFacts {
  std::string control_url;  // "http://127.0.0.1:7300"
  std::string token;        // of the control plane
  // "APPLICATIONINSIGHTS_CONNECTION_STRING" of a workspace; may be empty.
  std::function<std::string(const domain::Workspace&)> connection_string;
};

struct Options {
  std::filesystem::path runs_folder;  // $SLIPWAY_HOME/runs: working directories of running jobs
  ServerFacts server;
  int preparing_threads = 4;  // environments, copies of code and inputs
};

// Registers an output of a completed job as an asset; the registry does it. The version's body points to the output.
using RegisterAsset = std::function<Result<domain::AssetVersion>(const domain::Scope&, domain::AssetVersion)>;

// All are borrowed and must outlive the runner.
struct Dependencies {
  domain::WorkspaceStore& workspaces;
  domain::AssetStore& assets;
  domain::JobStore& jobs;
  domain::RunStore& runs;
  environments::Environments& environments;
  process::Supervisor& supervisor;
  const Clock& clock;
  RegisterAsset register_asset;                  // empty: straight into `assets`
  domain::RegistryAssets* registries = nullptr;  // what references into registries lead to
};

// A log file of a job.
struct LogFile {
  std::string name;  // "user_logs/std_log.txt"
  uint64_t size = 0;
};
struct LogPart {
  std::string bytes;
  bool is_complete = false;  // the log will not grow beyond `bytes`
};

// Thread-safe.
class Runner final : public domain::JobSubmitter {
 public:
  Runner(Options options, Dependencies dependencies);
  ~Runner() override;  // Stop()

  // Takes up the unfinished jobs of every workspace, then accepts new ones.
  Status Start();
  // Ends the engine. Running commands go on.
  void Stop();

  // kInvalidArgument with every complaint (Error::more) for a spec that cannot run; kAlreadyExists for a taken name.
  Result<domain::Job> Submit(const domain::Scope& scope, const domain::JobSpec& spec) override;

  // Asks for the end of a job and all below it; returns once the wish is stored. A job that has ended stays as it is.
  Result<domain::Job> Cancel(const domain::Scope& scope, const std::string& name);

  // What a user may change of a submitted job: display name, description, tags, archived or not (only when ended).
  struct Changes {
    std::optional<std::string> display_name, description;
    std::optional<domain::Tags> tags;
    std::optional<bool> is_archived;
  };
  Result<domain::Job> Change(const domain::Scope& scope, const std::string& name, const Changes& changes);

  // The trials of a sweep, which may still run. kInvalidArgument for a job that is none.
  Result<TrialTable> Trials(const domain::Scope& scope, const std::string& sweep);

  // Log files of a job, user_logs/std_log.txt first, and the bytes of one from `offset` on (at most 4 MiB a call).
  Result<std::vector<LogFile>> ListLogs(const domain::Scope& scope, const std::string& job);
  Result<LogPart> ReadLog(const domain::Scope& scope, const std::string& job, const std::string& name, uint64_t offset);

  // To be called when metrics of a run were stored: early termination of sweeps looks at them. Cheap for other runs.
  void MetricsLogged(const domain::Scope& scope, const std::string& run_id);

  // Blocks until the job has ended or `timeout` is over (kDeadlineExceeded). For tests and tools.
  Result<domain::Job> WaitForEnd(const domain::Scope& scope, const std::string& name, Duration timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::runner
