// Versions and names of assets below one scope, as the REST faces ask for them: a workspace's (Registry) or a
// registry's (SharedAssets).
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/stores.h"

namespace slipway::registry {

struct StoredVersion {
  domain::AssetVersion version;
  bool is_new = false;
};
struct StoredContainer {
  domain::AssetContainer container;
  bool is_new = false;
};

// Thread-safe.
class AssetService {
 public:
  virtual ~AssetService() = default;

  // Creates a version ("" = the next integer), or changes description, tags, properties, archived or not, stage and
  // display name of the one that is there. kAlreadyExists names the version and what of its definition differs;
  // kInvalidArgument, kUnimplemented and kFailedPrecondition say what of a new definition cannot be used. Properties
  // of the server are left out of what is new and stay in what is there.
  virtual Result<StoredVersion> Put(const domain::Scope& scope, domain::AssetVersion version) = 0;
  // `version`: a version or "latest". kNotFound tells what there is. is_archived is set, too, where the whole container
  // is archived.
  virtual Result<domain::AssetVersion> Get(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                                           const std::string& version) = 0;
  // Newest first. kNotFound for an unknown name.
  virtual Result<std::vector<domain::AssetVersion>> ListVersions(const domain::Scope& scope, domain::AssetKind kind,
                                                                 const std::string& name, domain::ListView view) = 0;
  // False when it was not there.
  virtual Result<bool> DeleteVersion(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                                     const std::string& version) = 0;

  // Changes description, tags, properties, archived or not; makes an empty container where there is none.
  virtual Result<StoredContainer> PutContainer(const domain::Scope& scope, domain::AssetContainer container) = 0;
  // With all its versions. False when it was not there.
  virtual Result<bool> DeleteContainer(const domain::Scope& scope, domain::AssetKind kind, const std::string& name) = 0;
  virtual Result<domain::AssetContainer> GetContainer(const domain::Scope& scope, domain::AssetKind kind,
                                                      const std::string& name) = 0;
  virtual Result<std::vector<domain::AssetContainer>> ListContainers(const domain::Scope& scope, domain::AssetKind kind,
                                                                     domain::ListView view) = 0;
};

}  // namespace slipway::registry
