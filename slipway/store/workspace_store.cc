#include "slipway/store/workspace_store.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/wire/workspace.h"

namespace slipway::store {
namespace {

using domain::Compute;
using domain::Datastore;
using domain::Scope;
using domain::Workspace;

DocumentTable Datastores() {
  return {"datastores", "datastore", {"workspace", "name_key"}};
}

DocumentTable Computes() {
  return {"computes", "compute", {"workspace", "name_key"}};
}

Result<Datastore> ReadDatastore(const Document& document) {
  SLIPWAY_ASSIGN_OR_RETURN(Datastore datastore, AsStored(wire::DatastoreFromArm(document.body),
                                                         fmt::format("the datastore '{}'", document.name)));
  datastore.name = document.name;
  return datastore;
}

Result<Compute> ReadCompute(const Document& document) {
  SLIPWAY_ASSIGN_OR_RETURN(
      Compute compute, AsStored(wire::ComputeFromArm(document.body), fmt::format("the compute '{}'", document.name)));
  compute.name = document.name;
  return compute;
}

// subscription, resource_group, name, body.
Result<Workspace> ReadWorkspace(const sql::Row& row) {
  const std::string what = fmt::format("the workspace '{}'", row.Text(2));
  SLIPWAY_ASSIGN_OR_RETURN(const auto body, ReadDocument(row.Text(3), what));
  SLIPWAY_ASSIGN_OR_RETURN(Workspace workspace, AsStored(wire::WorkspaceFromArm(body), what));
  workspace.scope = {row.Text(0), row.Text(1), row.Text(2)};
  return workspace;
}

Error NoSuchWorkspace(const Scope& scope) {
  return NotFound(
      fmt::format("there is no workspace '{}' in resource group '{}'", scope.workspace, scope.resource_group));
}

struct Held {
  const char *table, *noun;
};
// What a user has to delete before its workspace.
constexpr Held kHeld[] = {{"online_endpoints", "online endpoint(s)"},
                          {"jobs", "job(s)"},
                          {"asset_versions", "asset version(s)"},
                          {"schedules", "schedule(s)"},
                          {"alert_rules", "alert rule(s)"}};
// What goes along: the workspace's own parts, and what is remembered of things that are gone.
constexpr const char* kGoesAlong[] = {
    "DELETE FROM run_metrics WHERE run IN (SELECT number FROM runs WHERE workspace = :p1)",
    "DELETE FROM run_latest_metrics WHERE run IN (SELECT number FROM runs WHERE workspace = :p1)",
    "DELETE FROM run_parameters WHERE run IN (SELECT number FROM runs WHERE workspace = :p1)",
    "DELETE FROM run_tags WHERE run IN (SELECT number FROM runs WHERE workspace = :p1)",
    "DELETE FROM runs WHERE workspace = :p1",
    "DELETE FROM experiments WHERE workspace = :p1",
    "DELETE FROM alert_events WHERE workspace = :p1",
    "DELETE FROM rollouts WHERE workspace = :p1",
    "DELETE FROM promotions WHERE workspace = :p1",
    "DELETE FROM asset_containers WHERE workspace = :p1",
    "DELETE FROM datastores WHERE workspace = :p1",
    "DELETE FROM computes WHERE workspace = :p1",
    "DELETE FROM workspaces WHERE workspace = :p1"};

Status CheckEmpty(sql::Connection& connection, const Scope& scope) {
  std::vector<std::string> held;
  for (const auto& [table, noun] : kHeld) {
    SLIPWAY_ASSIGN_OR_RETURN(
        const auto rows,
        connection.Query(fmt::format("SELECT COUNT(*) FROM {} WHERE workspace = :p1", table), {WorkspaceKey(scope)}));
    if (const int64_t count = rows.at(0).Int(0); count > 0) held.push_back(fmt::format("{} {}", count, noun));
  }
  if (held.empty()) return {};
  return Error(Code::kFailedPrecondition,
               fmt::format("the workspace '{}' still holds {}: delete them first", scope.workspace, Join(held, ", ")));
}

}  // namespace

std::vector<std::string> WorkspaceTableStatements() {
  return {
      "CREATE TABLE workspaces ("
      " workspace TEXT PRIMARY KEY,"  // lower-case ARM id, as in every table
      " subscription TEXT NOT NULL,"
      " resource_group TEXT NOT NULL,"
      " name TEXT NOT NULL,"
      " id_key TEXT NOT NULL,"  // its GUID in lower case
      " body TEXT NOT NULL)",
      "CREATE INDEX workspaces_by_id ON workspaces (id_key)",
      Datastores().CreateStatement(),
      Computes().CreateStatement(),
  };
}

SqlWorkspaceStore::SqlWorkspaceStore(sql::Database& database)
    : database_(database), datastores_(database, Datastores()), computes_(database, Computes()) {}

Status SqlWorkspaceStore::PutWorkspace(const Workspace& workspace) {
  const Scope& scope = workspace.scope;
  return database_.Write([&](sql::Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(
        connection.Execute("INSERT INTO workspaces (workspace, subscription, resource_group, name, id_key, body)"
                           " VALUES (:p1, :p2, :p3, :p4, :p5, :p6)"
                           " ON CONFLICT (workspace) DO UPDATE SET id_key = excluded.id_key, body = excluded.body",
                           {WorkspaceKey(scope), scope.subscription, scope.resource_group, scope.workspace,
                            ToLower(workspace.id), DocumentText(wire::WorkspaceToArm(workspace))}));
    return {};
  });
}

Result<std::vector<Workspace>> SqlWorkspaceStore::FindWorkspaces(const std::string& condition,
                                                                 const std::vector<sql::Value>& parameters) {
  std::vector<Workspace> workspaces;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(
        const auto rows,
        connection.Query(fmt::format("SELECT subscription, resource_group, name, body FROM workspaces {} "
                                     "ORDER BY workspace",
                                     condition),
                         parameters));
    for (const sql::Row& row : rows) {
      SLIPWAY_ASSIGN_OR_RETURN(Workspace workspace, ReadWorkspace(row));
      workspaces.push_back(std::move(workspace));
    }
    return {};
  }));
  return workspaces;
}

