// Versioned assets in ARM's dialect. {kind} is data, models, environments, components or codes; {O} is a workspace {W}
// or a registry {R}.
//   {O}/{kind}                          GET (listViewType, $top, count, $skip)
//   {O}/{kind}/{name}                   GET, PUT (description, tags, properties, isArchived), DELETE (all versions)
//   {O}/{kind}/{name}/versions          GET (as above, $orderBy, tags, version, description, properties)
//   {O}/{kind}/{name}/versions/{v}      GET, PUT (creates, or changes what is no definition), DELETE
//   {W}/{kind}/{name}/versions/{v}/startPendingUpload   POST: refused, files go to {W}/slipway/files
//   {R}/{kind}/{name}/versions/{v}/startPendingUpload   POST: a place to PUT files to, below /uploads
// Creating an asset of a registry is a long-running operation that has ended when it is answered.
#pragma once

#include <string>

#include "slipway/base/time.h"
#include "slipway/domain/audit.h"
#include "slipway/domain/stores.h"
#include "slipway/net/router.h"
#include "slipway/registry/registry.h"
#include "slipway/registry/shared_assets.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct AssetsDependencies {
  registry::Registry& registry;
  domain::WorkspaceStore& workspaces;
};
void MountAssets(net::Router& router, const AssetsDependencies& dependencies);

// Borrowed; they outlive the router.
struct RegistryAssetsDependencies {
  registry::SharedAssets& shared;
  registry::Registries& registries;
  domain::AuditLog& audit;  // of deletions
  const Clock& clock;
};
void MountRegistryAssets(net::Router& router, const RegistryAssetsDependencies& dependencies);

}  // namespace slipway::api
