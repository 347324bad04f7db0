// Reading and writing runs inside a transaction. For this room's own files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slipway/domain/run.h"
#include "slipway/sql/database.h"

namespace slipway::store {

std::vector<std::string> RunRowsTableStatements();

// Runs with all they hold, newest first. `condition` goes on after "WHERE r.workspace = :p1".
Result<std::vector<domain::Run>> SelectRuns(sql::Connection& connection, const std::vector<sql::Value>& parameters,
                                            const std::string& condition);

// The key of a run in the tables of what it holds.
struct RunKey {
  int64_t number = 0;
  bool is_deleted = false;
};
// kNotFound names the id.
Result<RunKey> FindRun(sql::Connection& connection, const domain::Scope& scope, const std::string& id);

Result<RunKey> InsertRunRow(sql::Connection& connection, const domain::Scope& scope, const domain::Run& run);
Status UpdateRunRow(sql::Connection& connection, const domain::Scope& scope, const domain::Run& run);

Status LogMetric(sql::Connection& connection, RunKey run, const domain::MetricPoint& point);
// kInvalidArgument when it has another value already.
Status LogParameter(sql::Connection& connection, RunKey run, const std::string& key, const std::string& value);
Status SetTag(sql::Connection& connection, RunKey run, const std::string& key, const std::string& value);
Result<std::vector<domain::MetricPoint>> SelectMetricHistory(sql::Connection& connection, RunKey run,
                                                             const std::string& key);

}  // namespace slipway::store
