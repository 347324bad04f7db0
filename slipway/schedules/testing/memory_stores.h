// Stores and a submitter that forget, for this room's tests.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "slipway/domain/services.h"
#include "slipway/domain/stores.h"

namespace slipway::schedules::testing {

class MemoryScheduleStore final : public domain::ScheduleStore {
 public:
  bool refuse_writes = false;  // as if the process died before them

  Status PutSchedule(const domain::Scope&, const domain::Schedule& schedule) override {
    std::lock_guard lock(mutex_);
    if (refuse_writes) return Unavailable("the store is gone");
    schedules_[schedule.name] = schedule;
    return {};
  }
  Result<domain::Schedule> GetSchedule(const domain::Scope&, const std::string& name) override {
    std::lock_guard lock(mutex_);
    const auto found = schedules_.find(name);
    if (found == schedules_.end()) return NotFound("there is no schedule '" + name + "'");
    return found->second;
  }
  Result<std::vector<domain::Schedule>> ListSchedules(const domain::Scope&) override {
    std::lock_guard lock(mutex_);
    std::vector<domain::Schedule> list;
    for (const auto& [name, schedule] : schedules_) list.push_back(schedule);
    return list;
  }
  Status DeleteSchedule(const domain::Scope&, const std::string& name) override {
    std::lock_guard lock(mutex_);
    schedules_.erase(name);
    return {};
  }
  Status PutAlertRule(const domain::Scope&, const domain::AlertRule&) override { return Refused(); }
  Result<domain::AlertRule> GetAlertRule(const domain::Scope&, const std::string&) override { return Refused(); }
  Result<std::vector<domain::AlertRule>> ListAlertRules(const domain::Scope&) override { return Refused(); }
  Status DeleteAlertRule(const domain::Scope&, const std::string&) override { return Refused(); }
  Status PutAlertEvent(const domain::Scope&, const domain::AlertEvent&) override { return Refused(); }
  Result<std::vector<domain::AlertEvent>> ListAlertEvents(const domain::Scope&, const std::string&, size_t) override {
    return Refused();
  }

 private:
  static Error Refused() { return Unimplemented("not part of these tests"); }
  std::mutex mutex_;
  std::map<std::string, domain::Schedule> schedules_;
};

// The default workspace.
class MemoryWorkspaces final : public domain::WorkspaceStore {
 public:
  Result<std::vector<domain::Workspace>> ListWorkspaces() override {
    return std::vector<domain::Workspace>{domain::Workspace{}};
  }
  Result<domain::Workspace> GetWorkspace(const domain::Scope&) override { return domain::Workspace{}; }
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
};

// Keeps what was submitted; refuses a name twice, as the runner does.
class RecordingSubmitter final : public domain::JobSubmitter {
 public:
  std::optional<Error> failure;
  std::function<void()> on_submit;

  Result<domain::Job> Submit(const domain::Scope&, const domain::JobSpec& spec) override {
    std::lock_guard lock(mutex_);
    if (failure) return Error(*failure);
    if (!spec.name.empty() && !taken_.insert(spec.name).second) return AlreadyExists("there is a job " + spec.name);
    specs_.push_back(spec);
    if (on_submit) on_submit();
    domain::Job job;
    job.name = spec.name.empty() ? "generated" : spec.name;
    return job;
  }
  std::vector<domain::JobSpec> specs() const {
    std::lock_guard lock(mutex_);
    return specs_;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& spec : specs()) names.push_back(spec.name);
    return names;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<domain::JobSpec> specs_;
  std::set<std::string> taken_;
};

}  // namespace slipway::schedules::testing
