#include "slipway/store/experiment_rows.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/store/document_table.h"

namespace slipway::store {
namespace {

using domain::Experiment;
using domain::Scope;
using sql::Value;

int64_t Microseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

Timestamp TimeOf(int64_t microseconds) {
  return Timestamp(Duration(microseconds));
}

// number, name, artifact_location, is_deleted, tags, created_at, updated_at.
Result<Experiment> ReadExperiment(const sql::Row& row) {
  Experiment experiment;
  experiment.id = std::to_string(row.Int(0));
  experiment.name = row.Text(1);
  experiment.artifact_location = row.Text(2);
  experiment.is_deleted = row.Int(3) != 0;
  SLIPWAY_ASSIGN_OR_RETURN(const auto tags, ReadDocument(row.Text(4), "the tags of an experiment"));
  for (const auto& [key, value] : tags.items())
    if (value.is_string()) experiment.tags[key] = value.get<std::string>();
  experiment.created_at = TimeOf(row.Int(5));
  experiment.updated_at = TimeOf(row.Int(6));
  return experiment;
}

// :p1 workspace, :p2 number, then every column.
std::vector<Value> ColumnsOf(const Scope& scope, int64_t number, const Experiment& experiment) {
  return {WorkspaceKey(scope),
          number,
          ToLower(experiment.name),
          experiment.name,
          experiment.artifact_location,
          static_cast<int64_t>(experiment.is_deleted),
          DocumentText(experiment.tags),
          Microseconds(experiment.created_at),
          Microseconds(experiment.updated_at)};
}

Result<int64_t> NextNumber(sql::Connection& connection, const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto rows, connection.Query("SELECT COALESCE(MAX(number), 0) + 1 FROM experiments WHERE workspace = :p1",
                                        {WorkspaceKey(scope)}));
  return rows.at(0).Int(0);
}

}  // namespace

std::vector<std::string> ExperimentTableStatements() {
  return {
      "CREATE TABLE experiments ("
      " workspace TEXT NOT NULL,"
      " number BIGINT NOT NULL,"  // its id
      " name_key TEXT NOT NULL,"
      " name TEXT NOT NULL,"
      " artifact_location TEXT NOT NULL,"
      " is_deleted INTEGER NOT NULL,"
      " tags TEXT NOT NULL,"          // a JSON object
      " created_at BIGINT NOT NULL,"  // microseconds since 1970
      " updated_at BIGINT NOT NULL,"
      " PRIMARY KEY (workspace, number))",
      "CREATE UNIQUE INDEX experiments_by_name ON experiments (workspace, name_key)",
  };
}

std::optional<int64_t> ExperimentNumber(const std::string& id) {
  const auto number = ParseInt(id);
  if (!number || *number < 0) return std::nullopt;
  return *number;
}

Error NoSuchExperiment(const std::string& id) {
  return NotFound(fmt::format("there is no experiment with the id '{}'", id));
}

Result<std::vector<Experiment>> SelectExperiments(sql::Connection& connection, const std::vector<Value>& parameters,
                                                  const std::string& condition) {
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto rows,
      connection.Query(fmt::format("SELECT number, name, artifact_location, is_deleted, tags, created_at, updated_at"
                                   " FROM experiments WHERE workspace = :p1{} ORDER BY number DESC",
                                   condition),
                       parameters));
  std::vector<Experiment> experiments;
  experiments.reserve(rows.size());
  for (const sql::Row& row : rows) {
    SLIPWAY_ASSIGN_OR_RETURN(Experiment experiment, ReadExperiment(row));
    experiments.push_back(std::move(experiment));
  }
  return experiments;
}

Status InsertExperimentRow(sql::Connection& connection, const Scope& scope, Experiment& experiment) {
  if (experiment.id.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t next, NextNumber(connection, scope));
    experiment.id = std::to_string(next);
  }
  const auto number = ExperimentNumber(experiment.id);
  if (!number)
    return InvalidArgument(fmt::format("'{}' is no id of an experiment: ids are whole numbers", experiment.id));
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(
      "INSERT INTO experiments (workspace, number, name_key, name, artifact_location, is_deleted, tags, created_at,"
      " updated_at) VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9)",
      ColumnsOf(scope, *number, experiment)));
  return {};
}

Status UpdateExperimentRow(sql::Connection& connection, const Scope& scope, const Experiment& experiment) {
  const auto number = ExperimentNumber(experiment.id);
  if (!number) return NoSuchExperiment(experiment.id);
  SLIPWAY_ASSIGN_OR_RETURN(
      const int64_t changed,
      connection.Execute("UPDATE experiments SET name_key = :p3, name = :p4, artifact_location = :p5,"
                         " is_deleted = :p6, tags = :p7, created_at = :p8, updated_at = :p9"
                         " WHERE workspace = :p1 AND number = :p2",
                         ColumnsOf(scope, *number, experiment)));
  if (changed == 0) return NoSuchExperiment(experiment.id);
  return {};
}

}  // namespace slipway::store
