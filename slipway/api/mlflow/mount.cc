#include "slipway/api/mlflow/mount.h"

#include "slipway/api/mlflow/face.h"

namespace slipway::api {

namespace {

// Where other clients, and the pages of MLflow's own, call the same methods.
void MountAliases(net::Router& router) {
  for (const std::string& prefix : mlflow::ApiPrefixes()) {
    const std::string root = mlflow::RootOf(prefix);
    for (const char* alias : {"/ajax-api/2.0", "/api/2.0/preview"}) {
      for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
        router.Add(method, fmt::format("{}{}/{{rest...}}", root, alias),
                   [&router, alias = std::string(alias)](const net::Request& request, const net::PathParameters&) {
                     net::Request plain = request;
                     const size_t at = request.path.find(alias);
                     if (at == std::string::npos) return mlflow::ErrorAnswer(NotFound("Not found"));
                     plain.path = request.path.substr(0, at) + "/api/2.0" + request.path.substr(at + alias.size());
                     const auto match = router.Find(plain.method, plain.path);
                     if (match.handler == nullptr) return mlflow::ErrorAnswer(NotFound("Not found"));
                     return (*match.handler)(plain, match.parameters);
                   });
      }
    }
  }
}

// What clients ask about the server itself.
void MountServerFacts(net::Router& router) {
  const nlohmann::json info = {{"store_type", "SqlStore"},
                               {"workspaces_enabled", false},
                               {"multipart_uploads_enabled", true},
                               {"multipart_downloads_enabled", false}};
  for (const std::string& prefix : mlflow::ApiPrefixes()) {
    const std::string root = mlflow::RootOf(prefix);
    router.Add("GET", root + "/api/3.0/mlflow/server-info",
               [info](const net::Request&, const net::PathParameters&) { return JsonAnswer(200, info); });
    router.Add("GET", root + "/version", [](const net::Request&, const net::PathParameters&) {
      return net::Response::Text(200, kMlflowVersion);
    });
  }
}

}  // namespace

void MountMlflow(net::Router& router, const MlflowDependencies& dependencies) {
  mlflow::MountExperiments(router, dependencies);
  mlflow::MountRuns(router, dependencies);
  mlflow::MountRunData(router, dependencies);
  mlflow::MountArtifacts(router, dependencies);
  mlflow::MountRegisteredModels(router, dependencies);
  mlflow::MountModelVersions(router, dependencies);
  mlflow::MountLoggedModels(router, dependencies);
  MountAliases(router);
  MountServerFacts(router);
}

}  // namespace slipway::api
