#pragma once

#include <functional>

#include "slipway/domain/services.h"
#include "slipway/domain/testing/memory_job_store.h"

namespace slipway::domain::testing {

// A runner that starts nothing: what was submitted is in `jobs` and runs until a test finishes it.
class FakeSubmitter final : public JobSubmitter {
 public:
  MemoryJobStore jobs;
  std::optional<Error> failure;     // of every submission, while it is set
  std::function<void()> on_submit;  // after the job is stored

  Result<Job> Submit(const Scope& scope, const JobSpec& spec) override {
    const std::lock_guard lock(mutex_);
    if (failure) return Error(*failure);
    Job job;
    job.name = spec.name.empty() ? "generated-" + std::to_string(specs_.size() + 1) : spec.name;
    job.spec = spec;
    job.status = JobStatus::kRunning;
    SLIPWAY_RETURN_IF_ERROR(jobs.InsertJob(scope, job));
    specs_.push_back(spec);
    if (on_submit) on_submit();
    return job;
  }
  void Finish(const std::string& name) {
    Job job = jobs.GetJob(Scope{}, name).value();
    job.status = JobStatus::kCompleted;
    (void)jobs.UpdateJob(Scope{}, job);
  }
  void Clear() {
    for (const std::string& name : names()) (void)jobs.DeleteJob(Scope{}, name);
    specs_.clear();
  }
  std::vector<JobSpec> specs() const {
    const std::lock_guard lock(mutex_);
    return specs_;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const JobSpec& spec : specs()) names.push_back(spec.name);
    return names;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<JobSpec> specs_;
};

}  // namespace slipway::domain::testing
