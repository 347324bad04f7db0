#include "slipway/registry/registry.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/registry/definition.h"
#include "slipway/registry/preparation.h"

namespace slipway::registry {
namespace {

using domain::AssetContainer;
using domain::AssetKind;
using domain::AssetVersion;
using domain::ListView;
using domain::Scope;

// Names that the dialect's clients give to what their users did not name; the version is the content's hash.
constexpr std::string_view kAnonymousNames[] = {"CliV2AnonymousEnvironment", "azureml_anonymous"};

bool IsAnonymousName(std::string_view name) {
  for (const std::string_view known : kAnonymousNames) {
    if (EqualsIgnoreCase(known, name)) return true;
  }
  return false;
}

void EraseOwn(domain::Tags& properties) {
  std::erase_if(properties, [](const auto& property) { return property.first.starts_with(kOwnPrefix); });
}

// What a client sent, with the server's own properties of the stored version.
domain::Tags MergedProperties(const domain::Tags& stored, domain::Tags sent) {
  EraseOwn(sent);
  for (const auto& [key, value] : stored) {
    if (key.starts_with(kOwnPrefix)) sent[key] = value;
  }
  return sent;
}

// Takes over what of a body may change. Clients that do not know stages and flavors leave them out.
void ChangeBody(domain::AssetBody& stored, const domain::AssetBody& given) {
  if (auto* model = std::get_if<domain::ModelBody>(&stored)) {
    const auto& changes = std::get<domain::ModelBody>(given);
    if (!changes.stage.empty()) model->stage = changes.stage;
    if (!changes.flavors.empty()) model->flavors = changes.flavors;
  } else if (auto* component = std::get_if<domain::CommandComponent>(&stored)) {
    const auto& changes = std::get<domain::CommandComponent>(given);
    component->display_name = changes.display_name;
    component->description = changes.description;
    component->tags = changes.tags;
  }
}

Error IsArchivedAsAWhole(AssetKind kind, const std::string& name) {
  const std::string_view what = domain::AssetKindName(kind);
  return FailedPrecondition(fmt::format(
      "all of the {0} '{1}' is archived: restore it as a whole first (slipway {0} restore --name {1})", what, name));
}

}  // namespace

Registry::Registry(RegistryDependencies dependencies)
    : dependencies_(std::move(dependencies)),
      catalog_(dependencies_.workspaces, dependencies_.assets, dependencies_.jobs, dependencies_.registries) {}

Status Registry::CheckScope(const Scope& scope) {
  if (scope.registry.empty()) SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
  return {};
}

Result<StoredVersion> Registry::Put(const Scope& scope, AssetVersion version) {
  EraseOwn(version.properties);
  return Store(scope, std::move(version));
}

Result<AssetVersion> Registry::Register(const Scope& scope, AssetVersion version) {
  SLIPWAY_ASSIGN_OR_RETURN(StoredVersion stored, Store(scope, std::move(version)));
  return std::move(stored.version);
}

Result<StoredVersion> Registry::Store(const Scope& scope, AssetVersion version) {
  SLIPWAY_RETURN_IF_ERROR(CheckAssetName(version.kind, version.name));
  SLIPWAY_RETURN_IF_ERROR(CheckVersion(version.version));
  SLIPWAY_RETURN_IF_ERROR(CheckScope(scope));
  if (version.version.empty()) return Create(scope, std::move(version));
  auto stored = dependencies_.assets.GetVersion(scope, version.kind, version.name, version.version);
  if (stored) return Change(scope, *stored, std::move(version));
  if (stored.error().code() != Code::kNotFound) return std::move(stored.error());
  return Create(scope, std::move(version));
}

Result<StoredVersion> Registry::Create(const Scope& scope, AssetVersion version) {
  Preparation preparation(dependencies_, catalog_, scope);
  SLIPWAY_RETURN_IF_ERROR(preparation.Normalize(version));
  SLIPWAY_RETURN_IF_ERROR(preparation.Check(version));
  version.is_anonymous = version.is_anonymous || IsAnonymousName(version.name);
  version.context.created_at = version.context.last_modified_at = dependencies_.clock.Now();
  auto made = dependencies_.assets.InsertVersion(scope, version);
  if (made) return StoredVersion{std::move(*made), true};
  if (made.error().code() != Code::kAlreadyExists || version.version.empty()) return std::move(made.error());
  // Somebody made it in the meantime.
  SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion stored,
                           dependencies_.assets.GetVersion(scope, version.kind, version.name, version.version));
  return Change(scope, stored, std::move(version));
}

Status Registry::CheckSameDefinition(const Scope& scope, const AssetVersion& stored, const AssetVersion& given) {
  if (DefinitionDifferences(stored.body, given.body).empty()) return {};
  AssetVersion normal = given;
  SLIPWAY_RETURN_IF_ERROR(Preparation(dependencies_, catalog_, scope).Normalize(normal));
  const auto differences = DefinitionDifferences(stored.body, normal.body);
  if (differences.empty()) return {};
  return AlreadyExists(
      fmt::format("the {} '{}' has a version '{}' already, and it differs in {}: versions do not change, so give this "
                  "one another version",
                  domain::AssetKindName(stored.kind), stored.name, stored.version, Join(differences, ", ")));
}

