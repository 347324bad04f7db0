// Two workspaces and a registry between them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "slipway/domain/testing/memory_audit_log.h"
#include "slipway/domain/testing/memory_endpoint_store.h"
#include "slipway/domain/testing/memory_promotion_store.h"
#include "slipway/domain/testing/memory_registry_store.h"
#include "slipway/domain/testing/memory_run_store.h"
#include "slipway/registry/promotions.h"
#include "slipway/registry/shared_assets.h"
#include "slipway/registry/sharing.h"
#include "slipway/registry/testing/registry_fixture.h"

namespace slipway::registry::testing {

// Environment gates alone.
class GateStore final : public domain::WorkflowStore {
 public:
  Status PutGate(const domain::Scope& scope, const domain::EnvironmentGate& gate) override {
    gates_[scope.ArmId() + gate.name] = gate;
    return {};
  }
  Result<domain::EnvironmentGate> GetGate(const domain::Scope& scope, const std::string& name) override {
    const auto found = gates_.find(scope.ArmId() + name);
    if (found == gates_.end()) return NotFound("there is no environment gate '" + name + "'");
    return found->second;
  }
  Result<std::vector<domain::EnvironmentGate>> ListGates(const domain::Scope&) override { return None(); }
  Status DeleteGate(const domain::Scope&, const std::string&) override { return None(); }
  Result<domain::WorkflowRun> InsertRun(const domain::Scope&, domain::WorkflowRun, const std::string&) override {
    return None();
  }
  Status UpdateRun(const domain::Scope&, const domain::WorkflowRun&) override { return None(); }
  Result<domain::WorkflowRun> GetRun(const domain::Scope&, int64_t) override { return None(); }
  Result<std::vector<domain::WorkflowRun>> ListRuns(const domain::Scope&, const domain::WorkflowRunFilter&) override {
    return None();
  }
  Status PutRepository(const domain::Scope&, const domain::WorkflowRepository&) override { return None(); }
  Result<std::vector<domain::WorkflowRepository>> ListRepositories(const domain::Scope&) override { return None(); }
  Status DeleteRepository(const domain::Scope&, const std::string&) override { return None(); }

 private:
  static Error None() { return Unimplemented("gates alone"); }
  std::map<std::string, domain::EnvironmentGate> gates_;
};

class SharedFixture : public RegistryFixture {
 protected:
  void SetUp() override {
    RegistryFixture::SetUp();
    auto opened = SigningKey::Open(home->path() / "registry-signing.pem");
    ASSERT_TRUE(opened) << opened.error().ToString();
    key.emplace(std::move(*opened));
    policy.emplace(home->path() / "registry-policy.json", key->public_key());
    registries.emplace(registry_store, clock, home->path() / "registries");
    const auto dependencies = [this](domain::RegistryAssets* assets_of_registries) {
      return RegistryDependencies{workspaces, assets, jobs, *model_files, clock, {}, {}, assets_of_registries};
    };
    shared.emplace(*registries, dependencies(nullptr), *key, *policy);
    registry.emplace(dependencies(&*shared));
    sharing.emplace(SharingDependencies{jobs, runs, *registry, *model_files, *shared, audit, clock});
    deployed.emplace(endpoints, [this](const domain::Scope& where, const std::string& name, const auto& expected,
                                       const auto& wanted) { return SetTraffic(where, name, expected, wanted); });
    promotions.emplace(PromotionsDependencies{promotion_store, workspaces, assets, jobs, runs, gates, *registry,
                                              *registries, *shared, *sharing, *deployed, audit, clock});
    MakeRegistry("prod");
    production.workspace = "production";
    domain::Workspace workspace;
    workspace.scope = production;
    ASSERT_TRUE(service->Put(workspace));
  }

  // As the endpoint service does it.
  Status SetTraffic(const domain::Scope& where, const std::string& name, const std::map<std::string, int>& expected,
                    const std::map<std::string, int>& wanted) {
    SLIPWAY_ASSIGN_OR_RETURN(domain::OnlineEndpoint endpoint, endpoints.GetEndpoint(where, name));
    if (endpoint.traffic != expected) return Error(Code::kConflict, "the traffic is another");
    endpoint.traffic = wanted;
    return endpoints.PutEndpoint(where, endpoint);
  }

  void MakeRegistry(const std::string& name) {
    domain::AssetRegistry made;
    made.scope.workspace.clear();
    made.scope.registry = name;
    const auto put = registries->Put(made);
    ASSERT_TRUE(put) << put.error().ToString();
  }

  // A model of one file in the default workspace.
  domain::AssetVersion MakeModel(const std::string& version, const std::string& weights = "w") {
    WriteStored("m" + version + "/model/weights", weights);
    domain::AssetVersion model;
    model.kind = domain::AssetKind::kModel;
    model.name = "credit";
    model.version = version;
    domain::ModelBody body;
    body.path = Uri("m" + version + "/model");
    model.body = body;
    const auto put = registry->Put(scope, model);
    EXPECT_TRUE(put) << put.error().ToString();
    return put ? put->version : model;
  }

  static ShareRequest Request(const std::string& version, const std::string& as_version = "") {
    ShareRequest request;
    request.name = "credit";
    request.version = version;
    request.registry = "prod";
    request.as_version = as_version;
    request.by = "ada";
    return request;
  }
  static domain::RegistryAddress Address(const std::string& version) {
    return {"prod", domain::AssetKind::kModel, "credit", version};
  }
  domain::Scope RegistryScope() { return registries->Get("prod")->scope; }

  domain::Scope production;
  domain::testing::MemoryRegistryStore registry_store;
  domain::testing::MemoryRunStore runs;
  domain::testing::MemoryAuditLog audit;
  domain::testing::MemoryPromotionStore promotion_store;
  domain::testing::MemoryEndpointStore endpoints;
  GateStore gates;
  std::optional<SigningKey> key;
  std::optional<SignaturePolicy> policy;
  std::optional<Registries> registries;
  std::optional<SharedAssets> shared;
  std::optional<Sharing> sharing;
  std::optional<DeployedModels> deployed;
  std::optional<Promotions> promotions;
};

}  // namespace slipway::registry::testing
