#include "slipway/store/asset_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/store/document_table.h"
#include "slipway/wire/asset.h"

namespace slipway::store {
namespace {

using domain::AssetContainer;
using domain::AssetKind;
using domain::AssetVersion;
using domain::ListView;
using domain::Scope;
using sql::Connection;
using sql::Row;
using sql::Value;

// workspace, kind, name_key: what :p1, :p2 and :p3 are in every statement here.
std::vector<Value> Keys(const Scope& scope, AssetKind kind, const std::string& name) {
  return {WorkspaceKey(scope), std::string(domain::AssetCollection(kind)), ToLower(name)};
}

std::vector<Value> Keys(const Scope& scope, AssetKind kind, const std::string& name, const std::string& version) {
  std::vector<Value> keys = Keys(scope, kind, name);
  keys.emplace_back(ToLower(version));
  return keys;
}

std::string Describe(AssetKind kind, const std::string& name, const std::string& version) {
  return fmt::format("{}/{}/versions/{}", domain::AssetCollection(kind), name, version);
}

Error NoSuchVersion(AssetKind kind, const std::string& name, const std::string& version) {
  return NotFound(
      fmt::format("there is no version '{}' of '{}' among the {}", version, name, domain::AssetCollection(kind)));
}

Error NoSuchName(AssetKind kind, const std::string& name) {
  return NotFound(fmt::format("there is no '{}' among the {}", name, domain::AssetCollection(kind)));
}

// " AND v.is_archived = 0" …; nothing for kAll.
std::string ViewCondition(ListView view, std::string_view column) {
  if (view == ListView::kAll) return "";
  return fmt::format(" AND {} = {}", column, view == ListView::kArchivedOnly ? 1 : 0);
}

Value Flag(bool value) {
  return static_cast<int64_t>(value);
}

// Versions that count: "7", not "007x" or "2026-01". 18 digits fit BIGINT.
std::optional<int64_t> NumberOf(const std::string& version) {
  const bool is_number = !version.empty() && version.size() <= 18 &&
                         std::all_of(version.begin(), version.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return std::nullopt;
  return *ParseInt(version);
}

// c.name, v.version, v.body.
Result<AssetVersion> ReadVersion(AssetKind kind, const Row& row) {
  const std::string what = Describe(kind, row.Text(0), row.Text(1));
  SLIPWAY_ASSIGN_OR_RETURN(const auto body, ReadDocument(row.Text(2), what));
  SLIPWAY_ASSIGN_OR_RETURN(AssetVersion version, AsStored(wire::AssetVersionFromArm(kind, body), what));
  version.name = row.Text(0);
  version.version = row.Text(1);
  return version;
}

// `condition` goes on after the three keys; `order` may limit.
Result<std::vector<AssetVersion>> SelectVersions(Connection& connection, AssetKind kind,
                                                 const std::vector<Value>& parameters, const std::string& condition,
                                                 std::string_view order = "") {
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto rows,
      connection.Query(fmt::format("SELECT c.name, v.version, v.body FROM asset_versions v JOIN asset_containers c"
                                   " ON c.workspace = v.workspace AND c.kind = v.kind AND c.name_key = v.name_key"
                                   " WHERE v.workspace = :p1 AND v.kind = :p2 AND v.name_key = :p3{} {}",
                                   condition, order),
                       parameters));
  std::vector<AssetVersion> versions;
  versions.reserve(rows.size());
  for (const Row& row : rows) {
    SLIPWAY_ASSIGN_OR_RETURN(AssetVersion version, ReadVersion(kind, row));
    versions.push_back(std::move(version));
  }
  return versions;
}

constexpr std::string_view kNewestFirst = "ORDER BY v.sequence DESC";
constexpr std::string_view kNewest = "ORDER BY v.sequence DESC LIMIT 1";

constexpr std::string_view kSelectContainers =
    "SELECT c.name, c.body, c.next_version,"
    " (SELECT v.version FROM asset_versions v WHERE v.workspace = c.workspace AND v.kind = c.kind"
    "  AND v.name_key = c.name_key AND v.is_archived = 0 ORDER BY v.sequence DESC LIMIT 1)"
    " FROM asset_containers c WHERE c.workspace = :p1 AND c.kind = :p2"
    " AND (c.was_put = 1 OR EXISTS (SELECT 1 FROM asset_versions v WHERE v.workspace = c.workspace"
    "  AND v.kind = c.kind AND v.name_key = c.name_key))";

Result<AssetContainer> ReadContainer(AssetKind kind, const Row& row) {
  const std::string what = fmt::format("{}/{}", domain::AssetCollection(kind), row.Text(0));
  SLIPWAY_ASSIGN_OR_RETURN(const auto body, ReadDocument(row.Text(1), what));
  SLIPWAY_ASSIGN_OR_RETURN(AssetContainer container, AsStored(wire::AssetContainerFromArm(kind, body), what));
  container.name = row.Text(0);
  container.next_version = row.Text(2);
  container.latest_version = row.Text(3);
  return container;
}

Result<std::vector<AssetContainer>> SelectContainers(Connection& connection, AssetKind kind,
                                                     const std::vector<Value>& parameters,
                                                     const std::string& condition) {
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto rows,
      connection.Query(fmt::format("{}{} ORDER BY c.sequence DESC", kSelectContainers, condition), parameters));
  std::vector<AssetContainer> containers;
  containers.reserve(rows.size());
  for (const Row& row : rows) {
    SLIPWAY_ASSIGN_OR_RETURN(AssetContainer container, ReadContainer(kind, row));
    containers.push_back(std::move(container));
  }
  return containers;
}

AssetContainer ContainerOf(const AssetVersion& version) {
  AssetContainer container;
  container.kind = version.kind;
  container.name = version.name;
  container.context = version.context;
  if (auto* data = std::get_if<domain::DataBody>(&version.body)) container.data_type = data->type;
  return container;
}

// One way for both: what a version brings along gives way to what is there, what a user puts replaces it.
Status WriteContainer(Connection& connection, const Scope& scope, const AssetContainer& container, bool is_anonymous,
                      bool was_put) {
  std::vector<Value> parameters = Keys(scope, container.kind, container.name);
  for (Value value : {Value(container.name), Flag(container.is_archived), Flag(is_anonymous), Flag(was_put),
                      Value(DocumentText(wire::AssetContainerToArm(scope, container)))})
    parameters.push_back(std::move(value));
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(
      fmt::format(
          "INSERT INTO asset_containers (workspace, kind, name_key, name, is_archived, is_anonymous, was_put,"
          " body, next_version, sequence) VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, 1,"
          " (SELECT COALESCE(MAX(sequence), 0) + 1 FROM asset_containers WHERE workspace = :p1 AND kind = :p2))"
          " ON CONFLICT (workspace, kind, name_key) DO {}",
          was_put ? "UPDATE SET is_archived = excluded.is_archived, was_put = 1, body = excluded.body" : "NOTHING"),
      parameters));
  return {};
}

