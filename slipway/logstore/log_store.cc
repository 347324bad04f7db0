#include "slipway/logstore/log_store.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/logstore/backup.h"
#include "slipway/logstore/check.h"
#include "slipway/logstore/ingest.h"
#include "slipway/logstore/log_database.h"
#include "slipway/logstore/query_runner.h"
#include "slipway/logstore/sealing.h"
#include "slipway/logstore/table_set.h"
#include "slipway/logstore/write_queue.h"
#include "slipway/spool/quarantine.h"
#include "slipway/spool/spool.h"

namespace slipway::logstore {
namespace fs = std::filesystem;
namespace {

constexpr auto kTailDrainPeriod = std::chrono::milliseconds(40);
constexpr auto kLagReportPeriod = std::chrono::seconds(60);
constexpr std::string_view kLagMetric = "slipway.ingestion.lag";
// Freed blocks of the file are given back by writing it anew, once they are worth it.
constexpr int64_t kFreeBytesMin = 64LL << 20;
constexpr auto kRewritePatience = std::chrono::seconds(2);
constexpr auto kRestorePatience = std::chrono::seconds(60);

Error NoTable(std::string_view name, const TableSet& set) {
  std::vector<std::string> names;
  for (const auto& [known, table] : set.tables) names.push_back(known);
  return NotFound(fmt::format("there is no log table '{}'{}", name, DidYouMean(name, names)));
}

class DuckLogStore final : public LogStore {
 public:
  DuckLogStore(fs::path folder, fs::path spool_folder, const Clock& clock, fs::path sealed_folder)
      : spool_folder_(std::move(spool_folder)),
        clock_(clock),
        queue_([this](const WriteQueue::Requests& requests) { return Store(requests); }),
        stamper_(clock),
        database_(std::move(folder), std::move(sealed_folder)) {}

  Status Ingest(std::string_view table, const std::vector<std::string>& rows) override {
    std::vector<LogRow> all;
    for (const std::string& row : rows) all.push_back({std::string(table), row});
    return IngestAll(all);
  }

  Status IngestAll(const std::vector<LogRow>& rows) override { return rows.empty() ? Status() : queue_.Write(rows); }

  Result<size_t> DrainSpools() override {
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(const auto folders, WriterFolders());
    if (folders.empty() && lags_.rows() == 0) return 0;
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
    size_t rows = 0;
    const auto tables = database_.tables();
    for (const fs::path& folder : folders) {
      SLIPWAY_ASSIGN_OR_RETURN(const DrainReport report, With(DrainSpool(*connection, tables->tables, folder, stamper_),
                                                              fmt::format("draining '{}'", folder.string())));
      rows += report.rows;
      Count(report);
    }
    SLIPWAY_RETURN_IF_ERROR(ReportLags(*connection, tables->tables));
    return rows;
  }

  Result<QueryResult> Query(std::string_view kql, const TimeRange& range, std::string_view workspace_id,
                            const QuerySettings& settings) override {
    SLIPWAY_ASSIGN_OR_RETURN([[maybe_unused]] const size_t drained, DrainSpools());
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    const auto tables = database_.tables();
    return RunQuery(*connection, tables->catalog, {kql, range, workspace_id, settings, clock_.Now(), {}});
  }

  Result<std::string> Explain(std::string_view kql, const TimeRange& range, std::string_view workspace_id,
                              std::string_view stage, const QuerySettings& settings) override {
    SLIPWAY_ASSIGN_OR_RETURN(const kql::Stage asked, kql::ParseStage(stage));
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    const auto tables = database_.tables();
    return ExplainQuery(*connection, tables->catalog, {kql, range, workspace_id, settings, clock_.Now(), {}}, asked);
  }

  Result<std::vector<LogTable>> ListTables() override {
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    std::vector<LogTable> tables;
    const auto set = database_.tables();
    for (const auto& [name, table] : set->tables) tables.push_back(set->Describe(table));
    return tables;
  }

