#pragma once

#include "slipway/domain/registry.h"
#include "slipway/domain/testing/table.h"

namespace slipway::domain::testing {

class MemoryRegistryStore final : public RegistryStore {
 public:
  Status PutRegistry(const AssetRegistry& registry) override {
    const std::lock_guard lock(mutex_);
    registries_.Put({}, registry.scope.registry, registry);
    return {};
  }
  Result<AssetRegistry> GetRegistry(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return registries_.Get({}, name);
  }
  Result<std::vector<AssetRegistry>> ListRegistries() override {
    const std::lock_guard lock(mutex_);
    return registries_.ByName({});
  }
  Status DeleteRegistry(const AssetRegistry& registry) override {
    const std::lock_guard lock(mutex_);
    registries_.Erase({}, registry.scope.registry);
    return {};
  }

 private:
  std::mutex mutex_;
  Table<AssetRegistry> registries_{"registry"};
};

}  // namespace slipway::domain::testing
