// What can be told of jobs that have run, or still do: trials, reuse, times, differences. Each prints text unless -o or
// --query ask for data.
#pragma once

#include "slipway/cli/command.h"

namespace slipway::cli {

Command JobTrialsCommand();
Command JobExplainReuseCommand();
Command JobTimelineCommand();
Command JobCompareCommand();
Command LineageCommand();

}  // namespace slipway::cli
