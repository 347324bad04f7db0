#include "slipway/store/registry_store.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/wire/registry.h"

namespace slipway::store {
namespace {

using domain::AssetRegistry;

DocumentTable Registries() {
  return {"registries", "registry", {"name_key"}};
}

Result<AssetRegistry> ReadRegistry(const Document& document) {
  return AsStored(wire::RegistryFromArm(document.body), fmt::format("the registry '{}'", document.name));
}

}  // namespace

std::vector<std::string> RegistryTableStatements() {
  return {Registries().CreateStatement()};
}

SqlRegistryStore::SqlRegistryStore(sql::Database& database) : database_(database), table_(Registries()) {}

Status SqlRegistryStore::PutRegistry(const AssetRegistry& registry) {
  return database_.Write([&](sql::Connection& connection) {
    const std::string& name = registry.scope.registry;
    return table_.Put(connection, {ToLower(name)}, name, wire::RegistryToArm(registry));
  });
}

Result<AssetRegistry> SqlRegistryStore::GetRegistry(const std::string& name) {
  Document document;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(document, table_.Get(connection, {ToLower(name)}, name));
    return {};
  }));
  return ReadRegistry(document);
}

Result<std::vector<AssetRegistry>> SqlRegistryStore::ListRegistries() {
  std::vector<Document> documents;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(documents, table_.List(connection, {}));
    return {};
  }));
  return ReadAll<AssetRegistry>(documents, ReadRegistry);
}

Status SqlRegistryStore::DeleteRegistry(const AssetRegistry& registry) {
  return database_.Write([&](sql::Connection& connection) -> Status {
    for (const char* table : {"asset_versions", "asset_containers"})
      SLIPWAY_RETURN_IF_ERROR(connection.Execute(fmt::format("DELETE FROM {} WHERE workspace = :p1", table),
                                                 {WorkspaceKey(registry.scope)}));
    return table_.Delete(connection, {ToLower(registry.scope.registry)});
  });
}

}  // namespace slipway::store
