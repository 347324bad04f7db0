// Makes what the routing snapshot wants real: loads models, starts workers, and publishes a routing table whenever
// something is ready. A new revision is made beside the old one, which answers until the new one is ready.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "slipway/gateway/collection/collector.h"
#include "slipway/gateway/console_file.h"
#include "slipway/gateway/log_sink.h"
#include "slipway/gateway/routing_snapshot.h"
#include "slipway/gateway/routing_table.h"
#include "slipway/gateway/script_runtime.h"

namespace slipway::gateway {

// What became of a deployment, as the control plane is told.
struct DeploymentReport {
  std::string endpoint, deployment;
  int64_t revision = 0;
  std::string state;  // Creating, Updating, Succeeded, Failed
  std::string message;
};

struct DeploymentManagerOptions {
  std::filesystem::path logs_folder;  // <endpoint>/<deployment>.log below it
  WorkerPrograms programs;
  int model_lanes = 1;  // threads that may score one model at once
};

// Thread-safe.
class DeploymentManager {
 public:
  // `on_change` is called, on any thread, when Reports() has news. The references must outlive the manager.
  DeploymentManager(DeploymentManagerOptions options, RoutingTableHolder& tables, LogSink& sink, Metrics& metrics,
                    collection::CollectionWriter& collection, const Clock& clock, std::function<void()> on_change);
  // Stops every worker; requests under way end first.
  ~DeploymentManager();

  // Starts what is new, keeps what is unchanged, retires what is gone. Returns at once.
  void Apply(RoutingSnapshot snapshot);
  std::vector<DeploymentReport> Reports() const;

 private:
  using Key = std::pair<std::string, std::string>;  // endpoint, deployment
  using Live = std::shared_ptr<const LiveDeployment>;

  struct Load {
    std::string fingerprint;
    std::jthread thread;
    bool is_done = false;
  };
  struct Entry {
    Live live;                             // answers requests; may be of an older revision
    std::shared_ptr<Load> load;            // under way for the wanted revision
    std::string failed_fingerprint;        // of a load that failed: not tried again until something changes
    std::shared_ptr<ConsoleFile> console;  // shared by the revisions
    DeploymentReport report;
  };
  struct Retired {
    Live live;
    SteadyTime since;
  };

  void Want(const WantedEndpoint& endpoint, const WantedDeployment& deployment);
  void StartLoad(Entry& entry, const Key& key, const WantedEndpoint& endpoint, const WantedDeployment& wanted);
  WantedFolder LongLinesOf(const WantedEndpoint& endpoint, const WantedDeployment& wanted) const;
  Result<Live> Make(const WantedEndpoint& endpoint, const WantedDeployment& wanted,
                    std::shared_ptr<ConsoleFile> console, std::stop_token stop) const;
  void FinishLoad(const Key& key, Load* load, Result<Live> made);
  void CancelLoad(Entry& entry);
  void Retire(Live live);
  // The threads of loads that have come to an end, to be joined without the lock.
  std::list<std::shared_ptr<Load>> TakeDoneLoads();
  void RunRetirement(std::stop_token stop);
  void Publish();

  const DeploymentManagerOptions options_;
  RoutingTableHolder& tables_;
  LogSink& sink_;
  Metrics& metrics_;
  collection::CollectionWriter& collection_;
  const Clock& clock_;
  const std::function<void()> on_change_;

  mutable std::mutex mutex_;  // guards all below
  RoutingSnapshot snapshot_;
  std::map<Key, Entry> entries_;
  std::list<std::shared_ptr<Load>> loads_;
  std::list<Retired> retired_;
  std::condition_variable_any retirement_;
  std::jthread retirement_thread_;
};

}  // namespace slipway::gateway
