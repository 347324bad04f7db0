// Workspaces with their datastores (credentials included) and computes.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/stores.h"
#include "slipway/sql/database.h"
#include "slipway/store/document_table.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> WorkspaceTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed. Lists are by name; deleting what is not there
// does nothing.
class SqlWorkspaceStore final : public domain::WorkspaceStore {
 public:
  explicit SqlWorkspaceStore(sql::Database& database);

  Status PutWorkspace(const domain::Workspace& workspace) override;
  Result<domain::Workspace> GetWorkspace(const domain::Scope& scope) override;
  Result<domain::Workspace> FindWorkspaceById(const std::string& id) override;
  Result<std::vector<domain::Workspace>> ListWorkspaces() override;
  // kFailedPrecondition names what it still holds: assets, endpoints, jobs, schedules, alert rules. Its datastores,
  // computes and history (experiments, runs, alert events) go with it.
  Status DeleteWorkspace(const domain::Scope& scope) override;

  Status PutDatastore(const domain::Scope& scope, const domain::Datastore& datastore) override;
  Result<domain::Datastore> GetDatastore(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::Datastore>> ListDatastores(const domain::Scope& scope) override;
  Status DeleteDatastore(const domain::Scope& scope, const std::string& name) override;

  Status PutCompute(const domain::Scope& scope, const domain::Compute& compute) override;
  Result<domain::Compute> GetCompute(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::Compute>> ListComputes(const domain::Scope& scope) override;
  Status DeleteCompute(const domain::Scope& scope, const std::string& name) override;

 private:
  Result<std::vector<domain::Workspace>> FindWorkspaces(const std::string& condition,
                                                        const std::vector<sql::Value>& parameters);

  sql::Database& database_;
  NamedDocuments datastores_, computes_;
};

}  // namespace slipway::store
