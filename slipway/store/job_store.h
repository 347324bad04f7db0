// Jobs in SQL: one row a job, with the columns that are searched for beside the whole job as text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/domain/stores.h"
#include "slipway/sql/database.h"

namespace slipway::store {

// The statements that make the table and its indexes, for SQLite and PostgreSQL alike. A migration runs them once.
std::vector<std::string> JobTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed.
class SqlJobStore final : public domain::JobStore {
 public:
  explicit SqlJobStore(sql::Database& database) : database_(database) {}

  Status InsertJob(const domain::Scope& scope, const domain::Job& job) override;
  Status UpdateJob(const domain::Scope& scope, const domain::Job& job,
                   std::optional<domain::JobStatus> expected = std::nullopt) override;
  Result<domain::Job> GetJob(const domain::Scope& scope, const std::string& name) override;
  // `filter.root` gives the root itself too.
  Result<std::vector<domain::Job>> ListJobs(const domain::Scope& scope, const domain::JobFilter& filter) override;
  Result<std::optional<domain::Job>> FindReusable(const domain::Scope& scope, const std::string& reuse_key) override;
  Status DeleteJob(const domain::Scope& scope, const std::string& name) override;

 private:
  sql::Database& database_;
};

}  // namespace slipway::store
