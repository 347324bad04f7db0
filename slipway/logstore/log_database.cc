#include "slipway/logstore/log_database.h"

#include <system_error>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/kql/sql/sql.h"
#include "slipway/logstore/schema.h"

namespace slipway::logstore {
namespace {

constexpr size_t kIdleConnectionsMax = 8;
constexpr int kSchemaVersion = 1;

// Where every writer's spool has been read to is stored beside the rows that were read from it.
constexpr std::string_view kOwnTables =
    "CREATE TABLE IF NOT EXISTS spool_positions (writer VARCHAR PRIMARY KEY, segment BIGINT, \"offset\" BIGINT);\n"
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER);\n";

Status CheckVersion(duck::Connection& connection) {
  SLIPWAY_ASSIGN_OR_RETURN(auto versions, connection.Query("SELECT version FROM schema_version"));
  if (!versions.NextChunk()) {
    return connection.Execute(fmt::format("INSERT INTO schema_version VALUES ({})", kSchemaVersion));
  }
  const int version = versions.column(0).Int32(0);
  if (version == kSchemaVersion) return {};
  return FailedPrecondition(
      fmt::format("the log database has schema version {}; this program knows version {}", version, kSchemaVersion));
}

Status MakeTables(duck::Database& database) {
  SLIPWAY_ASSIGN_OR_RETURN(duck::Connection connection, database.Connect());
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(std::string(kOwnTables)));
  SLIPWAY_RETURN_IF_ERROR(CheckVersion(connection));
  return connection.Execute(SchemaSql());
}

// DuckDB cannot open a file whose making was cut off by a full disk or a kill: a new one gets its name when it is
// whole.
Status MakeFile(const std::filesystem::path& file) {
  const std::filesystem::path unfinished = file.string() + ".new";
  for (const std::string& left : {unfinished.string(), unfinished.string() + ".wal"}) {
    std::error_code ignored;
    std::filesystem::remove(left, ignored);
  }
  {
    SLIPWAY_ASSIGN_OR_RETURN(duck::Database database, duck::Database::Open(unfinished));
    SLIPWAY_RETURN_IF_ERROR(MakeTables(database));
    SLIPWAY_ASSIGN_OR_RETURN(duck::Connection connection, database.Connect());
    SLIPWAY_RETURN_IF_ERROR(connection.Execute("CHECKPOINT"));
  }
  std::error_code failed;
  std::filesystem::rename(unfinished, file, failed);
  return failed ? Status(FromErrno(failed.value(), fmt::format("cannot rename '{}'", unfinished.string()))) : Status();
}

}  // namespace

LogDatabase::Lease::~Lease() {
  if (owner_ == nullptr) return;
  const std::lock_guard lock(owner_->mutex_);
  if (owner_->idle_.size() < kIdleConnectionsMax) owner_->idle_.push_back(std::move(connection_));
}

Status LogDatabase::EnsureOpen() {
  if (database_) return {};
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder_));
  const std::filesystem::path file = folder_ / "logs.duckdb";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) SLIPWAY_RETURN_IF_ERROR(MakeFile(file));
  SLIPWAY_ASSIGN_OR_RETURN(duck::Database database, duck::Database::Open(file));
  SLIPWAY_RETURN_IF_ERROR(MakeTables(database));
  database_ = std::make_unique<duck::Database>(std::move(database));
  return {};
}

Result<LogDatabase::Lease> LogDatabase::Connect() {
  const std::lock_guard lock(mutex_);
  SLIPWAY_RETURN_IF_ERROR(With(EnsureOpen(), "cannot open the log store"));
  if (!idle_.empty()) {
    duck::Connection connection = std::move(idle_.back());
    idle_.pop_back();
    return Lease(*this, std::move(connection));
  }
  SLIPWAY_ASSIGN_OR_RETURN(duck::Connection connection, database_->Connect());
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(std::string(kql::sql::Prelude())));
  return Lease(*this, std::move(connection));
}

}  // namespace slipway::logstore
