// Writing: rows given directly, and rows that wait in spools.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/duck/connection.h"
#include "slipway/logstore/row_appender.h"
#include "slipway/logstore/schema.h"

namespace slipway::logstore {

// One transaction's rows, of any tables. Not thread-safe.
class RowBatch {
 public:
  RowBatch(duck::Connection& connection, const std::map<std::string, StoredTable, std::less<>>& tables, Timestamp now)
      : connection_(connection), tables_(tables), now_(now) {}
  // kNotFound for a table that is not there.
  Status Append(std::string_view table, std::string_view row, UnknownKeys unknown_keys);
  Status Flush();

 private:
  duck::Connection& connection_;
  const std::map<std::string, StoredTable, std::less<>>& tables_;
  const Timestamp now_;
  std::map<std::string, RowAppender, std::less<>> appenders_;
};

struct DrainReport {
  size_t rows = 0;
  size_t refused = 0;  // records that are no rows of any table; they are logged and passed over
};

// Moves what one writer's spool folder holds into the tables: rows and the new position in one transaction a batch, so
// that a kill at any moment neither loses nor repeats a record. Segments that were read are deleted afterwards.
Result<DrainReport> DrainSpool(duck::Connection& connection,
                               const std::map<std::string, StoredTable, std::less<>>& tables,
                               const std::filesystem::path& folder, Timestamp now);

}  // namespace slipway::logstore