// Takes the next number when the version has none, and keeps the counter ahead of all numbers.
Status NumberVersion(Connection& connection, const Scope& scope, AssetVersion& version) {
  std::vector<Value> parameters = Keys(scope, version.kind, version.name);
  SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                           connection.Query("SELECT name, next_version FROM asset_containers WHERE workspace = :p1"
                                            " AND kind = :p2 AND name_key = :p3",
                                            parameters));
  const int64_t next = rows.at(0).Int(1);
  version.name = rows.at(0).Text(0);
  if (version.version.empty()) version.version = std::to_string(next);
  parameters.emplace_back(std::max(next, NumberOf(version.version).value_or(0) + 1));
  parameters.push_back(Flag(version.is_anonymous));
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(
      "UPDATE asset_containers SET next_version = :p4, is_anonymous = CASE WHEN :p5 = 0 THEN 0 ELSE is_anonymous END"
      " WHERE workspace = :p1 AND kind = :p2 AND name_key = :p3",
      parameters));
  return {};
}

Status WriteVersion(Connection& connection, const Scope& scope, const AssetVersion& version) {
  std::vector<Value> parameters = Keys(scope, version.kind, version.name, version.version);
  parameters.emplace_back(version.version);
  parameters.push_back(Flag(version.is_archived));
  parameters.emplace_back(DocumentText(wire::AssetVersionToArm(scope, version)));
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(
      "INSERT INTO asset_versions (workspace, kind, name_key, version_key, version, is_archived, body, sequence)"
      " VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, (SELECT COALESCE(MAX(sequence), 0) + 1 FROM asset_versions"
      " WHERE workspace = :p1 AND kind = :p2 AND name_key = :p3))",
      parameters));
  return {};
}

