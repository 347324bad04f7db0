#include "slipway/store/workflow_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/wire/workflow.h"

namespace slipway::store {
namespace {

using domain::EnvironmentGate;
using domain::Scope;
using domain::WorkflowRepository;
using domain::WorkflowRun;

DocumentTable Gates() {
  return {"environment_gates", "environment gate", {"workspace", "name_key"}};
}

DocumentTable Repositories() {
  return {"workflow_repositories", "repository", {"workspace", "name_key"}};
}

Result<WorkflowRun> ReadRun(const sql::Row& row) {
  constexpr std::string_view kWhat = "a workflow run";
  SLIPWAY_ASSIGN_OR_RETURN(const auto body, ReadDocument(row.Text(0), kWhat));
  return AsStored(wire::WorkflowRunFromJson(body), kWhat);
}

Result<EnvironmentGate> ReadGate(const Document& document) {
  SLIPWAY_ASSIGN_OR_RETURN(EnvironmentGate gate, AsStored(wire::EnvironmentGateFromJson(document.body),
                                                          fmt::format("the environment gate '{}'", document.name)));
  gate.name = document.name;
  return gate;
}

Result<WorkflowRepository> ReadRepository(const Document& document) {
  return AsStored(wire::WorkflowRepositoryFromJson(document.body), fmt::format("the repository '{}'", document.name));
}

std::string_view StatusText(const WorkflowRun& run) {
  return domain::WorkflowStatusName(run.status);
}

Result<int64_t> NextNumber(sql::Connection& connection, const std::string& query,
                           const std::vector<sql::Value>& parameters = {}) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto rows, connection.Query(query, parameters));
  return rows.at(0).Int(0) + 1;
}

}  // namespace

std::vector<std::string> WorkflowTableStatements() {
  return {
      Gates().CreateStatement(),
      Repositories().CreateStatement(),
      "CREATE TABLE workflow_runs ("
      " id BIGINT PRIMARY KEY,"
      " workspace TEXT NOT NULL,"
      " workflow_path TEXT NOT NULL,"
      " number BIGINT NOT NULL,"
      " status TEXT NOT NULL,"
      " cause TEXT NOT NULL UNIQUE,"  // what started it; a run is started once a cause
      " body TEXT NOT NULL)",         // wire::WorkflowRunToJson
      "CREATE INDEX workflow_runs_by_workspace ON workflow_runs (workspace, id)",
      "CREATE INDEX workflow_runs_by_status ON workflow_runs (workspace, status)",
  };
}

SqlWorkflowStore::SqlWorkflowStore(sql::Database& database)
    : database_(database), gates_(database, Gates()), repositories_(database, Repositories()) {}

Result<WorkflowRun> SqlWorkflowStore::InsertRun(const Scope& scope, WorkflowRun run, const std::string& cause) {
  SLIPWAY_RETURN_IF_ERROR(database_.Write([&](sql::Connection& connection) -> Status {
    const std::string workspace = WorkspaceKey(scope);
    SLIPWAY_ASSIGN_OR_RETURN(run.id, NextNumber(connection, "SELECT COALESCE(MAX(id), 0) FROM workflow_runs"));
    SLIPWAY_ASSIGN_OR_RETURN(run.number,
                             NextNumber(connection,
                                        "SELECT COALESCE(MAX(number), 0) FROM workflow_runs WHERE workspace = :p1 AND "
                                        "workflow_path = :p2",
                                        {workspace, run.workflow_path}));
    const std::string unique = cause.empty() ? fmt::format("run {}", run.id) : workspace + "|" + cause;
    SLIPWAY_RETURN_IF_ERROR(
        connection.Execute("INSERT INTO workflow_runs (id, workspace, workflow_path, number, status, cause, body)"
                           " VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7)",
                           {run.id, workspace, run.workflow_path, run.number, std::string(StatusText(run)), unique,
                            DocumentText(wire::WorkflowRunToJson(run))}));
    return {};
  }));
  return run;
}

Status SqlWorkflowStore::UpdateRun(const Scope& scope, const WorkflowRun& run) {
  return database_.Write([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(
        const int64_t changed,
        connection.Execute(
            "UPDATE workflow_runs SET status = :p3, body = :p4 WHERE workspace = :p1 AND id = :p2",
            {WorkspaceKey(scope), run.id, std::string(StatusText(run)), DocumentText(wire::WorkflowRunToJson(run))}));
    if (changed == 0) return NotFound(fmt::format("there is no workflow run {}", run.id));
    return {};
  });
}

Result<WorkflowRun> SqlWorkflowStore::GetRun(const Scope& scope, int64_t id) {
  WorkflowRun run;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                             connection.Query("SELECT body FROM workflow_runs WHERE workspace = :p1 AND id = :p2",
                                              {WorkspaceKey(scope), id}));
    if (rows.empty()) return NotFound(fmt::format("there is no workflow run {}", id));
    SLIPWAY_ASSIGN_OR_RETURN(run, ReadRun(rows[0]));
    return {};
  }));
  return run;
}

Result<std::vector<WorkflowRun>> SqlWorkflowStore::ListRuns(const Scope& scope,
                                                            const domain::WorkflowRunFilter& filter) {
  std::vector<sql::Value> parameters = {WorkspaceKey(scope),
                                        static_cast<int64_t>(std::min<size_t>(filter.limit, INT32_MAX))};
  std::string where = "workspace = :p1";
  if (filter.unfinished_only) where += " AND status <> 'completed'";
  if (!filter.workflow_path.empty()) {
    where += " AND workflow_path = :p3";
    parameters.emplace_back(filter.workflow_path);
  }
  const std::string query = fmt::format("SELECT body FROM workflow_runs WHERE {} ORDER BY id DESC LIMIT :p2", where);
  std::vector<WorkflowRun> runs;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rows, connection.Query(query, parameters));
    for (const sql::Row& row : rows) {
      SLIPWAY_ASSIGN_OR_RETURN(WorkflowRun run, ReadRun(row));
      runs.push_back(std::move(run));
    }
    return {};
  }));
  return runs;
}

Status SqlWorkflowStore::PutGate(const Scope& scope, const EnvironmentGate& gate) {
  return gates_.Put(scope, gate.name, wire::EnvironmentGateToJson(gate, /*shows_secrets=*/true));
}

Result<EnvironmentGate> SqlWorkflowStore::GetGate(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Document document, gates_.Get(scope, name));
  return ReadGate(document);
}

Result<std::vector<EnvironmentGate>> SqlWorkflowStore::ListGates(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto documents, gates_.List(scope));
  return ReadAll<EnvironmentGate>(documents, ReadGate);
}

Status SqlWorkflowStore::DeleteGate(const Scope& scope, const std::string& name) {
  return gates_.Delete(scope, name);
}

Status SqlWorkflowStore::PutRepository(const Scope& scope, const WorkflowRepository& repository) {
  return repositories_.Put(scope, repository.path, wire::WorkflowRepositoryToJson(repository));
}

Result<std::vector<WorkflowRepository>> SqlWorkflowStore::ListRepositories(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto documents, repositories_.List(scope));
  return ReadAll<WorkflowRepository>(documents, ReadRepository);
}

Status SqlWorkflowStore::DeleteRepository(const Scope& scope, const std::string& path) {
  return repositories_.Delete(scope, path);
}

}  // namespace slipway::store
