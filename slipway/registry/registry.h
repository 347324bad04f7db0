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
#include "slipway/domain/stores.h"
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
};

struct StoredVersion {
  domain::AssetVersion version;
  bool is_new = false;
};
struct StoredContainer {
  domain::AssetContainer container;
  bool is_new = false;
};

// Thread-safe.
class Registry {
 public:
  explicit Registry(RegistryDependencies dependencies);

  // Creates a version ("" = the next integer), or changes description, tags, properties, archived or not, stage and
  // display name of the one that is there. kAlreadyExists names the version and what of its definition differs;
  // kInvalidArgument, kUnimplemented and kFailedPrecondition say what of a new definition cannot be used. Properties
  // of the server are left out of what is new and stay in what is there.
  Result<StoredVersion> Put(const domain::Scope& scope, domain::AssetVersion version);

  // The same for the server's own services (runner::RegisterAsset): properties are taken as they are.
  Result<domain::AssetVersion> Register(const domain::Scope& scope, domain::AssetVersion version);

  // `version`: a version or "latest". kNotFound tells what there is. is_archived is set, too, where the whole container
  // is archived.
  Result<domain::AssetVersion> Get(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                                   const std::string& version);
  // Newest first. kNotFound for an unknown name.
  Result<std::vector<domain::AssetVersion>> ListVersions(const domain::Scope& scope, domain::AssetKind kind,
                                                         const std::string& name, domain::ListView view);
  // False when it was not there.
  Result<bool> DeleteVersion(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                             const std::string& version);

  // Changes description, tags, properties, archived or not; makes an empty container where there is none.
  Result<StoredContainer> PutContainer(const domain::Scope& scope, domain::AssetContainer container);
  // With all its versions. False when it was not there.
  Result<bool> DeleteContainer(const domain::Scope& scope, domain::AssetKind kind, const std::string& name);
  Result<domain::AssetContainer> GetContainer(const domain::Scope& scope, domain::AssetKind kind,
                                              const std::string& name);
  Result<std::vector<domain::AssetContainer>> ListContainers(const domain::Scope& scope, domain::AssetKind kind,
                                                             domain::ListView view);

  Catalog& catalog() { return catalog_; }

 private:
  Result<StoredVersion> Store(const domain::Scope& scope, domain::AssetVersion version);
  Result<StoredVersion> Create(const domain::Scope& scope, domain::AssetVersion version);
  Result<StoredVersion> Change(const domain::Scope& scope, const domain::AssetVersion& stored,
                               domain::AssetVersion given);
  Status CheckSameDefinition(const domain::Scope& scope, const domain::AssetVersion& stored,
                             const domain::AssetVersion& given);
  bool IsContainerArchived(const domain::Scope& scope, domain::AssetKind kind, const std::string& name);

  const RegistryDependencies dependencies_;
  Catalog catalog_;
};

}  // namespace slipway::registry