  Result<LogTable> PutTable(const LogTableChange& change) override {
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
    const auto set = database_.tables();
    const auto known = set->tables.find(change.name);
    if (change.columns && known != set->tables.end() && !known->second.is_custom)
      return InvalidArgument(fmt::format("the columns of '{}' are Azure Monitor's and cannot be changed", change.name));
    if (!change.columns && known == set->tables.end()) return NoTable(change.name, *set);
    SLIPWAY_ASSIGN_OR_RETURN(duck::Transaction transaction, duck::Transaction::Begin(*connection));
    if (change.columns) {
      SLIPWAY_RETURN_IF_ERROR(
          PutCustomTable(*connection, *set, database_.sealed_folder(), change.name, *change.columns));
    }
    if (change.retention_days) SLIPWAY_RETURN_IF_ERROR(SetRetention(*connection, change.name, *change.retention_days));
    SLIPWAY_RETURN_IF_ERROR(transaction.Commit());
    SLIPWAY_RETURN_IF_ERROR(database_.Reload(*connection));
    const auto changed = database_.tables();
    return changed->Describe(changed->tables.at(change.name));
  }

  Status DeleteTable(const std::string& name) override {
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
    const auto set = database_.tables();
    const auto table = set->tables.find(name);
    if (table == set->tables.end()) return NoTable(name, *set);
    if (!table->second.is_custom) return InvalidArgument(fmt::format("'{}' is no custom table: it stays", name));
    SLIPWAY_ASSIGN_OR_RETURN(duck::Transaction transaction, duck::Transaction::Begin(*connection));
    SLIPWAY_RETURN_IF_ERROR(DropCustomTable(*connection, table->second));
    SLIPWAY_RETURN_IF_ERROR(transaction.Commit());
    return database_.Reload(*connection);
  }

  Status PutCollectionRule(const CollectionRule& rule) override {
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
    const std::vector<duck::Value> values = {rule.immutable_id, rule.resource_id, rule.workspace_id, rule.body};
    SLIPWAY_RETURN_IF_ERROR(
        connection->Query("INSERT OR REPLACE INTO collection_rules VALUES ($1, $2, $3, $4)", values));
    return {};
  }

  Result<std::vector<CollectionRule>> ListCollectionRules() override {
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    SLIPWAY_ASSIGN_OR_RETURN(auto rows, connection->Query("SELECT immutable_id, resource_id, workspace_id, body FROM "
                                                          "collection_rules ORDER BY resource_id"));
    std::vector<CollectionRule> rules;
    while (rows.NextChunk()) {
      for (size_t i = 0; i < rows.chunk_rows(); ++i) {
        const auto text = [&](size_t column) { return std::string(rows.column(column).String(i)); };
        rules.push_back({text(0), text(1), text(2), text(3)});
      }
    }
    return rules;
  }

  Status DeleteCollectionRule(const std::string& immutable_id) override {
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
    const std::vector<duck::Value> values = {immutable_id};
    SLIPWAY_RETURN_IF_ERROR(connection->Query("DELETE FROM collection_rules WHERE immutable_id = $1", values));
    return {};
  }

  Result<std::vector<SealedPart>> Seal(const SealOptions& options) override {
    const std::lock_guard sealing(sealing_);
    SLIPWAY_ASSIGN_OR_RETURN([[maybe_unused]] const size_t drained, DrainSpools());
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    const auto set = database_.tables();
    if (!options.table.empty() && !set->tables.contains(options.table)) return NoTable(options.table, *set);
    std::vector<SealedPart> parts;
    for (const auto& [name, table] : set->tables) {
      if (options.table.empty() || options.table == name)
        SLIPWAY_RETURN_IF_ERROR(With(SealTable(*connection, table, options, parts), fmt::format("sealing '{}'", name)));
    }
    return parts;
  }

  Result<std::vector<SealedPart>> ListSealed() override {
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    return logstore::ListSealed(*connection, "");
  }

  Result<PurgeReport> Purge() override {
    const std::lock_guard sealing(sealing_);
    PurgeReport report;
    SLIPWAY_RETURN_IF_ERROR(DeleteUnlisted(report));
    {
      const std::lock_guard lock(writing_);
      SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
      const auto set = database_.tables();
      for (const auto& [name, table] : set->tables) {
        const int days = set->RetentionOf(name);
        if (days == kKeptForever) continue;
        const int64_t before = DayOf(ToTicks(clock_.Now())) - days * kql::kTicksPerDay;
        SLIPWAY_ASSIGN_OR_RETURN(const PurgedTable purged,
                                 PurgeTable(*connection, database_.sealed_folder(), table, before));
        report.rows += purged.rows;
      }
    }
    SLIPWAY_RETURN_IF_ERROR(Compact());
    return report;
  }

