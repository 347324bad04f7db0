// A deployment that runs user code: its instances' workers behind one queue.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "slipway/base/file.h"
#include "slipway/base/result.h"
#include "slipway/gateway/autoscaler.h"
#include "slipway/gateway/collection/collector.h"
#include "slipway/gateway/console_log.h"
#include "slipway/gateway/load_meter.h"
#include "slipway/gateway/metrics.h"
#include "slipway/gateway/request_queue.h"
#include "slipway/gateway/routing_snapshot.h"
#include "slipway/gateway/wait_forecast.h"
#include "slipway/gateway/worker.h"
#include "slipway/gateway/worker_confinement.h"

namespace slipway::gateway {

// The command line, environment and folder of one worker of `wanted`, unconfined.
WorkerCommand WorkerCommandOf(const WantedDeployment& wanted, const WorkerPrograms& programs);

// Thread-safe.
class ScriptRuntime {
 public:
  // `collector` takes what the script collects; may be nullptr. Returns when every worker is ready; fails with the
  // reason and the console's last lines when one cannot start, with kCancelled when asked to stop.
  static Result<std::shared_ptr<ScriptRuntime>> Start(const WantedDeployment& wanted, const WorkerPrograms& programs,
                                                      std::unique_ptr<ConsoleLog> console,
                                                      std::shared_ptr<DeploymentCounts> counts,
                                                      std::shared_ptr<const collection::DeploymentCollector> collector,
                                                      std::stop_token stop);
  ~ScriptRuntime() { Stop(); }
  // Answers what waits with kNotReady, lets what runs end, stops the workers. Idempotent; not to be called from `done`.
  void Stop();

  // Gives the request to a worker when one is free. False (and `done` is not called) when too many are pending already:
  // 2 × max_concurrent_requests_per_instance × instance_count, half of them waiting. One that waits for longer than
  // max_queue_wait_ms gets kWaitedTooLong: better an early refusal than an answer that comes too late. A deployment
  // that was scaled to zero wakes for it; it may then wait until its deadline.
  bool Submit(const WorkerRequest& request, SteadyTime deadline, std::function<void(ScoreOutcome)> done);

  // False when Submit would not take a request, or when one could hardly get a worker within max_queue_wait_ms: it had
  // better be told at once.
  bool HasRoom() const;
  // What a request that comes now waits for a worker, by what others took lately.
  std::chrono::nanoseconds ForecastWait() const;

  // Whether the script wants whole HTTP requests, OPTIONS among them; known once a worker has been ready.
  bool TakesHttp() const { return takes_http_.load(std::memory_order_relaxed); }
  // As WorkerReady has it.
  std::string Schema() const;
  int pending() const { return pending_.load(std::memory_order_relaxed); }
  struct InstanceState {
    std::string name;
    bool is_ready = false;  // some worker of it
    std::vector<int64_t> process_ids;
  };
  std::vector<InstanceState> Instances() const;

 private:
  ScriptRuntime(const WantedDeployment& wanted, WorkerCommand command, TemporaryDirectory scratch,
                std::unique_ptr<ConsoleLog> console, std::shared_ptr<DeploymentCounts> counts,
                std::shared_ptr<const collection::DeploymentCollector> collector);
  using Instance = std::vector<std::unique_ptr<Worker>>;

  Status WaitUntilReady(std::stop_token stop);
  bool IsAnyReady() const;
  int CountedInstances() const { return std::max(1, instance_count_.load(std::memory_order_relaxed)); }
  int PendingMax() const { return pending_max_per_instance_ * CountedInstances(); }
  std::unique_ptr<Worker> StartWorker(int instance);
  // Starts what is missing; lets those that are too many end what they have, and go. The number of instances
  // afterwards.
  int Resize(int instances);
  void StartScaling();
  // False when a request has come in the meantime.
  bool FallAsleep();
  void OnReady(int life, const WorkerReady& ready);
  void OnStartFailed(int life, const std::string& reason);

  const std::unique_ptr<ConsoleLog> console_;
  const std::shared_ptr<DeploymentCounts> counts_;
  const std::shared_ptr<const collection::DeploymentCollector> collector_;
  const WantedDeployment wanted_;
  const TemporaryDirectory scratch_;  // what its workers may write to
  const WorkerCommand command_;
  const int workers_per_instance_, pending_max_per_instance_;
  const std::chrono::milliseconds queue_wait_max_;  // zero: as long as the request's deadline allows
  std::atomic<int> pending_{0};
  WaitForecast forecast_;
  RequestQueue queue_;
  std::jthread expiry_thread_;

  std::atomic<bool> takes_http_{false};
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string schema_;
  std::string start_failure_;
  std::atomic<int> life_{0};  // changes, under mutex_, whenever the deployment falls asleep

  std::atomic<int> instance_count_{0};
  std::atomic<bool> is_asleep_{false};  // scaled to zero, and not awake again: requests wait for the first worker
  mutable std::mutex instances_mutex_;
  std::vector<Instance> instances_;
  std::vector<std::future<void>> leaving_;  // of the autoscaler's thread: instances that end what they have

  std::unique_ptr<LoadMeter> meter_;        // both nullptr when the number of instances is fixed
  std::unique_ptr<Autoscaler> autoscaler_;  // dies first
};

}  // namespace slipway::gateway
