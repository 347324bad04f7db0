// What services ask of each other, as interfaces, so that none includes another.
#pragma once

#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/domain/job.h"

namespace slipway::domain {

// Submits jobs: the runner does it; schedules, alerts and the API ask for it. Thread-safe.
class JobSubmitter {
 public:
  virtual ~JobSubmitter() = default;
  // Pins references, checks graph and types, stores the job and starts it. `spec.name` "" gets a generated name.
  virtual Result<Job> Submit(const Scope& scope, const JobSpec& spec) = 0;
};

}  // namespace slipway::domain