  Status Backup(const fs::path& folder) override {
    const std::lock_guard sealing(sealing_);
    SLIPWAY_ASSIGN_OR_RETURN([[maybe_unused]] const size_t drained, DrainSpools());
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
    // Nobody writes now, so that file and log on the disk stay as they are; with most in the file there is less to
    // replay.
    if (const Status done = connection->Execute("CHECKPOINT"); !done)
      LogDebug("a backup copies the write-ahead log too: {}", done.error().ToString());
    SLIPWAY_ASSIGN_OR_RETURN(auto sealed, logstore::ListSealed(*connection, ""));
    return WriteBackup({database_.file(), database_.sealed_folder(), std::move(sealed)}, folder, clock_.Now());
  }

  Result<fs::path> Restore(const fs::path& folder) override {
    SLIPWAY_RETURN_IF_ERROR(VerifyBackup(folder));
    const std::lock_guard sealing(sealing_);
    const std::lock_guard lock(writing_);
    fs::path aside =
        database_.file().parent_path() / fmt::format("replaced-{}", ReplaceAll(FormatTimestamp(clock_.Now()), ":", ""));
    SLIPWAY_RETURN_IF_ERROR(database_.WhileClosed(
        kRestorePatience, [&] { return RestoreBackup(folder, database_.file(), database_.sealed_folder(), aside); }));
    is_stamped_ = false;
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
    return aside;
  }

  Result<std::vector<LogFinding>> Check() override {
    SLIPWAY_ASSIGN_OR_RETURN([[maybe_unused]] const size_t drained, DrainSpools());
    const std::lock_guard sealing(sealing_);
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    return CheckLogs(*connection, *database_.tables(), database_.sealed_folder());
  }

  Result<IngestStatistics> Statistics() override {
    const std::lock_guard lock(writing_);
    IngestStatistics statistics = statistics_;
    SLIPWAY_ASSIGN_OR_RETURN(const auto folders, WriterFolders());
    for (const fs::path& folder : folders) statistics.backlog_bytes += spool::SegmentBytes(folder);
    return statistics;
  }

  Result<std::string> NewestReceived() override {
    SLIPWAY_ASSIGN_OR_RETURN([[maybe_unused]] const size_t drained, DrainSpools());
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
    return kql::FormatDateTimeTicks(newest_.load());
  }

  Result<bool> WaitForRows(const std::string& received, std::chrono::milliseconds timeout) override {
    const auto seen = kql::ParseDateTimeTicks(received);
    if (!seen) return InvalidArgument(fmt::format("'{}' is no time that NewestReceived gave", received));
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
      SLIPWAY_ASSIGN_OR_RETURN([[maybe_unused]] const size_t drained, DrainSpools());
      std::unique_lock lock(grown_mutex_);
      const auto is_over = [&] { return newest_.load() > *seen || is_stopping_; };
      grown_.wait_for(lock, kTailDrainPeriod, is_over);
      if (is_over()) return !is_stopping_;
      if (std::chrono::steady_clock::now() >= deadline) return false;
    }
  }

  void StopWaiting() override {
    const std::lock_guard lock(grown_mutex_);
    is_stopping_ = true;
    grown_.notify_all();
  }

 private:
  // A connection to write with; `writing_` is held. Stamps go on after those of the file.
  Result<LogDatabase::Lease> Connect() {
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    if (is_stamped_) return connection;
    std::string sql;
    const auto set = database_.tables();
    for (const auto& [name, table] : set->tables) {
      sql += fmt::format("{}SELECT max({}) AS t FROM {}", sql.empty() ? "" : " UNION ALL ",
                         duck::QuoteIdentifier(kReceivedColumn), duck::QuoteIdentifier(table.relation()));
    }
    SLIPWAY_ASSIGN_OR_RETURN(auto newest, connection->Query(fmt::format("SELECT coalesce(max(t), 0) FROM ({})", sql)));
    if (newest.NextChunk()) stamper_.StartAfter(newest.column(0).Int64(0));
    newest_ = std::max(newest_.load(), stamper_.last());
    is_stamped_ = true;
    return connection;
  }

