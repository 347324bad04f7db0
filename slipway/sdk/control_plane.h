// For the SDK's own .cc files: requests to the control plane that this process belongs to.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "slipway/net/client.h"

namespace slipway::sdk {

// The value of an environment variable that the job runtime sets; throws Failure, naming it, when it is missing.
std::string RequiredVariable(const char* name);

// Speaks JSON to SLIPWAY_CONTROL_URL with SLIPWAY_TOKEN. Every status but 2xx is thrown as a Failure with the server's
// message.
class ControlPlane {
 public:
  ControlPlane();

  // `path` begins with '/'. An empty answer is a JSON null.
  nlohmann::json Call(std::string_view method, const std::string& path, const nlohmann::json* body = nullptr);
  // The same for raw bytes.
  std::string CallRaw(std::string_view method, const std::string& path, std::string_view body,
                      std::string_view content_type);

  // "/subscriptions/…/workspaces/…" of AZUREML_ARM_SUBSCRIPTION, AZUREML_ARM_RESOURCEGROUP, AZUREML_ARM_WORKSPACE_NAME.
  std::string WorkspacePath() const;
  // Below "/mlflow/v1.0/<workspace>": where MLflow's API answers for this workspace.
  std::string MlflowPath(std::string_view tail) const;

 private:
  std::string url_, token_;
  net::Client client_;
};

}  // namespace slipway::sdk