Result<StoredVersion> Registry::Change(const Scope& scope, const AssetVersion& stored, AssetVersion given) {
  SLIPWAY_RETURN_IF_ERROR(CheckSameDefinition(scope, stored, given));
  const bool all_archived = IsContainerArchived(scope, stored.kind, stored.name);
  AssetVersion changed = stored;
  if (given.is_archived != (stored.is_archived || all_archived)) {
    if (all_archived) return IsArchivedAsAWhole(stored.kind, stored.name);
    changed.is_archived = given.is_archived;
  }
  changed.description = given.description;
  changed.tags = given.tags;
  changed.properties = MergedProperties(stored.properties, std::move(given.properties));
  ChangeBody(changed.body, given.body);
  changed.context.last_modified_at = dependencies_.clock.Now();
  SLIPWAY_RETURN_IF_ERROR(dependencies_.assets.UpdateVersion(scope, changed));
  changed.is_archived = changed.is_archived || all_archived;
  return StoredVersion{std::move(changed), false};
}

bool Registry::IsContainerArchived(const Scope& scope, AssetKind kind, const std::string& name) {
  const auto container = dependencies_.assets.GetContainer(scope, kind, name);
  return container && container->is_archived;
}

Result<AssetVersion> Registry::Get(const Scope& scope, AssetKind kind, const std::string& name,
                                   const std::string& version) {
  const bool wants_latest = EqualsIgnoreCase(version, "latest");
  auto found = wants_latest ? dependencies_.assets.GetLatest(scope, kind, name)
                            : dependencies_.assets.GetVersion(scope, kind, name, version);
  if (!found && found.error().code() == Code::kNotFound) {
    return catalog_.Missing(scope, kind,
                            {.name = name, .version = wants_latest ? "" : version, .label = "", .registry = ""});
  }
  if (found) found->is_archived = found->is_archived || IsContainerArchived(scope, kind, name);
  return found;
}

Result<std::vector<AssetVersion>> Registry::ListVersions(const Scope& scope, AssetKind kind, const std::string& name,
                                                         ListView view) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetContainer container, GetContainer(scope, kind, name));
  if (!container.is_archived) return dependencies_.assets.ListVersions(scope, kind, name, view);
  if (view == ListView::kActiveOnly) return std::vector<AssetVersion>();
  SLIPWAY_ASSIGN_OR_RETURN(auto versions, dependencies_.assets.ListVersions(scope, kind, name, ListView::kAll));
  for (AssetVersion& version : versions) version.is_archived = true;
  return versions;
}

Result<bool> Registry::DeleteVersion(const Scope& scope, AssetKind kind, const std::string& name,
                                     const std::string& version) {
  const auto found = dependencies_.assets.GetVersion(scope, kind, name, version);
  if (!found && found.error().code() == Code::kNotFound) return false;
  if (!found) return found.error();
  SLIPWAY_RETURN_IF_ERROR(dependencies_.assets.DeleteVersion(scope, kind, name, version));
  return true;
}

Result<StoredContainer> Registry::PutContainer(const Scope& scope, AssetContainer container) {
  SLIPWAY_RETURN_IF_ERROR(CheckAssetName(container.kind, container.name));
  SLIPWAY_RETURN_IF_ERROR(CheckScope(scope));
  const auto stored = dependencies_.assets.GetContainer(scope, container.kind, container.name);
  if (!stored && stored.error().code() != Code::kNotFound) return stored.error();
  const Timestamp now = dependencies_.clock.Now();
  if (stored) {
    container.name = stored->name;
    container.data_type = stored->data_type;
    container.context = stored->context;
  } else {
    container.context.created_at = now;
  }
  container.context.last_modified_at = now;
  SLIPWAY_RETURN_IF_ERROR(dependencies_.assets.PutContainer(scope, container));
  SLIPWAY_ASSIGN_OR_RETURN(container, dependencies_.assets.GetContainer(scope, container.kind, container.name));
  return StoredContainer{std::move(container), !stored};
}

Result<bool> Registry::DeleteContainer(const Scope& scope, AssetKind kind, const std::string& name) {
  const auto found = dependencies_.assets.GetContainer(scope, kind, name);
  if (!found && found.error().code() == Code::kNotFound) return false;
  if (!found) return found.error();
  SLIPWAY_RETURN_IF_ERROR(dependencies_.assets.DeleteContainer(scope, kind, name));
  return true;
}

Result<AssetContainer> Registry::GetContainer(const Scope& scope, AssetKind kind, const std::string& name) {
  auto found = dependencies_.assets.GetContainer(scope, kind, name);
  if (!found && found.error().code() == Code::kNotFound) {
    return catalog_.Missing(scope, kind, {.name = name, .version = "", .label = "", .registry = ""});
  }
  return found;
}

Result<std::vector<AssetContainer>> Registry::ListContainers(const Scope& scope, AssetKind kind, ListView view) {
  SLIPWAY_RETURN_IF_ERROR(CheckScope(scope));
  return dependencies_.assets.ListContainers(scope, kind, view);
}

}  // namespace slipway::registry
