// Rollouts as stored; beside the other stores (stores.h), whose contract holds here too.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/domain/rollout.h"

namespace slipway::domain {

class RolloutStore {
 public:
  virtual ~RolloutStore() = default;
  virtual Status PutRollout(const Scope& scope, const Rollout& rollout) = 0;  // creates or replaces
  virtual Result<Rollout> GetRollout(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<Rollout>> ListRollouts(const Scope& scope) = 0;  // by name
};

}  // namespace slipway::domain
