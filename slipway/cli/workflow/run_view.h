// Runs of workflows as they are shown.
#pragma once

#include <string>

#include "slipway/cli/resource.h"
#include "slipway/domain/workflow.h"

namespace slipway::cli {

Json ViewOf(const domain::WorkflowRun& run, bool with_steps);
// The graph of a run's jobs: a line a job, in stages that follow from `needs`.
std::string GraphText(const domain::WorkflowRun& run);
// "success" of what has ended, else its status.
std::string StateText(domain::WorkflowStatus status, domain::WorkflowConclusion conclusion);

}  // namespace slipway::cli
