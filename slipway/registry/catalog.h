// References pinned to versions when a job is submitted or a deployment made, and followed to files when it starts.
#pragma once

#include <filesystem>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/job.h"
#include "slipway/domain/reference.h"
#include "slipway/domain/registry.h"
#include "slipway/domain/stores.h"

namespace slipway::registry {

// Thread-safe. The stores are borrowed.
class Catalog {
 public:
  // Without `registries` the registry "slipway" is the only one.
  Catalog(domain::WorkspaceStore& workspaces, domain::AssetStore& assets, domain::JobStore& jobs,
          domain::RegistryAssets* registries = nullptr)
      : workspaces_(workspaces), assets_(assets), jobs_(jobs), registries_(registries) {}

  // The asset that a reference names, "@latest" and a missing version meaning the newest. kNotFound tells the nearest
  // name, or the versions that exist.
  Result<domain::AssetVersion> Find(const domain::Scope& scope, const std::string& reference, domain::AssetKind kind);
  // That kNotFound. `reference` names no registry.
  Error Missing(const domain::Scope& scope, domain::AssetKind kind, const domain::AssetReference& reference);

  // "azureml:name:version" of the asset found; of a registry's, its full address.
  Result<std::string> Pin(const domain::Scope& scope, const std::string& reference, domain::AssetKind kind);

  // A data input with its path pinned: an asset version, a datastore path that exists as such, or a URL when the mode
  // is direct.
  Result<domain::DataInput> PinData(const domain::Scope& scope, domain::DataInput input);

  // The datastore URI behind a pinned path; a URL stays one, and so does the address of a registry's files.
  Result<std::string> UriOf(const domain::Scope& scope, const std::string& path, const std::string& type);

  // The file or folder of a datastore URI, which need not exist; kUnimplemented for datastores that are not local. Of
  // an address in a registry: its files, checked.
  Result<std::filesystem::path> LocalPath(const domain::Scope& scope, const std::string& uri);

  Result<std::string> DefaultDatastore(const domain::Scope& scope);
  // "azureml://datastores/<d>/paths/<p>/" below which jobs keep their artifacts.
  Result<std::string> ArtifactRoot(const domain::Scope& scope);

 private:
  Result<domain::AssetVersion> FindInRegistry(const domain::AssetReference& reference, domain::AssetKind kind);
  Result<std::filesystem::path> FilesInRegistry(const domain::RegistryAddress& address);

  domain::WorkspaceStore& workspaces_;
  domain::AssetStore& assets_;
  domain::JobStore& jobs_;
  domain::RegistryAssets* registries_;
};

// The text that names just this version of what `reference` names: "azureml:name:version", or with its registry.
std::string PinnedTo(const std::string& reference, const domain::AssetVersion& asset);

// Models for the model types, data for the others.
domain::AssetKind KindOfType(const std::string& type);

}  // namespace slipway::registry
