#include "slipway/store/run_rows.h"

#include <cmath>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/store/document_table.h"
#include "slipway/store/experiment_rows.h"

namespace slipway::store {
namespace {

using domain::MetricPoint;
using domain::Run;
using domain::Scope;
using sql::Connection;
using sql::Row;
using sql::Value;

constexpr std::string_view kStatusNames[] = {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};

std::string StatusName(domain::RunStatus status) {
  return std::string(kStatusNames[static_cast<size_t>(status)]);
}

domain::RunStatus ReadStatus(const std::string& name) {
  for (size_t i = 0; i < std::size(kStatusNames); ++i)
    if (kStatusNames[i] == name) return static_cast<domain::RunStatus>(i);
  return domain::RunStatus::kRunning;
}

// number, id, name, experiment, user_id, status, start_time_ms, end_time_ms, artifact_uri, is_deleted.
Run ReadRun(const Row& row) {
  Run run;
  run.id = row.Text(1);
  run.name = row.Text(2);
  run.experiment_id = std::to_string(row.Int(3));
  run.user_id = row.Text(4);
  run.status = ReadStatus(row.Text(5));
  run.start_time_ms = row.Int(6);
  if (!row.is_null(7)) run.end_time_ms = row.Int(7);
  run.artifact_uri = row.Text(8);
  run.is_deleted = row.Int(9) != 0;
  return run;
}

// From `first` on: key, value, is_nan, timestamp_ms, step.
MetricPoint ReadPoint(const Row& row, size_t first) {
  MetricPoint point;
  point.key = row.Text(first);
  point.value = row.Int(first + 2) != 0 ? std::numeric_limits<double>::quiet_NaN() : row.Double(first + 1);
  point.timestamp_ms = row.Int(first + 3);
  point.step = row.Int(first + 4);
  return point;
}

// :p1 workspace, :p2 id, then what may change.
std::vector<Value> ColumnsOf(const Scope& scope, const Run& run, int64_t experiment) {
  return {WorkspaceKey(scope),
          ToLower(run.id),
          run.name,
          experiment,
          run.user_id,
          StatusName(run.status),
          run.start_time_ms,
          run.end_time_ms ? Value(*run.end_time_ms) : Value(),
          run.artifact_uri,
          static_cast<int64_t>(run.is_deleted)};
}

Result<int64_t> CheckExperiment(Connection& connection, const Scope& scope, const std::string& id) {
  const auto number = ExperimentNumber(id);
  if (!number) return NoSuchExperiment(id);
  SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                           connection.Query("SELECT number FROM experiments WHERE workspace = :p1 AND number = :p2",
                                            {WorkspaceKey(scope), *number}));
  if (rows.empty()) return NoSuchExperiment(id);
  return *number;
}

using RunsByNumber = std::unordered_map<int64_t, Run*>;

// Calls take(run, row) for the rows of `table` that belong to the selected runs; the row's first column is the run.
template <typename Take>
Status ForEachHeld(Connection& connection, std::string_view table, std::string_view columns,
                   const std::vector<Value>& parameters, const std::string& condition, const RunsByNumber& runs,
                   const Take& take) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                           connection.Query(fmt::format("SELECT t.run, {} FROM {} t JOIN runs r ON r.number = t.run"
                                                        " WHERE r.workspace = :p1{} ORDER BY t.key",
                                                        columns, table, condition),
                                            parameters));
  for (const Row& row : rows)
    if (const auto found = runs.find(row.Int(0)); found != runs.end()) take(*found->second, row);
  return {};
}

}  // namespace

