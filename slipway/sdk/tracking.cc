#include "slipway/sdk/tracking.h"

#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/sdk/control_plane.h"
#include "slipway/sdk/unwrap.h"

namespace slipway::sdk {
namespace {

using nlohmann::json;

constexpr std::string_view kApiVersion = "?api-version=2023-10-01";

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A path with every segment percent-encoded.
std::string EncodePath(std::string_view path) {
  std::string encoded;
  for (const std::string_view segment : Split(path, '/')) encoded += (encoded.empty() ? "" : "/") + UrlEncode(segment);
  return encoded;
}

}  // namespace

struct Run::Impl {
  std::string id;
  ControlPlane server;

  void Post(std::string_view tail, const json& body) { server.Call("POST", server.MlflowPath(tail), &body); }

  void UploadArtifact(const std::filesystem::path& file, const std::string& name) {
    const std::string content = Unwrap(ReadFile(file));
    server.CallRaw("PUT",
                   server.MlflowPath(fmt::format("mlflow-artifacts/artifacts/{}/{}", UrlEncode(id), EncodePath(name))),
                   content, "application/octet-stream");
  }

  // The version that the next registration of `name` takes.
  std::string NextVersion(const std::string& name) {
    const std::string path = fmt::format("{}/models{}", server.WorkspacePath(), kApiVersion);
    for (const json& container : server.Call("GET", path).value("value", json::array())) {
      if (EqualsIgnoreCase(container.value("name", ""), name)) {
        return container.value("properties", json::object()).value("nextVersion", "1");
      }
    }
    return "1";
  }
};

Run Run::Current() {
  auto impl = std::make_shared<Impl>();
  impl->id = RequiredVariable("MLFLOW_RUN_ID");
  return Run(std::move(impl));
}

const std::string& Run::id() const {
  return impl_->id;
}

void Run::LogParameter(const std::string& key, const std::string& value) {
  impl_->Post("mlflow/runs/log-parameter", {{"run_id", impl_->id}, {"key", key}, {"value", value}});
}

void Run::LogMetric(const std::string& key, double value, long long step) {
  impl_->Post("mlflow/runs/log-metric",
              {{"run_id", impl_->id}, {"key", key}, {"value", value}, {"timestamp", NowMs()}, {"step", step}});
}

void Run::LogMetrics(const std::map<std::string, double>& metrics, const std::string& prefix) {
  json batch = json::array();
  for (const auto& [key, value] : metrics) {
    batch.push_back({{"key", prefix + key}, {"value", value}, {"timestamp", NowMs()}, {"step", 0}});
  }
  impl_->Post("mlflow/runs/log-batch", {{"run_id", impl_->id}, {"metrics", batch}});
}

void Run::SetTag(const std::string& key, const std::string& value) {
  impl_->Post("mlflow/runs/set-tag", {{"run_id", impl_->id}, {"key", key}, {"value", value}});
}

void Run::LogArtifact(const std::string& path, const std::string& artifact_path) {
  namespace fs = std::filesystem;
  const auto below = [&](const std::string& name) { return artifact_path.empty() ? name : artifact_path + "/" + name; };
  if (!fs::is_directory(path)) return impl_->UploadArtifact(path, below(fs::path(path).filename().string()));
  for (const FileEntry& file : Unwrap(ListFiles(path)))
    impl_->UploadArtifact(fs::path(path) / file.path, below(file.path));
}

std::string Run::InputReference(const std::string& input) const {
  const json job = impl_->server.Call(
      "GET", fmt::format("{}/jobs/{}{}", impl_->server.WorkspacePath(), UrlEncode(impl_->id), kApiVersion));
  const json inputs = job.at("properties").value("inputs", json::object());
  return inputs.contains(input) ? inputs[input].value("uri", "") : "";
}

void Run::RecordComparison(const std::string& model, const std::string& reason,
                           const std::map<std::string, std::string>& evidence) {
  const json body = {{"job", impl_->id}, {"model", model}, {"reason", reason}, {"evidence", evidence}};
  impl_->server.Call("POST", impl_->server.WorkspacePath() + "/comparisons", &body);
}

std::string Run::RegisterModel(const std::string& model_folder, const std::string& name,
                               const std::map<std::string, std::string>& tags) {
  LogArtifact(model_folder, "model");
  const json body = {{"properties",
                      {{"modelType", "mlflow_model"},
                       {"modelUri", fmt::format("azureml://jobs/{}/outputs/artifacts/paths/model", impl_->id)},
                       {"jobName", impl_->id},
                       {"tags", tags}}}};
  const std::string version = impl_->NextVersion(name);
  impl_->server.Call("PUT",
                     fmt::format("{}/models/{}/versions/{}{}", impl_->server.WorkspacePath(), UrlEncode(name),
                                 UrlEncode(version), kApiVersion),
                     &body);
  return version;
}

}  // namespace slipway::sdk
