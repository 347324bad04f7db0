// Artifacts: the list of a run's, and the proxy that stores and sends their bytes.
#include "slipway/api/mlflow/artifact_files.h"
#include "slipway/api/mlflow/face.h"
#include "slipway/api/mlflow/multipart.h"
#include "slipway/api/mlflow/tracking.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

std::string FileName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Response Download(std::string content, const std::string& path) {
  Response response = Response::Text(200, std::move(content), "application/octet-stream");
  response.headers.Set("Content-Disposition", "attachment; filename*=UTF-8''" + UrlEncode(FileName(path)));
  response.headers.Set("X-Content-Type-Options", "nosniff");
  return response;
}

class Artifacts {
 public:
  explicit Artifacts(const MlflowDependencies& dependencies)
      : runs_(dependencies.runs),
        workspaces_(dependencies.workspaces),
        files_(dependencies),
        uploads_(dependencies.uploads_folder, dependencies.clock) {}

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
    return Download(std::move(content), path);
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

  // The uploads of several parts. The path in the address is the folder, that in the body names the file.
  Result<Response> BeginParts(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Arguments arguments, Arguments::Of(request));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string path, TargetOf(arguments, parameters));
    SLIPWAY_RETURN_IF_ERROR(files_.CheckWritable(scope, path));
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t count, arguments.RequireInteger("num_parts"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, uploads_.Begin(scope, path, count));
    const std::string* host = request.headers.Find("Host");
    const std::string root = request.path.substr(0, request.path.find("/mpu/create"));
    json credentials = json::array();
    for (int64_t part = 1; part <= count; ++part) {
      json credential = {{"url", fmt::format("{}://{}{}/mpu/parts/{}/{}", request.secure ? "https" : "http",
                                             host ? *host : "127.0.0.1", root, id, part)},
                         {"part_number", part},
                         {"headers", json::object()}};
      // Parts are sent without the client's own credentials: these are the ones it has just shown.
      if (const std::string* authorization = request.headers.Find("Authorization")) {
        credential["headers"]["Authorization"] = *authorization;
      }
      credentials.push_back(std::move(credential));
    }
    return JsonAnswer(200, {{"upload_id", id}, {"credentials", std::move(credentials)}});
  }

  Result<Response> PutPart(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    const auto part = ParseInt(parameters.at("part"));
    if (!part) return InvalidArgument(fmt::format("Part '{}' is not a number", parameters.at("part")));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string etag, uploads_.Put(scope, parameters.at("upload"), *part, request.body));
    Response response = JsonAnswer(200, json::object());
    response.headers.Set("ETag", fmt::format("\"{}\"", etag));
    return response;
  }

  Result<Response> CompleteParts(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Arguments arguments, Arguments::Of(request));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string path, TargetOf(arguments, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RequireText("upload_id"));
    SLIPWAY_ASSIGN_OR_RETURN(const auto listed, arguments.ObjectList("parts"));
    std::vector<MultipartUploads::Part> parts;
    for (const Arguments& each : listed) {
      MultipartUploads::Part part;
      SLIPWAY_ASSIGN_OR_RETURN(part.number, each.RequireInteger("part_number"));
      SLIPWAY_ASSIGN_OR_RETURN(part.etag, each.RequireText("etag"));
      parts.push_back(std::move(part));
    }
    SLIPWAY_ASSIGN_OR_RETURN(const auto files, uploads_.Parts(scope, id, path, std::move(parts)));
    SLIPWAY_RETURN_IF_ERROR(files_.WriteParts(scope, path, files));
    SLIPWAY_RETURN_IF_ERROR(uploads_.Forget(scope, id, path));
    return JsonAnswer(200, json::object());
  }

  Result<Response> AbortParts(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Arguments arguments, Arguments::Of(request));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string path, TargetOf(arguments, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RequireText("upload_id"));
    SLIPWAY_RETURN_IF_ERROR(uploads_.Forget(scope, id, path));
    return JsonAnswer(200, json::object());
  }

  // What MLflow's pages read and write, by run or by model version.
  Result<Response> GetOfRun(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Arguments arguments, Arguments::Of(request));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string run, arguments.RunId());
    return GetBelow(scope, run, arguments);
  }

  Result<Response> GetOfVersion(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Arguments arguments, Arguments::Of(request));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string name, arguments.RequireText("name"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string version, arguments.RequireText("version"));
    return GetBelow(scope, ModelArtifactPath(name, version), arguments);
  }

  Result<Response> UploadToRun(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, WorkspaceOf(workspaces_, parameters));
    const auto run = request.Parameter("run_id") ? request.Parameter("run_id") : request.Parameter("run_uuid");
    const auto path = request.Parameter("path");
    if (!run || !path) return InvalidArgument("Missing value for required parameter 'run_id' or 'path'");
    if (request.body.size() > kUploadMax) {
      return InvalidArgument(fmt::format("Artifact size is too large: {} bytes, up to {} are allowed here",
                                         request.body.size(), kUploadMax));
    }
    SLIPWAY_RETURN_IF_ERROR(files_.Write(scope, *run + "/" + *path, request.body));
    return JsonAnswer(200, json::object());
  }

 private:
  static constexpr size_t kUploadMax = 10 * 1024 * 1024;

  Result<Response> GetBelow(const Scope& scope, const std::string& root, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string path, arguments.RequireText("path"));
    SLIPWAY_ASSIGN_OR_RETURN(std::string content, files_.Read(scope, root + "/" + path));
    return Download(std::move(content), path);
  }

  static Result<std::string> TargetOf(const Arguments& arguments, const PathParameters& parameters) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string file, arguments.RequireText("path"));
    std::string folder = parameters.at("path");
    while (folder.ends_with('/')) folder.pop_back();
    return fmt::format("{}/{}", folder, FileName(file));
  }

  Result<Response> ListFolder(const Scope& scope, const std::string& path) const {
    if (path.empty()) return InvalidArgument("Invalid path: name a run's folder, …/artifacts?path=<run id>");
    SLIPWAY_ASSIGN_OR_RETURN(const auto entries, files_.List(scope, path));
    return JsonAnswer(200, {{"files", FilesJson(entries, "")}});
  }

  domain::RunStore& runs_;
  domain::WorkspaceStore& workspaces_;
  const ArtifactFiles files_;
  const MultipartUploads uploads_;
};

}  // namespace

