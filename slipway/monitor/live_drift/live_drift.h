// The service that keeps the drift gauges of every deployment whose model has a baseline: each second it counts the
// newest logged rows into them, and what moved becomes rows of the table SlipwayDriftGauges (docs/drift.md).
//
// Nothing of it is stored: after a start the rows of the last hour are read again from the logs and collected files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/stores.h"
#include "slipway/logstore/log_store.h"
#include "slipway/monitor/live_drift/baselines.h"
#include "slipway/monitor/live_drift/collections.h"
#include "slipway/monitor/live_drift/gauges.h"

namespace slipway::monitor {

// Borrowed; they outlive the service.
struct LiveDriftDependencies {
  domain::WorkspaceStore& workspaces;
  domain::EndpointStore& endpoints;
  const Baselines& baselines;
  logstore::LogStore& logs;
  const Clock& clock;
  LocalPath local_path;
};

// One deployment as it is now.
struct DeploymentDrift {
  domain::Scope scope;
  std::string endpoint, deployment;
  std::string model;   // "azureml:name:version"
  std::string source;  // "data collection" or "console log"; where rows come from
  std::string note;    // why there are no gauges; "" when there are
  std::vector<GaugeReading> readings;
};

// Thread-safe.
class LiveDrift {
 public:
  explicit LiveDrift(LiveDriftDependencies dependencies);
  ~LiveDrift();  // Stop()

  // Tests leave it out and call Tick().
  void Start();
  void Stop();

  // Reads what came, counts it and tells of what moved. The time of the next tick.
  std::optional<Timestamp> Tick(Timestamp now);

  // Every deployment that has a model, by workspace, endpoint and name.
  std::vector<DeploymentDrift> Read() const;
  // The gauges in Prometheus' text form.
  std::string MetricsPage() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::monitor
