// Stores that forget, for tests: the contracts of domain/stores.h for workspaces and assets. Not thread-safe.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "slipway/base/text.h"
#include "slipway/domain/stores.h"

namespace slipway::registry::testing {

class MemoryWorkspaceStore final : public domain::WorkspaceStore {
 public:
  Status PutWorkspace(const domain::Workspace& workspace) override {
    workspaces_[Key(workspace.scope)] = workspace;
    return {};
  }
  Result<domain::Workspace> GetWorkspace(const domain::Scope& scope) override {
    return Find(workspaces_, Key(scope), "workspace", scope.workspace);
  }
  Result<domain::Workspace> FindWorkspaceById(const std::string& id) override {
    for (const auto& [key, workspace] : workspaces_) {
      if (workspace.id == id) return workspace;
    }
    return NotFound("there is no workspace '" + id + "'");
  }
  Result<std::vector<domain::Workspace>> ListWorkspaces() override { return Values(workspaces_, ""); }
  Status DeleteWorkspace(const domain::Scope& scope) override {
    if (is_full) return Error(Code::kConflict, "the workspace holds assets");
    workspaces_.erase(Key(scope));
    std::erase_if(datastores_, [&](const auto& entry) { return entry.first.starts_with(Key(scope)); });
    std::erase_if(computes_, [&](const auto& entry) { return entry.first.starts_with(Key(scope)); });
    return {};
  }
  Status PutDatastore(const domain::Scope& scope, const domain::Datastore& datastore) override {
    datastores_[Key(scope, datastore.name)] = datastore;
    return {};
  }
  Result<domain::Datastore> GetDatastore(const domain::Scope& scope, const std::string& name) override {
    return Find(datastores_, Key(scope, name), "datastore", name);
  }
  Result<std::vector<domain::Datastore>> ListDatastores(const domain::Scope& scope) override {
    return Values(datastores_, Key(scope));
  }
  Status DeleteDatastore(const domain::Scope& scope, const std::string& name) override {
    datastores_.erase(Key(scope, name));
    return {};
  }
  Status PutCompute(const domain::Scope& scope, const domain::Compute& compute) override {
    computes_[Key(scope, compute.name)] = compute;
    return {};
  }
  Result<domain::Compute> GetCompute(const domain::Scope& scope, const std::string& name) override {
    return Find(computes_, Key(scope, name), "compute", name);
  }
  Result<std::vector<domain::Compute>> ListComputes(const domain::Scope& scope) override {
    return Values(computes_, Key(scope));
  }
  Status DeleteCompute(const domain::Scope& scope, const std::string& name) override {
    computes_.erase(Key(scope, name));
    return {};
  }

  bool is_full = false;  // DeleteWorkspace refuses, as it does while the workspace holds assets

 private:
  static std::string Key(const domain::Scope& scope, const std::string& name = "") {
    return ToLower(scope.ArmId() + "/" + name);
  }
  template <typename T>
  static Result<T> Find(const std::map<std::string, T>& map, const std::string& key, const std::string& what,
                        const std::string& name) {
    const auto found = map.find(key);
    if (found == map.end()) return NotFound("there is no " + what + " '" + name + "'");
    return found->second;
  }
  template <typename T>
  static std::vector<T> Values(const std::map<std::string, T>& map, const std::string& prefix) {
    std::vector<T> values;
    for (const auto& [key, value] : map) {
      if (key.starts_with(prefix)) values.push_back(value);
    }
    return values;
  }