void TakeOverMutable(AssetVersion& stored, const AssetVersion& wanted) {
  stored.description = wanted.description;
  stored.tags = wanted.tags;
  stored.properties = wanted.properties;
  stored.is_archived = wanted.is_archived;
  stored.context.last_modified_at = wanted.context.last_modified_at;
  stored.context.last_modified_by = wanted.context.last_modified_by;
  auto* model = std::get_if<domain::ModelBody>(&stored.body);
  const auto* wanted_model = std::get_if<domain::ModelBody>(&wanted.body);
  if (model && wanted_model) {
    model->stage = wanted_model->stage;
    model->flavors = wanted_model->flavors;
  }
  auto* component = std::get_if<domain::CommandComponent>(&stored.body);
  const auto* wanted_component = std::get_if<domain::CommandComponent>(&wanted.body);
  if (component && wanted_component) {
    component->display_name = wanted_component->display_name;
    component->description = wanted_component->description;
    component->tags = wanted_component->tags;
  }
}

Result<AssetVersion> SelectVersion(Connection& connection, const Scope& scope, AssetKind kind, const std::string& name,
                                   const std::string& version) {
  SLIPWAY_ASSIGN_OR_RETURN(
      auto found, SelectVersions(connection, kind, Keys(scope, kind, name, version), " AND v.version_key = :p4"));
  if (found.empty()) return NoSuchVersion(kind, name, version);
  return std::move(found.front());
}

}  // namespace

std::vector<std::string> AssetTableStatements() {
  return {
      "CREATE TABLE asset_containers ("
      " workspace TEXT NOT NULL,"
      " kind TEXT NOT NULL,"  // data, models, environments, components, codes
      " name_key TEXT NOT NULL,"
      " name TEXT NOT NULL,"
      " is_archived INTEGER NOT NULL,"
      " is_anonymous INTEGER NOT NULL,"  // has had anonymous versions only
      " was_put INTEGER NOT NULL,"       // by a user; stays when it has no versions
      " next_version BIGINT NOT NULL,"   // never goes back
      " body TEXT NOT NULL,"             // wire::AssetContainerToArm
      " sequence BIGINT NOT NULL,"       // order of insertion within the kind
      " PRIMARY KEY (workspace, kind, name_key))",
      "CREATE INDEX asset_containers_by_sequence ON asset_containers (workspace, kind, sequence)",
      "CREATE TABLE asset_versions ("
      " workspace TEXT NOT NULL,"
      " kind TEXT NOT NULL,"
      " name_key TEXT NOT NULL,"
      " version_key TEXT NOT NULL,"
      " version TEXT NOT NULL,"
      " is_archived INTEGER NOT NULL,"
      " body TEXT NOT NULL,"        // wire::AssetVersionToArm
      " sequence BIGINT NOT NULL,"  // order of insertion within the name
      " PRIMARY KEY (workspace, kind, name_key, version_key))",
      "CREATE INDEX asset_versions_by_sequence ON asset_versions (workspace, kind, name_key, sequence)",
  };
}

Result<AssetVersion> SqlAssetStore::InsertVersion(const Scope& scope, AssetVersion version) {
  const std::string wanted = version.version;
  const Status inserted = database_.Write([&](Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(
        WriteContainer(connection, scope, ContainerOf(version), version.is_anonymous, /*was_put=*/false));
    SLIPWAY_RETURN_IF_ERROR(NumberVersion(connection, scope, version));
    return WriteVersion(connection, scope, version);
  });
  if (inserted) return version;
  if (inserted.error().code() != Code::kAlreadyExists) return inserted.error();
  return AlreadyExists(
      fmt::format("there is a version '{}' of '{}' among the {} already; leave the version out to get "
                  "the next number",
                  wanted, version.name, domain::AssetCollection(version.kind)));
}

