// The log tables as data: what is stored, and the views over it that queries see. Columns are Azure Monitor's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

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

std::vector<StoredTable> AllStoredTables();
std::vector<LogView> AllViews();

// CREATE statements for every table and view; they change nothing that is there already but replace views.
std::string SchemaSql();

}  // namespace slipway::logstore
