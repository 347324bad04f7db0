// A world for tests of the endpoint service: stores in memory, a code snapshot, native environments whose builds are a
// line of shell, models that are a file, and a gateway that says what the test wants. Shared with the tests of its REST
// face.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/domain/testing/memory_asset_store.h"
#include "slipway/domain/testing/memory_endpoint_store.h"
#include "slipway/domain/testing/memory_job_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/endpoints/endpoints.h"
#include "slipway/environments/environments.h"
#include "slipway/process/supervisor.h"

namespace slipway::endpoints::testing {

class EndpointWorld {
 public:
  EndpointWorld() {
    domain::Workspace workspace;
    workspace.id = "w-1";
    (void)workspaces.PutWorkspace(workspace);
    domain::Datastore store;
    store.name = "store";
    store.path = (home.path() / "store").string();
    store.is_default = true;
    (void)workspaces.PutDatastore(scope, store);
    (void)WriteFileAtomic(home.path() / "store" / "code" / "score.cpp", "int x;\n");
    (void)WriteFileAtomic(home.path() / "store" / "code" / "score.py", "def init(): pass\n");
    AddAsset(domain::AssetKind::kCode, "code", domain::CodeBody{"azureml://datastores/store/paths/code/", ""});
    AddAsset(domain::AssetKind::kModel, "m", domain::ModelBody{});
    AddEnvironment("builds", "mkdir build && cp score.cpp build/score.so && echo 'built it'");
    AddEnvironment("breaks", "echo 'no such header' && exit 7");
    AddEnvironment("makes-nothing", "true");
    AddEnvironment("plain", "");
    StartServer();
  }

  // What a restart of the server makes anew; the stores stand for its database.
  void StartServer() {
    supervisor = std::move(*process::Supervisor::Start());
    environments::Options environment_options;
    environment_options.cache_folder = home.path() / "cache";
    environment_options.variables = environments::PassedOnVariables();
    environments.emplace(environment_options, *supervisor);
    Options options;
    options.state_folder = home.path() / "endpoints";
    options.gateway_logs_folder = home.path() / "gateway" / "logs";
    options.domain = domain_name;
    service = std::make_unique<Endpoints>(
        options, Dependencies{workspaces, assets, jobs, endpoints, *environments, clock,
                              [this](const auto&, const auto& model) { return ModelFolder(model); }, &rollouts});
    start_status = service->Start();
  }
  void StopServer() {
    service.reset();
    environments.reset();
    supervisor.reset();
  }

  void AddAsset(domain::AssetKind kind, const std::string& name, domain::AssetBody body) {
    domain::AssetVersion version;
    version.kind = kind;
    version.name = name;
    version.body = std::move(body);
    (void)assets.InsertVersion(scope, version);
  }
  void AddEnvironment(const std::string& name, const std::string& build_command) {
    domain::EnvironmentBody body;
    body.native = domain::NativeProvider{"native", build_command, {}, {}, {{"FROM_ENVIRONMENT", "1"}}};
    AddAsset(domain::AssetKind::kEnvironment, name, body);
  }

  Result<std::filesystem::path> ModelFolder(const domain::AssetVersion& model) {
    const auto folder = home.path() / "models" / model.name / model.version;
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(folder / "model.onnx", "a model"));
    return folder;
  }

  domain::OnlineEndpoint Endpoint(const std::string& name = "credit") const {
    domain::OnlineEndpoint endpoint;
    endpoint.name = name;
    return endpoint;
  }
  domain::OnlineDeployment ModelDeployment(const std::string& name = "blue") const {
    domain::OnlineDeployment deployment;
    deployment.endpoint_name = "credit";
    deployment.name = name;
    deployment.model = "azureml:m@latest";
    return deployment;
  }
  domain::OnlineDeployment ScriptDeployment(const std::string& environment,
                                            const std::string& script = "score.cpp") const {
    domain::OnlineDeployment deployment = ModelDeployment();
    deployment.code = "azureml:code:1";
    deployment.scoring_script = script;
    deployment.environment = "azureml:" + environment + ":1";
    return deployment;
  }

  // Waits for the preparation of the wanted revision to end: the deployment is in the snapshot, or it has failed.
  domain::OnlineDeployment WaitUntilPrepared(const std::string& name = "blue") {
    for (;;) {
      const auto stored = endpoints.GetDeployment(scope, "credit", name);
      if (!stored || !IsUnderWay(stored->state)) return stored.value_or(domain::OnlineDeployment{});
      const auto routed = Routed(name);
      if (routed.is_object() && routed["revision"] == stored->revision) return *stored;
      // Woken by each new snapshot; the time-out covers a change between the look and the wait.
      (void)service->WaitForRouting(etag, std::chrono::milliseconds(10));
    }
  }
  // The deployment's element of the present snapshot; null when it has none.
  nlohmann::json Routed(const std::string& name = "blue") {
    const nlohmann::json all = Snapshot();
    for (const auto& endpoint : all["endpoints"]) {
      for (const auto& deployment : endpoint["deployments"]) {
        if (deployment["name"] == name) return deployment;
      }
    }
    return nullptr;
  }
  nlohmann::json Snapshot() {
    const auto routing = service->WaitForRouting("", std::chrono::milliseconds(0));
    if (!routing || !*routing) return {{"endpoints", nlohmann::json::array()}};
    etag = (*routing)->etag;
    return nlohmann::json::parse((*routing)->text);
  }
  void Report(int revision, const std::string& state, const std::string& message = "",
              const std::string& name = "blue") {
    service->TakeReports({{"credit", name, revision, state, message}});
  }
  domain::OnlineDeployment Deployment(const std::string& name = "blue") {
    return endpoints.GetDeployment(scope, "credit", name).value_or(domain::OnlineDeployment{});
  }
  // Puts it, lets it be prepared and reports it ready.
  domain::OnlineDeployment Deploy(const domain::OnlineDeployment& wanted) {
    const auto put = service->PutDeployment(scope, wanted);
    if (!put) return {};
    const auto prepared = WaitUntilPrepared(wanted.name);
    Report(prepared.revision, "Succeeded", "", wanted.name);
    return Deployment(wanted.name);
  }

  domain::Scope scope;
  std::string domain_name;
  std::string etag;
  ManualClock clock{*ParseTimestamp("2026-03-04T05:06:07Z")};
  TemporaryDirectory home = std::move(*TemporaryDirectory::Make());
  domain::testing::MemoryWorkspaceStore workspaces;
  domain::testing::MemoryAssetStore assets;
  domain::testing::MemoryEndpointStore endpoints;
  domain::testing::MemoryJobStore jobs;
  domain::testing::MemoryRolloutStore rollouts;
  std::unique_ptr<process::Supervisor> supervisor;
  std::optional<environments::Environments> environments;
  std::unique_ptr<Endpoints> service;
  Status start_status;
};

}  // namespace slipway::endpoints::testing
