// What the instances of deployments use of the machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "slipway/gateway/routing_table.h"

namespace slipway::gateway {

struct InstanceUsage {
  std::string endpoint, deployment, instance;
  bool is_ready = true;
  std::chrono::nanoseconds cpu_time{};  // since its processes began; of all of them
  int processors = 0;                   // that its processes can keep busy, 100 %; 0: nothing is known of its use
  uint64_t memory_bytes = 0;            // resident
  uint64_t memory_max = 0;              // 100 %: its limit, or the machine's memory
};

// Of every deployment that is wanted, ready or not. One that is scored inside the gateway has the gateway's own
// process, with its `threads` event loops, as its only instance. Reads /proc.
std::vector<InstanceUsage> UsageOf(const RoutingTable& table, int threads);

// Of one process; zeros when it is gone.
struct ProcessUsage {
  std::chrono::nanoseconds cpu_time{};
  uint64_t memory_bytes = 0;
};
ProcessUsage UsageOfProcess(int64_t pid);

}  // namespace slipway::gateway