  // All requests' rows in one transaction.
  Status Store(const WriteQueue::Requests& requests) {
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
    SLIPWAY_ASSIGN_OR_RETURN(duck::Transaction transaction, duck::Transaction::Begin(*connection));
    DrainReport report;
    {
      const auto set = database_.tables();
      RowBatch batch(*connection, set->tables, stamper_.Next());
      for (const std::vector<LogRow>* rows : requests) {
        for (const LogRow& row : *rows) {
          const RowRules rules = row.takes_what_fits ? RowRules::kTakeWhatFits : RowRules::kStrict;
          SLIPWAY_RETURN_IF_ERROR(batch.Append(row.table, row.row, rules));
        }
        report.rows += rows->size();
      }
      SLIPWAY_RETURN_IF_ERROR(batch.Flush());
      report.lags = batch.lags();
    }
    SLIPWAY_RETURN_IF_ERROR(transaction.Commit());
    report.batches = 1;
    Count(report);
    return {};
  }

  void Count(const DrainReport& report) {
    statistics_.refused += report.refused;
    statistics_.batches += report.batches;
    statistics_.rows += report.rows;
    if (report.batches == 0) return;
    statistics_.lag_last_ms = report.lags.max_ms();
    statistics_.lag_max_ms = std::max(statistics_.lag_max_ms, report.lags.max_ms());
    lags_.Add(report.lags);
    Announce();
  }

  void Announce() {
    const std::lock_guard lock(grown_mutex_);
    newest_ = stamper_.last();
    grown_.notify_all();
  }

  // Once a minute the lags since the last time become rows of AppMetrics, one a workspace and table.
  Status ReportLags(duck::Connection& connection, const StoredTables& tables) {
    const Timestamp now = clock_.Now();
    if (lags_.rows() == 0 || (now >= lags_reported_ && now < lags_reported_ + kLagReportPeriod)) return {};
    SLIPWAY_ASSIGN_OR_RETURN(duck::Transaction transaction, duck::Transaction::Begin(connection));
    {
      RowBatch batch(connection, tables, stamper_.Next());
      for (const auto& [key, lag] : lags_.lags()) {
        if (!key.first.empty())
          SLIPWAY_RETURN_IF_ERROR(batch.Append("AppMetrics", LagRow(key.first, key.second, lag), RowRules::kStrict));
      }
      SLIPWAY_RETURN_IF_ERROR(batch.Flush());
    }
    SLIPWAY_RETURN_IF_ERROR(transaction.Commit());
    lags_ = {};
    lags_reported_ = now;
    Announce();
    return {};
  }

  static std::string LagRow(const std::string& workspace_id, const std::string& table, const LagTally::Lag& lag) {
    return fmt::format(
        R"({{"Name":"{}","WorkspaceId":{},"Properties":{{"table":{},"unit":"ms"}},"ItemCount":{},"Sum":{},"Min":{},"Max":{},"AppRoleName":"slipway-serve"}})",
        kLagMetric, kql::JsonQuote(workspace_id), kql::JsonQuote(table), lag.rows, FormatDouble(lag.sum_ms),
        FormatDouble(lag.min_ms), FormatDouble(lag.max_ms));
  }

  Status SealTable(duck::Connection& connection, const StoredTable& table, const SealOptions& options,
                   std::vector<SealedPart>& parts) {
    SealRequest request{&table, 0, 0, std::max<uint64_t>(1, options.rows_min)};
    request.before_ticks = DayOf(ToTicks(clock_.Now())) - options.keep_days * kql::kTicksPerDay;
    {
      const std::lock_guard lock(writing_);
      SLIPWAY_ASSIGN_OR_RETURN(const auto stamped, Connect());  // the stamp goes on after the file's
      request.received_ticks = stamper_.last();
    }
    SLIPWAY_ASSIGN_OR_RETURN(const auto days, DaysToSeal(connection, request));
    for (const int64_t day : days) {
      SLIPWAY_ASSIGN_OR_RETURN(SealedPart part, WriteSealedDay(connection, database_.sealed_folder(), request, day));
      const std::lock_guard lock(writing_);
      SLIPWAY_RETURN_IF_ERROR(EnterSealedDay(connection, database_.sealed_folder(), request, day, part));
      parts.push_back(std::move(part));
    }
    return {};
  }

  // Those of the purge before: a query that began before it has ended since.
  Status DeleteUnlisted(PurgeReport& report) {
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    SLIPWAY_ASSIGN_OR_RETURN(const auto unlisted, UnlistedFiles(*connection, database_.sealed_folder()));
    for (const fs::path& file : unlisted) {
      std::error_code failed;
      report.files += fs::remove(file, failed) ? 1 : 0;
    }
    return {};
  }

