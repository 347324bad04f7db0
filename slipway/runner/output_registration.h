// Outputs with a name become assets when their job has completed.
#pragma once

#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"
#include "slipway/runner/runner.h"

namespace slipway::runner {

// Registers one output, once: a job that is finalized again after a crash finds the version it made before. Gives
// "azureml:name:version".
Result<std::string> RegisterJobOutput(const Dependencies& dependencies, const domain::Scope& scope,
                                      const domain::Job& job, const std::string& key, const domain::JobOutput& output);

}  // namespace slipway::runner
