// workflow validate and eval: no server needed.
#pragma once

#include "slipway/cli/command.h"

namespace slipway::cli {

Command WorkflowValidateCommand();
Command WorkflowEvalCommand();

}  // namespace slipway::cli
