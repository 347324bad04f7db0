#include "slipway/registry/sharing.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/registry/provenance.h"
#include "slipway/registry/remote_registry.h"
#include "slipway/registry/seal.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;
using domain::AssetKind;
using domain::AssetVersion;
using domain::Scope;
using nlohmann::json;

domain::AuditEntry EntryOf(const Scope& scope, const ShareRequest& request, const AssetVersion& shared, Timestamp now) {
  domain::AuditEntry entry;
  entry.time = now;
  entry.action = fmt::format("{}.share", domain::AssetKindName(request.kind));
  entry.actor = request.by;
  entry.scope = scope.ArmId();
  entry.subject = domain::RegistryAddress{request.registry, shared.kind, shared.name, shared.version}.ToString();
  entry.evidence = {{"source", fmt::format("azureml:{}:{}", request.name, request.version)},
                    {"statement_sha256", shared.properties.at(kStatementDigestProperty)},
                    {"signed_by", SignerOf(shared)}};
  if (const std::string tree = TreeOf(shared); !tree.empty()) entry.evidence["tree_sha256"] = tree;
  if (!request.approved_by.empty()) entry.evidence["approved_by"] = request.approved_by;
  return entry;
}

}  // namespace

Result<std::optional<fs::path>> Sharing::FilesOf(const Scope& scope, AssetVersion& version) {
  if (version.kind == AssetKind::kModel) {
    SLIPWAY_ASSIGN_OR_RETURN(ModelFolder folder, dependencies_.model_files.Materialize(scope, version));
    return std::optional<fs::path>(std::move(folder.model));
  }
  std::string* path = PathOf(version.body);
  if (path == nullptr) return std::optional<fs::path>();
  Catalog& catalog = dependencies_.registry.catalog();
  SLIPWAY_ASSIGN_OR_RETURN(*path, catalog.UriOf(scope, *path, "uri_folder"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto reference, domain::ParseReference(*path, AssetKind::kData));
  if (std::holds_alternative<domain::Url>(reference)) return std::optional<fs::path>();
  SLIPWAY_ASSIGN_OR_RETURN(fs::path local, catalog.LocalPath(scope, *path));
  std::error_code ignored;
  if (!fs::exists(local, ignored)) return FailedPrecondition(fmt::format("there is nothing at '{}' any more", *path));
  return std::optional<fs::path>(std::move(local));
}

Status Sharing::ShareReference(const Scope& scope, const ShareRequest& request, std::string& reference,
                               AssetKind kind) {
  if (reference.empty() || domain::ParseRegistryAddress(reference)) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion named, dependencies_.registry.catalog().Find(scope, reference, kind));
  ShareRequest part = request;
  part.kind = kind;
  part.name = named.name;
  part.version = named.version;
  part.as_name = part.as_version = "";
  SLIPWAY_RETURN_IF_ERROR(With(Share(scope, part), fmt::format("its {}", domain::AssetKindName(kind))));
  reference = domain::RegistryAddress{request.registry, kind, named.name, named.version}.ToString();
  return {};
}

Status Sharing::ShareParts(const Scope& scope, const ShareRequest& request, domain::CommandComponent& component) {
  SLIPWAY_RETURN_IF_ERROR(ShareReference(scope, request, component.environment, AssetKind::kEnvironment));
  return ShareReference(scope, request, component.code, AssetKind::kCode);
}

Result<StoredVersion> Sharing::Share(const Scope& scope, const ShareRequest& asked) {
  ShareRequest request = asked;
  SLIPWAY_ASSIGN_OR_RETURN(AssetVersion version,
                           dependencies_.registry.Get(scope, request.kind, request.name, request.version));
  request.version = version.version;
  json provenance = FindProvenance(dependencies_.jobs, dependencies_.runs, scope, version);
  if (!request.approved_by.empty()) provenance["approvedBy"] = request.approved_by;
  if (auto* component = std::get_if<domain::CommandComponent>(&version.body))
    SLIPWAY_RETURN_IF_ERROR(ShareParts(scope, request, *component));
  if (const auto* environment = std::get_if<domain::EnvironmentBody>(&version.body);
      environment != nullptr && !environment->build_path.empty())
    return Unimplemented("sharing an environment with a build context is not supported yet");
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, FilesOf(scope, version));
  if (!request.as_name.empty()) version.name = request.as_name;
  if (!request.as_version.empty()) version.version = request.as_version;
  if (auto* component = std::get_if<domain::CommandComponent>(&version.body)) {
    component->name = version.name;
    component->version = version.version;
  }
  SLIPWAY_ASSIGN_OR_RETURN(StoredVersion shared,
                           dependencies_.shared.Publish(request.registry, std::move(version), files, provenance));
  if (shared.is_new)
    SLIPWAY_RETURN_IF_ERROR(
        dependencies_.audit.Record(EntryOf(scope, request, shared.version, dependencies_.clock.Now())));
  return shared;
}

}  // namespace slipway::registry
