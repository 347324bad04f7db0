// The log tables as data: what is stored, and the views over it that queries see. Columns are Azure Monitor's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/time.h"
#include "slipway/kql/type.h"

namespace slipway::logstore {

struct StoredColumn {
  std::string name;
  kql::Type type;
};

// A table of the DuckDB file. Rows come in with these columns as keys.
struct StoredTable {
  std::string name;  // as writers name it: "AppTraces"
  std::vector<StoredColumn> columns;
  bool is_custom = false;  // made by a user ("Orders_CL"), not Azure's

  std::string relation() const { return "log_" + name; }
};

// A column of a view: a stored column under a name, or an SQL expression over stored columns.
struct ViewColumn {
  std::string name;
  kql::Type type;
  std::string expression;
};

// What a query's table name stands for: "AppTraces" and "traces" are two views of one stored table.
struct LogView {
  std::string name;
  std::string table;  // the stored table
  std::string time_column;
  std::vector<ViewColumn> columns;
};

// The stored column that holds the Log Analytics workspace of a row; views carry it under kScopeColumn.
inline constexpr std::string_view kWorkspaceColumn = "WorkspaceId";
inline constexpr std::string_view kScopeColumn = "$workspace";
inline constexpr std::string_view kTimeColumn = "TimeGenerated";

// When the store took the row, in ticks: the same for all rows of a transaction, and growing from one to the next.
inline constexpr std::string_view kReceivedColumn = "_TimeReceived";

int64_t ToTicks(Timestamp time);

// Azure's tables, in their first form: a file of an earlier version may keep the columns in another order.
std::vector<StoredTable> BuiltInTables();
// The custom table with a user's columns between TimeGenerated and the store's own.
StoredTable CustomTable(std::string name, std::vector<StoredColumn> columns);
// A custom table's own columns, without those every table has.
std::vector<StoredColumn> OwnColumns(const StoredTable& table);
// The views over one stored table: its own name, and the Application Insights name if it has one.
std::vector<LogView> ViewsOf(const StoredTable& table);

std::string_view SqlTypeOf(kql::Type type);
// Changes nothing when the table is there.
std::string CreateTableSql(const StoredTable& table);

// A Parquet file of a table's older rows.
struct SealedFile {
  std::string path;
  std::vector<std::string> columns;  // those the table had when it was sealed
};
// The view over the table's rows and those of its sealed files; what a file has no column for is null, a string "".
std::string CreateViewSql(const LogView& view, const StoredTable& table, std::span<const SealedFile> sealed);

}  // namespace slipway::logstore