Status SqlAssetStore::UpdateVersion(const Scope& scope, const AssetVersion& version) {
  return database_.Write([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(AssetVersion stored,
                             SelectVersion(connection, scope, version.kind, version.name, version.version));
    TakeOverMutable(stored, version);
    std::vector<Value> parameters = Keys(scope, stored.kind, stored.name, stored.version);
    parameters.push_back(Flag(stored.is_archived));
    parameters.emplace_back(DocumentText(wire::AssetVersionToArm(scope, stored)));
    SLIPWAY_RETURN_IF_ERROR(connection.Execute(
        "UPDATE asset_versions SET is_archived = :p5, body = :p6 WHERE workspace = :p1 AND kind = :p2"
        " AND name_key = :p3 AND version_key = :p4",
        parameters));
    return {};
  });
}

Result<AssetVersion> SqlAssetStore::GetVersion(const Scope& scope, AssetKind kind, const std::string& name,
                                               const std::string& version) {
  AssetVersion found;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(found, SelectVersion(connection, scope, kind, name, version));
    return {};
  }));
  return found;
}

Result<AssetVersion> SqlAssetStore::GetLatest(const Scope& scope, AssetKind kind, const std::string& name) {
  std::vector<AssetVersion> found;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(
        found, SelectVersions(connection, kind, Keys(scope, kind, name), " AND v.is_archived = 0", kNewest));
    return {};
  }));
  if (found.empty()) return NoSuchName(kind, name);
  return std::move(found.front());
}

Result<std::vector<AssetVersion>> SqlAssetStore::ListVersions(const Scope& scope, AssetKind kind,
                                                              const std::string& name, ListView view) {
  std::vector<AssetVersion> versions;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(versions, SelectVersions(connection, kind, Keys(scope, kind, name),
                                                      ViewCondition(view, "v.is_archived"), kNewestFirst));
    return {};
  }));
  return versions;
}

Status SqlAssetStore::DeleteVersion(const Scope& scope, AssetKind kind, const std::string& name,
                                    const std::string& version) {
  return database_.Write([&](Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(connection.Execute(
        "DELETE FROM asset_versions WHERE workspace = :p1 AND kind = :p2 AND name_key = :p3 AND version_key = :p4",
        Keys(scope, kind, name, version)));
    return {};
  });
}

Status SqlAssetStore::DeleteContainer(const Scope& scope, AssetKind kind, const std::string& name) {
  return database_.Write([&](Connection& connection) -> Status {
    for (const char* table : {"asset_versions", "asset_containers"}) {
      SLIPWAY_RETURN_IF_ERROR(connection.Execute(
          fmt::format("DELETE FROM {} WHERE workspace = :p1 AND kind = :p2 AND name_key = :p3", table),
          Keys(scope, kind, name)));
    }
    return {};
  });
}

Result<AssetContainer> SqlAssetStore::GetContainer(const Scope& scope, AssetKind kind, const std::string& name) {
  std::vector<AssetContainer> found;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(found,
                             SelectContainers(connection, kind, Keys(scope, kind, name), " AND c.name_key = :p3"));
    return {};
  }));
  if (found.empty()) return NoSuchName(kind, name);
  return std::move(found.front());
}

Status SqlAssetStore::PutContainer(const Scope& scope, const AssetContainer& container) {
  return database_.Write([&](Connection& connection) {
    return WriteContainer(connection, scope, container, /*is_anonymous=*/false, /*was_put=*/true);
  });
}

Result<std::vector<AssetContainer>> SqlAssetStore::ListContainers(const Scope& scope, AssetKind kind, ListView view) {
  std::vector<AssetContainer> containers;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(
        containers,
        SelectContainers(connection, kind, {WorkspaceKey(scope), std::string(domain::AssetCollection(kind))},
                         " AND c.is_anonymous = 0" + ViewCondition(view, "c.is_archived")));
    return {};
  }));
  return containers;
}

}  // namespace slipway::store
