#pragma once

#include "slipway/domain/stores.h"
#include "slipway/domain/testing/table.h"

namespace slipway::domain::testing {

class MemoryWorkspaceStore final : public WorkspaceStore {
 public:
  std::atomic<bool> holds_assets = false;  // DeleteWorkspace refuses, as it does while anything is in the workspace

  // The store of a server that has `workspace` alone.
  static Workspace Default(std::string id = "") {
    Workspace workspace;
    workspace.id = std::move(id);
    return workspace;
  }
  MemoryWorkspaceStore() = default;
  explicit MemoryWorkspaceStore(const Workspace& workspace) { workspaces_.Put(workspace.scope, "", workspace); }

  Status PutWorkspace(const Workspace& workspace) override {
    const std::lock_guard lock(mutex_);
    workspaces_.Put(workspace.scope, "", workspace);
    return {};
  }
  Result<Workspace> GetWorkspace(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    if (const Workspace* found = workspaces_.Find(scope, "")) return *found;
    return NotFound("there is no workspace '" + scope.workspace + "'");
  }
  Result<Workspace> FindWorkspaceById(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    for (const Workspace& workspace : workspaces_.Everything())
      if (workspace.id == id) return workspace;
    return NotFound("there is no workspace with the id '" + id + "'");
  }
  Result<std::vector<Workspace>> ListWorkspaces() override {
    const std::lock_guard lock(mutex_);
    return workspaces_.Everything();
  }
  Status DeleteWorkspace(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    if (holds_assets) return Error(Code::kConflict, "the workspace holds assets");
    workspaces_.Erase(scope, "");
    datastores_.EraseIf(scope, [](const Datastore&) { return true; });
    computes_.EraseIf(scope, [](const Compute&) { return true; });
    return {};
  }
  Status PutDatastore(const Scope& scope, const Datastore& datastore) override {
    const std::lock_guard lock(mutex_);
    datastores_.Put(scope, datastore.name, datastore);
    return {};
  }
  Result<Datastore> GetDatastore(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return datastores_.Get(scope, name);
  }
  Result<std::vector<Datastore>> ListDatastores(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    return datastores_.ByName(scope);
  }
  Status DeleteDatastore(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    datastores_.Erase(scope, name);
    return {};
  }
  Status PutCompute(const Scope& scope, const Compute& compute) override {
    const std::lock_guard lock(mutex_);
    computes_.Put(scope, compute.name, compute);
    return {};
  }
  Result<Compute> GetCompute(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return computes_.Get(scope, name);
  }
  Result<std::vector<Compute>> ListComputes(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    return computes_.ByName(scope);
  }
  Status DeleteCompute(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    computes_.Erase(scope, name);
    return {};
  }

 private:
  std::mutex mutex_;
  Table<Workspace> workspaces_{"workspace"};
  Table<Datastore> datastores_{"datastore"};
  Table<Compute> computes_{"compute"};
};

}  // namespace slipway::domain::testing
