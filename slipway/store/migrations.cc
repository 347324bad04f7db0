#include "slipway/store/migrations.h"

#include <fmt/format.h>

#include "slipway/store/alert_store.h"
#include "slipway/store/asset_store.h"
#include "slipway/store/audit_store.h"
#include "slipway/store/endpoint_store.h"
#include "slipway/store/job_store.h"
#include "slipway/store/promotion_store.h"
#include "slipway/store/registry_store.h"
#include "slipway/store/rollout_store.h"
#include "slipway/store/run_store.h"
#include "slipway/store/schedule_store.h"
#include "slipway/store/workflow_store.h"
#include "slipway/store/workspace_store.h"

namespace slipway::store {
namespace {

std::vector<std::string> FirstSchema() {
  std::vector<std::string> statements;
  for (const auto& tables : {WorkspaceTableStatements(), AssetTableStatements(), EndpointTableStatements(),
                             JobTableStatements(), ScheduleTableStatements(), RunTableStatements()})
    statements.insert(statements.end(), tables.begin(), tables.end());
  return statements;
}

Result<int64_t> ReadVersion(sql::Connection& connection) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto rows, connection.Query("SELECT MAX(version) FROM schema_version"));
  return rows.at(0).Int(0);
}

Status CheckNotNewer(int64_t found, int64_t known) {
  if (found <= known) return {};
  return Error(Code::kFailedPrecondition,
               fmt::format("the database has schema version {}, made by a newer Slipway; this one knows versions up to "
                           "{}: run the newer one, or restore a backup made before",
                           found, known));
}

}  // namespace

std::vector<Migration> MetadataMigrations() {
  return {{1, FirstSchema()},
          {2, RolloutTableStatements()},
          {3, ActionGroupTableStatements()},
          {4, WorkflowTableStatements()},
          {5, RegistryTableStatements()},
          {6, AuditTableStatements()},
          {7, PromotionTableStatements()}};
}

Status Migrate(sql::Database& database, const std::vector<Migration>& migrations) {
  int64_t found = 0;
  SLIPWAY_RETURN_IF_ERROR(database.Write([&](sql::Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(
        connection.Execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)"));
    SLIPWAY_ASSIGN_OR_RETURN(found, ReadVersion(connection));
    return CheckNotNewer(found, migrations.empty() ? 0 : migrations.back().version);
  }));
  for (const Migration& migration : migrations) {
    if (migration.version <= found) continue;
    Status migrated = database.Write([&](sql::Connection& connection) -> Status {
      // Another process may have been faster.
      SLIPWAY_ASSIGN_OR_RETURN(const int64_t version, ReadVersion(connection));
      if (version >= migration.version) return {};
      for (const std::string& statement : migration.statements) SLIPWAY_RETURN_IF_ERROR(connection.Execute(statement));
      SLIPWAY_RETURN_IF_ERROR(connection.Execute("INSERT INTO schema_version (version) VALUES (:p1)",
                                                 {static_cast<int64_t>(migration.version)}));
      return {};
    });
    SLIPWAY_RETURN_IF_ERROR(
        With(std::move(migrated), fmt::format("migration to schema version {}", migration.version)));
  }
  return {};
}

}  // namespace slipway::store
