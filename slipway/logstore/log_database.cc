#include "slipway/logstore/log_database.h"

#include <system_error>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/logstore/query_engine.h"

namespace slipway::logstore {
namespace {

constexpr size_t kIdleConnectionsMax = 8;
// 1: tables and spool positions. 2: custom tables, retention, sealed files, _TimeReceived.
constexpr int kSchemaVersion = 2;

Status CheckVersion(duck::Connection& connection) {
  SLIPWAY_ASSIGN_OR_RETURN(auto versions, connection.Query("SELECT version FROM schema_version"));
  if (!versions.NextChunk()) {
    return connection.Execute(fmt::format("INSERT INTO schema_version VALUES ({})", kSchemaVersion));
  }
  const int version = versions.column(0).Int32(0);
  if (version == kSchemaVersion) return {};
  if (version < kSchemaVersion)
    return connection.Execute(fmt::format("UPDATE schema_version SET version = {}", kSchemaVersion));
  return FailedPrecondition(
      fmt::format("the log database has schema version {}; this program knows version {}", version, kSchemaVersion));
}

Status MakeTables(duck::Database& database, const std::filesystem::path& sealed_folder) {
  SLIPWAY_ASSIGN_OR_RETURN(duck::Connection connection, database.Connect());
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(OwnTablesSql()));
  SLIPWAY_RETURN_IF_ERROR(CheckVersion(connection));
  return MakeLogTables(connection, sealed_folder);
}

// DuckDB cannot open a file whose making was cut off by a full disk or a kill: a new one gets its name when it is
// whole.
Status MakeFile(const std::filesystem::path& file, const std::filesystem::path& sealed_folder) {
  const std::filesystem::path unfinished = file.string() + ".new";
  for (const std::string& left : {unfinished.string(), unfinished.string() + ".wal"}) {
    std::error_code ignored;
    std::filesystem::remove(left, ignored);
  }
  {
    SLIPWAY_ASSIGN_OR_RETURN(duck::Database database, duck::Database::Open(unfinished));
    SLIPWAY_RETURN_IF_ERROR(MakeTables(database, sealed_folder));
    SLIPWAY_ASSIGN_OR_RETURN(duck::Connection connection, database.Connect());
    SLIPWAY_RETURN_IF_ERROR(connection.Execute("CHECKPOINT"));
  }
  std::error_code failed;
  std::filesystem::rename(unfinished, file, failed);
  return failed ? Status(FromErrno(failed.value(), fmt::format("cannot rename '{}'", unfinished.string()))) : Status();
}

}  // namespace

LogDatabase::Lease::~Lease() {
  if (owner_ != nullptr) owner_->GiveBack(std::move(*connection_));
}

void LogDatabase::GiveBack(duck::Connection connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleConnectionsMax) idle_.push_back(std::move(connection));
  --leased_;
  changed_.notify_all();
}

Status LogDatabase::EnsureOpen() {
  if (database_) return {};
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder_));
  std::error_code ignored;
  if (!std::filesystem::exists(file(), ignored)) SLIPWAY_RETURN_IF_ERROR(MakeFile(file(), sealed_folder_));
  duck::DatabaseOptions options;
  options.allowed_folders = {folder_, sealed_folder_};
  SLIPWAY_ASSIGN_OR_RETURN(duck::Database database, duck::Database::Open(file(), options));
  SLIPWAY_RETURN_IF_ERROR(MakeTables(database, sealed_folder_));
  SLIPWAY_ASSIGN_OR_RETURN(duck::Connection connection, database.Connect());
  SLIPWAY_ASSIGN_OR_RETURN(tables_, LoadTableSet(connection));
  database_ = std::make_unique<duck::Database>(std::move(database));
  return {};
}

Status LogDatabase::Rewrite(std::chrono::milliseconds patience) {
  return WhileClosed(patience, [this]() -> Status {
    const std::filesystem::path fresh = file().string() + ".new";
    SLIPWAY_RETURN_IF_ERROR(RemoveAll(fresh));
    {
      duck::DatabaseOptions options;
      options.external_access = true;
      SLIPWAY_ASSIGN_OR_RETURN(duck::Database database, duck::Database::Open(file(), options));
      SLIPWAY_ASSIGN_OR_RETURN(duck::Connection connection, database.Connect());
      SLIPWAY_RETURN_IF_ERROR(connection.Execute("CHECKPOINT"));
      SLIPWAY_RETURN_IF_ERROR(connection.Execute(
          fmt::format("ATTACH {} AS fresh; COPY FROM DATABASE logs TO fresh; CHECKPOINT fresh; DETACH fresh",
                      duck::QuoteLiteral(fresh.string()))));
    }
    std::error_code failed;
    std::filesystem::rename(fresh, file(), failed);
    return failed ? Status(FromErrno(failed.value(), fmt::format("cannot rename '{}'", fresh.string()))) : Status();
  });
}

std::shared_ptr<const TableSet> LogDatabase::tables() const {
  const std::lock_guard lock(mutex_);
  return tables_;
}

Status LogDatabase::Reload(duck::Connection& connection) {
  SLIPWAY_ASSIGN_OR_RETURN(auto tables, LoadTableSet(connection));
  const std::lock_guard lock(mutex_);
  tables_ = std::move(tables);
  return {};
}

Result<LogDatabase::Lease> LogDatabase::Connect() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !is_closed_; });
  SLIPWAY_RETURN_IF_ERROR(With(EnsureOpen(), "cannot open the log store"));
  if (idle_.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(duck::Connection connection, database_->Connect());
    SLIPWAY_RETURN_IF_ERROR(PrepareConnection(connection));
    idle_.push_back(std::move(connection));
  }
  duck::Connection connection = std::move(idle_.back());
  idle_.pop_back();
  ++leased_;
  return Lease(*this, std::move(connection));
}

Status LogDatabase::WhileClosed(std::chrono::milliseconds patience, const std::function<Status()>& action) {
  std::unique_lock lock(mutex_);
  is_closed_ = true;
  const bool is_idle = changed_.wait_for(lock, patience, [this] { return leased_ == 0; });
  Status done = Unavailable("queries are running; try again when they have ended");
  if (is_idle) {
    idle_.clear();
    database_.reset();
    tables_.reset();
    done = action();
  }
  is_closed_ = false;
  changed_.notify_all();
  return done;
}

}  // namespace slipway::logstore
