// Writing: rows given directly, and rows that wait in spools.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/duck/connection.h"
#include "slipway/logstore/row_appender.h"
#include "slipway/logstore/schema.h"
#include "slipway/logstore/table_set.h"

namespace slipway::logstore {

// The lags of rows: from their TimeGenerated to the commit that made them visible.
class LagTally {
 public:
  struct Lag {
    uint64_t rows = 0;
    double sum_ms = 0, min_ms = 0, max_ms = 0;
  };
  void Add(std::string_view workspace_id, std::string_view table, double lag_ms);
  void Add(const LagTally& other);
  const std::map<std::pair<std::string, std::string>, Lag>& lags() const { return lags_; }
  double max_ms() const { return max_ms_; }
  uint64_t rows() const { return rows_; }

 private:
  std::map<std::pair<std::string, std::string>, Lag> lags_;  // by workspace and table
  Lag* last_ = nullptr;                                      // most rows are of the group of the row before
  std::pair<std::string, std::string> last_key_;
  double max_ms_ = 0;
  uint64_t rows_ = 0;
};

// One transaction's rows, of any tables. Not thread-safe.
class RowBatch {
 public:
  RowBatch(duck::Connection& connection, const StoredTables& tables, const RowStamp& stamp)
      : connection_(connection), tables_(tables), stamp_(stamp) {}
  // kNotFound for a table that is not there.
  Status Append(std::string_view table, std::string_view row, RowRules rules);
  Status Flush();
  const LagTally& lags() const { return lags_; }

 private:
  duck::Connection& connection_;
  const StoredTables& tables_;
  const RowStamp stamp_;
  std::map<std::string, RowAppender, std::less<>> appenders_;
  LagTally lags_;
};

// Gives each transaction its own stamp, later than all before, even when the clock does not move or goes back. Not
// thread-safe: whoever writes holds the writer's lock.
class Stamper {
 public:
  explicit Stamper(const Clock& clock) : clock_(clock) {}
  RowStamp Next();
  int64_t last() const { return last_ticks_; }
  Timestamp Now() const { return clock_.Now(); }
  // Stamps begin after this one.
  void StartAfter(int64_t received_ticks) { last_ticks_ = std::max(last_ticks_, received_ticks); }

 private:
  const Clock& clock_;
  int64_t last_ticks_ = 0;
};

struct DrainReport {
  size_t rows = 0;
  size_t refused = 0;  // records that are no rows of any table; they are logged and passed over
  size_t batches = 0;
  LagTally lags;
};

// Moves what one writer's spool folder holds into the tables: rows and the new position in one transaction a batch, so
// that a kill at any moment neither loses nor repeats a record. Segments that were read are deleted afterwards. Takes
// all that was appended before the call, and of what is appended meanwhile no more than some: it ends under any load.
Result<DrainReport> DrainSpool(duck::Connection& connection, const StoredTables& tables,
                               const std::filesystem::path& folder, Stamper& stamper);

}  // namespace slipway::logstore
