// The content key of a deterministic command: equal keys, equal outputs.
#pragma once

#include <map>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/environments/content_hash.h"
#include "slipway/runner/execute/ports.h"

namespace slipway::runner {

// Over the code's hash, the environment's definition, the command, its variables, the literals and the content of the
// data it reads, and the settings of its outputs. Where data stands and how jobs are called do not count.
Result<std::string> ReuseKey(environments::ContentHasher& hasher, const domain::CommandSpec& command,
                             const std::string& code_hash, const domain::EnvironmentBody& environment,
                             const std::map<std::string, InputSource>& inputs);

}  // namespace slipway::runner