std::vector<std::string> RunRowsTableStatements() {
  return {
      "CREATE TABLE runs ("
      " number BIGINT PRIMARY KEY,"  // counts all runs; key of the tables below
      " workspace TEXT NOT NULL,"
      " id_key TEXT NOT NULL,"
      " id TEXT NOT NULL,"
      " name TEXT NOT NULL,"
      " experiment BIGINT NOT NULL,"  // its number
      " user_id TEXT NOT NULL,"
      " status TEXT NOT NULL,"
      " start_time_ms BIGINT NOT NULL,"
      " end_time_ms BIGINT,"
      " artifact_uri TEXT NOT NULL,"
      " is_deleted INTEGER NOT NULL)",
      "CREATE UNIQUE INDEX runs_by_id ON runs (workspace, id_key)",
      "CREATE INDEX runs_by_experiment ON runs (workspace, experiment)",
      "CREATE TABLE run_parameters ("
      " run BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, key))",
      "CREATE TABLE run_tags ("
      " run BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, key))",
      // Rows are added, never changed. A NaN is 0 with a flag: SQLite would make it NULL.
      "CREATE TABLE run_metrics ("
      " run BIGINT NOT NULL,"
      " key TEXT NOT NULL,"
      " step BIGINT NOT NULL,"
      " timestamp_ms BIGINT NOT NULL,"
      " value DOUBLE PRECISION NOT NULL,"
      " is_nan INTEGER NOT NULL,"
      " PRIMARY KEY (run, key, step, timestamp_ms, value, is_nan))",
      "CREATE TABLE run_latest_metrics ("
      " run BIGINT NOT NULL,"
      " key TEXT NOT NULL,"
      " step BIGINT NOT NULL,"
      " timestamp_ms BIGINT NOT NULL,"
      " value DOUBLE PRECISION NOT NULL,"
      " is_nan INTEGER NOT NULL,"
      " PRIMARY KEY (run, key))",
  };
}

Result<std::vector<Run>> SelectRuns(Connection& connection, const std::vector<Value>& parameters,
                                    const std::string& condition) {
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto rows,
      connection.Query(fmt::format("SELECT r.number, r.id, r.name, r.experiment, r.user_id, r.status, r.start_time_ms,"
                                   " r.end_time_ms, r.artifact_uri, r.is_deleted FROM runs r"
                                   " WHERE r.workspace = :p1{} ORDER BY r.number DESC",
                                   condition),
                       parameters));
  std::vector<Run> runs(rows.size());
  RunsByNumber by_number;
  for (size_t i = 0; i < rows.size(); ++i) {
    runs[i] = ReadRun(rows[i]);
    by_number[rows[i].Int(0)] = &runs[i];
  }
  SLIPWAY_RETURN_IF_ERROR(
      ForEachHeld(connection, "run_parameters", "t.key, t.value", parameters, condition, by_number,
                  [](Run& run, const Row& row) { run.parameters.emplace(row.Text(1), row.Text(2)); }));
  SLIPWAY_RETURN_IF_ERROR(ForEachHeld(connection, "run_tags", "t.key, t.value", parameters, condition, by_number,
                                      [](Run& run, const Row& row) { run.tags.emplace(row.Text(1), row.Text(2)); }));
  SLIPWAY_RETURN_IF_ERROR(ForEachHeld(
      connection, "run_latest_metrics", "t.key, t.value, t.is_nan, t.timestamp_ms, t.step", parameters, condition,
      by_number, [](Run& run, const Row& row) { run.latest_metrics.push_back(ReadPoint(row, 1)); }));
  return runs;
}

Result<RunKey> FindRun(Connection& connection, const Scope& scope, const std::string& id) {
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto rows, connection.Query("SELECT number, is_deleted FROM runs WHERE workspace = :p1 AND id_key = :p2",
                                        {WorkspaceKey(scope), ToLower(id)}));
  if (rows.empty()) return NotFound(fmt::format("there is no run with the id '{}'", id));
  return RunKey{rows.front().Int(0), rows.front().Int(1) != 0};
}

