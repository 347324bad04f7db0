// Registries, what is shared through them, and the keys that sign it. {P} is Microsoft.MachineLearningServices.
//   {S}[/resourceGroups/{rg}]/providers/{P}/registries     GET ($skip)
//   {R}                                                    GET, PUT, PATCH, DELETE (long-running, ended when answered)
// and Slipway's own (docs/rest-extensions.md):
//   {W}/slipway/share                                      POST: a version of the workspace into a registry
//   {R}/slipway/files/{kind}/{name}/{version}/{path…}      GET: a file's bytes, or a folder's listing
//   {R}/slipway/blobs/{digest}                             GET, HEAD, PUT: content by its SHA-256
//   {R}/slipway/sealed/{kind}/{name}/{version}             PUT: a version that another server has sealed
//   /uploads/{registry}/{upload}/{path…}                   PUT, without a token: the upload's name is the secret
//   /slipway/signing/keys                                  GET, PUT (trust), DELETE (revoke)
//   /slipway/signing/required/{registry}                   PUT: whether signatures are demanded
#pragma once

#include <string_view>

#include "slipway/domain/audit.h"
#include "slipway/net/router.h"
#include "slipway/registry/shared_assets.h"
#include "slipway/registry/sharing.h"

namespace slipway::api {

inline constexpr std::string_view kRegistryPattern =
    "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.MachineLearningServices/registries/{reg}";

// The scope as the registry was made with: its name alone counts, names are unique on a server.
Result<domain::Scope> ExistingRegistry(registry::Registries& registries, const net::PathParameters& parameters);

// Borrowed; they outlive the router.
struct RegistriesDependencies {
  registry::Registries& registries;
  registry::SharedAssets& shared;
  registry::Sharing& sharing;
  registry::SignaturePolicy& policy;
  domain::AuditLog& audit;
  domain::WorkspaceStore& workspaces;
  const Clock& clock;
};
void MountRegistries(net::Router& router, const RegistriesDependencies& dependencies);

}  // namespace slipway::api
