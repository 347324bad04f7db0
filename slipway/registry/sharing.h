// Shares versions of a workspace's assets through registries.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/audit.h"
#include "slipway/domain/stores.h"
#include "slipway/registry/catalog.h"
#include "slipway/registry/model_files.h"
#include "slipway/registry/shared_assets.h"

namespace slipway::registry {

struct ShareRequest {
  domain::AssetKind kind = domain::AssetKind::kModel;
  std::string name, version;  // in the workspace; "latest" is a version
  std::string registry;
  std::string as_name, as_version;  // there; "" = the same
  std::string by;
  std::string approved_by;  // of a promotion
};

// Borrowed; they outlive the service.
struct SharingDependencies {
  domain::JobStore& jobs;
  domain::RunStore& runs;
  Registry& registry;
  ModelFiles& model_files;
  SharedAssets& shared;
  domain::AuditLog& audit;
  const Clock& clock;
};

// Thread-safe.
class Sharing {
 public:
  explicit Sharing(SharingDependencies dependencies) : dependencies_(dependencies) {}

  // SharedAssets::Publish tells what sharing twice means. A component takes its code and its environment along.
  Result<StoredVersion> Share(const domain::Scope& scope, const ShareRequest& request);

 private:
  // The file or folder of a version, with the digest it was registered with.
  Result<std::optional<std::filesystem::path>> FilesOf(const domain::Scope& scope, domain::AssetVersion& version);
  Status ShareParts(const domain::Scope& scope, const ShareRequest& request, domain::CommandComponent& component);
  Status ShareReference(const domain::Scope& scope, const ShareRequest& request, std::string& reference,
                        domain::AssetKind kind);

  const SharingDependencies dependencies_;
};

}  // namespace slipway::registry
