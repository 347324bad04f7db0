// Rollouts of online endpoints.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/rollout_store.h"
#include "slipway/sql/database.h"
#include "slipway/store/document_table.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> RolloutTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed.
class SqlRolloutStore final : public domain::RolloutStore {
 public:
  explicit SqlRolloutStore(sql::Database& database);

  Status PutRollout(const domain::Scope& scope, const domain::Rollout& rollout) override;
  Result<domain::Rollout> GetRollout(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::Rollout>> ListRollouts(const domain::Scope& scope) override;

 private:
  NamedDocuments rollouts_;
};

}  // namespace slipway::store
