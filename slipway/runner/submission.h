// From what a user asked for to a job that can run: references pinned, components filled in, everything checked.
#pragma once

#include "slipway/base/result.h"
#include "slipway/domain/job.h"
#include "slipway/domain/stores.h"
#include "slipway/registry/catalog.h"

namespace slipway::runner {

// The root job, complete but for its times: status Starting, every reference a version, computes that exist, outputs
// placed. All complaints of a spec that cannot run come in one Error (see Error::more).
Result<domain::Job> MakeRootJob(registry::Catalog& catalog, domain::WorkspaceStore& workspaces,
                                const domain::Scope& scope, domain::JobSpec spec);

// "brave_lake_3k9x…": two words and ten random digits, as the service names jobs that come without a name.
std::string GenerateJobName();

}  // namespace slipway::runner
