// Online endpoints, with their keys, and their deployments.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/stores.h"
#include "slipway/sql/database.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> EndpointTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed. Lists are by name; deleting what is not there
// does nothing.
class SqlEndpointStore final : public domain::EndpointStore {
 public:
  explicit SqlEndpointStore(sql::Database& database) : database_(database) {}

  Status PutEndpoint(const domain::Scope& scope, const domain::OnlineEndpoint& endpoint) override;
  Result<domain::OnlineEndpoint> GetEndpoint(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::OnlineEndpoint>> ListEndpoints(const domain::Scope& scope) override;
  Status DeleteEndpoint(const domain::Scope& scope, const std::string& name) override;
  // kNotFound when there is no such endpoint.
  Status PutDeployment(const domain::Scope& scope, const domain::OnlineDeployment& deployment) override;
  Result<domain::OnlineDeployment> GetDeployment(const domain::Scope& scope, const std::string& endpoint,
                                                 const std::string& name) override;
  Result<std::vector<domain::OnlineDeployment>> ListDeployments(const domain::Scope& scope,
                                                                const std::string& endpoint) override;
  Status DeleteDeployment(const domain::Scope& scope, const std::string& endpoint, const std::string& name) override;

 private:
  sql::Database& database_;
};

}  // namespace slipway::store
