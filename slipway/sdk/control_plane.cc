#include "slipway/sdk/control_plane.h"

#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/sdk/unwrap.h"

namespace slipway::sdk {
namespace {

// The message of an error answer: ARM's {"error":{"message"}}, MLflow's {"message"}, the innermost of a query's
// "innererror"s (it has the caret text), or the text itself.
std::string ErrorMessage(const std::string& body) {
  const auto answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) return body;
  const nlohmann::json* error = answer.contains("error") ? &answer["error"] : &answer;
  while (error->is_object() && error->contains("innererror")) error = &(*error)["innererror"];
  if (error->is_object() && error->contains("message") && (*error)["message"].is_string()) return (*error)["message"];
  return body;
}

}  // namespace

std::string RequiredVariable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') {
    throw Failure(
        fmt::format("the environment variable {} is not set: this runs inside a Slipway job, or with the "
                    "variable set by hand",
                    name));
  }
  return value;
}

ControlPlane::ControlPlane()
    : url_(RequiredVariable("SLIPWAY_CONTROL_URL")), token_(RequiredVariable("SLIPWAY_TOKEN")) {
  while (url_.ends_with('/')) url_.pop_back();
}

std::string ControlPlane::CallRaw(std::string_view method, const std::string& path, std::string_view body,
                                  std::string_view content_type) {
  net::Headers headers;
  headers.Set("Authorization", "Bearer " + token_);
  if (!content_type.empty()) headers.Set("Content-Type", std::string(content_type));
  const net::Response response = Unwrap(client_.Send(method, url_ + path, headers, body));
  if (response.status / 100 != 2) {
    throw Failure(
        fmt::format("{} {} was answered with {}: {}", method, path, response.status, ErrorMessage(response.body)));
  }
  return response.body;
}

nlohmann::json ControlPlane::Call(std::string_view method, const std::string& path, const nlohmann::json* body) {
  const std::string text = CallRaw(method, path, body ? body->dump() : "", body ? "application/json" : "");
  if (text.empty()) return nullptr;
  auto answer = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (answer.is_discarded()) throw Failure(fmt::format("{} {} was not answered with JSON: {}", method, path, text));
  return answer;
}

std::string ControlPlane::WorkspacePath() const {
  return fmt::format("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}",
                     RequiredVariable("AZUREML_ARM_SUBSCRIPTION"), RequiredVariable("AZUREML_ARM_RESOURCEGROUP"),
                     RequiredVariable("AZUREML_ARM_WORKSPACE_NAME"));
}

std::string ControlPlane::MlflowPath(std::string_view tail) const {
  return fmt::format("/mlflow/v1.0{}/api/2.0/{}", WorkspacePath(), tail);
}

}  // namespace slipway::sdk
