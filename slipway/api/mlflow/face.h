// How the parts of MLflow's API hang their methods on a router. For this folder's own files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "slipway/api/answer.h"
#include "slipway/api/mlflow/arguments.h"
#include "slipway/api/mlflow/mount.h"

namespace slipway::api::mlflow {

// Before "/api/2.0": of every workspace, and of the default one.
inline std::vector<std::string> ApiPrefixes() {
  return {fmt::format("/mlflow/v1.0{}/api/2.0", kWorkspacePattern), "/api/2.0"};
}

// What stands before "/api/2.0" of a prefix.
inline std::string RootOf(const std::string& prefix) {
  return prefix.substr(0, prefix.size() - std::string_view("/api/2.0").size());
}

// The workspace that a path names, as it was made; the default one for a path without.
inline Result<domain::Scope> WorkspaceOf(domain::WorkspaceStore& workspaces, const net::PathParameters& parameters) {
  const bool is_named = parameters.find("ws") != parameters.end();
  SLIPWAY_ASSIGN_OR_RETURN(const auto workspace,
                           workspaces.GetWorkspace(is_named ? ScopeOf(parameters) : domain::Scope{}));
  return workspace.scope;
}

// Adds the methods of a part, which answers JSON objects. The part lives as long as the routes.
template <class Part>
class Methods {
 public:
  using Method = Result<nlohmann::json> (Part::*)(const domain::Scope&, const Arguments&) const;

  Methods(net::Router& router, domain::WorkspaceStore& workspaces, std::shared_ptr<const Part> part)
      : router_(router), workspaces_(workspaces), part_(std::move(part)) {}

  // `path` is what follows "/api/2.0/mlflow/". Parameters in it are arguments like any other.
  void Add(std::string_view http_method, std::string_view path, Method method) {
    for (const std::string& prefix : ApiPrefixes()) {
      router_.Add(http_method, fmt::format("{}/mlflow/{}", prefix, path),
                  [part = part_, &workspaces = workspaces_, method](const net::Request& request,
                                                                    const net::PathParameters& parameters) {
                    auto answer = Answer(*part, workspaces, method, request, parameters);
                    return answer ? JsonAnswer(200, *answer) : ErrorAnswer(answer.error());
                  });
    }
  }

 private:
  static Result<nlohmann::json> Answer(const Part& part, domain::WorkspaceStore& workspaces, Method method,
                                       const net::Request& request, const net::PathParameters& parameters) {
    SLIPWAY_ASSIGN_OR_RETURN(Arguments arguments, Arguments::Of(request));
    for (const auto& [name, value] : parameters) arguments.Set(name, value);
    SLIPWAY_ASSIGN_OR_RETURN(const domain::Scope scope, WorkspaceOf(workspaces, parameters));
    return (part.*method)(scope, arguments);
  }

  net::Router& router_;
  domain::WorkspaceStore& workspaces_;
  std::shared_ptr<const Part> part_;
};

void MountExperiments(net::Router& router, const MlflowDependencies& dependencies);
void MountRuns(net::Router& router, const MlflowDependencies& dependencies);
void MountRunData(net::Router& router, const MlflowDependencies& dependencies);
void MountArtifacts(net::Router& router, const MlflowDependencies& dependencies);
void MountRegisteredModels(net::Router& router, const MlflowDependencies& dependencies);
void MountLoggedModels(net::Router& router, const MlflowDependencies& dependencies);
void MountModelVersions(net::Router& router, const MlflowDependencies& dependencies);

}  // namespace slipway::api::mlflow
