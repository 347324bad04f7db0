// MLflow's REST API, version 2.0: experiments, runs, metrics, artifacts by proxy, registered and logged models.
//   /mlflow/v1.0{W}/api/2.0/…    for every workspace: what jobs get as MLFLOW_TRACKING_URI
//   /api/2.0/…                   the default workspace, for a client that knows the server's address alone
// The same stands below …/ajax-api/2.0 and …/api/2.0/preview.
//
// Artifacts: a run's artifact_uri is told to clients as "mlflow-artifacts:/<run id>", which they resolve to
// …/api/2.0/mlflow-artifacts/artifacts/<run id>/<path>. The bytes are in the run's artifact folder of the datastore,
// where "azureml://jobs/<run id>/outputs/artifacts/paths/<path>" finds them too. No URI of a client is opened as a
// path.
//
// Errors are {"error_code", "message"} with MLflow's codes.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "slipway/base/time.h"
#include "slipway/domain/stores.h"
#include "slipway/net/router.h"
#include "slipway/registry/catalog.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct MlflowDependencies {
  domain::RunStore& runs;
  domain::WorkspaceStore& workspaces;
  domain::AssetStore& assets;
  registry::Catalog& catalog;
  const Clock& clock;
  // Called when metrics of a run were stored: runner::Runner::MetricsLogged. May be empty.
  std::function<void(const domain::Scope&, const std::string& run_id)> metrics_logged;
  // Checks and stores a new model version; empty: straight into `assets`.
  std::function<Result<domain::AssetVersion>(const domain::Scope&, domain::AssetVersion)> register_asset;
  std::filesystem::path uploads_folder;  // of artifacts that arrive in parts, until they are complete
};

// The release of MLflow whose API this is.
inline constexpr const char* kMlflowVersion = "3.1.0";

void MountMlflow(net::Router& router, const MlflowDependencies& dependencies);

}  // namespace slipway::api
