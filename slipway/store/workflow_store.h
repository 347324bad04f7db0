// Workflow runs, environment gates, watched repositories.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/workflow_store.h"
#include "slipway/sql/database.h"
#include "slipway/store/document_table.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> WorkflowTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed.
class SqlWorkflowStore final : public domain::WorkflowStore {
 public:
  explicit SqlWorkflowStore(sql::Database& database);

  Result<domain::WorkflowRun> InsertRun(const domain::Scope& scope, domain::WorkflowRun run,
                                        const std::string& cause) override;
  Status UpdateRun(const domain::Scope& scope, const domain::WorkflowRun& run) override;
  Result<domain::WorkflowRun> GetRun(const domain::Scope& scope, int64_t id) override;
  Result<std::vector<domain::WorkflowRun>> ListRuns(const domain::Scope& scope,
                                                    const domain::WorkflowRunFilter& filter) override;

  Status PutGate(const domain::Scope& scope, const domain::EnvironmentGate& gate) override;
  Result<domain::EnvironmentGate> GetGate(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::EnvironmentGate>> ListGates(const domain::Scope& scope) override;
  Status DeleteGate(const domain::Scope& scope, const std::string& name) override;

  Status PutRepository(const domain::Scope& scope, const domain::WorkflowRepository& repository) override;
  Result<std::vector<domain::WorkflowRepository>> ListRepositories(const domain::Scope& scope) override;
  Status DeleteRepository(const domain::Scope& scope, const std::string& path) override;

 private:
  sql::Database& database_;
  NamedDocuments gates_, repositories_;
};

}  // namespace slipway::store
