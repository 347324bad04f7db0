#include "slipway/api/arm_files.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/routes.h"

namespace slipway::api {
namespace {

using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;
using registry::DatastoreFiles;

domain::DatastorePath PathOf(const PathParameters& parameters) {
  return {parameters.at("datastore"), parameters.at("path")};
}

class Files {
 public:
  explicit Files(FilesDependencies dependencies) : files_(dependencies.files) {}

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    const domain::Scope scope = ScopeOf(parameters);
    const auto path = PathOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const auto kind, files_.Find(scope, path));
    if (kind == DatastoreFiles::Kind::kFolder) return List(scope, path);
    SLIPWAY_ASSIGN_OR_RETURN(std::string content, files_.Read(scope, path));
    Response response = Response::Text(200, std::move(content), "application/octet-stream");
    // A browser must not take a job's output for a page of this server.
    response.headers.Set("X-Content-Type-Options", "nosniff");
    return response;
  }

  Result<Response> Head(const Request&, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(files_.Find(ScopeOf(parameters), PathOf(parameters)));
    return Response{};
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    const auto path = PathOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const bool is_new, files_.Write(ScopeOf(parameters), path, request.body));
    return JsonAnswer(is_new ? 201 : 200, {{"path", path.ToString()}, {"size", request.body.size()}});
  }

 private:
  Result<Response> List(const domain::Scope& scope, const domain::DatastorePath& folder) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto entries, files_.List(scope, folder));
    json files = json::array();
    for (const FileEntry& file : entries) files.push_back({{"path", file.path}, {"size", file.size}});
    return JsonAnswer(200, {{"files", std::move(files)}});
  }

  DatastoreFiles& files_;
};

}  // namespace

void MountFiles(net::Router& router, const FilesDependencies& dependencies) {
  Routes<Files> routes(router, std::make_shared<const Files>(dependencies));
  const std::string pattern = fmt::format("{}/slipway/files/{{datastore}}/{{path...}}", kWorkspacePattern);
  routes.Add("GET", pattern, &Files::Get);
  routes.Add("HEAD", pattern, &Files::Head);
  routes.Add("PUT", pattern, &Files::Put);
}

}  // namespace slipway::api
