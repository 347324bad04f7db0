// Writes what the endpoints and deployments did, minute by minute, to the log table AzureMetrics: under the names,
// units and resources that Azure Monitor has for managed online endpoints, so that queries, dashboards and alert rules
// find them there. docs/online-endpoints.md lists them.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "slipway/base/time.h"
#include "slipway/gateway/instance_usage.h"
#include "slipway/gateway/log_sink.h"
#include "slipway/gateway/metrics.h"
#include "slipway/gateway/routing_table.h"

namespace slipway::gateway {

class MetricRecorder {
 public:
  // The references must outlive the recorder. `usage` lists the instances there are, on the recorder's thread.
  MetricRecorder(const Metrics& metrics, RoutingTableHolder& tables, LogSink& sink,
                 std::function<std::vector<InstanceUsage>(const RoutingTable&)> usage)
      : metrics_(metrics), tables_(tables), sink_(sink), usage_(std::move(usage)) {}

  // Records what happened since the last call, or since the start, as the interval from `begin` to `end`. Endpoints
  // without a request say so with zeros; those that are gone say nothing.
  void Record(Timestamp begin, Timestamp end);

 private:
  struct Interval;
  using Key = std::pair<std::string, std::string>;  // endpoint, deployment

  void RecordEndpoint(const LiveEndpoint& endpoint, const Interval& interval);
  void RecordRequests(const LiveEndpoint& endpoint, const std::string& deployment, const Interval& interval);
  // What data collection wrote, and what it could not.
  void RecordCollection(const LiveEndpoint& endpoint, const std::string& deployment, const DeploymentCounts::Sum& sum,
                        const Interval& interval);
  void RecordInstance(const LiveEndpoint& endpoint, const InstanceUsage& usage, const Interval& interval);

  const Metrics& metrics_;
  RoutingTableHolder& tables_;
  LogSink& sink_;
  const std::function<std::vector<InstanceUsage>(const RoutingTable&)> usage_;
  std::map<Key, DeploymentCounts::Sum> last_;
  std::map<std::string, std::chrono::nanoseconds> last_cpu_time_;  // by endpoint, deployment and instance
};

// Calls a recorder at the end of every minute of the clock, and once more for what is left when it ends.
class MinuteThread {
 public:
  MinuteThread(MetricRecorder& recorder, const Clock& clock)
      : thread_([&recorder, &clock](const std::stop_token& stop) { Run(recorder, clock, stop); }) {}

 private:
  static void Run(MetricRecorder& recorder, const Clock& clock, const std::stop_token& stop);
  std::jthread thread_;
};

}  // namespace slipway::gateway