void MountArtifacts(net::Router& router, const MlflowDependencies& dependencies) {
  const auto artifacts = std::make_shared<const Artifacts>(dependencies);
  Methods<Artifacts>(router, dependencies.workspaces, artifacts).Add("GET", "artifacts/list", &Artifacts::List);
  using Handler = Result<Response> (Artifacts::*)(const Request&, const PathParameters&) const;
  const auto add_at = [&](std::string_view method, const std::string& pattern, Handler handler) {
    router.Add(method, pattern, [artifacts, handler](const Request& request, const PathParameters& parameters) {
      auto answer = ((*artifacts).*handler)(request, parameters);
      return answer ? std::move(*answer) : ErrorAnswer(answer.error());
    });
  };
  const auto add = [&](std::string_view method, std::string_view path, Handler handler) {
    for (const std::string& prefix : ApiPrefixes()) {
      add_at(method, fmt::format("{}/mlflow-artifacts/{}", prefix, path), handler);
    }
  };
  for (const std::string& prefix : ApiPrefixes()) {
    const std::string root = RootOf(prefix);
    add_at("GET", root + "/get-artifact", &Artifacts::GetOfRun);
    add_at("GET", root + "/model-versions/get-artifact", &Artifacts::GetOfVersion);
    add_at("POST", root + "/ajax-api/2.0/mlflow/upload-artifact", &Artifacts::UploadToRun);
  }
  add("GET", "artifacts/{path...}", &Artifacts::Get);
  add("PUT", "artifacts/{path...}", &Artifacts::Put);
  add("DELETE", "artifacts/{path...}", &Artifacts::Delete);
  add("POST", "mpu/create/{path...}", &Artifacts::BeginParts);
  add("PUT", "mpu/parts/{upload}/{part}", &Artifacts::PutPart);
  add("POST", "mpu/complete/{path...}", &Artifacts::CompleteParts);
  add("POST", "mpu/abort/{path...}", &Artifacts::AbortParts);
}

}  // namespace slipway::api::mlflow
