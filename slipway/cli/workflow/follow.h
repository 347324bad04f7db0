// Follows a run until it ends, or prints what its jobs have printed so far.
#pragma once

#include <string>

#include "slipway/base/result.h"
#include "slipway/cli/context.h"
#include "slipway/cli/workflow/workflow_server.h"

namespace slipway::cli {

struct FollowOptions {
  std::string job;           // key or name; "" = all
  bool only_failed = false;  // jobs and steps
  bool follows = true;
};

// An interrupt (Ctrl-C) leaves the run going (kCancelled). The run as it is at the end.
Result<domain::WorkflowRun> FollowRun(Context& context, WorkflowServer& server, int64_t run,
                                      const FollowOptions& options);

}  // namespace slipway::cli
