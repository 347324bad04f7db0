// The schema of the metadata and how older ones become it. For this room's own files.
#pragma once

#include <string>
#include <vector>

#include "slipway/sql/database.h"

namespace slipway::store {

// From the version before to `version`. Written once and never changed: a change of the schema is a new one.
struct Migration {
  int version = 0;
  std::vector<std::string> statements;  // for SQLite and PostgreSQL alike
};

// By version: 1, 2, 3 …
std::vector<Migration> MetadataMigrations();

// Runs what the database lacks. Each migration is one transaction with its row in schema_version, so a process that is
// killed leaves the version before or the one after. kFailedPrecondition when the database is newer than `migrations`.
Status Migrate(sql::Database& database, const std::vector<Migration>& migrations);

}  // namespace slipway::store
