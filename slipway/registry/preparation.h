// Checks what a new asset version says, and makes it fit to be kept. For this room's own files.
#pragma once

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/registry/registry.h"

namespace slipway::registry {

// The rules of names, by kind.
Status CheckAssetName(domain::AssetKind kind, std::string_view name);
// "" is fine: the next integer.
Status CheckVersion(std::string_view version);

// Whether a file or folder is what the type of the data says. What is not there is believed to come.
Status CheckDataAt(const domain::DataBody& body, const std::filesystem::path& path);

// Borrows the registry's dependencies.
class Preparation {
 public:
  Preparation(const RegistryDependencies& dependencies, Catalog& catalog, const domain::Scope& scope)
      : dependencies_(dependencies), catalog_(catalog), scope_(scope) {}

  // Replaces what may mean something else tomorrow: outputs of jobs by their datastore paths, references by pinned
  // ones. Refuses forms of references that cannot stand there.
  Status Normalize(domain::AssetVersion& version);

  // Looks at what a normalized version needs: files, packages, operators. Keeps a model's files, and adds what they
  // say to the version.
  Status Check(domain::AssetVersion& version);

  // The flavors that the folder of a model of type mlflow_model tells; whether it can be scored.
  Status CheckMlflowModel(domain::AssetVersion& version, domain::ModelBody& body, const std::filesystem::path& folder);

 private:
  Status Normalize(domain::AssetVersion& version, domain::DataBody& body);
  Status Normalize(domain::AssetVersion& version, domain::ModelBody& body);
  Status Normalize(domain::AssetVersion& version, domain::EnvironmentBody& body);
  Status Normalize(domain::AssetVersion& version, domain::CommandComponent& body);
  Status Normalize(domain::AssetVersion& version, domain::CodeBody& body);
  Status Check(domain::AssetVersion& version, const domain::DataBody& body);
  Status Check(domain::AssetVersion& version, domain::ModelBody& body);
  Status Check(domain::AssetVersion& version, const domain::EnvironmentBody& body);
  Status Check(domain::AssetVersion& version, const domain::CommandComponent& body);
  Status Check(domain::AssetVersion& version, const domain::CodeBody& body);

  // The datastore path (or URL) that `path` means.
  Result<std::string> StoragePath(const std::string& path, domain::AssetKind kind);
  Status CheckDatastore(const std::string& name);
  Status CheckScorable(domain::AssetVersion& version, const std::filesystem::path& folder);

  const RegistryDependencies& dependencies_;
  Catalog& catalog_;
  const domain::Scope& scope_;
};

}  // namespace slipway::registry
