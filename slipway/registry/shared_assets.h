// The assets that stand in registries: immutable versions with sealed statements, their files as content-addressed
// trees in the registry's own blobs. Of a remote registry (another server's), what was used once is kept here and found
// without that server.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/registry.h"
#include "slipway/registry/asset_service.h"
#include "slipway/registry/registries.h"
#include "slipway/registry/registry.h"
#include "slipway/registry/signing.h"

namespace slipway::registry {

// Whether a version came out of a registry (as opposed to a workspace's copy of one).
bool StandsInRegistry(const domain::AssetVersion& version);

// Thread-safe.
class SharedAssets final : public AssetService, public domain::RegistryAssets {
 public:
  // All are borrowed. `dependencies.registries` is set to this object.
  SharedAssets(Registries& registries, RegistryDependencies dependencies, const SigningKey& key,
               const SignaturePolicy& policy);

  // Versions of local registries are made of uploads (StartUpload), of models of other registries, of URLs.
  Result<StoredVersion> Put(const domain::Scope& scope, domain::AssetVersion version) override;
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

  // Checks seal and signature. A version of a remote registry that was used before is found without its server;
  // "the newest" is not.
  Result<domain::AssetVersion> Find(const domain::RegistryAddress& address) override;
  Result<std::filesystem::path> FolderOf(const domain::RegistryAddress& address) override;

  // Publishes a version with a complete body whose file or folder (if any) is `files`; seals it. The same content under
  // the same name and version is the same version (is_new is false then); other content is kAlreadyExists, which says
  // what differs. Whatever fails on the way leaves no version.
  Result<StoredVersion> Publish(const std::string& registry, domain::AssetVersion version,
                                const std::optional<std::filesystem::path>& files, const nlohmann::json& provenance);
  // A version that another server sealed; its blobs are here already. For local registries.
  Result<StoredVersion> Accept(const std::string& registry, domain::AssetVersion sealed);
  // {"key": this server's, "is_trusted", "is_required"} in the registry.
  Result<nlohmann::json> SigningStateOf(const std::string& registry) const;
  Result<RegistryFolders*> LocalFolders(const std::string& registry);

  // A new place for files to come, by its secret name. It goes when a version takes it over.
  Result<std::string> StartUpload(const std::string& registry);
  // `path` below it. kNotFound for a place that was not started.
  Status WriteUpload(const std::string& registry, const std::string& upload, std::string_view path,
                     std::string_view content);

 private:
  Result<StoredVersion> Create(const domain::AssetRegistry& registry, domain::AssetVersion version);
  Result<std::optional<std::filesystem::path>> TakeFiles(const domain::AssetRegistry& registry,
                                                         domain::AssetVersion& version);
  Result<std::filesystem::path> UploadedPath(const domain::AssetRegistry& registry, std::string_view uri);
  Status CheckBody(const domain::AssetRegistry& registry, domain::AssetVersion& version,
                   const std::optional<std::filesystem::path>& files);
  Status AddressReference(const domain::AssetRegistry& registry, std::string& reference, domain::AssetKind kind);
  Result<StoredVersion> Insert(const domain::AssetRegistry& registry, domain::AssetVersion sealed);
  Result<StoredVersion> Push(const domain::AssetRegistry& registry, const domain::AssetVersion& sealed);
  Status CheckSame(const domain::AssetRegistry& registry, const domain::AssetVersion& stored,
                   const domain::AssetVersion& given);
  Result<domain::AssetVersion> FindRemote(const domain::AssetRegistry& registry,
                                          const domain::RegistryAddress& address);
  Status CheckTrusted(const domain::AssetRegistry& registry, const domain::AssetVersion& version);
  Result<domain::AssetRegistry> Local(const domain::Scope& scope, std::string_view verb);

  Registries& registries_;
  RegistryDependencies dependencies_;
  const SigningKey& key_;
  const SignaturePolicy& policy_;
  Registry local_;  // by the scopes of registries
};

}  // namespace slipway::registry
