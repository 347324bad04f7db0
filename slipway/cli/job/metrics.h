// job metrics: what a job, or each of its steps or trials, logged to experiment tracking.
#pragma once

#include "slipway/cli/command.h"

namespace slipway::cli {

Command JobMetricsCommand();

}  // namespace slipway::cli
