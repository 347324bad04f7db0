// The MLflow run of each job: its id is the job's name.
#pragma once

#include <map>
#include <string>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/job.h"
#include "slipway/domain/stores.h"
#include "slipway/runner/plan/snapshot.h"

namespace slipway::runner {

// Thread-safe as the store is.
class Tracking {
 public:
  explicit Tracking(domain::RunStore& runs) : runs_(runs) {}

  // Makes the run (scheduled) in the job's experiment, with tags for parent, root, source and name. Nothing when it is
  // there already.
  Status CreateRun(const domain::Scope& scope, const domain::Job& job, Timestamp now);
  Status MarkRunning(const domain::Scope& scope, const std::string& job, Timestamp now);
  // Closes the run with what the job's final status means to MLflow.
  Status Close(const domain::Scope& scope, const domain::Job& job, Timestamp now);
  // Parameters and last metrics of a job that another one took over.
  Status CopyResults(const domain::Scope& scope, const std::string& from, const std::string& to);

  Result<TrialMetrics> MetricsOf(const domain::Scope& scope, const std::string& job, const std::string& metric);
  Status SetTag(const domain::Scope& scope, const std::string& job, const std::string& key, const std::string& value);

 private:
  domain::RunStore& runs_;
};

}  // namespace slipway::runner
