// The log tables: ingest and KQL query over DuckDB. Tables and columns are Azure Monitor's
// (AmlOnlineEndpointConsoleLog, AmlOnlineEndpointTrafficLog, AmlOnlineEndpointEventLog, AppTraces = traces, AppMetrics
// = customMetrics, …).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/logstore/log_table.h"

namespace slipway::logstore {

// One cell of a result, already in the JSON text that the Logs query API answers with (so a dynamic is its JSON as a
// string, a datetime ISO 8601 with Z and seven digits, a timespan "d.hh:mm:ss.fffffff").
struct QueryResult {
  std::string table_name = "PrimaryResult";
  std::vector<ResultColumn> columns;
  std::vector<std::vector<std::string>> rows;  // each cell a JSON value ("null", "12", "\"text\"")
  double execution_seconds = 0;
  std::string visualization;  // the kind of the query's render; "" without
  bool is_truncated = false;  // there were more rows than QuerySettings::rows_max
};

struct TimeRange {
  std::optional<Timestamp> begin;  // inclusive
  std::optional<Timestamp> end;    // exclusive
};

// Values of "declare query_parameters" by name, as the language writes them: "5", "2026-03-04" or
// "datetime(2026-03-04)"; strings as they are.
using QueryParameters = std::map<std::string, std::string, std::less<>>;

struct QuerySettings {
  int timeout_ms = 180'000;
  size_t rows_max = 500'000;
  QueryParameters parameters = {};
  std::stop_token stop = {};  // ends the query with kCancelled
};

// A row for a table, as JSON (see Ingest).
struct LogRow {
  std::string table;
  std::string row;
  // Keys that are no columns are passed over and values of a wrong type become null; else both refuse the row.
  bool takes_what_fits = false;
};

// Which days become Parquet files. Days begin at 00:00 UTC.
struct SealOptions {
  std::string table;          // "" = all
  int keep_days = 2;          // days before today that stay in the database
  uint64_t rows_min = 1'000;  // a day of fewer stays too: a file costs more than its rows
};

struct PurgeReport {
  uint64_t rows = 0;
  uint64_t files = 0;
};

// What fsck found of one thing.
struct LogFinding {
  std::string what;
  bool is_good = true;
  std::string detail;
};

// Thread-safe. Owns its folder.
class LogStore {
 public:
  // `folder` gets the DuckDB file; `spool_folder` holds one sub-folder a writer. `clock` outlives the store.
  // Older days are sealed as Parquet files in `sealed_folder`; "" = a folder beside the DuckDB file.
  static Result<std::unique_ptr<LogStore>> Open(const std::filesystem::path& folder,
                                                const std::filesystem::path& spool_folder, const Clock& clock,
                                                const std::filesystem::path& sealed_folder = {});
  virtual ~LogStore() = default;

  // Adds rows at once and durably; each is one JSON object, unknown keys are kept in a dynamic column or refused by
  // table.
  virtual Status Ingest(std::string_view table, const std::vector<std::string>& rows) = 0;

  // The same for rows of several tables: all of them or none. Calls that come at the same time share a transaction.
  virtual Status IngestAll(const std::vector<LogRow>& rows) = 0;

  // Drains every spool folder once: rows and reading positions in one transaction. Returns the rows ingested.
  virtual Result<size_t> DrainSpools() = 0;

  // Runs one KQL query. `workspace_id` is the Log Analytics scope ("" = all). Errors carry line and column of the
  // query. Ingests what the spools hold first, so an acknowledged record is always seen.
  virtual Result<QueryResult> Query(std::string_view kql, const TimeRange& range, std::string_view workspace_id,
                                    const QuerySettings& settings = {}) = 0;

  // What a stage of the compiler makes of the query, as text for people: "tokens", "tree", "plan", "optimized" or
  // "sql". kUnimplemented by stores without a compiler.
  virtual Result<std::string> Explain(std::string_view kql, const TimeRange& range, std::string_view workspace_id,
                                      std::string_view stage, const QuerySettings& settings = {});

  // Everything below is kUnimplemented in stores that are not on disk.

  virtual Result<std::vector<LogTable>> ListTables();
  // Makes a custom table or changes a table. kInvalidArgument for names, columns and days that cannot be.
  virtual Result<LogTable> PutTable(const LogTableChange& change);
  // With its rows; custom tables only.
  virtual Status DeleteTable(const std::string& name);

  virtual Status PutCollectionRule(const CollectionRule& rule);
  virtual Result<std::vector<CollectionRule>> ListCollectionRules();
  virtual Status DeleteCollectionRule(const std::string& immutable_id);

  // Moves the rows of older days from the database into Parquet files; queries go on seeing every row once. A kill at
  // any moment loses and repeats nothing. Gives the files made.
  virtual Result<std::vector<SealedPart>> Seal(const SealOptions& options);
  virtual Result<std::vector<SealedPart>> ListSealed();
  // Deletes what is older than its table's retention, and gives the space back to the file system.
  virtual Result<PurgeReport> Purge();
  // Copies a consistent state of everything into `folder`, which must not be there yet.
  virtual Status Backup(const std::filesystem::path& folder);
  // Replaces everything by a backup, which is checked before; what was there is kept beside, in a folder whose path is
  // given.
  virtual Result<std::filesystem::path> Restore(const std::filesystem::path& folder);
  // Reads every row and every file.
  virtual Result<std::vector<LogFinding>> Check();

  virtual Result<IngestStatistics> Statistics();
  // The _TimeReceived, as a datetime's text, of what was stored last: rows that come later have a later one.
  virtual Result<std::string> NewestReceived();
  // Waits until rows are stored that are newer than `received`, draining the spools meanwhile, for `timeout` at most.
  // False when none came, or StopWaiting was called.
  virtual Result<bool> WaitForRows(const std::string& received, std::chrono::milliseconds timeout);
  // Ends all waiting, now and from now on: the server stops.
  virtual void StopWaiting() {}
};

}  // namespace slipway::logstore
