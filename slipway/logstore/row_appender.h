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

enum class UnknownKeys { kRefuse, kIgnore };

// Reads one table's rows and hands them to DuckDB's appender. Not thread-safe; must not outlive the connection.
class RowAppender {
 public:
  static Result<RowAppender> Open(duck::Connection& connection, const StoredTable& table);
  RowAppender(RowAppender&&) noexcept;
  ~RowAppender();

  // One JSON object. Missing strings are "", other missing values null; a missing TimeGenerated is `now`.
  // kInvalidArgument for what is not an object, a key that is no column (unless ignored) or a value of the wrong type;
  // then the row is not added.
  Status Append(std::string_view row, Timestamp now, UnknownKeys unknown_keys);
  Status Flush();

 private:
  struct Impl;
  explicit RowAppender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::logstore
