#include "slipway/gateway/instance_usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::gateway {
namespace {

uint64_t MachineMemory() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// The `index`th word of a text, from 0.
uint64_t NumberAt(std::string_view text, size_t index) {
  const auto words = Split(text, ' ');
  return index < words.size() ? static_cast<uint64_t>(ParseInt(words[index]).value_or(0)) : 0;
}

InstanceUsage UsageOfModel(int threads) {
  const ProcessUsage own = UsageOfProcess(getpid());
  InstanceUsage usage;
  usage.cpu_time = own.cpu_time;
  usage.memory_bytes = own.memory_bytes;
  usage.memory_max = MachineMemory();
  usage.processors = threads;
  return usage;
}

InstanceUsage UsageOfInstance(const ScriptRuntime::InstanceState& instance) {
  InstanceUsage usage;
  usage.instance = instance.name;
  usage.is_ready = instance.is_ready;
  usage.memory_max = MachineMemory();
  usage.processors = static_cast<int>(instance.process_ids.size());
  for (const int64_t id : instance.process_ids) {
    const ProcessUsage process = UsageOfProcess(id);
    usage.cpu_time += process.cpu_time;
    usage.memory_bytes += process.memory_bytes;
  }
  return usage;
}

void AddDeployment(const LiveEndpoint& endpoint, const std::string& name, int threads,
                   std::vector<InstanceUsage>& usages) {
  const TrafficTarget* target = endpoint.FindDeployment(name);
  const auto add = [&](InstanceUsage usage) {
    usage.endpoint = endpoint.wanted.name;
    usage.deployment = name;
    if (usage.instance.empty()) usage.instance = name + "-0";
    usages.push_back(std::move(usage));
  };
  if (!target || !target->live) {
    InstanceUsage missing;
    missing.is_ready = false;
    return add(missing);
  }
  if (target->live->model) return add(UsageOfModel(threads));
  for (const auto& instance : target->live->script->Instances()) add(UsageOfInstance(instance));
}

}  // namespace

std::vector<InstanceUsage> UsageOf(const RoutingTable& table, int threads) {
  std::vector<InstanceUsage> usages;
  for (const auto& [name, endpoint] : table.endpoints()) {
    for (const WantedDeployment& deployment : endpoint->wanted.deployments)
      AddDeployment(*endpoint, deployment.name, threads, usages);
  }
  return usages;
}

ProcessUsage UsageOfProcess(int64_t pid) {
  ProcessUsage usage;
  const auto stat = ReadFile(fmt::format("/proc/{}/stat", pid)), memory = ReadFile(fmt::format("/proc/{}/statm", pid));
  if (!stat || !memory) return usage;
  // The second field is the program's name in brackets, blanks and all; what follows begins with the third.
  const size_t name_end = stat->rfind(')');
  if (name_end == std::string::npos || name_end + 2 > stat->size()) return usage;
  const std::string_view fields = std::string_view(*stat).substr(name_end + 2);
  constexpr size_t kUserTicks = 11, kSystemTicks = 12, kResidentPages = 1;
  const uint64_t ticks = NumberAt(fields, kUserTicks) + NumberAt(fields, kSystemTicks);
  const auto ticks_a_second = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  usage.cpu_time = std::chrono::nanoseconds(ticks * (1'000'000'000 / ticks_a_second));
  usage.memory_bytes = NumberAt(*memory, kResidentPages) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return usage;
}

}  // namespace slipway::gateway
