// Versioned assets in ARM's dialect. {kind} is data, models, environments, components or codes.
//   {W}/{kind}                          GET (listViewType, $top, count, $skip)
//   {W}/{kind}/{name}                   GET, PUT (description, tags, properties, isArchived), DELETE (all versions)
//   {W}/{kind}/{name}/versions          GET (as above, $orderBy, tags, version, description, properties)
//   {W}/{kind}/{name}/versions/{v}      GET, PUT (creates, or changes what is no definition), DELETE
//   {W}/{kind}/{name}/versions/{v}/startPendingUpload   POST: refused, files go to {W}/slipway/files
#pragma once

#include "slipway/domain/stores.h"
#include "slipway/net/router.h"
#include "slipway/registry/registry.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct AssetsDependencies {
  registry::Registry& registry;
  domain::WorkspaceStore& workspaces;
};

void MountAssets(net::Router& router, const AssetsDependencies& dependencies);

}  // namespace slipway::api
