// The environment variables of a job's process (azureml-yaml-and-cli 8.4).
#pragma once

#include <map>
#include <string>

#include "slipway/domain/job.h"
#include "slipway/domain/run.h"
#include "slipway/runner/expressions.h"
#include "slipway/runner/runner.h"

namespace slipway::runner {

struct CommandFacts {
  const domain::Scope& scope;
  const domain::Job& job;
  const Values& values;  // of inputs and outputs, as the command gets them
  const domain::Experiment& experiment;
  const ServerFacts& server;
  std::string connection_string;  // of the workspace's Application Insights
};

// `base` (of the environment), then the user's own variables with their placeholders filled in, then the platform's,
// which win.
Result<std::map<std::string, std::string>> CommandVariables(std::map<std::string, std::string> base,
                                                            const CommandFacts& facts);

}  // namespace slipway::runner
