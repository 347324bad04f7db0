// Follows a job until it ends, printing its logs as they grow.
#pragma once

#include <string>

#include "slipway/base/result.h"
#include "slipway/cli/context.h"

namespace slipway::cli {

// Steps of a pipeline and trials of a sweep are interleaved, each line with "[step] " before it. An interrupt (Ctrl-C)
// leaves the job running and says so (kCancelled); a job that failed is an Error with its message.
Status StreamJob(Context& context, const std::string& name);

}  // namespace slipway::cli
