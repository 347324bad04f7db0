// Stores that forget, for tests of endpoints: the contracts of domain/stores.h as far as the endpoint service uses
// them.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "slipway/base/text.h"
#include "slipway/domain/stores.h"

namespace slipway::endpoints::testing {

class MemoryEndpointStore final : public domain::EndpointStore {
 public:
  Status PutEndpoint(const domain::Scope& scope, const domain::OnlineEndpoint& endpoint) override {
    std::lock_guard lock(mutex_);
    if (fails) return Unavailable("the disk is full");
    endpoints_[Key(scope, endpoint.name)] = endpoint;
    return {};
  }
  Result<domain::OnlineEndpoint> GetEndpoint(const domain::Scope& scope, const std::string& name) override {
    std::lock_guard lock(mutex_);
    return Get(endpoints_, Key(scope, name));
  }
  Result<std::vector<domain::OnlineEndpoint>> ListEndpoints(const domain::Scope& scope) override {
    std::lock_guard lock(mutex_);
    return List(endpoints_, Key(scope, ""));
  }
  Status DeleteEndpoint(const domain::Scope& scope, const std::string& name) override {
    std::lock_guard lock(mutex_);
    endpoints_.erase(Key(scope, name));
    std::erase_if(deployments_, [&](const auto& entry) { return entry.first.starts_with(Key(scope, name) + "/"); });
    return {};
  }
  Status PutDeployment(const domain::Scope& scope, const domain::OnlineDeployment& deployment) override {
    std::lock_guard lock(mutex_);
    if (fails) return Unavailable("the disk is full");
    deployments_[Key(scope, deployment.endpoint_name) + "/" + ToLower(deployment.name)] = deployment;
    return {};
  }
  Result<domain::OnlineDeployment> GetDeployment(const domain::Scope& scope, const std::string& endpoint,
                                                 const std::string& name) override {
    std::lock_guard lock(mutex_);
    return Get(deployments_, Key(scope, endpoint) + "/" + ToLower(name));
  }
  Result<std::vector<domain::OnlineDeployment>> ListDeployments(const domain::Scope& scope,
                                                                const std::string& endpoint) override {
    std::lock_guard lock(mutex_);
    return List(deployments_, Key(scope, endpoint) + "/");
  }
  Status DeleteDeployment(const domain::Scope& scope, const std::string& endpoint, const std::string& name) override {
    std::lock_guard lock(mutex_);
    deployments_.erase(Key(scope, endpoint) + "/" + ToLower(name));
    return {};
  }

  std::atomic<bool> fails = false;  // whether writes fail

 private:
  static std::string Key(const domain::Scope& scope, const std::string& name) {
    return ToLower(scope.ArmId() + "|" + name);
  }
  template <class T>
  static Result<T> Get(const std::map<std::string, T>& map, const std::string& key) {
    const auto found = map.find(key);
    if (found == map.end()) return NotFound("there is no " + key);
    return found->second;
  }
  template <class T>
  static std::vector<T> List(const std::map<std::string, T>& map, const std::string& prefix) {
    std::vector<T> list;
    for (const auto& [key, value] : map) {
      if (key.starts_with(prefix)) list.push_back(value);
    }
    return list;
  }

