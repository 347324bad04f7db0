// Stores, jobs and logs that forget, for this room's tests.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "slipway/domain/services.h"
#include "slipway/domain/stores.h"
#include "slipway/logstore/log_store.h"

namespace slipway::monitor::testing {

class MemoryAlerts final : public domain::ScheduleStore {
 public:
  std::optional<int> writes_left;  // as if the process died before the next write

  Status PutAlertRule(const domain::Scope&, const domain::AlertRule& rule) override {
    std::lock_guard lock(mutex_);
    SLIPWAY_RETURN_IF_ERROR(CountWrite());
    rules_[rule.name] = rule;
    return {};
  }
  Result<domain::AlertRule> GetAlertRule(const domain::Scope&, const std::string& name) override {
    std::lock_guard lock(mutex_);
    const auto found = rules_.find(name);
    if (found == rules_.end()) return NotFound("there is no alert rule '" + name + "'");
    return found->second;
  }
  Result<std::vector<domain::AlertRule>> ListAlertRules(const domain::Scope&) override {
    std::lock_guard lock(mutex_);
    std::vector<domain::AlertRule> list;
    for (const auto& [name, rule] : rules_) list.push_back(rule);
    return list;
  }
  Status DeleteAlertRule(const domain::Scope&, const std::string& name) override {
    std::lock_guard lock(mutex_);
    rules_.erase(name);
    return {};
  }
  Status PutAlertEvent(const domain::Scope&, const domain::AlertEvent& event) override {
    std::lock_guard lock(mutex_);
    SLIPWAY_RETURN_IF_ERROR(CountWrite());
    events_[event.id] = event;
    return {};
  }
  Result<std::vector<domain::AlertEvent>> ListAlertEvents(const domain::Scope&, const std::string& rule,
                                                          size_t limit) override {
    std::lock_guard lock(mutex_);
    std::vector<domain::AlertEvent> list;
    for (const auto& [id, event] : events_)
      if (event.rule == rule) list.push_back(event);
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.fired_at > b.fired_at; });
    if (list.size() > limit) list.resize(limit);
    return list;
  }
  void Clear() {
    rules_.clear();
    events_.clear();
  }

  Status PutSchedule(const domain::Scope&, const domain::Schedule&) override { return Refused(); }
  Result<domain::Schedule> GetSchedule(const domain::Scope&, const std::string&) override { return Refused(); }
  Result<std::vector<domain::Schedule>> ListSchedules(const domain::Scope&) override { return Refused(); }
  Status DeleteSchedule(const domain::Scope&, const std::string&) override { return Refused(); }

 private:
  static Error Refused() { return Unimplemented("not part of these tests"); }
  Status CountWrite() {
    if (writes_left && (*writes_left)-- <= 0) return Unavailable("the process is dead");
    return {};
  }
  std::mutex mutex_;
  std::map<std::string, domain::AlertRule> rules_;
  std::map<std::string, domain::AlertEvent> events_;
};

// The default workspace, with the id "the-id".
class OneWorkspace final : public domain::WorkspaceStore {
 public:
  Result<std::vector<domain::Workspace>> ListWorkspaces() override { return std::vector{Only()}; }
  Result<domain::Workspace> GetWorkspace(const domain::Scope&) override { return Only(); }
  Status PutWorkspace(const domain::Workspace&) override { return Refused(); }
  Result<domain::Workspace> FindWorkspaceById(const std::string&) override { return Refused(); }
  Status DeleteWorkspace(const domain::Scope&) override { return Refused(); }
  Status PutDatastore(const domain::Scope&, const domain::Datastore&) override { return Refused(); }
  Result<domain::Datastore> GetDatastore(const domain::Scope&, const std::string&) override { return Refused(); }
  Result<std::vector<domain::Datastore>> ListDatastores(const domain::Scope&) override { return Refused(); }
  Status DeleteDatastore(const domain::Scope&, const std::string&) override { return Refused(); }
  Status PutCompute(const domain::Scope&, const domain::Compute&) override { return Refused(); }
  Result<domain::Compute> GetCompute(const domain::Scope&, const std::string&) override { return Refused(); }
  Result<std::vector<domain::Compute>> ListComputes(const domain::Scope&) override { return Refused(); }
  Status DeleteCompute(const domain::Scope&, const std::string&) override { return Refused(); }

 private:
  static Error Refused() { return Unimplemented("not part of these tests"); }
  static domain::Workspace Only() {
    domain::Workspace workspace;
    workspace.id = "the-id";
    return workspace;
  }
};

// Submitter and job store in one: what was submitted runs until it is finished by hand.
class FakeJobs final : public domain::JobSubmitter, public domain::JobStore {
 public:
  std::optional<Error> failure;
  std::function<void()> on_submit;

  Result<domain::Job> Submit(const domain::Scope&, const domain::JobSpec& spec) override {
    std::lock_guard lock(mutex_);
    if (failure) return Error(*failure);
    domain::Job job;
    job.name = spec.name;
    job.spec = spec;
    job.status = domain::JobStatus::kRunning;
    if (!jobs_.emplace(job.name, job).second) return AlreadyExists("there is a job " + job.name);
    order_.push_back(job.name);
    if (on_submit) on_submit();
    return job;
  }
  Result<domain::Job> GetJob(const domain::Scope&, const std::string& name) override {
    std::lock_guard lock(mutex_);
    const auto found = jobs_.find(name);
    if (found == jobs_.end()) return NotFound("there is no job " + name);
    return found->second;
  }
  void Finish(const std::string& name) { jobs_.at(name).status = domain::JobStatus::kCompleted; }
  void Clear() {
    jobs_.clear();
    order_.clear();
  }
  std::vector<std::string> names() const { return order_; }
  std::vector<domain::JobSpec> specs() const {
    std::vector<domain::JobSpec> specs;
    for (const auto& name : order_) specs.push_back(jobs_.at(name).spec);
    return specs;
  }

  Status InsertJob(const domain::Scope&, const domain::Job&) override { return Refused(); }
  Status UpdateJob(const domain::Scope&, const domain::Job&, std::optional<domain::JobStatus>) override {
    return Refused();
  }
  Result<std::vector<domain::Job>> ListJobs(const domain::Scope&, const domain::JobFilter&) override {
    return Refused();
  }
  Result<std::optional<domain::Job>> FindReusable(const domain::Scope&, const std::string&) override {
    return Refused();
  }
  Status DeleteJob(const domain::Scope&, const std::string&) override { return Refused(); }

 private:
  static Error Refused() { return Unimplemented("not part of these tests"); }
  std::mutex mutex_;
  std::map<std::string, domain::Job> jobs_;
  std::vector<std::string> order_;
};

// Answers every query with as many rows as it was told.
class FakeLogs final : public logstore::LogStore {
 public:
  size_t rows = 0;
  std::optional<Error> failure;
  std::function<void()> on_query;
  int queries = 0;
  logstore::TimeRange last_range;
  std::string last_workspace;

  Result<logstore::QueryResult> Query(std::string_view, const logstore::TimeRange& range, std::string_view workspace,
                                      const logstore::QueryLimits&) override {
    ++queries;
    last_range = range;
    last_workspace = workspace;
    if (failure) return Error(*failure);
    if (on_query) on_query();
    logstore::QueryResult result;
    result.columns = {{"n", "long"}};
    result.rows.assign(rows, {"1"});
    return result;
  }
  Status Ingest(std::string_view, const std::vector<std::string>&) override { return {}; }
  Status IngestAll(const std::vector<logstore::LogRow>&) override { return {}; }
  Result<size_t> DrainSpools() override { return 0; }
};

}  // namespace slipway::monitor::testing
