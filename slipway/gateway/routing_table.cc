#include "slipway/gateway/routing_table.h"

#include "slipway/base/text.h"

namespace slipway::gateway {

bool Serves(const LiveDeployment& deployment, std::string_view name, std::string_view version) {
  const WantedDeployment& wanted = deployment.wanted;
  if (!version.empty() && wanted.model_version != version) return false;
  return name == wanted.model_name || EqualsIgnoreCase(name, wanted.name);
}

LiveEndpoint::LiveEndpoint(WantedEndpoint wanted_endpoint,
                           const std::map<std::string, std::shared_ptr<const LiveDeployment>>& deployments,
                           Metrics& metrics)
    : wanted(std::move(wanted_endpoint)), identity(wanted), counts(metrics.Of(wanted.name, "")) {
  const auto target = [&](const std::string& name) {
    const auto found = deployments.find(name);
    return TrafficTarget{name, found == deployments.end() ? nullptr : found->second, metrics.Of(wanted.name, name)};
  };
  for (const WantedDeployment& deployment : wanted.deployments) all_.push_back(target(deployment.name));
  std::vector<int> percents;
  for (const auto& [name, percent] : wanted.traffic) {
    live_targets_.push_back(target(name));
    percents.push_back(percent);
  }
  live_split_ = TrafficSplit(percents);
  percents.clear();
  for (const auto& [name, percent] : wanted.mirror_traffic) {
    mirror_targets_.push_back(target(name));
    percents.push_back(percent);
  }
  mirror_split_ = TrafficSplit(percents);
}

const TrafficTarget* LiveEndpoint::FindDeployment(std::string_view name) const {
  for (const TrafficTarget& target : all_) {
    if (EqualsIgnoreCase(target.deployment, name)) return &target;
  }
  return nullptr;
}

const TrafficTarget* LiveEndpoint::FindModel(std::string_view name, std::string_view version) const {
  for (const TrafficTarget& target : all_) {
    if (target.live && Serves(*target.live, name, version)) return &target;
  }
  return nullptr;
}

bool LiveEndpoint::CanAnswer() const {
  for (const TrafficTarget& target : live_targets_) {
    if (target.live && wanted.traffic.at(target.deployment) > 0) return true;
  }
  return false;
}

const TrafficTarget* LiveEndpoint::Pick(const TrafficSplit& split, const std::vector<TrafficTarget>& targets,
                                        double unit) {
  const auto picked = split.Pick(unit);
  return picked ? &targets[*picked] : nullptr;
}

void RoutingTable::Add(std::shared_ptr<const LiveEndpoint> endpoint) {
  endpoints_[ToLower(endpoint->wanted.name)] = std::move(endpoint);
}

const LiveEndpoint* RoutingTable::Find(std::string_view name) const {
  const auto found = endpoints_.find(name);
  if (found != endpoints_.end()) return found->second.get();
  const auto lower = endpoints_.find(ToLower(name));
  return lower == endpoints_.end() ? nullptr : lower->second.get();
}

RoutingTableHolder::RoutingTableHolder(int cores)
    : newest_(std::make_shared<RoutingTable>()), slots_(static_cast<size_t>(cores)) {}

void RoutingTableHolder::Publish(std::shared_ptr<const RoutingTable> table) {
  const std::lock_guard lock(mutex_);
  newest_ = std::move(table);
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const RoutingTable> RoutingTableHolder::Newest() {
  const std::lock_guard lock(mutex_);
  return newest_;
}

const std::shared_ptr<const RoutingTable>& RoutingTableHolder::Current(int core) {
  Slot& slot = slots_[static_cast<size_t>(core)];
  if (slot.version != version_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    slot.table = newest_;
    slot.version = version_.load(std::memory_order_relaxed);
  }
  return slot.table;
}

}  // namespace slipway::gateway
