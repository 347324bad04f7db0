// Artifacts: the list of a run's, and the proxy that stores and sends their bytes.
#include "slipway/api/mlflow/artifact_files.h"
#include "slipway/api/mlflow/face.h"
#include "slipway/api/mlflow/tracking.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

// FileInfos, with `prefix` before the names.
json FilesJson(const std::vector<ArtifactEntry>& entries, const std::string& prefix) {
  json files = json::array();
  for (const ArtifactEntry& entry : entries) {
    json file = {{"path", prefix + entry.name}, {"is_dir", !entry.size.has_value()}};
    if (entry.size) file["file_size"] = *entry.size;
    files.push_back(std::move(file));
  }
  return files;
}

class Artifacts {
 public:
  explicit Artifacts(const MlflowDependencies& dependencies)
      : runs_(dependencies.runs), workspaces_(dependencies.workspaces), files_(dependencies) {}

  Result<json> List(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RunId());
    SLIPWAY_ASSIGN_OR_RETURN(const auto run, GetRun(runs_, scope, id));
    SLIPWAY_ASSIGN_OR_RETURN(std::string path, arguments.Text("path"));
    while (path.ends_with('/')) path.pop_back();
    SLIPWAY_ASSIGN_OR_RETURN(const auto entries, files_.List(scope, run.id + "/" + path));
    json answer = {{"root_uri", ArtifactUri(run)}};
    if (!entries.empty()) answer["files"] = FilesJson(entries, path.empty() ? "" : path + "/");
    return answer;
  }

  // The proxy. Without a path in the address GET lists the folder that the query names.
  Result<Response> Get(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    const std::string& path = parameters.at("path");
    if (path.empty()) return ListFolder(scope, request.Parameter("path").value_or(""));
    SLIPWAY_ASSIGN_OR_RETURN(std::string content, files_.Read(scope, path));
    Response response = Response::Text(200, std::move(content), "application/octet-stream");
    const std::string name = path.substr(path.rfind('/') + 1);
    response.headers.Set("Content-Disposition", "attachment; filename*=UTF-8''" + UrlEncode(name));
    response.headers.Set("X-Content-Type-Options", "nosniff");
    return response;
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    SLIPWAY_RETURN_IF_ERROR(files_.Write(scope, parameters.at("path"), request.body));
    return JsonAnswer(200, json::object());
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    SLIPWAY_RETURN_IF_ERROR(files_.Remove(scope, parameters.at("path")));
    return JsonAnswer(200, json::object());
  }

  // Clients fall back to one PUT.
  Result<Response> Multipart(const Request&, const PathParameters&) const {
    return Unimplemented("uploads of several parts are not supported: send the file with one PUT");
  }

 private:
  Result<Response> ListFolder(const Scope& scope, const std::string& path) const {
    if (path.empty()) return InvalidArgument("Invalid path: name a run's folder, …/artifacts?path=<run id>");
    SLIPWAY_ASSIGN_OR_RETURN(const auto entries, files_.List(scope, path));
    return JsonAnswer(200, {{"files", FilesJson(entries, "")}});
  }

  domain::RunStore& runs_;
  domain::WorkspaceStore& workspaces_;
  const ArtifactFiles files_;
};

}  // namespace

void MountArtifacts(net::Router& router, const MlflowDependencies& dependencies) {
  const auto artifacts = std::make_shared<const Artifacts>(dependencies);
  Methods<Artifacts>(router, dependencies.workspaces, artifacts).Add("GET", "artifacts/list", &Artifacts::List);
  using Handler = Result<Response> (Artifacts::*)(const Request&, const PathParameters&) const;
  const auto add = [&](std::string_view method, std::string_view path, Handler handler) {
    for (const std::string& prefix : ApiPrefixes()) {
      router.Add(method, fmt::format("{}/mlflow-artifacts/{}", prefix, path),
                 [artifacts, handler](const Request& request, const PathParameters& parameters) {
                   auto answer = ((*artifacts).*handler)(request, parameters);
                   return answer ? std::move(*answer) : ErrorAnswer(answer.error());
                 });
    }
  };
  add("GET", "artifacts/{path...}", &Artifacts::Get);
  add("PUT", "artifacts/{path...}", &Artifacts::Put);
  add("DELETE", "artifacts/{path...}", &Artifacts::Delete);
  add("POST", "mpu/{step}/{path...}", &Artifacts::Multipart);
}

}  // namespace slipway::api::mlflow
