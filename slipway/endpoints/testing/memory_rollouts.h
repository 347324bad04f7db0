// A store of rollouts that forgets, for tests.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/text.h"
#include "slipway/domain/rollout_store.h"

namespace slipway::endpoints::testing {

class MemoryRollouts final : public domain::RolloutStore {
 public:
  std::optional<int> writes_left;  // as if the process died before the next write

  Status PutRollout(const domain::Scope&, const domain::Rollout& rollout) override {
    const std::lock_guard lock(mutex_);
    if (writes_left && (*writes_left)-- <= 0) return Unavailable("the process is dead");
    rollouts_[ToLower(rollout.name)] = rollout;
    return {};
  }
  Result<domain::Rollout> GetRollout(const domain::Scope&, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const auto found = rollouts_.find(ToLower(name));
    if (found == rollouts_.end()) return NotFound("there is no rollout '" + name + "'");
    return found->second;
  }
  Result<std::vector<domain::Rollout>> ListRollouts(const domain::Scope&) override {
    const std::lock_guard lock(mutex_);
    std::vector<domain::Rollout> list;
    for (const auto& [name, rollout] : rollouts_) list.push_back(rollout);
    return list;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, domain::Rollout> rollouts_;
};

}  // namespace slipway::endpoints::testing
