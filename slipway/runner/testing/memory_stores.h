// Stores that forget, for this room's tests: the contracts of domain/stores.h as far as the runner uses them.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "slipway/domain/stores.h"

namespace slipway::runner::testing {

class MemoryJobStore final : public domain::JobStore {
 public:
  Status InsertJob(const domain::Scope&, const domain::Job& job) override {
    std::lock_guard lock(mutex_);
    ++writes;
    if (!jobs_.emplace(job.name, job).second) return AlreadyExists("job " + job.name);
    order_.push_back(job.name);
    return {};
  }
  Status UpdateJob(const domain::Scope&, const domain::Job& job,
                   std::optional<domain::JobStatus> expected = std::nullopt) override {
    std::lock_guard lock(mutex_);
    ++writes;
    const auto found = jobs_.find(job.name);
    if (found == jobs_.end()) return NotFound("job " + job.name);
    if (expected && found->second.status != *expected) return Error(Code::kConflict, "job " + job.name);
    found->second = job;
    return {};
  }
  Result<domain::Job> GetJob(const domain::Scope&, const std::string& name) override {
    std::lock_guard lock(mutex_);
    const auto found = jobs_.find(name);
    if (found == jobs_.end()) return NotFound("there is no job '" + name + "'");
    return found->second;
  }
  Result<std::vector<domain::Job>> ListJobs(const domain::Scope&, const domain::JobFilter& filter) override {
    std::lock_guard lock(mutex_);
    std::vector<domain::Job> result;
    for (auto name = order_.rbegin(); name != order_.rend(); ++name) {
      const auto& job = jobs_.at(*name);
      if (filter.parent && job.parent != *filter.parent) continue;
      if (filter.root && job.root != *filter.root) continue;
      if (filter.unfinished_only && domain::IsTerminal(job.status)) continue;
      result.push_back(job);
    }
    return result;
  }
  Result<std::optional<domain::Job>> FindReusable(const domain::Scope&, const std::string& key) override {
    std::lock_guard lock(mutex_);
    for (const auto& [name, job] : jobs_) {
      if (job.reuse_key == key && job.status == domain::JobStatus::kCompleted) return std::optional(job);
    }
    return std::optional<domain::Job>();
  }
  Status DeleteJob(const domain::Scope&, const std::string& name) override {
    std::lock_guard lock(mutex_);
    jobs_.erase(name);
    std::erase(order_, name);
    return {};
  }

  int writes = 0;

