// Action groups and the freeze switch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/domain/alert_store.h"
#include "slipway/sql/database.h"
#include "slipway/store/document_table.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> ActionGroupTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed.
class SqlActionGroupStore final : public domain::ActionGroupStore {
 public:
  explicit SqlActionGroupStore(sql::Database& database);

  Status PutActionGroup(const domain::Scope& scope, const domain::ActionGroup& group) override;
  Result<domain::ActionGroup> GetActionGroup(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::ActionGroup>> ListActionGroups(const domain::Scope& scope) override;
  Status DeleteActionGroup(const domain::Scope& scope, const std::string& name) override;
  Status PutFreeze(const domain::Scope& scope, const std::optional<domain::AlertFreeze>& freeze) override;
  Result<std::optional<domain::AlertFreeze>> GetFreeze(const domain::Scope& scope) override;

 private:
  NamedDocuments groups_, settings_;
};

}  // namespace slipway::store
