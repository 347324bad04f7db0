#include "slipway/store/run_store.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/store/document_table.h"
#include "slipway/store/experiment_rows.h"
#include "slipway/store/run_rows.h"

namespace slipway::store {
namespace {

using domain::Experiment;
using domain::MetricPoint;
using domain::Run;
using domain::Scope;
using sql::Connection;
using sql::Value;

Status Renamed(Status status, std::string message) {
  if (status || status.error().code() != Code::kAlreadyExists) return status;
  return AlreadyExists(std::move(message));
}

std::vector<Value> ByName(const Scope& scope, const std::string& name) {
  return {WorkspaceKey(scope), ToLower(name)};
}

constexpr const char* kByName = " AND name_key = :p2";

Status LogAll(Connection& connection, RunKey run, const std::vector<MetricPoint>& metrics,
              const std::map<std::string, std::string>& parameters, const domain::Tags& tags) {
  for (const MetricPoint& point : metrics) SLIPWAY_RETURN_IF_ERROR(LogMetric(connection, run, point));
  for (const auto& [key, value] : parameters) SLIPWAY_RETURN_IF_ERROR(LogParameter(connection, run, key, value));
  for (const auto& [key, value] : tags) SLIPWAY_RETURN_IF_ERROR(SetTag(connection, run, key, value));
  return {};
}

// "1, 5, 7": ids are numbers, so they may stand in the text.
std::string NumberList(const std::vector<std::string>& ids) {
  std::vector<std::string> numbers;
  for (const std::string& id : ids)
    if (const auto number = ExperimentNumber(id)) numbers.push_back(std::to_string(*number));
  return Join(numbers, ", ");
}

}  // namespace

std::vector<std::string> RunTableStatements() {
  std::vector<std::string> statements = ExperimentTableStatements();
  for (std::string& statement : RunRowsTableStatements()) statements.push_back(std::move(statement));
  return statements;
}

Result<Experiment> SqlRunStore::GetOrCreateExperiment(const Scope& scope, const std::string& name, Timestamp now) {
  auto known = GetExperimentByName(scope, name);
  if (known || known.error().code() != Code::kNotFound) return known;
  Experiment experiment;
  SLIPWAY_RETURN_IF_ERROR(database_.Write([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(auto found, SelectExperiments(connection, ByName(scope, name), kByName));
    if (!found.empty()) {  // made by somebody else in between
      experiment = std::move(found.front());
      return {};
    }
    experiment.name = name;
    experiment.created_at = experiment.updated_at = now;
    return InsertExperimentRow(connection, scope, experiment);
  }));
  return experiment;
}

Result<Experiment> SqlRunStore::InsertExperiment(const Scope& scope, Experiment experiment) {
  Status inserted =
      database_.Write([&](Connection& connection) { return InsertExperimentRow(connection, scope, experiment); });
  SLIPWAY_RETURN_IF_ERROR(
      Renamed(std::move(inserted), fmt::format("there is an experiment '{}' already", experiment.name)));
  return experiment;
}

Result<Experiment> SqlRunStore::GetExperiment(const Scope& scope, const std::string& id) {
  const auto number = ExperimentNumber(id);
  if (!number) return NoSuchExperiment(id);
  std::vector<Experiment> found;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(found, SelectExperiments(connection, {WorkspaceKey(scope), *number}, " AND number = :p2"));
    return {};
  }));
  if (found.empty()) return NoSuchExperiment(id);
  return std::move(found.front());
}

Result<Experiment> SqlRunStore::GetExperimentByName(const Scope& scope, const std::string& name) {
  std::vector<Experiment> found;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(found, SelectExperiments(connection, ByName(scope, name), kByName));
    return {};
  }));
  if (found.empty()) return NotFound(fmt::format("there is no experiment '{}'", name));
  return std::move(found.front());
}

Result<std::vector<Experiment>> SqlRunStore::ListExperiments(const Scope& scope) {
  std::vector<Experiment> experiments;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(experiments, SelectExperiments(connection, {WorkspaceKey(scope)}, ""));
    return {};
  }));
  return experiments;
}

Status SqlRunStore::UpdateExperiment(const Scope& scope, const Experiment& experiment) {
  Status updated =
      database_.Write([&](Connection& connection) { return UpdateExperimentRow(connection, scope, experiment); });
  return Renamed(std::move(updated), fmt::format("there is an experiment '{}' already", experiment.name));
}

Status SqlRunStore::InsertRun(const Scope& scope, const Run& run) {
  Status inserted = database_.Write([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const RunKey key, InsertRunRow(connection, scope, run));
    return LogAll(connection, key, run.latest_metrics, run.parameters, run.tags);
  });
  return Renamed(std::move(inserted), fmt::format("there is a run with the id '{}' already", run.id));
}

Status SqlRunStore::UpdateRun(const Scope& scope, const Run& run) {
  return database_.Write([&](Connection& connection) { return UpdateRunRow(connection, scope, run); });
}

Result<Run> SqlRunStore::GetRun(const Scope& scope, const std::string& id) {
  std::vector<Run> found;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(found, SelectRuns(connection, ByName(scope, id), " AND r.id_key = :p2"));
    return {};
  }));
  if (found.empty()) return NotFound(fmt::format("there is no run with the id '{}'", id));
  return std::move(found.front());
}

Result<std::vector<Run>> SqlRunStore::ListRuns(const Scope& scope, const std::vector<std::string>& experiment_ids) {
  const std::string numbers = NumberList(experiment_ids);
  std::vector<Run> runs;
  if (numbers.empty()) return runs;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(
        runs, SelectRuns(connection, {WorkspaceKey(scope)}, fmt::format(" AND r.experiment IN ({})", numbers)));
    return {};
  }));
  return runs;
}

Status SqlRunStore::LogBatch(const Scope& scope, const std::string& run_id, const std::vector<MetricPoint>& metrics,
                             const std::map<std::string, std::string>& parameters, const domain::Tags& tags) {
  return database_.Write([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const RunKey run, FindRun(connection, scope, run_id));
    if (run.is_deleted) return InvalidArgument(fmt::format("the run '{}' is deleted: restore it first", run_id));
    return LogAll(connection, run, metrics, parameters, tags);
  });
}

Status SqlRunStore::DeleteTag(const Scope& scope, const std::string& run_id, const std::string& key) {
  return database_.Write([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const RunKey run, FindRun(connection, scope, run_id));
    SLIPWAY_ASSIGN_OR_RETURN(
        const int64_t removed,
        connection.Execute("DELETE FROM run_tags WHERE run = :p1 AND key = :p2", {run.number, key}));
    if (removed == 0) return NotFound(fmt::format("the run '{}' has no tag '{}'", run_id, key));
    return {};
  });
}

Result<std::vector<MetricPoint>> SqlRunStore::GetMetricHistory(const Scope& scope, const std::string& run_id,
                                                               const std::string& key) {
  std::vector<MetricPoint> points;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const RunKey run, FindRun(connection, scope, run_id));
    SLIPWAY_ASSIGN_OR_RETURN(points, SelectMetricHistory(connection, run, key));
    return {};
  }));
  return points;
}

}  // namespace slipway::store
