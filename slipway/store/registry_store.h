// Registries; their assets are in the tables of asset_store.h.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/registry.h"
#include "slipway/sql/database.h"
#include "slipway/store/document_table.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> RegistryTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed.
class SqlRegistryStore final : public domain::RegistryStore {
 public:
  explicit SqlRegistryStore(sql::Database& database);

  Status PutRegistry(const domain::AssetRegistry& registry) override;
  Result<domain::AssetRegistry> GetRegistry(const std::string& name) override;
  Result<std::vector<domain::AssetRegistry>> ListRegistries() override;
  Status DeleteRegistry(const domain::AssetRegistry& registry) override;

 private:
  sql::Database& database_;
  DocumentTable table_;
};

}  // namespace slipway::store
