// What the data plane looks requests up in: immutable, replaced as a whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/gateway/collection/collector.h"
#include "slipway/gateway/log_sink.h"
#include "slipway/gateway/metrics.h"
#include "slipway/gateway/model_runtime.h"
#include "slipway/gateway/routing_snapshot.h"
#include "slipway/gateway/script_runtime.h"
#include "slipway/gateway/traffic_split.h"

namespace slipway::gateway {

// A deployment that answers requests: exactly one of the runtimes is there.
struct LiveDeployment {
  WantedDeployment wanted;
  std::shared_ptr<ModelRuntime> model;
  std::shared_ptr<ScriptRuntime> script;
  std::shared_ptr<const collection::DeploymentCollector> collector;  // nullptr when nothing is collected
};

// One line of a traffic table; `live` is nothing while the deployment is not ready.
struct TrafficTarget {
  std::string deployment;
  std::shared_ptr<const LiveDeployment> live;
  std::shared_ptr<DeploymentCounts> counts;
};

// Whether a caller who asks for the model `name` (and `version`, unless empty) may be given this deployment, which
// also answers to its own name.
bool Serves(const LiveDeployment& deployment, std::string_view name, std::string_view version);

class LiveEndpoint {
 public:
  LiveEndpoint(WantedEndpoint wanted, const std::map<std::string, std::shared_ptr<const LiveDeployment>>& deployments,
               Metrics& metrics);

  const WantedEndpoint wanted;
  const LogIdentity identity;
  const std::shared_ptr<DeploymentCounts> counts;  // of requests that reach no deployment

  // The target for a number drawn evenly from [0, 1); nullptr when no deployment has traffic.
  const TrafficTarget* PickLive(double unit) const { return Pick(live_split_, live_targets_, unit); }
  // The deployment that gets a copy; nullptr when this request is not mirrored.
  const TrafficTarget* PickMirror(double unit) const { return Pick(mirror_split_, mirror_targets_, unit); }
  // Whether a deployment with traffic is ready.
  bool CanAnswer() const;
  // A deployment the caller named; nullptr when the endpoint has none of that name.
  const TrafficTarget* FindDeployment(std::string_view name) const;
  // A deployment of that name, or of a model of that name; `version`, when given, is the model's.
  const TrafficTarget* FindModel(std::string_view name, std::string_view version) const;

 private:
  static const TrafficTarget* Pick(const TrafficSplit& split, const std::vector<TrafficTarget>& targets, double unit);

  std::vector<TrafficTarget> all_, live_targets_, mirror_targets_;
  TrafficSplit live_split_, mirror_split_;
};

class RoutingTable {
 public:
  void Add(std::shared_ptr<const LiveEndpoint> endpoint);
  // Names compare without case; nullptr when there is none.
  const LiveEndpoint* Find(std::string_view name) const;
  // By lower-case name.
  const auto& endpoints() const { return endpoints_; }

 private:
  std::map<std::string, std::shared_ptr<const LiveEndpoint>, std::less<>> endpoints_;
};

// Hands the newest table to the event loops: a loop looks at one counter a request, and takes the lock only when there
// is a newer table.
class RoutingTableHolder {
 public:
  explicit RoutingTableHolder(int cores);
  void Publish(std::shared_ptr<const RoutingTable> table);
  // From any thread.
  std::shared_ptr<const RoutingTable> Newest();
  // To be called on the core's own thread; the reference is good until the next call there.
  const std::shared_ptr<const RoutingTable>& Current(int core);
  // Of what Current gave that core last; differs for every table published.
  uint64_t VersionOf(int core) const { return slots_[static_cast<size_t>(core)].version; }

 private:
  struct alignas(64) Slot {
    uint64_t version = 0;
    std::shared_ptr<const RoutingTable> table;
  };
  std::mutex mutex_;
  std::shared_ptr<const RoutingTable> newest_;
  std::atomic<uint64_t> version_{1};
  std::vector<Slot> slots_;
};

}  // namespace slipway::gateway
