// Action groups and the freeze switch as stored; beside the other stores (stores.h), whose contract holds here too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/alert.h"

namespace slipway::domain {

class ActionGroupStore {
 public:
  virtual ~ActionGroupStore() = default;
  virtual Status PutActionGroup(const Scope& scope, const ActionGroup& group) = 0;  // creates or replaces
  virtual Result<ActionGroup> GetActionGroup(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<ActionGroup>> ListActionGroups(const Scope& scope) = 0;  // by name
  virtual Status DeleteActionGroup(const Scope& scope, const std::string& name) = 0;

  // Nullopt takes the switch back.
  virtual Status PutFreeze(const Scope& scope, const std::optional<AlertFreeze>& freeze) = 0;
  virtual Result<std::optional<AlertFreeze>> GetFreeze(const Scope& scope) = 0;
};

}  // namespace slipway::domain
