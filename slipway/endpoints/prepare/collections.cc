#include "slipway/endpoints/prepare/collections.h"

#include <fmt/format.h>

#include "slipway/base/file.h"

namespace slipway::endpoints {
namespace {

using domain::AssetKind;
using domain::AssetVersion;
using domain::CollectorSettings;
using domain::OnlineDeployment;
using domain::Scope;

bool IsReference(const std::string& name) {
  return name.starts_with("azureml:") || name.starts_with("/");
}

std::string WithoutSlash(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

Result<std::string> PathOf(const AssetVersion& asset) {
  const auto* data = std::get_if<domain::DataBody>(&asset.body);
  if (data && data->type == domain::DataType::kUriFolder) return WithoutSlash(data->path);
  return InvalidArgument(fmt::format("the data asset '{}:{}' is no uri_folder", asset.name, asset.version));
}

// What a client registered itself before it deployed.
Status TakeReferred(registry::Catalog& catalog, const Scope& scope, CollectorSettings& settings) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion asset, catalog.Find(scope, settings.data_name, AssetKind::kData));
  SLIPWAY_ASSIGN_OR_RETURN(settings.data_path, PathOf(asset));
  settings.data_name = asset.name;
  settings.data_version = asset.version;
  return {};
}

Result<std::string> UriOf(registry::Catalog& catalog, const Scope& scope, const OnlineDeployment& deployment,
                          std::string_view root, std::string_view leaf) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string datastore, catalog.DefaultDatastore(scope));
  return fmt::format("azureml://datastores/{}/paths/{}/{}/{}/{}", datastore, root, deployment.endpoint_name,
                     deployment.name, leaf);
}

Status CheckAsset(domain::AssetStore& assets, const Scope& scope, const CollectorSettings& settings) {
  const auto present = assets.GetVersion(scope, AssetKind::kData, settings.data_name, settings.data_version);
  if (!present) return present.error().code() == Code::kNotFound ? Status() : present.error();
  SLIPWAY_ASSIGN_OR_RETURN(const std::string path, PathOf(*present));
  if (path == settings.data_path) return {};
  return InvalidArgument(
      fmt::format("the data asset '{}:{}' is there already, at '{}' and not at '{}': choose another version or name",
                  settings.data_name, settings.data_version, path, settings.data_path));
}

Status PinCollection(registry::Catalog& catalog, domain::AssetStore& assets, const Scope& scope,
                     const OnlineDeployment& deployment, const std::string& name, CollectorSettings& settings) {
  if (IsReference(settings.data_name)) SLIPWAY_RETURN_IF_ERROR(TakeReferred(catalog, scope, settings));
  if (settings.data_name.empty())
    settings.data_name = fmt::format("{}-{}-{}", deployment.endpoint_name, deployment.name, name);
  if (settings.data_version.empty()) settings.data_version = "1";
  if (settings.data_path.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(settings.data_path, UriOf(catalog, scope, deployment, "modelDataCollector", name));
  }
  settings.data_path = WithoutSlash(settings.data_path);
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kAsset, settings.data_name));
  SLIPWAY_RETURN_IF_ERROR(catalog.LocalPath(scope, settings.data_path));
  return CheckAsset(assets, scope, settings);
}

Status Register(domain::AssetStore& assets, Timestamp now, const Scope& scope, const OnlineDeployment& deployment,
                const std::string& name, const CollectorSettings& settings) {
  AssetVersion version;
  version.kind = AssetKind::kData;
  version.name = settings.data_name;
  version.version = settings.data_version;
  version.description = fmt::format("'{}' collected by the deployment '{}' of the endpoint '{}'", name, deployment.name,
                                    deployment.endpoint_name);
  version.body = domain::DataBody{domain::DataType::kUriFolder, settings.data_path + "/"};
  version.context.created_at = version.context.last_modified_at = now;
  const auto made = assets.InsertVersion(scope, std::move(version));
  if (made || made.error().code() == Code::kAlreadyExists) return {};
  return made.error();
}

}  // namespace

Status PinCollections(registry::Catalog& catalog, domain::AssetStore& assets, const Scope& scope,
                      OnlineDeployment& deployment) {
  if (!deployment.data_collector) return {};
  for (auto& [name, settings] : deployment.data_collector->collections) {
    if (!settings.enabled) continue;
    SLIPWAY_RETURN_IF_ERROR(With(PinCollection(catalog, assets, scope, deployment, name, settings),
                                 fmt::format("the data collector's collection '{}'", name)));
  }
  return {};
}

Result<std::map<std::string, Folder>> RegisterCollections(registry::Catalog& catalog, domain::AssetStore& assets,
                                                          Timestamp now, const Scope& scope,
                                                          const OnlineDeployment& deployment) {
  std::map<std::string, Folder> folders;
  if (!deployment.data_collector) return folders;
  for (const auto& [name, settings] : deployment.data_collector->collections) {
    if (!settings.enabled) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const auto path, catalog.LocalPath(scope, settings.data_path));
    SLIPWAY_RETURN_IF_ERROR(MakeDirectories(path));
    SLIPWAY_RETURN_IF_ERROR(CheckAsset(assets, scope, settings));
    SLIPWAY_RETURN_IF_ERROR(Register(assets, now, scope, deployment, name, settings));
    folders[name] = {path.string(), settings.data_path};
  }
  return folders;
}

Result<Folder> FolderOfLongLines(registry::Catalog& catalog, const Scope& scope, const OnlineDeployment& deployment) {
  Folder folder;
  SLIPWAY_ASSIGN_OR_RETURN(folder.uri, UriOf(catalog, scope, deployment, "consoleLog", "longLines"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto path, catalog.LocalPath(scope, folder.uri));
  folder.path = path.string();
  return folder;
}

}  // namespace slipway::endpoints
