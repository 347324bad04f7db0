// The log tables: ingest and KQL query over DuckDB. Tables and columns are Azure Monitor's
// (AmlOnlineEndpointConsoleLog, AmlOnlineEndpointTrafficLog, AmlOnlineEndpointEventLog, AppTraces = traces, AppMetrics
// = customMetrics, …).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"

namespace slipway::logstore {

// One cell of a result, already in the JSON text that the Logs query API answers with (so a dynamic is its JSON as a
// string, a datetime ISO 8601 with Z and seven digits, a timespan "d.hh:mm:ss.fffffff").
struct ResultColumn {
  std::string name;
  std::string type;  // Kusto's: string, long, int, real, bool, datetime, timespan, dynamic, guid, decimal
};

struct QueryResult {
  std::string table_name = "PrimaryResult";
  std::vector<ResultColumn> columns;
  std::vector<std::vector<std::string>> rows;  // each cell a JSON value ("null", "12", "\"text\"")
  double execution_seconds = 0;
  std::string visualization;  // the kind of the query's render; "" without
  bool is_truncated = false;  // there were more rows than QueryLimits::rows_max
};

struct TimeRange {
  std::optional<Timestamp> begin;  // inclusive
  std::optional<Timestamp> end;    // exclusive
};

struct QueryLimits {
  int timeout_ms = 180'000;
  size_t rows_max = 500'000;
};

// A row for a table, as JSON (see Ingest).
struct LogRow {
  std::string table;
  std::string row;
};

// Thread-safe. Owns its folder.
class LogStore {
 public:
  // `folder` gets the DuckDB file; `spool_folder` holds one sub-folder a writer. `clock` outlives the store.
  static Result<std::unique_ptr<LogStore>> Open(const std::filesystem::path& folder,
                                                const std::filesystem::path& spool_folder, const Clock& clock);
  virtual ~LogStore() = default;

  // Adds rows at once and durably; each is one JSON object, unknown keys are kept in a dynamic column or refused by
  // table.
  virtual Status Ingest(std::string_view table, const std::vector<std::string>& rows) = 0;

  // The same for rows of several tables: all of them or none.
  virtual Status IngestAll(const std::vector<LogRow>& rows) = 0;

  // Drains every spool folder once: rows and reading positions in one transaction. Returns the rows ingested.
  virtual Result<size_t> DrainSpools() = 0;

  // Runs one KQL query. `workspace_id` is the Log Analytics scope ("" = all). Errors carry line and column of the
  // query. Ingests what the spools hold first, so an acknowledged record is always seen.
  virtual Result<QueryResult> Query(std::string_view kql, const TimeRange& range, std::string_view workspace_id,
                                    const QueryLimits& limits = {}) = 0;

  // What a stage of the compiler makes of the query, as text for people: "tokens", "tree", "plan", "optimized" or
  // "sql". kUnimplemented by stores without a compiler.
  virtual Result<std::string> Explain(std::string_view kql, const TimeRange& range, std::string_view workspace_id,
                                      std::string_view stage);
};

}  // namespace slipway::logstore
