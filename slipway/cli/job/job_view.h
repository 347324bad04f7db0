// A job as commands print it, from its ARM shape.
#pragma once

#include "slipway/base/result.h"
#include "slipway/cli/resource.h"

namespace slipway::cli {

// With id, services and, for sweeps and trials, `properties.best_child_run_id` and what the service put beside it.
Result<Json> PrintedJob(const Json& arm);

// "adjective_noun_<10 random characters>", the form of names that the dialect makes up.
std::string MakeJobName();

}  // namespace slipway::cli