Result<RunKey> InsertRunRow(Connection& connection, const Scope& scope, const Run& run) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t experiment, CheckExperiment(connection, scope, run.experiment_id));
  std::vector<Value> parameters = ColumnsOf(scope, run, experiment);
  parameters.emplace_back(run.id);
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(
      "INSERT INTO runs (number, workspace, id_key, name, experiment, user_id, status, start_time_ms, end_time_ms,"
      " artifact_uri, is_deleted, id) VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM runs), :p1, :p2, :p3, :p4, :p5,"
      " :p6, :p7, :p8, :p9, :p10, :p11)",
      parameters));
  return FindRun(connection, scope, run.id);
}

Status UpdateRunRow(Connection& connection, const Scope& scope, const Run& run) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t experiment, CheckExperiment(connection, scope, run.experiment_id));
  SLIPWAY_ASSIGN_OR_RETURN(
      const int64_t changed,
      connection.Execute("UPDATE runs SET name = :p3, experiment = :p4, user_id = :p5, status = :p6,"
                         " start_time_ms = :p7, end_time_ms = :p8, artifact_uri = :p9, is_deleted = :p10"
                         " WHERE workspace = :p1 AND id_key = :p2",
                         ColumnsOf(scope, run, experiment)));
  if (changed == 0) return NotFound(fmt::format("there is no run with the id '{}'", run.id));
  return {};
}

Status LogMetric(Connection& connection, RunKey run, const MetricPoint& point) {
  const bool is_nan = std::isnan(point.value);
  const std::vector<Value> parameters = {
      run.number, point.key, point.step, point.timestamp_ms, is_nan ? 0.0 : point.value, static_cast<int64_t>(is_nan)};
  SLIPWAY_RETURN_IF_ERROR(
      connection.Execute("INSERT INTO run_metrics (run, key, step, timestamp_ms, value, is_nan)"
                         " VALUES (:p1, :p2, :p3, :p4, :p5, :p6) ON CONFLICT DO NOTHING",
                         parameters));
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(
      "INSERT INTO run_latest_metrics (run, key, step, timestamp_ms, value, is_nan)"
      " VALUES (:p1, :p2, :p3, :p4, :p5, :p6) ON CONFLICT (run, key) DO UPDATE SET step = excluded.step,"
      " timestamp_ms = excluded.timestamp_ms, value = excluded.value, is_nan = excluded.is_nan"
      " WHERE (excluded.step, excluded.timestamp_ms, excluded.value)"
      " >= (run_latest_metrics.step, run_latest_metrics.timestamp_ms, run_latest_metrics.value)",
      parameters));
  return {};
}

Status LogParameter(Connection& connection, RunKey run, const std::string& key, const std::string& value) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t inserted,
                           connection.Execute("INSERT INTO run_parameters (run, key, value) VALUES (:p1, :p2, :p3)"
                                              " ON CONFLICT DO NOTHING",
                                              {run.number, key, value}));
  if (inserted > 0) return {};
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto rows,
      connection.Query("SELECT value FROM run_parameters WHERE run = :p1 AND key = :p2", {run.number, key}));
  if (rows.at(0).Text(0) == value) return {};
  return InvalidArgument(
      fmt::format("parameter '{}' was logged as '{}' and cannot become '{}': parameters do not change", key,
                  rows[0].Text(0), value));
}

Status SetTag(Connection& connection, RunKey run, const std::string& key, const std::string& value) {
  SLIPWAY_RETURN_IF_ERROR(
      connection.Execute("INSERT INTO run_tags (run, key, value) VALUES (:p1, :p2, :p3)"
                         " ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
                         {run.number, key, value}));
  return {};
}

Result<std::vector<MetricPoint>> SelectMetricHistory(Connection& connection, RunKey run, const std::string& key) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                           connection.Query("SELECT key, value, is_nan, timestamp_ms, step FROM run_metrics"
                                            " WHERE run = :p1 AND key = :p2 ORDER BY step, timestamp_ms, value, is_nan",
                                            {run.number, key}));
  std::vector<MetricPoint> points;
  points.reserve(rows.size());
  for (const Row& row : rows) points.push_back(ReadPoint(row, 0));
  return points;
}

}  // namespace slipway::store
