// Carries out commands as child processes on this machine; those of a Slurm compute by a process that watches them,
// those of a container by the engine's.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "slipway/base/thread_pool.h"
#include "slipway/base/ticker.h"
#include "slipway/domain/stores.h"
#include "slipway/environments/content_hash.h"
#include "slipway/environments/environments.h"
#include "slipway/process/supervisor.h"
#include "slipway/registry/catalog.h"
#include "slipway/runner/execute/executor.h"
#include "slipway/runner/execute/ports.h"
#include "slipway/runner/expressions.h"
#include "slipway/runner/runner.h"

namespace slipway::runner {

// Thread-safe. Slow work (environments, copies) runs on a pool; its queue is bounded by the number of unfinished jobs.
class LocalExecutor final : public Executor {
 public:
  LocalExecutor(const Options& options, const Dependencies& dependencies, registry::Catalog& catalog);
  ~LocalExecutor() override;

  void SetHandlers(Handlers handlers) override { handlers_ = std::move(handlers); }
  void Prepare(const JobKey& key, const domain::Job& job, bool may_reuse) override;
  void Launch(const JobKey& key, const domain::Job& job) override;
  void End(const JobKey& key) override;
  void Finalize(const JobKey& key, const domain::Job& job) override;
  Status WriteArtifacts(const JobKey& key, const domain::Job& job,
                        const std::map<std::string, std::string>& files) override;
  void Discard(const JobKey& key) override;
  Recovery Recover(const JobKey& key, const domain::Job& job) override;
  void RemoveLeftovers() override;

 private:
  // What Prepare leaves for Launch.
  struct Ready {
    std::map<std::string, InputSource> inputs;
    environments::Realized environment;
  };
  // Processes outlive this object: their ends must not reach it then.
  struct Guard {
    std::mutex mutex;
    bool is_alive = true;
  };
  process::ExitHandler ExitHandlerFor(const JobKey& key, const std::filesystem::path& log);

  // What is known of a job's process.
  struct Running {
    process::Identity identity;  // pid 0 until it has started
    bool is_ending = false;
    std::optional<JobKey> external;  // of a command that a scheduler was given
    std::string told_state;          // what was told of it last
  };

  struct Resources;  // the assets that a command names
  Result<Resources> FindResources(const domain::Scope& scope, const domain::CommandSpec& command);
  Result<environments::Realized> Realize(const JobKey& key, const domain::Job& job, const Resources& resources);
  Result<Preparation> PrepareNow(const JobKey& key, const domain::Job& job, bool may_reuse);
  Result<std::optional<domain::Job>> FindReusable(const domain::Scope& scope, const std::string& reuse_key);
  Result<process::SpawnOptions> MakeSpawn(const JobKey& key, const domain::Job& job, const Ready& ready);
  Status EnterContainer(const RunFolder& folder, const domain::Job& job, const Ready& ready, const Values& values,
                        process::SpawnOptions& spawn);
  Result<std::optional<domain::Compute>> ClusterOf(const domain::Scope& scope, const domain::CommandSpec& command);
  // Tells what schedulers say of the commands that they were given.
  std::optional<Timestamp> TellExternalStates(Timestamp now);
  void CancelInCluster(const std::string& id);
  void RemoveContainer(const RunFolder& folder);
  Status LaunchNow(const JobKey& key, const domain::Job& job);
  void HandleExit(const JobKey& key, const std::filesystem::path& log, const process::Exit& exit);
  Result<Finalized> FinalizeNow(const JobKey& key, const domain::Job& job);
  Status MakeArtifactFolders(const std::filesystem::path& artifacts, const RunFolder& folder, int attempt);
  Result<std::filesystem::path> ArtifactFolder(const domain::Scope& scope, const domain::Job& job);
  RunFolder FolderOf(const JobKey& key) const;

  const Options options_;
  const Dependencies dependencies_;
  registry::Catalog& catalog_;
  Handlers handlers_;
  const std::shared_ptr<Guard> guard_ = std::make_shared<Guard>();
  environments::ContentHasher hasher_;
  std::mutex mutex_;
  std::map<std::string, Ready> ready_;      // by run folder
  std::map<std::string, Running> running_;  // by run folder
  Ticker ticker_;                           // the last two: what they do uses all of the above
  ThreadPool pool_;
};

}  // namespace slipway::runner
