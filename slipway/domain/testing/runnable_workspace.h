// A workspace in which commands run on this machine.
#pragma once

#include <filesystem>

#include "slipway/domain/stores.h"

namespace slipway::domain::testing {

// Puts there the default datastore `workspaceblobstore` in the folder `store`, the compute `cpu-cluster` and the
// environment `env`, which needs nothing.
inline Status MakeRunnable(WorkspaceStore& workspaces, AssetStore& assets, const Scope& scope,
                           const std::filesystem::path& store) {
  Datastore datastore;
  datastore.name = "workspaceblobstore";
  datastore.path = store.string();
  datastore.is_default = true;
  SLIPWAY_RETURN_IF_ERROR(workspaces.PutDatastore(scope, datastore));
  Compute compute;
  compute.name = "cpu-cluster";
  SLIPWAY_RETURN_IF_ERROR(workspaces.PutCompute(scope, compute));
  AssetVersion environment;
  environment.kind = AssetKind::kEnvironment;
  environment.name = "env";
  EnvironmentBody body;
  body.native = NativeProvider{};
  environment.body = body;
  SLIPWAY_RETURN_IF_ERROR(assets.InsertVersion(scope, environment));
  return {};
}

}  // namespace slipway::domain::testing
