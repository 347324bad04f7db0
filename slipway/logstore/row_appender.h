// Rows of JSON into stored tables.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/duck/connection.h"
#include "slipway/logstore/schema.h"

namespace slipway::logstore {

// How rows are read that do not fit their table.
enum class RowRules {
  kStrict,       // refused
  kIgnoreKeys,   // keys that are no columns are passed over, as records of an older or newer gateway need it
  kTakeWhatFits  // so are values of a wrong type, which become null; texts of numbers and times are read
};

// What every row of a transaction gets.
struct RowStamp {
  Timestamp now;               // TimeGenerated of rows without one
  int64_t received_ticks = 0;  // _TimeReceived
};

// Of a row that was added; valid until the next one.
struct AppendedRow {
  std::string_view workspace_id;
  int64_t time_ticks = 0;
};

// Reads one table's rows and hands them to DuckDB's appender. Not thread-safe; must not outlive the connection.
class RowAppender {
 public:
  static Result<RowAppender> Open(duck::Connection& connection, const StoredTable& table);
  RowAppender(RowAppender&&) noexcept;
  ~RowAppender();

  // One JSON object. Missing strings are "", other missing values null; a missing TimeGenerated is the stamp's time.
  // kInvalidArgument for what is not an object or breaks the rules; then the row is not added.
  Result<AppendedRow> Append(std::string_view row, const RowStamp& stamp, RowRules rules);
  Status Flush();

 private:
  struct Impl;
  explicit RowAppender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::logstore