  // Writes the file anew when more than half of it, and not little, is free.
  Status Compact() {
    const std::lock_guard lock(writing_);
    {
      SLIPWAY_ASSIGN_OR_RETURN(auto connection, Connect());
      if (const Status done = connection->Execute("CHECKPOINT"); !done) return {};  // a query reads: next time
      SLIPWAY_ASSIGN_OR_RETURN(auto size,
                               connection->Query("SELECT CAST(block_size * free_blocks AS BIGINT), CAST(block_size "
                                                 "* total_blocks AS BIGINT) FROM pragma_database_size()"));
      if (!size.NextChunk()) return {};
      const int64_t free = size.column(0).Int64(0), total = size.column(1).Int64(0);
      if (free < kFreeBytesMin || free * 2 < total) return {};
    }
    // Writers wait meanwhile: a query that goes on for long puts it off to the next time.
    const Status rewritten = database_.Rewrite(kRewritePatience);
    return !rewritten && rewritten.error().code() == Code::kUnavailable ? Status() : rewritten;
  }

  // Sub-folders of the spool folder, sorted; none when it is not there yet.
  Result<std::vector<fs::path>> WriterFolders() const {
    std::vector<fs::path> folders;
    std::error_code error;
    if (!fs::exists(spool_folder_, error)) return folders;
    fs::directory_iterator entries(spool_folder_, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      if (entries->is_directory(error) && entries->path().filename() != spool::kQuarantineFolder)
        folders.push_back(entries->path());
    }
    if (error) return FromErrno(error.value(), fmt::format("cannot list '{}'", spool_folder_.string()));
    std::sort(folders.begin(), folders.end());
    return folders;
  }

  const fs::path spool_folder_;
  const Clock& clock_;
  WriteQueue queue_;
  std::mutex sealing_;  // before writing_: one of seal, purge, backup, restore and check at a time
  std::mutex writing_;  // one writer at a time: DuckDB would refuse conflicting positions
  Stamper stamper_;
  bool is_stamped_ = false;
  IngestStatistics statistics_;
  LagTally lags_;  // since they were reported
  Timestamp lags_reported_{};
  std::mutex grown_mutex_;
  std::condition_variable grown_;
  std::atomic<int64_t> newest_{0};  // stamp of the newest rows
  bool is_stopping_ = false;
  LogDatabase database_;
};

}  // namespace

Result<std::string> LogStore::Explain(std::string_view, const TimeRange&, std::string_view, std::string_view,
                                      const QuerySettings&) {
  return Unimplemented("this log store explains no queries");
}

namespace {
Error NotOnDisk() {
  return Unimplemented("this log store is not on disk");
}
}  // namespace

Result<std::vector<LogTable>> LogStore::ListTables() {
  return NotOnDisk();
}
Result<LogTable> LogStore::PutTable(const LogTableChange&) {
  return NotOnDisk();
}
Status LogStore::DeleteTable(const std::string&) {
  return NotOnDisk();
}
Status LogStore::PutCollectionRule(const CollectionRule&) {
  return NotOnDisk();
}
Result<std::vector<CollectionRule>> LogStore::ListCollectionRules() {
  return NotOnDisk();
}
Status LogStore::DeleteCollectionRule(const std::string&) {
  return NotOnDisk();
}
Result<std::vector<SealedPart>> LogStore::Seal(const SealOptions&) {
  return NotOnDisk();
}
Result<std::vector<SealedPart>> LogStore::ListSealed() {
  return NotOnDisk();
}
Result<PurgeReport> LogStore::Purge() {
  return NotOnDisk();
}
Status LogStore::Backup(const fs::path&) {
  return NotOnDisk();
}
Result<fs::path> LogStore::Restore(const fs::path&) {
  return NotOnDisk();
}
Result<std::vector<LogFinding>> LogStore::Check() {
  return NotOnDisk();
}
Result<IngestStatistics> LogStore::Statistics() {
  return NotOnDisk();
}
Result<std::string> LogStore::NewestReceived() {
  return NotOnDisk();
}
Result<bool> LogStore::WaitForRows(const std::string&, std::chrono::milliseconds) {
  return NotOnDisk();
}

Result<std::unique_ptr<LogStore>> LogStore::Open(const fs::path& folder, const fs::path& spool_folder,
                                                 const Clock& clock, const fs::path& sealed_folder) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  return std::unique_ptr<LogStore>(std::make_unique<DuckLogStore>(
      folder, spool_folder, clock, sealed_folder.empty() ? folder / "sealed" : sealed_folder));
}

}  // namespace slipway::logstore