  std::map<std::string, domain::Workspace> workspaces_;
  std::map<std::string, domain::Datastore> datastores_;
  std::map<std::string, domain::Compute> computes_;
};

class MemoryAssetStore final : public domain::AssetStore {
 public:
  Result<domain::AssetVersion> InsertVersion(const domain::Scope& scope, domain::AssetVersion version) override {
    Entry& entry = entries_[Key(scope, version.kind, version.name)];
    if (version.version.empty()) version.version = NextVersion(entry);
    if (FindVersion(entry, version.version)) return AlreadyExists(version.name + ":" + version.version);
    if (entry.versions.empty() && entry.container.name.empty()) {
      entry.container.kind = version.kind;
      entry.container.name = version.name;
      entry.container.context = version.context;
    }
    if (const auto* data = std::get_if<domain::DataBody>(&version.body)) entry.container.data_type = data->type;
    entry.versions.push_back(version);
    return version;
  }
  Status UpdateVersion(const domain::Scope& scope, const domain::AssetVersion& version) override {
    auto* stored = FindVersion(entries_[Key(scope, version.kind, version.name)], version.version);
    if (!stored) return NotFound(version.name + ":" + version.version);
    *stored = version;
    return {};
  }
  Result<domain::AssetVersion> GetVersion(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                                          const std::string& version) override {
    if (hide_next_get) {
      hide_next_get = false;
      return NotFound(name + ":" + version);
    }
    const auto* stored = FindVersion(entries_[Key(scope, kind, name)], version);
    if (!stored) return NotFound(name + ":" + version);
    return *stored;
  }
  Result<domain::AssetVersion> GetLatest(const domain::Scope& scope, domain::AssetKind kind,
                                         const std::string& name) override {
    SLIPWAY_ASSIGN_OR_RETURN(auto versions, ListVersions(scope, kind, name, domain::ListView::kActiveOnly));
    if (versions.empty()) return NotFound(name);
    return versions.front();
  }
  Result<std::vector<domain::AssetVersion>> ListVersions(const domain::Scope& scope, domain::AssetKind kind,
                                                         const std::string& name, domain::ListView view) override {
    std::vector<domain::AssetVersion> versions = entries_[Key(scope, kind, name)].versions;
    std::reverse(versions.begin(), versions.end());
    std::erase_if(versions, [&](const auto& version) { return !IsSeen(version.is_archived, view); });
    return versions;
  }
  Status DeleteVersion(const domain::Scope& scope, domain::AssetKind kind, const std::string& name,
                       const std::string& version) override {
    const std::string key = Key(scope, kind, name);
    std::erase_if(entries_[key].versions, [&](const auto& stored) { return stored.version == version; });
    if (entries_[key].versions.empty()) entries_.erase(key);
    return {};
  }
  Status DeleteContainer(const domain::Scope& scope, domain::AssetKind kind, const std::string& name) override {
    entries_.erase(Key(scope, kind, name));
    return {};
  }
  Result<domain::AssetContainer> GetContainer(const domain::Scope& scope, domain::AssetKind kind,
                                              const std::string& name) override {
    const auto entry = entries_.find(Key(scope, kind, name));
    if (entry == entries_.end() || entry->second.container.name.empty()) return NotFound(name);
    return Described(entry->second);
  }
  Status PutContainer(const domain::Scope& scope, const domain::AssetContainer& container) override {
    entries_[Key(scope, container.kind, container.name)].container = container;
    return {};
  }
  Result<std::vector<domain::AssetContainer>> ListContainers(const domain::Scope& scope, domain::AssetKind kind,
                                                             domain::ListView view) override {
    std::vector<domain::AssetContainer> containers;
    const std::string prefix = Key(scope, kind, "");
    for (const auto& [key, entry] : entries_) {
      const bool is_anonymous = !entry.versions.empty() && entry.versions.front().is_anonymous;
      if (key.starts_with(prefix) && !is_anonymous && !entry.container.name.empty() &&
          IsSeen(entry.container.is_archived, view))
        containers.push_back(Described(entry));
    }
    return containers;
  }

  bool hide_next_get = false;  // as if another request were to insert it a moment later

 private:
  struct Entry {
    domain::AssetContainer container;
    std::vector<domain::AssetVersion> versions;  // oldest first
  };
  static std::string Key(const domain::Scope& scope, domain::AssetKind kind, const std::string& name) {
    return ToLower(scope.ArmId() + "/" + std::string(domain::AssetCollection(kind)) + "/" + name);
  }
  static bool IsSeen(bool is_archived, domain::ListView view) {
    return view == domain::ListView::kAll || is_archived == (view == domain::ListView::kArchivedOnly);
  }
  static domain::AssetVersion* FindVersion(Entry& entry, const std::string& version) {
    for (auto& stored : entry.versions) {
      if (stored.version == version) return &stored;
    }
    return nullptr;
  }
  static std::string NextVersion(const Entry& entry) {
    long long largest = 0;
    for (const auto& stored : entry.versions) largest = std::max(largest, ParseInt(stored.version).value_or(0));
    return std::to_string(largest + 1);
  }
  static domain::AssetContainer Described(const Entry& entry) {
    domain::AssetContainer container = entry.container;
    container.next_version = NextVersion(entry);
    container.latest_version.clear();
    for (const auto& stored : entry.versions) {
      if (!stored.is_archived) container.latest_version = stored.version;
    }
    return container;
  }

  std::map<std::string, Entry> entries_;
};

// Jobs that were put here.
class MemoryJobStore final : public domain::JobStore {
 public:
  Status InsertJob(const domain::Scope&, const domain::Job& job) override {
    jobs_[job.name] = job;
    return {};
  }
  Status UpdateJob(const domain::Scope&, const domain::Job& job, std::optional<domain::JobStatus>) override {
    jobs_[job.name] = job;
    return {};
  }
  Result<domain::Job> GetJob(const domain::Scope&, const std::string& name) override {
    const auto found = jobs_.find(name);
    if (found == jobs_.end()) return NotFound("there is no job '" + name + "'");
    return found->second;
  }
  Result<std::vector<domain::Job>> ListJobs(const domain::Scope&, const domain::JobFilter& filter) override {
    std::vector<domain::Job> jobs;
    for (const auto& [name, job] : jobs_) {
      if (!filter.unfinished_only || !domain::IsTerminal(job.status)) jobs.push_back(job);
    }
    return jobs;
  }
  Result<std::optional<domain::Job>> FindReusable(const domain::Scope&, const std::string&) override {
    return std::optional<domain::Job>();
  }
  Status DeleteJob(const domain::Scope&, const std::string& name) override {
    jobs_.erase(name);
    return {};
  }

 private:
  std::map<std::string, domain::Job> jobs_;
};

}  // namespace slipway::registry::testing
