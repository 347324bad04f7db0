#pragma once

#include "slipway/domain/stores.h"
#include "slipway/domain/testing/table.h"

namespace slipway::domain::testing {

class MemoryJobStore final : public JobStore {
 public:
  Writes writes;

  Status InsertJob(const Scope& scope, const Job& job) override {
    const std::lock_guard lock(mutex_);
    SLIPWAY_RETURN_IF_ERROR(writes.Count());
    return jobs_.Insert(scope, job.name, job);
  }
  Status UpdateJob(const Scope& scope, const Job& job, std::optional<JobStatus> expected = std::nullopt) override {
    const std::lock_guard lock(mutex_);
    SLIPWAY_RETURN_IF_ERROR(writes.Count());
    SLIPWAY_ASSIGN_OR_RETURN(const Job stored, jobs_.Get(scope, job.name));
    if (expected && stored.status != *expected) return Error(Code::kConflict, "job " + job.name);
    jobs_.Put(scope, job.name, job);
    return {};
  }
  Result<Job> GetJob(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return jobs_.Get(scope, name);
  }
  Result<std::vector<Job>> ListJobs(const Scope& scope, const JobFilter& filter) override {
    const std::lock_guard lock(mutex_);
    return jobs_.NewestFirst(scope, [&](const Job& job) {
      return (!filter.parent || job.parent == *filter.parent) && (!filter.root || job.root == *filter.root) &&
             (!filter.unfinished_only || !IsTerminal(job.status));
    });
  }
  Result<std::optional<Job>> FindReusable(const Scope& scope, const std::string& key) override {
    const std::lock_guard lock(mutex_);
    const auto jobs = jobs_.NewestFirst(
        scope, [&](const Job& job) { return job.reuse_key == key && job.status == JobStatus::kCompleted; });
    return jobs.empty() ? std::optional<Job>() : jobs.front();
  }
  Status DeleteJob(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    jobs_.EraseIf(scope, [&](const Job& job) { return job.name == name || job.root == name; });
    return {};
  }

 private:
  std::mutex mutex_;
  Table<Job> jobs_{"job"};
};

}  // namespace slipway::domain::testing
