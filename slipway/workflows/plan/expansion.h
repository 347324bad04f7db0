// Deciding a job: its needs, its `if`, its matrix. For the planner.
#pragma once

#include <optional>
#include <vector>

#include "slipway/workflows/plan/planner.h"

namespace slipway::workflows {

// Does the job's condition hold? `is_cancelled`: as it stands when the run was cancelled.
Result<bool> ConditionHolds(const RunView& view, const domain::WorkflowJobRun& job, const Snapshot& snapshot,
                            bool is_cancelled);

// The jobs that a job becomes, matrix unfolded, and of a call also those of the called file.
Result<std::vector<domain::WorkflowJobRun>> ExpandJob(const RunView& view, const domain::WorkflowJobRun& job,
                                                      const Snapshot& snapshot);

// Outputs of a call whose jobs have ended.
Result<std::map<std::string, std::string>> CallOutputs(const RunView& view, const domain::WorkflowJobRun& call,
                                                       const Snapshot& snapshot);

const spec::workflow::Job* FileJob(const RunView& view, const domain::WorkflowJobRun& job);

}  // namespace slipway::workflows
