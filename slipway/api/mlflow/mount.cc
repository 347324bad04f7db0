#include "slipway/api/mlflow/mount.h"

#include "slipway/api/mlflow/face.h"

namespace slipway::api {

void MountMlflow(net::Router& router, const MlflowDependencies& dependencies) {
  mlflow::MountExperiments(router, dependencies);
  mlflow::MountRuns(router, dependencies);
  mlflow::MountRunData(router, dependencies);
  mlflow::MountArtifacts(router, dependencies);
  mlflow::MountRegisteredModels(router, dependencies);
  mlflow::MountModelVersions(router, dependencies);
}

}  // namespace slipway::api