Result<Workspace> SqlWorkspaceStore::GetWorkspace(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(auto found, FindWorkspaces("WHERE workspace = :p1", {WorkspaceKey(scope)}));
  if (found.empty()) return NoSuchWorkspace(scope);
  return std::move(found.front());
}

Result<Workspace> SqlWorkspaceStore::FindWorkspaceById(const std::string& id) {
  SLIPWAY_ASSIGN_OR_RETURN(auto found, FindWorkspaces("WHERE id_key = :p1", {ToLower(id)}));
  if (found.empty()) return NotFound(fmt::format("there is no workspace with the id '{}'", id));
  return std::move(found.front());
}

Result<std::vector<Workspace>> SqlWorkspaceStore::ListWorkspaces() {
  return FindWorkspaces("", {});
}

Status SqlWorkspaceStore::DeleteWorkspace(const Scope& scope) {
  return database_.Write([&](sql::Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(CheckEmpty(connection, scope));
    for (const char* statement : kGoesAlong)
      SLIPWAY_RETURN_IF_ERROR(connection.Execute(statement, {WorkspaceKey(scope)}));
    return {};
  });
}

Status SqlWorkspaceStore::PutDatastore(const Scope& scope, const Datastore& datastore) {
  return datastores_.Put(scope, datastore.name, wire::DatastoreToArm(scope, datastore, wire::Secrets::kInclude));
}

Result<Datastore> SqlWorkspaceStore::GetDatastore(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Document document, datastores_.Get(scope, name));
  return ReadDatastore(document);
}

Result<std::vector<Datastore>> SqlWorkspaceStore::ListDatastores(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto documents, datastores_.List(scope));
  return ReadAll<Datastore>(documents, ReadDatastore);
}

Status SqlWorkspaceStore::DeleteDatastore(const Scope& scope, const std::string& name) {
  return datastores_.Delete(scope, name);
}

Status SqlWorkspaceStore::PutCompute(const Scope& scope, const Compute& compute) {
  return computes_.Put(scope, compute.name, wire::ComputeToArm(scope, compute));
}

Result<Compute> SqlWorkspaceStore::GetCompute(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Document document, computes_.Get(scope, name));
  return ReadCompute(document);
}

Result<std::vector<Compute>> SqlWorkspaceStore::ListComputes(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto documents, computes_.List(scope));
  return ReadAll<Compute>(documents, ReadCompute);
}

Status SqlWorkspaceStore::DeleteCompute(const Scope& scope, const std::string& name) {
  return computes_.Delete(scope, name);
}

}  // namespace slipway::store
