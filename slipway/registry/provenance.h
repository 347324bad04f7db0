// Where an asset of a workspace came from, as far as the workspace knows. For this room's own files.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/domain/stores.h"

namespace slipway::registry {

// {"workspace": <ARM id>, "name", "version", "createdAt"; of what a job made: "job", "pipeline", "commit",
//  "repository", "data": {input: pinned reference}, "parameters", "metrics", "reports": {"step.output": URI}; of what
//  was taken from a registry: "origin"}. What is not known is left out. The stores are only read.
nlohmann::json FindProvenance(domain::JobStore& jobs, domain::RunStore& runs, const domain::Scope& scope,
                              const domain::AssetVersion& version);

}  // namespace slipway::registry