  std::mutex mutex_;
  std::map<std::string, domain::OnlineEndpoint> endpoints_;
  std::map<std::string, domain::OnlineDeployment> deployments_;
};

class MemoryAssetStore final : public domain::AssetStore {
 public:
  Result<domain::AssetVersion> InsertVersion(const domain::Scope&, domain::AssetVersion version) override {
    std::lock_guard lock(mutex_);
    auto& versions = assets_[{version.kind, version.name}];
    if (version.version.empty()) version.version = std::to_string(versions.size() + 1);
    versions.push_back(version);
    return version;
  }
  Status UpdateVersion(const domain::Scope&, const domain::AssetVersion&) override { return {}; }
  Result<domain::AssetVersion> GetVersion(const domain::Scope&, domain::AssetKind kind, const std::string& name,
                                          const std::string& version) override {
    std::lock_guard lock(mutex_);
    for (const auto& known : assets_[{kind, name}]) {
      if (known.version == version) return known;
    }
    return NotFound(name + ":" + version);
  }
  Result<domain::AssetVersion> GetLatest(const domain::Scope&, domain::AssetKind kind,
                                         const std::string& name) override {
    std::lock_guard lock(mutex_);
    const auto& versions = assets_[{kind, name}];
    if (versions.empty()) return NotFound(name);
    return versions.back();
  }
  Result<std::vector<domain::AssetVersion>> ListVersions(const domain::Scope&, domain::AssetKind kind,
                                                         const std::string& name, domain::ListView) override {
    std::lock_guard lock(mutex_);
    const auto& versions = assets_[{kind, name}];
    return std::vector<domain::AssetVersion>(versions.rbegin(), versions.rend());
  }
  Status DeleteVersion(const domain::Scope&, domain::AssetKind, const std::string&, const std::string&) override {
    return {};
  }
  Status DeleteContainer(const domain::Scope&, domain::AssetKind, const std::string&) override { return {}; }
  Result<domain::AssetContainer> GetContainer(const domain::Scope&, domain::AssetKind,
                                              const std::string& name) override {
    return NotFound(name);
  }
  Status PutContainer(const domain::Scope&, const domain::AssetContainer&) override { return {}; }
  Result<std::vector<domain::AssetContainer>> ListContainers(const domain::Scope&, domain::AssetKind kind,
                                                             domain::ListView) override {
    std::lock_guard lock(mutex_);
    std::vector<domain::AssetContainer> containers;
    for (const auto& [key, versions] : assets_) {
      if (key.first != kind || versions.empty()) continue;
      containers.emplace_back().name = key.second;
    }
    return containers;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<domain::AssetKind, std::string>, std::vector<domain::AssetVersion>> assets_;
};

// Workspaces by name, and one set of datastores for all of them. Filled before the service starts.
class MemoryWorkspaceStore final : public domain::WorkspaceStore {
 public:
  Status PutWorkspace(const domain::Workspace& workspace) override {
    workspaces_[ToLower(workspace.scope.workspace)] = workspace;
    return {};
  }
  Result<domain::Workspace> GetWorkspace(const domain::Scope& scope) override {
    const auto found = workspaces_.find(ToLower(scope.workspace));
    if (found == workspaces_.end()) return NotFound("there is no workspace '" + scope.workspace + "'");
    return found->second;
  }
  Result<domain::Workspace> FindWorkspaceById(const std::string& id) override { return NotFound(id); }
  Result<std::vector<domain::Workspace>> ListWorkspaces() override {
    std::vector<domain::Workspace> list;
    for (const auto& [name, workspace] : workspaces_) list.push_back(workspace);
    return list;
  }
  Status DeleteWorkspace(const domain::Scope&) override { return {}; }
  Status PutDatastore(const domain::Scope&, const domain::Datastore& datastore) override {
    datastores_[datastore.name] = datastore;
    return {};
  }
  Result<domain::Datastore> GetDatastore(const domain::Scope&, const std::string& name) override {
    const auto found = datastores_.find(name);
    if (found == datastores_.end()) return NotFound("there is no datastore '" + name + "'");
    return found->second;
  }
  Result<std::vector<domain::Datastore>> ListDatastores(const domain::Scope&) override {
    return std::vector<domain::Datastore>();
  }
  Status DeleteDatastore(const domain::Scope&, const std::string&) override { return {}; }
  Status PutCompute(const domain::Scope&, const domain::Compute&) override { return {}; }
  Result<domain::Compute> GetCompute(const domain::Scope&, const std::string& name) override { return NotFound(name); }
  Result<std::vector<domain::Compute>> ListComputes(const domain::Scope&) override {
    return std::vector<domain::Compute>();
  }
  Status DeleteCompute(const domain::Scope&, const std::string&) override { return {}; }

 private:
  std::map<std::string, domain::Workspace> workspaces_;
  std::map<std::string, domain::Datastore> datastores_;
};

// Endpoints have no jobs; references to outputs of jobs lead nowhere here.
class NoJobStore final : public domain::JobStore {
 public:
  Status InsertJob(const domain::Scope&, const domain::Job&) override { return {}; }
  Status UpdateJob(const domain::Scope&, const domain::Job&, std::optional<domain::JobStatus>) override { return {}; }
  Result<domain::Job> GetJob(const domain::Scope&, const std::string& name) override { return NotFound(name); }
  Result<std::vector<domain::Job>> ListJobs(const domain::Scope&, const domain::JobFilter&) override {
    return std::vector<domain::Job>();
  }
  Result<std::optional<domain::Job>> FindReusable(const domain::Scope&, const std::string&) override {
    return std::optional<domain::Job>();
  }
  Status DeleteJob(const domain::Scope&, const std::string&) override { return {}; }
};

}  // namespace slipway::endpoints::testing