 private:
  std::mutex mutex_;
  std::map<std::string, domain::Job> jobs_;
  std::vector<std::string> order_;
};

class MemoryRunStore final : public domain::RunStore {
 public:
  Result<domain::Experiment> GetOrCreateExperiment(const domain::Scope&, const std::string& name,
                                                   Timestamp now) override {
    std::lock_guard lock(mutex_);
    for (const auto& [id, experiment] : experiments_) {
      if (experiment.name == name) return experiment;
    }
    domain::Experiment made;
    made.id = std::to_string(experiments_.size() + 1);
    made.name = name;
    made.created_at = now;
    return experiments_[made.id] = made;
  }
  Result<domain::Experiment> InsertExperiment(const domain::Scope& scope, domain::Experiment experiment) override {
    return GetOrCreateExperiment(scope, experiment.name, experiment.created_at);
  }
  Result<domain::Experiment> GetExperiment(const domain::Scope&, const std::string& id) override {
    std::lock_guard lock(mutex_);
    const auto found = experiments_.find(id);
    if (found == experiments_.end()) return NotFound("experiment " + id);
    return found->second;
  }
  Result<domain::Experiment> GetExperimentByName(const domain::Scope&, const std::string& name) override {
    std::lock_guard lock(mutex_);
    for (const auto& [id, experiment] : experiments_) {
      if (experiment.name == name) return experiment;
    }
    return NotFound("experiment " + name);
  }
  Result<std::vector<domain::Experiment>> ListExperiments(const domain::Scope&) override {
    return std::vector<domain::Experiment>();
  }
  Status UpdateExperiment(const domain::Scope&, const domain::Experiment&) override { return {}; }
  Status InsertRun(const domain::Scope&, const domain::Run& run) override {
    std::lock_guard lock(mutex_);
    if (!runs_.emplace(run.id, run).second) return AlreadyExists("run " + run.id);
    return {};
  }
  Status UpdateRun(const domain::Scope&, const domain::Run& run) override {
    std::lock_guard lock(mutex_);
    domain::Run& stored = runs_[run.id];
    stored.status = run.status;
    stored.start_time_ms = run.start_time_ms;
    stored.end_time_ms = run.end_time_ms;
    return {};
  }
  Result<domain::Run> GetRun(const domain::Scope&, const std::string& id) override {
    std::lock_guard lock(mutex_);
    const auto found = runs_.find(id);
    if (found == runs_.end()) return NotFound("run " + id);
    return found->second;
  }
  Result<std::vector<domain::Run>> ListRuns(const domain::Scope&, const std::vector<std::string>&) override {
    return std::vector<domain::Run>();
  }
  Status LogBatch(const domain::Scope&, const std::string& run_id, const std::vector<domain::MetricPoint>& metrics,
                  const std::map<std::string, std::string>& parameters, const domain::Tags& tags) override {
    std::lock_guard lock(mutex_);
    domain::Run& run = runs_[run_id];
    for (const auto& point : metrics) {
      std::erase_if(run.latest_metrics, [&](const auto& known) { return known.key == point.key; });
      run.latest_metrics.push_back(point);
      history_[run_id].push_back(point);
    }
    for (const auto& [key, value] : parameters) run.parameters[key] = value;
    for (const auto& [key, value] : tags) run.tags[key] = value;
    return {};
  }
  Status DeleteTag(const domain::Scope&, const std::string&, const std::string&) override { return {}; }
  Result<std::vector<domain::MetricPoint>> GetMetricHistory(const domain::Scope&, const std::string& run_id,
                                                            const std::string& key) override {
    std::lock_guard lock(mutex_);
    std::vector<domain::MetricPoint> points;
    for (const auto& point : history_[run_id]) {
      if (point.key == key) points.push_back(point);
    }
    return points;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, domain::Experiment> experiments_;
  std::map<std::string, domain::Run> runs_;
  std::map<std::string, std::vector<domain::MetricPoint>> history_;
};

class MemoryAssetStore final : public domain::AssetStore {
 public:
  Result<domain::AssetVersion> InsertVersion(const domain::Scope&, domain::AssetVersion version) override {
    std::lock_guard lock(mutex_);
    auto& versions = assets_[{version.kind, version.name}];
    if (version.version.empty()) version.version = std::to_string(versions.size() + 1);
    for (const auto& known : versions) {
      if (known.version == version.version) return AlreadyExists(version.name + ":" + version.version);
    }
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
    auto versions = assets_[{kind, name}];
    std::reverse(versions.begin(), versions.end());
    return versions;
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
      domain::AssetContainer container;
      container.name = key.second;
      containers.push_back(container);
    }
    return containers;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<domain::AssetKind, std::string>, std::vector<domain::AssetVersion>> assets_;
};

// One workspace with the datastores and computes that were put into it.
class MemoryWorkspaceStore final : public domain::WorkspaceStore {
 public:
  Status PutWorkspace(const domain::Workspace&) override { return {}; }
  Result<domain::Workspace> GetWorkspace(const domain::Scope& scope) override {
    domain::Workspace workspace;
    workspace.scope = scope;
    return workspace;
  }
  Result<domain::Workspace> FindWorkspaceById(const std::string&) override { return domain::Workspace{}; }
  Result<std::vector<domain::Workspace>> ListWorkspaces() override {
    return std::vector<domain::Workspace>{domain::Workspace{}};
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
    std::vector<domain::Datastore> list;
    for (const auto& [name, datastore] : datastores_) list.push_back(datastore);
    return list;
  }
  Status DeleteDatastore(const domain::Scope&, const std::string&) override { return {}; }
  Status PutCompute(const domain::Scope&, const domain::Compute& compute) override {
    computes_[compute.name] = compute;
    return {};
  }
  Result<domain::Compute> GetCompute(const domain::Scope&, const std::string& name) override {
    const auto found = computes_.find(name);
    if (found == computes_.end()) return NotFound("there is no compute '" + name + "'");
    return found->second;
  }
  Result<std::vector<domain::Compute>> ListComputes(const domain::Scope&) override {
    std::vector<domain::Compute> list;
    for (const auto& [name, compute] : computes_) list.push_back(compute);
    return list;
  }
  Status DeleteCompute(const domain::Scope&, const std::string&) override { return {}; }

 private:
  std::map<std::string, domain::Datastore> datastores_;
  std::map<std::string, domain::Compute> computes_;
};

}  // namespace slipway::runner::testing
