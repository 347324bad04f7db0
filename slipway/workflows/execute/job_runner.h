// Runs one job: its steps one after another, with their contexts, environment, files, actions; writes the journal while
// it goes and the result at the end. The body of the program slipway-workflow-job.
#pragma once

#include <filesystem>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/workflows/execute/job_description.h"

namespace slipway::workflows {

// The environment variable that every process of a job carries.
inline constexpr const char* kJobMark = "SLIPWAY_WORKFLOW_JOB";

// Reads job.json of `folder`; `secrets` as ParseSecrets. Blocks until the job has ended; what it left running is gone
// then. An error means that the job could not even begin, or its result not be written.
Status RunJob(const std::filesystem::path& folder, const std::string& secrets, const Clock& clock);

}  // namespace slipway::workflows
