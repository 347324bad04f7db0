// Assets: their containers (a name of a kind) and versions.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/stores.h"
#include "slipway/sql/database.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> AssetTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed. "Newest" is by the order of insertion. A
// version makes its container when there is none; a container that nobody put goes with its last version. The number of
// a deleted version is not given again while its container stays.
class SqlAssetStore final : public domain::AssetStore {
 public:
  explicit SqlAssetStore(sql::Database& database) : database_(database) {}

  Result<domain::AssetVersion> InsertVersion(const domain::Scope& scope, domain::AssetVersion version) override;
  // Who changed it last, and when, is taken over too.
  Status UpdateVersion(const domain::Scope& scope, const domain::AssetVersion& version) override;
  Result<domain::AssetVersion> GetVersion(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                                          const std::string& version) override;
  Result<domain::AssetVersion> GetLatest(const domain::Scope& scope, domain::AssetKind kind,
                                         const std::string& name) override;
  Result<std::vector<domain::AssetVersion>> ListVersions(const domain::Scope& scope, domain::AssetKind kind,
                                                         const std::string& name, domain::ListView view) override;
  // Nothing when it is not there.
  Status DeleteVersion(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                       const std::string& version) override;
  Status DeleteContainer(const domain::Scope& scope, domain::AssetKind kind, const std::string& name) override;
  Result<domain::AssetContainer> GetContainer(const domain::Scope& scope, domain::AssetKind kind,
                                              const std::string& name) override;
  // latest_version and next_version are not taken over: the versions say them.
  Status PutContainer(const domain::Scope& scope, const domain::AssetContainer& container) override;
  // Anonymous: those with anonymous versions only.
  Result<std::vector<domain::AssetContainer>> ListContainers(const domain::Scope& scope, domain::AssetKind kind,
                                                             domain::ListView view) override;

 private:
  sql::Database& database_;
};

}  // namespace slipway::store
