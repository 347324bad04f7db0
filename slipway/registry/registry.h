// The asset registry: creates and changes versions of data, models, environments, components and code by the rules of
// the dialect (azureml-yaml-and-cli 2.3, 2.4, 4). A version's definition never changes; its description, tags and the
// like may.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/registry.h"
#include "slipway/domain/stores.h"
#include "slipway/registry/asset_service.h"
#include "slipway/registry/catalog.h"
#include "slipway/registry/model_files.h"

namespace slipway::registry {

// Properties with this prefix are the server's: clients read them and cannot write them.
inline constexpr std::string_view kOwnPrefix = "slipway.";
// The model signature (JSON of model::PrintSignature) of a version whose MLmodel or graph has one.
inline constexpr const char* kSignatureProperty = "slipway.signature";

// All are borrowed and must outlive the registry.
struct RegistryDependencies {
  domain::WorkspaceStore& workspaces;
  domain::AssetStore& assets;
  domain::JobStore& jobs;
  ModelFiles& model_files;
  const Clock& clock;
  // Whether this machine can make an environment real; environments::Environments::Check. Empty: everything passes.
  std::function<Status(const domain::EnvironmentBody&)> check_environment;
  // Whether a model (of ONNX, XGBoost or LightGBM) can be scored; scoring::CompiledModel::Load. Empty: everything
  // passes.
  std::function<Status(const std::filesystem::path&)> check_model;
  // May be left out: what references into registries lead to.
  domain::RegistryAssets* registries = nullptr;
};

// The assets of workspaces. Thread-safe.
class Registry final : public AssetService {
 public:
  explicit Registry(RegistryDependencies dependencies);

  Result<StoredVersion> Put(const domain::Scope& scope, domain::AssetVersion version) override;
  // The same for the server's own services (runner::RegisterAsset): properties are taken as they are.
  Result<domain::AssetVersion> Register(const domain::Scope& scope, domain::AssetVersion version);

  Result<domain::AssetVersion> Get(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                                   const std::string& version) override;
  Result<std::vector<domain::AssetVersion>> ListVersions(const domain::Scope& scope, domain::AssetKind kind,
                                                         const std::string& name, domain::ListView view) override;
  Result<bool> DeleteVersion(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                             const std::string& version) override;

  Result<StoredContainer> PutContainer(const domain::Scope& scope, domain::AssetContainer container) override;
  Result<bool> DeleteContainer(const domain::Scope& scope, domain::AssetKind kind, const std::string& name) override;
  Result<domain::AssetContainer> GetContainer(const domain::Scope& scope, domain::AssetKind kind,
                                              const std::string& name) override;
  Result<std::vector<domain::AssetContainer>> ListContainers(const domain::Scope& scope, domain::AssetKind kind,
                                                             domain::ListView view) override;

  Catalog& catalog() { return catalog_; }

 private:
  Result<StoredVersion> Store(const domain::Scope& scope, domain::AssetVersion version);
  Result<StoredVersion> Create(const domain::Scope& scope, domain::AssetVersion version);
  Result<StoredVersion> Change(const domain::Scope& scope, const domain::AssetVersion& stored,
                               domain::AssetVersion given);
  Status CheckSameDefinition(const domain::Scope& scope, const domain::AssetVersion& stored,
                             const domain::AssetVersion& given);
  // Registries are looked up by those who have them.
  Status CheckScope(const domain::Scope& scope);
  bool IsContainerArchived(const domain::Scope& scope, domain::AssetKind kind, const std::string& name);

  const RegistryDependencies dependencies_;
  Catalog catalog_;
};

}  // namespace slipway::registry
