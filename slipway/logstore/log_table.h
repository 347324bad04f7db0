// The log tables as their administrators see them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/time.h"

namespace slipway::logstore {

// A column of a result or a table.
struct ResultColumn {
  std::string name;
  std::string type;  // Kusto's: string, long, int, real, bool, datetime, timespan, dynamic, guid, decimal
};

inline constexpr int kDefaultRetentionDays = 90;
inline constexpr int kKeptForever = -1;

struct LogTable {
  std::string name;
  std::string insight_name;           // its Application Insights name; "" for none
  bool is_custom = false;             // made by a user; its name ends in "_CL"
  std::vector<ResultColumn> columns;  // as queries see them
  std::vector<ResultColumn> own;      // of a custom table: those the user gave
  int retention_days = kDefaultRetentionDays;
};

// What PutTable changes; what is not given stays.
struct LogTableChange {
  std::string name;
  std::optional<std::vector<ResultColumn>> columns;  // of custom tables; columns are added, never removed or retyped
  std::optional<int> retention_days;                 // 4 to 4383, or kKeptForever
};

// A data collection rule: by what name rows come in, and to which workspace they go. `body` is its ARM resource as
// JSON.
struct CollectionRule {
  std::string immutable_id;  // "dcr-…"
  std::string resource_id;   // in lower case
  std::string workspace_id;
  std::string body;
};

struct SealedPart {
  std::string table;
  Timestamp day;     // 00:00 UTC
  std::string file;  // relative to the folder of sealed files
  std::string sha256;
  uint64_t rows = 0;
  uint64_t bytes = 0;
};

// Since the store was opened, but for `backlog_bytes`.
struct IngestStatistics {
  uint64_t rows = 0;
  uint64_t refused = 0;    // records that were no rows of any table
  uint64_t batches = 0;    // transactions
  double lag_last_ms = 0;  // of the newest batch's oldest record: from its TimeGenerated to its commit
  double lag_max_ms = 0;
  uint64_t backlog_bytes = 0;  // of spool segments that are not read to their end
};

}  // namespace slipway::logstore
