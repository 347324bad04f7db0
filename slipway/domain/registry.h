// Registries: stores of assets that workspaces share. What stands in one is immutable, and reached from everywhere as
// azureml://registries/<registry>/<models, environments, components, data or codes>/<name>/versions/<version>.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/common.h"
#include "slipway/domain/reference.h"

namespace slipway::domain {

// Where a registry really is, when another server has it.
struct RemoteRegistry {
  std::string url;         // of that server
  std::string registry;    // its name there
  std::string token_file;  // file on this server that holds that server's token
  std::string ca_file;     // PEM; "" = the system's certificate authorities
};

struct AssetRegistry {
  Scope scope;     // `registry` is its name, unique on a server
  std::string id;  // GUID
  std::string location = "local";
  std::string display_name;
  std::string description;
  Tags tags;
  bool is_public = true;  // public_network_access; kept, without meaning here
  std::optional<RemoteRegistry> remote;
  CreationContext context;
};

// Thread-safe; every method is one transaction. Names compare without case.
class RegistryStore {
 public:
  virtual ~RegistryStore() = default;
  virtual Status PutRegistry(const AssetRegistry& registry) = 0;  // creates or replaces
  virtual Result<AssetRegistry> GetRegistry(const std::string& name) = 0;
  // By name.
  virtual Result<std::vector<AssetRegistry>> ListRegistries() = 0;
  // With all its assets. Nothing when it is not there.
  virtual Status DeleteRegistry(const AssetRegistry& registry) = 0;
};

// An asset by its full address.
struct RegistryAddress {
  std::string registry;
  AssetKind kind = AssetKind::kModel;
  std::string name;
  std::string version;  // "" = the newest
  std::string ToString() const;
};
// nullopt for what is no complete "azureml://registries/…"; a label gives the version "".
std::optional<RegistryAddress> ParseRegistryAddress(std::string_view text);

// What those who follow references ask of registries. Thread-safe.
class RegistryAssets {
 public:
  virtual ~RegistryAssets() = default;
  // A version whose path, if its kind has one, is its own address. kNotFound tells what there is.
  virtual Result<AssetVersion> Find(const RegistryAddress& address) = 0;
  // The folder that holds its file or folder as the one entry, and nothing else; read-only. The content has the digest
  // it was shared with and a signature that the operator's rules accept: kDataLoss or kPermissionDenied otherwise.
  virtual Result<std::filesystem::path> FolderOf(const RegistryAddress& address) = 0;
};

}  // namespace slipway::domain
