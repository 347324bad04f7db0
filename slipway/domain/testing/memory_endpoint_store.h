#pragma once

#include "slipway/domain/rollout_store.h"
#include "slipway/domain/stores.h"
#include "slipway/domain/testing/table.h"

namespace slipway::domain::testing {

class MemoryEndpointStore final : public EndpointStore {
 public:
  std::atomic<bool> fails = false;  // whether writes fail

  Status PutEndpoint(const Scope& scope, const OnlineEndpoint& endpoint) override {
    const std::lock_guard lock(mutex_);
    if (fails) return Unavailable("the disk is full");
    endpoints_.Put(scope, endpoint.name, endpoint);
    return {};
  }
  Result<OnlineEndpoint> GetEndpoint(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return endpoints_.Get(scope, name);
  }
  Result<std::vector<OnlineEndpoint>> ListEndpoints(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    return endpoints_.ByName(scope);
  }
  Status DeleteEndpoint(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    endpoints_.Erase(scope, name);
    deployments_.EraseIf(scope, [&](const OnlineDeployment& deployment) { return IsOf(deployment, name); });
    return {};
  }
  Status PutDeployment(const Scope& scope, const OnlineDeployment& deployment) override {
    const std::lock_guard lock(mutex_);
    if (fails) return Unavailable("the disk is full");
    deployments_.Put(scope, deployment.endpoint_name + "/" + deployment.name, deployment);
    return {};
  }
  Result<OnlineDeployment> GetDeployment(const Scope& scope, const std::string& endpoint,
                                         const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return deployments_.Get(scope, endpoint + "/" + name);
  }
  Result<std::vector<OnlineDeployment>> ListDeployments(const Scope& scope, const std::string& endpoint) override {
    const std::lock_guard lock(mutex_);
    std::vector<OnlineDeployment> list = deployments_.ByName(scope);
    std::erase_if(list, [&](const OnlineDeployment& deployment) { return !IsOf(deployment, endpoint); });
    return list;
  }
  Status DeleteDeployment(const Scope& scope, const std::string& endpoint, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    deployments_.Erase(scope, endpoint + "/" + name);
    return {};
  }

 private:
  static bool IsOf(const OnlineDeployment& deployment, const std::string& endpoint) {
    return ToLower(deployment.endpoint_name) == ToLower(endpoint);
  }

  std::mutex mutex_;
  Table<OnlineEndpoint> endpoints_{"endpoint"};
  Table<OnlineDeployment> deployments_{"deployment"};
};

class MemoryRolloutStore final : public RolloutStore {
 public:
  Writes writes;

  Status PutRollout(const Scope& scope, const Rollout& rollout) override {
    const std::lock_guard lock(mutex_);
    SLIPWAY_RETURN_IF_ERROR(writes.Count());
    rollouts_.Put(scope, rollout.name, rollout);
    return {};
  }
  Result<Rollout> GetRollout(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return rollouts_.Get(scope, name);
  }
  Result<std::vector<Rollout>> ListRollouts(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    return rollouts_.ByName(scope);
  }

 private:
  std::mutex mutex_;
  Table<Rollout> rollouts_{"rollout"};
};

}  // namespace slipway::domain::testing
