// The audit log as a table, and beside the database a file with the last hash, so that entries cut off at the end are
// missed, too. docs/formats/audit.md describes both.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "slipway/domain/audit.h"
#include "slipway/sql/database.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> AuditTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed.
class SqlAuditStore final : public domain::AuditLog {
 public:
  // `head_file` "" = none is kept.
  SqlAuditStore(sql::Database& database, std::filesystem::path head_file)
      : database_(database), head_file_(std::move(head_file)) {}

  Result<domain::AuditEntry> Record(domain::AuditEntry entry) override;
  Result<std::vector<domain::AuditEntry>> List(const domain::AuditFilter& filter) override;
  Result<domain::AuditReport> Verify() override;

 private:
  Status WriteHead(const domain::AuditEntry& entry);
  Status CheckHead(domain::AuditReport& report, const std::vector<domain::AuditEntry>& entries);

  sql::Database& database_;
  const std::filesystem::path head_file_;
  std::mutex head_;  // of writers of the file
  int64_t written_ = 0;
};

}  // namespace slipway::store
